"""Plans and remissions of a year wait for each other: a remission stands on the plan that it was decided on.

Whoever plans shares the lock with others who plan (a clerk's preview does not wait for the monthly job); whoever
remits holds it alone, so that no plan is made of what he does not see, and he sees every plan.
"""

from __future__ import annotations

from kaigo.base.records.rows import rows


def planning(fiscal_year: int) -> None:
    """Until the end of the transaction no remission of the year is decided."""
    rows(
        "SELECT pg_advisory_xact_lock_shared(hashtext('collection.plan'), %(year)s)::text",
        {"year": fiscal_year},
    )


def remitting(fiscal_year: int) -> None:
    """Until the end of the transaction nobody else plans or remits in the year."""
    rows("SELECT pg_advisory_xact_lock(hashtext('collection.plan'), %(year)s)::text", {"year": fiscal_year})


def alone(what: str, number: int) -> None:
    """Until the end of the transaction nobody else decides about the same thing: a decision cannot be locked by row."""
    rows(
        "SELECT pg_advisory_xact_lock(hashtext(%(what)s), %(number)s::int)",
        {"what": f"collection.{what}", "number": number % 2**31},
    )
