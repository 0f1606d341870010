"""資格取得除外者: the list, entering somebody, taking somebody off; what happens is shown before it is done."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.insurance.qualification import holding_back, rulings
from kaigo.insurance.qualification.screens_correct import TakeBack
from kaigo.insurance.residents import read as residents

STATES = {"now": ("除外中", "warn"), "waiting": ("これから", "neutral"), "over": ("終わり", "neutral")}


class HeldBackList(Page):
    """Who is kept from being acquired automatically, since when, why, and whom that stops now."""

    permission = "qualification.view"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest):
        found = holding_back.entries(ctx)
        page = Pages(found, request)
        names = residents.names(ctx, [entry.person for entry in page])
        return "qualification/held_back.html", {
            "title": "資格取得除外者",
            "page": page,
            "rows": [(entry, names.get(entry.person, ""), *STATES[entry.state]) for entry in page],
            "stops": sum(1 for entry in found if entry.stops),
            "here": "held_back",
        }


class HoldBack(Page):
    """Enter one person: typed, shown as what it does, then done."""

    permission = "qualification.decide"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        return "qualification/hold_back.html", self.form(ctx, person, Typed())

    def post(self, ctx: Context, request: HttpRequest, person: int):
        typed = Typed(request.POST)
        since = typed.day("since", "いつから")
        until = typed.day("until", "いつまで", required=False)
        reason = typed.text("reason", "理由", longest=500)
        data = self.form(ctx, person, typed)
        if since and until and until <= since:
            typed.errors["until"] = "いつまでは、いつからより後の日にしてください"
        if typed.errors or since is None:
            return "qualification/hold_back.html", data

        def act():
            return holding_back.hold_back(ctx, settings.INSURER, person, since, until, reason)

        if request.POST.get("step") == "do":
            act()
            return go("/qualification/held-back/")
        return "qualification/hold_back.html", data | {
            "told": {"since": since, "until": until, "reason": reason},
            "changes": rulings.preview(ctx, person, act),
        }

    def form(self, ctx: Context, person: int, typed: Typed) -> dict:
        view = residents.one_or_404(ctx, person)
        return {
            "title": whose(view.name, "を資格取得除外者にする"),
            "person": view,
            "typed": typed,
            "before": rulings.in_force(person, holding_back.MATTER),
        }


class Release(TakeBack):
    """Take one person off the list: what is acquired then is shown first."""

    permission = "qualification.decide"
    matter = holding_back.MATTER
    template = "qualification/release_held.html"
    title = "除外をやめる"
