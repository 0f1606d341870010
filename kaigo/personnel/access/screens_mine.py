"""自分の権限: what everybody may see of himself, and what he may ask for."""

from __future__ import annotations

import re
import unicodedata

from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.desk.pages import ROWS
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.misuse.decide import declare, take_back
from kaigo.base.misuse.models import Declaration
from kaigo.base.misuse.named import someone
from kaigo.base.misuse.values import values
from kaigo.base.records.context import Context
from kaigo.base.staff import applications
from kaigo.base.staff.accounts import KINDS
from kaigo.base.staff.marks import own_number
from kaigo.base.staff.models import Account, Application, Member
from kaigo.base.staff.notices import lately
from kaigo.base.staff.people import mark
from kaigo.base.staff.tables import fields, permissions, roles
from kaigo.personnel.access import read
from kaigo.personnel.access.asking import ask, form
from kaigo.personnel.access.words import PURPOSES
from kaigo.personnel.people import read as people

_ADDRESSEE = re.compile(r"\d{15}")


class Mine(Page):
    """Posts, accounts, grants with all that they allow, applications of the one who is logged in."""

    permission = "staff.self"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        member = request.staff.member
        asked = read.applications(ctx, member=member, limit=ROWS)
        return "access/mine.html", {
            "title": "自分の権限",
            "posts": people.posts(ctx, member),
            "accounts": [(a, KINDS[a.kind], people.keys(ctx, a.id)) for a in people.accounts(ctx, member)],
            "grants": [(g, g.running(ctx.on), allowed(ctx, g.role)) for g in people.grants(ctx, member)],
            "asked": [(a, applications.KINDS[a.kind], *read.OUTCOMES[a.outcome]) for a in asked],
            "declared": len(request.staff.marks),
            "notices": lately(request.staff.account),
        }


def allowed(ctx: Context, role: str) -> dict[str, list[str]]:
    """What a role gives on the day, in words; nothing for a role that is no longer in the table."""
    gives = roles()[role].on(ctx.on) if role in roles() else None
    if gives is None:
        return {"permissions": [], "fields": [], "purposes": []}
    return {
        "permissions": [p.label for name, p in permissions().items() if name in gives.permissions],
        "fields": [label for name, label in fields().items() if name in gives.fields],
        "purposes": [label for name, label in PURPOSES.items() if name in gives.purposes],
    }


class Apply(Page):
    """Ask for something for one's own account."""

    permission = "staff.self"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        return self.form(ctx, request, Typed(request.GET))

    def post(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.POST)
        if ask(ctx, _own(request), typed) is None:
            return self.form(ctx, request, typed)
        return go("/access/mine/")

    def form(self, ctx: Context, request: HttpRequest, typed: Typed):
        return "access/apply.html", {"title": "申請する", "own": True} | form(ctx, _own(request), typed)


class Withdraw(Page):
    """Take one's own application back."""

    permission = "staff.self"
    purpose = "staff"

    def post(self, ctx: Context, request: HttpRequest, application: int):
        found = Application.objects.filter(id=application).first()
        # Of another person's he learns nothing, not even that it is there.
        if found is None or request.staff.member not in (found.requested_by_id, found.member_id):
            raise Http404
        applications.withdraw(ctx, found)
        return go("/access/mine/")


class Number(Page):
    """Declare one's own 宛名番号: of it only a digest is kept, with which acts on oneself are refused."""

    permission = "staff.self"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        return self.form(Typed())

    def post(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.POST)
        number = unicodedata.normalize("NFKC", typed.text("addressee", "宛名番号", longest=30)).replace(
            " ", ""
        )
        if not typed.errors and not _ADDRESSEE.fullmatch(number):
            typed.errors["addressee"] = (
                "宛名番号は数字15桁です。通知書などで自分の番号を確かめて、書き直してください"
            )
        if typed.errors:
            return self.form(typed)
        mark(Member.objects.get(id=request.staff.member), own_number(number))
        return go("/access/mine/")

    def form(self, typed: Typed):
        return "access/number.html", {"title": "自分の宛名番号を届け出る", "typed": typed}


class Relatives(Page):
    """What is compared when looks are asked about, and why; declare a relative: of him only a digest is kept."""

    permission = "staff.self"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        return self.form(ctx, request, Typed())

    def post(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.POST)
        words = someone(typed)
        if typed.errors:
            return self.form(ctx, request, typed)
        declare(ctx, request.staff.member, words)
        return go("/access/mine/relatives/")

    def form(self, ctx: Context, request: HttpRequest, typed: Typed):
        declared = Declaration.objects.filter(member=request.staff.member, end__isnull=True).order_by("-id")
        return "access/relatives.html", {
            "title": "閲覧の確認と親族の届出",
            "typed": typed,
            "declared": declared,
            "lingers": values(ctx.on)["lingers_days"],
        }


class TakeBack(Page):
    """Take one's own declaration back."""

    permission = "staff.self"
    purpose = "staff"

    def post(self, ctx: Context, request: HttpRequest, declaration: int):
        found = Declaration.objects.filter(
            id=declaration, member=request.staff.member, end__isnull=True
        ).first()
        if found is None:
            raise Http404
        take_back(ctx, found)
        return go("/access/mine/relatives/")


def _own(request: HttpRequest) -> Account:
    return Account.objects.get(id=request.staff.account)


urls = [
    path("mine/", Mine.view(), name="mine"),
    path("mine/apply/", Apply.view(), name="apply"),
    path("mine/number/", Number.view(), name="number"),
    path("mine/relatives/", Relatives.view(), name="relatives"),
    path("mine/relatives/<declaration:declaration>/", TakeBack.view(), name="take_back"),
    path("mine/withdraw/<application:application>/", Withdraw.view(), name="withdraw"),
]
