"""訂正・取消・回復: typed, shown as what will happen, then done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar

from django.conf import settings
from django.http import Http404, HttpRequest

from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification import read, rulings
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, fiscal_year_name, wareki
from kaigo.law.premium import insured_months
from kaigo.law.premium_facts import Span
from kaigo.law.qualification import ACQUIRED, LOST, Period
from kaigo.law.words import name_of

BLANKS = 1


class Correct(Page):
    """Say the periods as they should be; see who is affected and how; then correct."""

    permission = "qualification.decide"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        periods = [
            Period(p.acquired_on, p.acquired_reason, p.lost_on, p.lost_reason, p.provisional)
            for p in sorted(read.periods_in_force(ctx, person), key=lambda p: p.acquired_on)
        ]
        typed = Typed({})
        for place, period in enumerate(periods):
            typed.text_of |= _as_typed(place, period)
        return "qualification/correct.html", self.form(ctx, person, typed, len(periods) + BLANKS)

    def post(self, ctx: Context, request: HttpRequest, person: int):
        typed = Typed(request.POST)
        rows = _count(request.POST)
        decided = [p for place in range(rows) if (p := _period(typed, place)) is not None]
        reason = typed.text("reason", "訂正の理由", longest=500)
        if typed.errors:
            return "qualification/correct.html", self.form(ctx, person, typed, rows)
        try:
            rulings.check(decided)
        except Refused as refusal:
            typed.errors["acquired_on_0"] = str(refusal)
            return "qualification/correct.html", self.form(ctx, person, typed, rows)

        def act():
            return rulings.correct(ctx, settings.INSURER, person, decided, reason)

        if request.POST.get("step") == "do":
            act()
            return go(f"/qualification/{ref('person', person)}/")
        changes = rulings.preview(ctx, person, act)
        return "qualification/correct_check.html", self.form(ctx, person, typed, rows) | {
            "title": "訂正の確認",
            "changes": changes,
            "same": all(c.before == c.after for c in changes),
            "months": months(ctx, changes),
            "reason": reason,
            "hidden": [(k, v) for k, v in typed.text_of.items() if k not in ("csrfmiddlewaretoken", "step")],
        }

    def form(self, ctx: Context, person: int, typed: Typed, rows: int) -> dict:
        view = residents.one_or_404(ctx, person)
        return {
            "title": whose(view.name, "の資格の訂正"),
            "person": view,
            "typed": typed,
            "rows": rows,
            "places": [
                {
                    "place": place,
                    "number": place + 1,
                    "acquired_on": typed.text_of.get(f"acquired_on_{place}", ""),
                    "acquired_code": typed.text_of.get(f"acquired_code_{place}", ""),
                    "lost_on": typed.text_of.get(f"lost_on_{place}", ""),
                    "lost_code": typed.text_of.get(f"lost_code_{place}", ""),
                }
                for place in range(rows)
            ],
            "acquired_codes": [(c, name_of("acquired", c)) for c in sorted(set(ACQUIRED.values()))],
            "lost_codes": [(c, name_of("lost", c)) for c in sorted(set(LOST.values()))],
        }


class TakeBack(Page):
    """Take a ruling back: what happens then is shown first, as the act itself does it. Not a page by itself."""

    purpose = "qualification"
    matter: ClassVar[str]
    template: ClassVar[str]
    title: ClassVar[str]  # after the name of the person

    def get(self, ctx: Context, request: HttpRequest, person: int):
        view = residents.one_or_404(ctx, person)
        ruling = rulings.in_force(person, self.matter)
        if ruling is None:
            raise Http404
        changes = rulings.preview(
            ctx, person, lambda: rulings.take_back(ctx, settings.INSURER, person, self.matter, "見込み")
        )
        return self.template, {
            "title": whose(view.name, f"の{self.title}"),
            "person": view,
            "ruling": ruling,
            "changes": changes,
            "months": months(ctx, changes),
        }

    def post(self, ctx: Context, request: HttpRequest, person: int):
        rulings.take_back(ctx, settings.INSURER, person, self.matter, request.POST.get("reason", ""))
        return go(f"/qualification/{ref('person', person)}/")


class Withdraw(TakeBack):
    """回復: take a correction back, so that the facts decide again."""

    permission = "qualification.decide"
    matter = "periods"
    template = "qualification/withdraw.html"
    title = "資格の訂正をやめる"


def months(ctx: Context, changes: list[rulings.Change]) -> list[tuple[str, int, int]]:
    """(year, insured months before, after) of this fiscal year and the two before it, where they differ."""
    found = []
    for year in range(fiscal_year(ctx.on), fiscal_year(ctx.on) - 3, -1):
        before, after = (
            sum(insured_months(tuple(Span(p.acquired_on, p.lost_on) for p in side if p), year))
            for side in ([c.before for c in changes], [c.after for c in changes])
        )
        if before != after:
            found.append((fiscal_year_name(year), before, after))
    return found


def _as_typed(place: int, period: Period) -> dict[str, str]:
    return {
        f"acquired_on_{place}": wareki(period.acquired_on),
        f"acquired_code_{place}": period.acquired_code,
        f"lost_on_{place}": wareki(period.lost_on) if period.lost_on else "",
        f"lost_code_{place}": period.lost_code,
    }


def _count(given: Mapping[str, str]) -> int:
    return sum(1 for key in given if key.startswith("acquired_on_") and key[12:].isdigit())


def _period(typed: Typed, place: int) -> Period | None:
    """The period of a row; None for a row without a day of acquisition (it is cancelled)."""
    label = f"{place + 1}つ目の"
    acquired: date | None = typed.day(f"acquired_on_{place}", f"{label}取得日", required=False)
    lost = typed.day(f"lost_on_{place}", f"{label}喪失日", required=False)
    if acquired is None:
        return None
    code = typed.choice(f"acquired_code_{place}", f"{label}取得事由", set(ACQUIRED.values()))
    lost_code = typed.choice(
        f"lost_code_{place}", f"{label}喪失事由", set(LOST.values()), required=bool(lost)
    )
    return Period(acquired, code, lost, lost_code, False)
