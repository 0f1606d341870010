"""仮算定異動: the year's changes of provisional decisions, and the acts for one person, shown before they are done."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.insurance.premium import pages, read
from kaigo.insurance.premium import provisional_changes as changes
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, fiscal_year_name
from kaigo.law.instalment_facts import Paid
from kaigo.law.provisional import CHANGEABLE, MONTHS, first_of
from kaigo.law.words import tell_all

ACTS = {"amounts": "6月・8月の額を変える", "stop": "年金から引かれない"}


class ProvisionalChanges(Page):
    """仮徴収の変更の一覧: by the month of the decision, what changed, by how much, why."""

    permission = "premium.view"
    purpose = "premium"

    def get(self, ctx: Context, request: HttpRequest, year: int | None = None):
        year = year or fiscal_year(ctx.on)
        found = read.provisional_changes(ctx, year)
        months = sorted({row.decided_on.replace(day=1) for row in found})
        chosen = request.GET.get("month", "")
        shown = [row for row in found if not chosen or f"{row.decided_on:%Y-%m}" == chosen]
        page = Pages(shown, request)
        names = residents.names(ctx, [row.person for row in page])
        return "premium/provisional.html", {
            "title": f"{fiscal_year_name(year)}の仮徴収の変更",
            "year": year,
            "months": [(f"{month:%Y-%m}", month, f"{month:%Y-%m}" == chosen) for month in months],
            "chosen": chosen,
            "page": page,
            "rows": [(row, names.get(row.person, ""), pages.REASONS[row.reason]) for row in page],
            "difference": sum(row.yen - row.before for row in shown),
            "main_done": not read.provisional_totals(ctx, year)["people"],
            "here": "provisional",
        }


class ChangeProvisional(Page):
    """One person's provisional decision: other amounts for June and August, or a deduction that stopped."""

    permission = "premium.revise"
    purpose = "premium"

    def get(self, ctx: Context, request: HttpRequest, person: int, year: int):
        return "premium/change_provisional.html", self.form(ctx, person, year, Typed())

    def post(self, ctx: Context, request: HttpRequest, person: int, year: int):
        typed = Typed(request.POST)
        data = self.form(ctx, person, year, typed)
        act = typed.choice("act", "すること", ACTS)
        why = typed.text("why", "理由", longest=500)
        amounts = {
            month: yen
            for month in CHANGEABLE
            if (yen := typed.yen(f"m{month}", f"{month}月の額", required=False)) is not None
        }
        from_month = typed.choice("from", "引かれない最初の支払い", [str(m) for m in MONTHS], act == "stop")
        if act == "amounts" and not amounts and not typed.errors:
            typed.errors["m6"] = "変える月の額を書いてください"
        if typed.errors:
            return "premium/change_provisional.html", data
        before = data["standing"].facts
        if request.POST.get("step") == "do":
            if act == "amounts":
                changes.change_amounts(ctx, settings.INSURER, year, person, amounts, why)
            else:
                changes.stop(ctx, settings.INSURER, year, person, int(from_month), why)
            return go(f"/premium/person/{ref('person', person)}/")
        if act == "amounts":
            after = before._replace(
                changed=tuple(Paid(*pair) for pair in sorted((dict(before.changed) | amounts).items()))
            )
        else:
            after = before._replace(stopped_from=int(from_month))
        then = changes.preview(settings.INSURER, year, after)
        return "premium/change_provisional.html", data | {
            "shown": _side_by_side(data["now"], then.value),
            "then": then.value,
            "told": tell_all(then.reasons[1:]),
            "act_word": ACTS[act],
        }

    def form(self, ctx: Context, person: int, year: int, typed: Typed) -> dict:
        view = residents.one_or_404(ctx, person)
        standing = changes.standing(ctx, year, person)
        if standing is None:
            raise Http404
        return {
            "title": whose(view.name, f"の仮徴収を変える {fiscal_year_name(year)}"),
            "person": view,
            "year": year,
            "typed": typed,
            "standing": standing,
            "now": changes.preview(settings.INSURER, year, standing.facts).value,
            "acts": list(ACTS.items()),
            "open": [(m, first_of(year, m) > ctx.on) for m in CHANGEABLE],
            "months": MONTHS,
            "waits": changes.batch_waits(year),
        }


class GoOn(Page):
    """Take a stop back: the pension is deducted after all, and the payer was not told to stop."""

    permission = "premium.revise"
    purpose = "premium"

    def post(self, ctx: Context, request: HttpRequest, person: int, year: int):
        changes.stop(ctx, settings.INSURER, year, person, None, request.POST.get("why", ""))
        return go(f"/premium/person/{ref('person', person)}/")


def _side_by_side(now, then) -> list[tuple[str, int, int, bool]]:
    """(month, yen now, yen then, changed) of the three payments."""
    sides = [{part.month: part.yen for part in plan.deductions} for plan in (now, then)]
    return [
        (f"{m}月", sides[0].get(m, 0), sides[1].get(m, 0), sides[0].get(m, 0) != sides[1].get(m, 0))
        for m in MONTHS
    ]
