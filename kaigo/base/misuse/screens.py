"""確かめる閲覧: the questions, one of them with its explanation first, and what somebody else found."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.audit.events import EVENTS
from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import Title
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.misuse import read, words
from kaigo.base.misuse.decide import OUTCOMES, SHORTEST, may_review, review
from kaigo.base.misuse.gather import cause_word
from kaigo.base.misuse.relations import relations
from kaigo.base.misuse.values import values
from kaigo.base.records.context import Context
from kaigo.base.staff.tables import permissions

TONES = {"fine": "good", "caution": "warn", "inquiry": "warn", "grave": "bad"}


class Room(Page):
    permission = "misuse.view"
    purpose = "audit"


class Alerts(Room):
    """Fifty questions a page; nobody finds those about himself here."""

    def get(self, ctx: Context, request: HttpRequest):
        mine = read.sight(ctx, request.staff)
        first = "mine" if request.staff.may("misuse.review") else "open"
        shown = request.GET.get("state", first)
        shown = shown if shown in read.SHOWN else first
        page = Pages(
            None,
            request,
            read.count(ctx, mine, shown),
            lambda limit, offset: read.questions(ctx, mine, shown, limit, offset),
        )
        names = read.members(question.member for question in page)
        return "misuse/alerts.html", {
            "title": "確かめる閲覧",
            "page": page,
            "rows": [_row(ctx, question, names) for question in page],
            "shown": shown,
            "states": [
                (key, word, read.count(ctx, mine, key)) for key, word in read.SHOWN.items() if key != "done"
            ],
            "analysed": read.analysed(),
            "stale": read.stale(),
            "late": read.late(ctx.on) and values(ctx.on)["critical_minutes"],
        }


class OneAlert(Room):
    """What may explain it, then why it is asked, then the accesses."""

    def get(self, ctx: Context, request: HttpRequest, alert: int):
        return shown(ctx, request, alert, Typed())


class ReviewAlert(Page):
    """What another human being found: the head, or the privacy office."""

    permission = "misuse.review"
    purpose = "audit"

    def post(self, ctx: Context, request: HttpRequest, alert: int):
        mine = read.sight(ctx, request.staff)
        found = read.alert(alert)
        # Of a question about himself he learns nothing, not even that it is there.
        if found is None or read.one(ctx, mine, alert) is None:
            raise Http404
        typed = Typed(request.POST)
        outcome = typed.choice("outcome", "結果", OUTCOMES)
        reason = typed.text("reason", "確かめたこと", longest=400)
        if reason and len(reason) < SHORTEST:
            typed.errors.setdefault("reason", f"何をどう確かめたかを{SHORTEST}文字以上で書いてください")
        if typed.errors:
            return shown(ctx, request, alert, typed)
        review(ctx, found, request.staff.member, mine.reviews, outcome, reason)
        return go(f"/misuse/{ref('alert', alert)}/")


def shown(ctx: Context, request: HttpRequest, alert: int, typed: Typed):
    mine = read.sight(ctx, request.staff)
    question = read.one(ctx, mine, alert)
    if question is None:
        raise Http404
    page = Pages(
        None,
        request,
        read.seen_count(ctx, alert),
        lambda limit, offset: read.seen(ctx, alert, limit, offset),
    )
    # What somebody typed may name a resident: only who has to look into it reads it.
    may = request.staff.may("misuse.review") and may_review(read.alert(alert), mine.member, mine.reviews)
    told = relations().reasons(ctx, {seen.case for seen in page}) if may else {}
    row = _row(ctx, question, read.members([question.member]))
    return "misuse/alert.html", {
        "title": Title("確かめる閲覧", f"確かめる閲覧 {row['name']}"),
        "row": row,
        "question": question,
        "causes": words.causes(question.causes),
        "reasons": [(words.title(r, question.day), words.reason(r, facts), points) for r, points, facts in question.reasons],
        "page": page,
        "seen": [
            (
                seen, EVENTS[seen.kind].label if seen.kind in EVENTS else seen.kind,
                permissions()[seen.permission].label if seen.permission in permissions() else "",
                cause_word(seen.case, seen.unexplained), told.get(seen.case, ""),
            )
            for seen in page
        ],
        "may_trace": request.staff.may("audit.view"),
        "may_review": may and not question.closed,
        "may_emergency": bool(question.emergency) and request.staff.may("staff.review"),
        "reviews": [(OUTCOMES[o], TONES[o], reason, who, on) for o, reason, who, on in read.reviews(ctx, alert)],
        "outcomes": list(OUTCOMES.items()),
        "typed": typed,
    }  # fmt: skip


def _row(ctx: Context, question: read.Question, names: dict[int, str]) -> dict:
    return {
        "question": question,
        "name": names.get(question.member, ""),
        "kind": words.KINDS[question.kind],
        "strongest": [words.title(rule, question.day) for rule, _, _ in question.reasons],
        "owner": words.OWNERS[question.owner],
        "overdue": question.overdue(ctx.on),
        "outcome": OUTCOMES.get(question.outcome, ""),
        "tone": TONES.get(question.outcome, "warn"),
    }


urls = [
    path("", Alerts.view(), name="home"),
    path("<alert:alert>/", OneAlert.view(), name="alert"),
    path("<alert:alert>/review/", ReviewAlert.view(), name="review"),
]
nav = Nav("確かめる閲覧", "/misuse/", "misuse.view", waiting_for=read.waiting)
