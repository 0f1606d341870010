"""Pages of the room: the year, a decision and why, two decisions side by side, what if, questions."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import Title, whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.records.context import Context
from kaigo.insurance.premium import limits, pages, read, tasks, whatif
from kaigo.insurance.premium.decide import assess_persons, judge, values_for
from kaigo.insurance.premium.models import Task
from kaigo.insurance.premium.save import stage_numbers
from kaigo.insurance.premium.screens_batch import (
    Abandon,
    Approve,
    Batches,
    BatchPage,
    Execute,
    Prepare,
)
from kaigo.insurance.premium.screens_limits import Limits
from kaigo.insurance.premium.screens_provisional import ChangeProvisional, GoOn, ProvisionalChanges
from kaigo.insurance.premium.screens_settings import Settings
from kaigo.insurance.premium.screens_year import Ledger, Months
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, fiscal_year_name
from kaigo.law.words import name_of


class Room(Page):
    """What every page here needs."""

    permission = "premium.view"
    purpose = "premium"


class Year(Room):
    """A year at a glance: people and yen by stage, what waits, the last batches."""

    def get(self, ctx: Context, request: HttpRequest, year: int | None = None):
        years = read.years(ctx)
        chosen = year or fiscal_year(ctx.on)
        if year and year not in years and year != fiscal_year(ctx.on):
            raise Http404
        totals = read.totals(ctx, chosen)
        people, yen = pages.stage_charts(totals, chosen)
        waiting = read.open_tasks(ctx)
        return "premium/year.html", {
            "title": f"{fiscal_year_name(chosen)}の賦課",
            "year": chosen,
            "years": [(y, fiscal_year_name(y)) for y in sorted({*years, fiscal_year(ctx.on)}, reverse=True)],
            "totals": totals,
            "provisional": read.provisional_totals(ctx, chosen),
            "people": people,
            "yen": yen,
            "waiting": [(sort, name, waiting.get(sort, 0)) for sort, name in pages.TASKS.items()],
            "batches": [
                (b, pages.BATCHES[b.sort], pages.STATES[b.state])
                for b in read.batches(ctx)
                if b.fiscal_year == chosen
            ][:10],
            "here": "year",
        }


class Decision(Room):
    """One decision: every figure leads to its reasons; the facts, the version of the law, what came before and after."""

    def get(self, ctx: Context, request: HttpRequest, assessment: int):
        view = read.one(ctx, assessment)
        if view is None:
            raise Http404
        person = residents.one(ctx, view.person)
        audience = "person" if request.GET.get("for") == "person" else "staff"
        staff = audience == "staff"
        history = read.history(ctx, view.person, view.fiscal_year)
        return "premium/decision.html", {
            "title": whose(person.name if person else '', f"の{fiscal_year_name(view.fiscal_year)}の保険料"),
            "view": view,
            "sort": pages.SORTS[view.sort],
            "reason": pages.REASONS.get(view.change_reason, view.change_reason),
            "status": pages.tax_status(ctx, view),
            "may_suppose": WhatIf.open_to(ctx),
            "person": person,
            "months": pages.month_row(view),
            "told": read.told(ctx, view.id, audience),
            "audience": audience,
            "facts": pages.lines_of(ctx, view, members=staff),
            "law": read.law_of(ctx, view.id)[:12],
            "limit": limits.person_years(
                ctx, settings.INSURER, [(view.person, view.fiscal_year, view.assessment_day)]
            )[view.person, view.fiscal_year] if staff else None,
            "history": [(h, pages.SORTS[h.sort]) for h in history],
            "earlier": view.supersedes,
            "later": next((h.id for h in history if h.supersedes == view.id), None),
            "tasks": [(t, pages.TASKS[t.sort]) for t in read.tasks(ctx, person=view.person)
                      if t.fiscal_year == view.fiscal_year] if staff else [],
        }  # fmt: skip


class Compare(Room):
    """Two decisions of a person side by side; only lines that differ are marked."""

    def get(self, ctx: Context, request: HttpRequest, before: int, after: int):
        old, new = read.one(ctx, before), read.one(ctx, after)
        if old is None or new is None or old.person != new.person:
            raise Http404
        person = residents.one(ctx, new.person)
        return "premium/compare.html", {
            "title": whose(person.name if person else "", "の賦課の比較"),
            "old": old,
            "new": new,
            "old_sort": pages.SORTS[old.sort],
            "new_sort": pages.SORTS[new.sort],
            "difference": new.annual_yen - old.annual_yen,
            "decided": pages.side_by_side(pages.decided_lines(ctx, old), pages.decided_lines(ctx, new)),
            "facts": pages.side_by_side(pages.lines_of(ctx, old), pages.lines_of(ctx, new)),
            "old_told": read.told(ctx, old.id),
            "new_told": read.told(ctx, new.id),
        }


class PersonYears(Room):
    """All years of a person."""

    def get(self, ctx: Context, request: HttpRequest, person: int):
        view = residents.one_or_404(ctx, person)
        history = read.history(ctx, person)
        until = limits.person_years(
            ctx, settings.INSURER, [(person, h.fiscal_year, h.assessment_day) for h in history if h.current]
        )
        return "premium/person.html", {
            "title": whose(view.name, "の賦課"),
            "person": view,
            "history": [
                (h, fiscal_year_name(h.fiscal_year), pages.SORTS[h.sort], pages.month_row(h)) for h in history
            ],
            "months": pages.MONTHS,
            "limits": [(fiscal_year_name(year), one) for (_, year), one in until.items()],
            "refunds": [
                (fiscal_year_name(claim.fiscal_year), claim)
                for claim in limits.refunds(ctx, settings.INSURER, history)
            ],
            "tasks": [
                (t, pages.TASKS[t.sort], fiscal_year_name(t.fiscal_year))
                for t in read.tasks(ctx, person=person)
            ],
            "year": fiscal_year(ctx.on),
            "provisional": any(
                h.current and h.sort == "provisional" and h.fiscal_year == fiscal_year(ctx.on)
                for h in history
            ),
        }


class WhatIf(Room):
    """もし…なら: facts replaced, the same rule asked; decides nothing."""

    def get(self, ctx: Context, request: HttpRequest, person: int, year: int):
        facts = self.facts(ctx, person, year)
        return "premium/whatif.html", self.form(ctx, person, facts, Typed(whatif.as_typed(facts)))

    def post(self, ctx: Context, request: HttpRequest, person: int, year: int):
        facts = self.facts(ctx, person, year)
        typed = Typed(request.POST)
        stages = values_for(settings.INSURER, year).get("premium.stages").count
        supposed = whatif.replaced(facts, typed, stages)
        data = self.form(ctx, person, facts, typed)
        if not typed.errors:
            now, then = (whatif.answer(settings.INSURER, f) for f in (facts, supposed))
            known = now.annual_yen is not None and then.annual_yen is not None
            data |= {
                "now": now,
                "then": then,
                "difference": then.annual_yen - now.annual_yen if known else None,
                "facts": pages.side_by_side(pages.facts_lines(facts), pages.facts_lines(supposed)),
                "months": list(zip(pages.MONTHS, now.stages or ("?",) * 12, then.stages or ("?",) * 12, strict=True)),
            }  # fmt: skip
        return "premium/whatif.html", data

    @staticmethod
    def open_to(ctx: Context) -> bool:
        """Whoever may not see the facts cannot suppose others."""
        return ctx.sees_all("household", "tax", "welfare")

    def facts(self, ctx: Context, person: int, year: int):
        if not self.open_to(ctx):
            raise Refused(
                "この画面は本人と世帯員の税・福祉の事実を使います。あなたの権限では表示しません。係員に頼んでください。"
            )
        found = whatif.facts_now(ctx, year, person)
        if found is None:
            raise Http404
        return found

    def form(self, ctx: Context, person: int, facts, typed: Typed) -> dict:
        view = residents.one(ctx, person)
        sides = [("own", "本人")] + [(f"m{n}", f"世帯員{n + 1}") for n in range(len(facts.members))]
        return {
            "title": Title(
                "もし…なら",
                f"もし…なら {view.name if view else ''} さん {fiscal_year_name(facts.fiscal_year)}",
            ),
            "person": view,
            "year": facts.fiscal_year,
            "typed": typed,
            "sides": [
                {
                    "prefix": prefix,
                    "label": label,
                    "status": typed.text_of.get(f"{prefix}_status", ""),
                    "amounts": [
                        (f"{prefix}_{field}", name, typed.text_of.get(f"{prefix}_{field}", "0"))
                        for field, name in whatif.AMOUNTS.items()
                    ],
                }
                for prefix, label in sides
            ],
            "statuses": [(key, name_of("tax_status", key)) for key in whatif.STATUSES],
            "assistance": typed.text_of.get("assistance", ""),
            "borderline": typed.text_of.get("borderline", ""),
        }


class Tasks(Room):
    """Questions: unclear, facts changed under a decision (N-17), barred by the limit."""

    def get(self, ctx: Context, request: HttpRequest):
        sort = request.GET.get("sort", "")
        page = Pages(read.open_task_rows(sort if sort in pages.TASKS else ""), request)
        names = residents.names(ctx, [t.person_id for t in page])
        counts = read.open_tasks(ctx)
        return "premium/tasks.html", {
            "title": f"賦課の確認事項{f'({pages.TASKS[sort]})' if sort in pages.TASKS else ''}",
            "page": page,
            "rows": [
                (t, names.get(t.person_id, ""), pages.TASKS[t.sort], fiscal_year_name(t.fiscal_year))
                for t in page
            ],
            "sorts": [(key, name, counts.get(key, 0)) for key, name in pages.TASKS.items()],
            "sort": sort,
            "here": "tasks",
        }


class OneTask(Room):
    """A question: what the facts say now, what deciding again would change, and the acts."""

    permission = "premium.revise"

    def get(self, ctx: Context, request: HttpRequest, task: int):
        found = _task(task)
        person = residents.one(ctx, found.person_id)
        return "premium/task.html", {
            "title": Title(
                "賦課の確認",
                f"賦課の確認 {person.name if person else ''} さん {fiscal_year_name(found.fiscal_year)}",
            ),
            "task": found,
            "sort": pages.TASKS[found.sort],
            "person": person,
        } | _preview(ctx, found.person_id, found.fiscal_year)

    def post(self, ctx: Context, request: HttpRequest, task: int):
        found = _task(task)
        if request.POST.get("act") == "revise":
            return Revise().post(ctx, request, found.person_id, found.fiscal_year)
        tasks.settle(ctx, found, request.POST.get("reason", ""))
        return go("/premium/tasks/")


class Revise(Room):
    """即時賦課更正 of one person: shown first, decided by the button."""

    permission = "premium.revise"

    def get(self, ctx: Context, request: HttpRequest, person: int, year: int):
        view = residents.one_or_404(ctx, person)
        return "premium/revise.html", {
            "title": whose(view.name, f"の即時更正 {fiscal_year_name(year)}"),
            "person": view,
            "year": year,
        } | _preview(ctx, person, year)

    def post(self, ctx: Context, request: HttpRequest, person: int, year: int):
        with transaction.atomic():
            ids = assess_persons(ctx, settings.INSURER, year, [person], "counter")
        if not ids:
            raise Refused("判定し直しても決定は変わらないか、決定できません。新しい決定は作りませんでした。")
        return go(f"/premium/{ref('assessment', ids[0])}/")


def _preview(ctx: Context, person: int, year: int) -> dict:
    """What deciding again now would change: the same judgement as the act, not saved."""
    current = read.current(ctx, person, year)
    found = judge(ctx, settings.INSURER, year, "counter", [person])
    judged = found.judged[0] if found.judged else None
    old = current.stages if current else (0,) * 12
    return {
        "current": current,
        "judged": judged,
        "stages": [
            (month, a or "–", b or "–", a != b)
            for month, a, b in zip(pages.MONTHS, old, stage_numbers(judged.stages), strict=True)
        ]
        if judged
        else [],
        "difference": judged.annual_yen - (current.annual_yen if current else 0) if judged else 0,
        "unclear": [m for _, missing in found.unclear for m in missing],
        "barred": [text for b in found.barred for _, text in b.missing],
    }


def _task(task: int) -> Task:
    return get_object_or_404(Task, id=task)


def _waiting(ctx: Context) -> int:
    return sum(read.open_tasks(ctx).values())


urls = [
    path("", Year.view(), name="home"),
    path("year/<int:year>/", Year.view(), name="year"),
    path("year/<int:year>/months/", Months.view(), name="months"),
    path("year/<int:year>/ledger/", Ledger.view(), name="ledger"),
    path("batches/", Batches.view(), name="batches"),
    path("batches/prepare/", Prepare.view(), name="prepare"),
    path("batches/<batch:batch>/", BatchPage.view(), name="batch"),
    path("batches/<batch:batch>/approve/", Approve.view(), name="approve"),
    path("batches/<batch:batch>/execute/", Execute.view(), name="execute"),
    path("batches/<batch:batch>/abandon/", Abandon.view(), name="abandon"),
    path("provisional/", ProvisionalChanges.view(), name="provisional"),
    path("provisional/<int:year>/", ProvisionalChanges.view(), name="provisional_year"),
    path(
        "person/<person:person>/<int:year>/provisional/", ChangeProvisional.view(), name="change_provisional"
    ),
    path("person/<person:person>/<int:year>/provisional/go-on/", GoOn.view(), name="go_on"),
    path("limits/", Limits.view(), name="limits"),
    path("settings/", Settings.view(), name="settings"),
    path("tasks/", Tasks.view(), name="tasks"),
    path("tasks/<premium_task:task>/", OneTask.view(), name="task"),
    path("person/<person:person>/", PersonYears.view(), name="person"),
    path("person/<person:person>/<int:year>/what-if/", WhatIf.view(), name="whatif"),
    path("person/<person:person>/<int:year>/revise/", Revise.view(), name="revise"),
    path("compare/<assessment:before>/<assessment:after>/", Compare.view(), name="compare"),
    path("<assessment:assessment>/", Decision.view(), name="decision"),
]
nav = Nav("賦課", "/premium/", "premium.view", waiting=_waiting)
