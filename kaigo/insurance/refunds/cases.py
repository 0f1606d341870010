"""The work list of overpayments: found anew in the ledger, so that what is paid, levied again or decided falls out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings

from kaigo.base.records.context import Context
from kaigo.insurance.refunds.gather import Overpaid, overpaid
from kaigo.insurance.refunds.models import Case
from kaigo.law.limits import RefundFacts, refund
from kaigo.law.values import load

SOON = timedelta(days=60)  # before the end of the two years from which screens warn


def renew(ctx: Context, persons: Iterable[int] | None = None) -> dict[str, int]:
    """Bring the list of some people, or of everybody, to what the ledger says. Returns counts and yen.

    {found, fresh, settled, yen, lapsing, lapsed}: lapsing = open, and the claim ends within 60 days.
    """
    people = None if persons is None else sorted(set(persons))
    found: dict[tuple, list[Overpaid]] = {}
    for one in overpaid(ctx, people):
        found.setdefault((*one.term, one.cause), []).append(one)
    rows = Case.objects.all() if people is None else Case.objects.filter(person_id__in=people)
    known = {(c.person_id, c.fiscal_year, c.kind, c.number, c.cause): c for c in rows.iterator()}
    values = load().values(settings.INSURER, ctx.on)
    fresh, changed = [], []
    for key, ones in found.items():
        since = min(one.since for one in ones)
        last = refund(RefundFacts(since, ctx.on), values).value.last_claim_on
        said = {
            "yen": sum(one.yen for one in ones),
            "claimable_on": since,
            "last_claim_on": last,
            "state": "open",
        }
        case = known.pop(key, None)
        if case is None:
            person, year, kind, number, cause = key
            fresh.append(
                Case(
                    person_id=person, fiscal_year=year, kind=kind, number=number, cause=cause, found_on=ctx.on, **said
                )
            )  # fmt: skip
        elif any(getattr(case, name) != value for name, value in said.items()):
            # What comes back after it was settled was found today.
            case.found_on = ctx.on if case.state == "settled" else case.found_on
            changed.append(_with(case, said))
    settled = [_with(case, {"state": "settled"}) for case in known.values() if case.state == "open"]
    # Whoever decides about one of them at this moment has put him on the list already.
    Case.objects.bulk_create(fresh, batch_size=1000, ignore_conflicts=True)
    Case.objects.bulk_update(
        [*changed, *settled], ["yen", "claimable_on", "last_claim_on", "state", "found_on"], batch_size=1000
    )
    return _counts(ctx, found, len(fresh), len(settled), values)


def _with(case: Case, said: dict) -> Case:
    case.state = said["state"]
    case.yen = said.get("yen", case.yen)
    case.claimable_on = said.get("claimable_on", case.claimable_on)
    case.last_claim_on = said.get("last_claim_on", case.last_claim_on)
    return case


def _counts(
    ctx: Context, found: dict[tuple, list[Overpaid]], fresh: int, settled: int, values
) -> dict[str, int]:
    ends = [
        refund(RefundFacts(min(one.since for one in ones), ctx.on), values).value.last_claim_on
        for ones in found.values()
    ]
    return {
        "found": len(found),
        "fresh": fresh,
        "settled": settled,
        "yen": sum(one.yen for ones in found.values() for one in ones),
        "lapsing": sum(ctx.on <= end <= ctx.on + SOON for end in ends),
        "lapsed": sum(end < ctx.on for end in ends),
    }
