"""Who decides about the same thing waits: tables of decisions cannot be locked by row."""

from __future__ import annotations

from kaigo.base.records.rows import rows


def alone(what: str, number: int = 0) -> None:
    """Until the transaction ends, nobody else holds the same lock of this room."""
    rows(
        "SELECT pg_advisory_xact_lock(hashtext(%(what)s), %(number)s::int)",
        {"what": f"dunning.{what}", "number": number % 2**31},
    )
