"""Pages of the room: the month, who becomes 65, mismatches, questions, a person's history and its correction."""

from __future__ import annotations

import unicodedata
from datetime import date

from django.conf import settings
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.charts import bars
from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref, unref
from kaigo.base.desk.titles import Title, whose
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.insurance.qualification import holding_back, lists, read, rulings, tasks
from kaigo.insurance.qualification.income_inquiries import STATES
from kaigo.insurance.qualification.models import Task
from kaigo.insurance.qualification.panels import event, state
from kaigo.insurance.qualification.screens_changes import changes_urls
from kaigo.insurance.qualification.screens_correct import Correct, Withdraw
from kaigo.insurance.qualification.screens_deemed import deemed_urls
from kaigo.insurance.qualification.screens_exchange import exchange_urls
from kaigo.insurance.qualification.screens_held_back import HeldBackList, HoldBack, Release
from kaigo.insurance.qualification.screens_income import income_urls
from kaigo.insurance.qualification.screens_moves import moves_urls, told_of
from kaigo.insurance.qualification.screens_notifications import notification_urls
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import wareki_month
from kaigo.law.words import name_of

SORTS = {"hold": "保留", "unclear": "判定できない", "mismatch": "不整合"}


class Room(Page):
    """What every page here needs."""

    permission = "qualification.view"
    purpose = "qualification"


class Home(Room):
    """The month: insured, acquired and lost by reason, what waits."""

    def get(self, ctx: Context, request: HttpRequest):
        first = ctx.on.replace(day=1)
        following = next_month(first)
        found = lists.by_reason(ctx, first, following)
        waiting = dict.fromkeys(SORTS, 0)
        for task in read.tasks(ctx):
            waiting[task.sort] += 1
        return "qualification/home.html", {
            "title": f"資格 {wareki_month(first)}",
            "counts": read.counts(ctx),
            "acquired": bars(
                "取得", [(name_of("acquired", c), n) for c, n in found["acquired"].items()], "人", "事由"
            ),
            "lost": bars("喪失", [(name_of("lost", c), n) for c, n in found["lost"].items()], "人", "事由"),
            "coming": len(lists.upcoming(ctx, first, following)),
            "waiting": [(sort, SORTS[sort], count) for sort, count in waiting.items()],
            "month": f"{first:%Y-%m}",
            "here": "home",
        }


class Upcoming(Room):
    """年齢到達予定者: who attains 65 in a month."""

    def get(self, ctx: Context, request: HttpRequest):
        first = _month(request.GET.get("month", ""), ctx.on)
        found = lists.upcoming(ctx, first, next_month(first))
        before = date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
        return "qualification/upcoming.html", {
            "title": f"65歳に達する人 {wareki_month(first)}",
            "page": Pages(found, request),
            "total": len(found),
            "insured": sum(1 for c in found if c.insured),
            "held_back": holding_back.people(ctx),
            "before": f"{before:%Y-%m}",
            "after": f"{next_month(first):%Y-%m}",
            "here": "upcoming",
        }


class Mismatches(Room):
    """資格不整合リスト, and of it the moves in and out that no decision has followed (転入転出未登録)."""

    def get(self, ctx: Context, request: HttpRequest):
        found = lists.mismatches(ctx)
        moves = request.GET.get("only") == "moves"
        shown = [m for m in found if m.unregistered] if moves else found
        return "qualification/mismatch.html", {
            "title": "転入・転出が資格に反映していない人" if moves else "住民記録と資格が合わない人",
            "page": Pages(shown, request),
            "total": len(found),
            "moves": sum(1 for m in found if m.unregistered),
            "only": moves,
            "here": "mismatch",
        }


class Tasks(Room):
    """確認事項: what waits for a clerk."""

    def get(self, ctx: Context, request: HttpRequest):
        sort = request.GET.get("sort", "")
        found = read.tasks(ctx, sort if sort in SORTS else "")
        page = Pages(found, request)
        names = residents.names(ctx, [task.person_id for task in page])
        return "qualification/tasks.html", {
            "title": "資格の確認事項",
            "page": page,
            "rows": [
                (task, names.get(task.person_id, ""), SORTS[task.sort], event_day(task)) for task in page
            ],
            "sorts": list(SORTS.items()),
            "sort": sort,
            "here": "tasks",
        }


class OneTask(Room):
    """One question: what is known, what each answer would do, and the acts."""

    permission = "qualification.decide"

    def get(self, ctx: Context, request: HttpRequest, task: int):
        found = _task(task)
        view = residents.one(ctx, found.person_id)
        facility = found.sort == "hold" and found.what.startswith("facility:")
        preview = []
        if facility and found.state == "open":
            preview = rulings.preview(
                ctx,
                found.person_id,
                lambda: rulings.not_exception(ctx, settings.INSURER, _task(task), "見込み"),
            )
        return "qualification/task.html", {
            "title": Title("資格の確認", f"資格の確認 {view.name if view else ''} さん"),
            "task": found,
            "sort": SORTS[found.sort],
            "event_days": event_day(found),
            "person": view,
            "facility": facility,
            "held_back": found.what.startswith(f"{holding_back.MATTER}:"),
            "changes": preview,
            "state": state(ctx, read.periods_in_force(ctx, found.person_id)),
        }

    def post(self, ctx: Context, request: HttpRequest, task: int):
        found = _task(task)
        reason = request.POST.get("reason", "")
        if request.POST.get("act") == "not_exception":
            rulings.not_exception(ctx, settings.INSURER, found, reason)
            return go(f"/qualification/{ref('person', found.person_id)}/")
        tasks.settle(ctx, found, reason)
        return go("/qualification/tasks/")


class History(Room):
    """A person's qualifications: what is in force, every decision with its stored reasons, rulings, questions."""

    def get(self, ctx: Context, request: HttpRequest, person: int):
        view = residents.one_or_404(ctx, person)
        history = read.history(ctx, person)
        questions = read.tasks(ctx, person=person)
        if not history and view.birth_date is None and not questions:
            raise Http404
        shown = unref("period", request.GET.get("why", ""))
        chosen = next((p for p in history if p.id == shown), None)
        chosen = chosen or next((p for p in reversed(history) if p.current), history[-1] if history else None)
        finding = read.finding(ctx, chosen.id) if chosen else None
        return "qualification/history.html", {
            "title": whose(view.name, "の資格"),
            "person": view,
            "number": read.number(ctx, person),
            "current": [p for p in history if p.current],
            "state": state(ctx, [p for p in history if p.current]),
            "history": [(p, event(p)) for p in reversed(history)],
            "chosen": chosen,
            "told": read.told(ctx, chosen.id, _audience(request)) if chosen else (),
            "audience": _audience(request),
            "law": finding.law[:12] if finding else "",
            "ruling": rulings.in_force(person, "periods"),
            "held_back": rulings.in_force(person, holding_back.MATTER),
            "tasks": [(task, SORTS[task.sort], event_day(task)) for task in questions],
            **told_of(ctx, person),
            "inquiries": [(row, *STATES[row.state]) for row in read.income_inquiries(ctx, person)],
        }


def event_day(task: Task) -> list[date]:
    """The days of the events behind a question, from its key."""
    _, _, days = task.what.partition(":")
    try:
        return [date.fromisoformat(day) for day in days.split(",") if day]
    except ValueError:
        return []


def next_month(first: date) -> date:
    """The first of the following month."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _audience(request: HttpRequest) -> str:
    return "person" if request.GET.get("for") == "person" else "staff"


def _task(task: int) -> Task:
    return get_object_or_404(Task, id=task)


def _month(text: str, on: date) -> date:
    """2026-08 → 1 August 2026; anything else → the month of `on`."""
    try:
        year, month = unicodedata.normalize("NFKC", text).split("-")
        return date(int(year), int(month), 1)
    except ValueError:
        return on.replace(day=1)


urls = [
    path("", Home.view(), name="home"),
    path("upcoming/", Upcoming.view(), name="upcoming"),
    path("mismatch/", Mismatches.view(), name="mismatch"),
    path("tasks/", Tasks.view(), name="tasks"),
    path("tasks/<qualification_task:task>/", OneTask.view(), name="task"),
    path("held-back/", HeldBackList.view(), name="held_back"),
    path("<person:person>/", History.view(), name="person"),
    path("<person:person>/hold-back/", HoldBack.view(), name="hold_back"),
    path("<person:person>/hold-back/end/", Release.view(), name="release"),
    path("<person:person>/correct/", Correct.view(), name="correct"),
    path("<person:person>/withdraw/", Withdraw.view(), name="withdraw"),
    *changes_urls,
    *deemed_urls,
    *exchange_urls,
    *income_urls,
    *moves_urls,
    *notification_urls,
]
nav = Nav("資格", "/qualification/", "qualification.view", waiting=read.open_tasks)
