"""注意を要する人の名簿: entered by one, confirmed by another; of the people only digests are kept."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.misuse import decide, read
from kaigo.base.misuse.models import Watched
from kaigo.base.misuse.named import someone
from kaigo.base.misuse.values import values
from kaigo.base.records.context import Context


class WatchedList(Page):
    """Entries that count or wait: reasons and people of the office, nobody's name."""

    permission = "misuse.confirm"
    purpose = "audit"

    def get(self, ctx: Context, request: HttpRequest):
        page = Pages(read.watched(ctx), request)
        ids = [entry.entered_by for entry in page]
        names = read.members(
            [*ids, *(e.confirmation.confirmed_by for e in page if hasattr(e, "confirmation"))]
        )
        return "access/listed.html", {
            "title": "注意を要する人の名簿",
            "page": page,
            "rows": [_row(entry, names, request.staff.member) for entry in page],
            "may_list": request.staff.may("misuse.list"),
            "lingers": values(ctx.on)["lingers_days"],
        }


class EnterWatched(Page):
    """Put somebody on the list."""

    permission = "misuse.list"
    purpose = "audit"

    def get(self, ctx: Context, request: HttpRequest):
        return self.form(Typed())

    def post(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.POST)
        words = someone(typed)
        reason = typed.text("reason", "理由", longest=400)
        if reason and len(reason) < decide.SHORTEST:
            typed.errors["reason"] = f"なぜ注意を要するかを{decide.SHORTEST}文字以上で書いてください"
        if typed.errors:
            return self.form(typed)
        decide.enter(ctx, request.staff.member, words, reason)
        return go("/access/listed/")

    def form(self, typed: Typed):
        return "access/listed_form.html", {"title": "名簿に入れる", "typed": typed}


class ConfirmWatched(Page):
    """Another person confirms; never who entered it."""

    permission = "misuse.confirm"
    purpose = "audit"

    def post(self, ctx: Context, request: HttpRequest, watched: int):
        decide.confirm(ctx, _entry(watched), request.staff.member)
        return go("/access/listed/")


class EndWatched(Page):
    """Take somebody off the list."""

    permission = "misuse.list"
    purpose = "audit"

    def post(self, ctx: Context, request: HttpRequest, watched: int):
        decide.end(ctx, _entry(watched))
        return go("/access/listed/")


def _entry(watched: int) -> Watched:
    return get_object_or_404(Watched, id=watched)


def _row(entry: Watched, names: dict[int, str], member: int) -> dict:
    confirmation = getattr(entry, "confirmation", None)
    return {
        "entry": entry,
        "entered_by": names.get(entry.entered_by, ""),
        "confirmed_by": names.get(confirmation.confirmed_by, "") if confirmation else "",
        "confirmed_on": confirmation.confirmed_on if confirmation else None,
        "own": entry.entered_by == member,
    }


urls = [
    path("listed/", WatchedList.view(), name="listed"),
    path("listed/new/", EnterWatched.view(), name="listed_new"),
    path("listed/<watched:watched>/confirm/", ConfirmWatched.view(), name="listed_confirm"),
    path("listed/<watched:watched>/end/", EndWatched.view(), name="listed_end"),
]
