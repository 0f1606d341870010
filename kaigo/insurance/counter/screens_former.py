"""移行の比較: counts and yen of the files, then person by person; only differences, or everybody."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.insurance.collection import compared as ledger
from kaigo.insurance.counter import former
from kaigo.insurance.premium import compared as premium
from kaigo.insurance.residents import read as residents


class Person(NamedTuple):
    """Somebody whose year was taken over: the former system's stage and yen, what our law says, what he owed."""

    person: int
    name: str
    stage: int
    yen: int
    stage_now: int
    yen_now: int
    unclear: bool
    balance: int

    @property
    def differs(self) -> bool:
        return not self.unclear and (self.stage, self.yen) != (self.stage_now, self.yen_now)


class FormerSystem(Page):
    """The newest comparison, and everybody as he is now."""

    permission = "premium.view"
    purpose = "premium"

    def get(self, ctx: Context, request: HttpRequest):
        found = former.last(ctx)
        data = {
            "title": "移行の比較",
            "found": found,
            "job": former.COMPARE,
            "may_run": request.staff.may("jobs.run"),
            "ready": not former.ready(ctx),
            "everybody": request.GET.get("all") == "1",
            "what": former.WHAT,
        }
        years = premium.years(ctx)
        if data["everybody"] and years:
            return "counter/former.html", data | self._everybody(ctx, request, years[0])
        rows = found.rows if found else ()
        chosen = request.GET.get("what", "")
        if chosen in former.WHAT:
            rows = tuple(row for row in rows if row.what == chosen)
        page = Pages(rows, request)
        names = residents.names(ctx, [row.person for row in page])
        return "counter/former.html", data | {
            "page": page,
            "rows": [(row, names.get(row.person, "")) for row in page],
            "chosen": chosen,
            "counts": _counts(found),
        }

    def _everybody(self, ctx: Context, request: HttpRequest, year: int) -> dict:
        """Fifty people, judged now."""
        page = Pages(
            None,
            request,
            premium.taken_count(ctx, year),
            lambda limit, offset: premium.taken(ctx, year, None, limit, offset),
        )
        asked = [one.person for one in page]
        found, unclear = premium.differences(ctx, settings.INSURER, year, asked) if asked else ([], [])
        other = {d.person: d for d in found}
        names, balances = residents.names(ctx, asked), ledger.balances(ctx, year, asked)
        rows = []
        for one in page:
            now = other.get(one.person)
            rows.append(
                Person(
                    one.person,
                    names.get(one.person, ""),
                    one.stage,
                    one.yen,
                    now.stage_now if now else one.stage,
                    now.yen_now if now else one.yen,
                    one.person in unclear,
                    balances.get(one.person, 0),
                )
            )
        return {"page": page, "people": rows, "year": year}


def _counts(found: former.Comparison | None) -> list[tuple[str, str, int]]:
    """(key, name, how many) of the sorts of difference that there are."""
    rows = found.rows if found else ()
    each = [(key, name, sum(row.what == key for row in rows)) for key, name in former.WHAT.items()]
    return [entry for entry in each if entry[2]]
