"""鍵の登録券: what one person issued, another confirms before it opens anything. The word itself stands on no page here."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.staff import enrolment as enrolments
from kaigo.base.staff.can import reach
from kaigo.base.staff.models import Enrolment
from kaigo.personnel.access import read


class Enrolments(Page):
    """Words that wait, with the button of those who may confirm them."""

    permission = "staff.view"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        within = reach(request.staff, "staff.approve", "staff", ctx.on)
        page = Pages(
            None,
            request,
            read.words_waiting(ctx),
            lambda limit, offset: [
                # Nobody confirms what he issued or what is his own: the button would only be refused.
                (word, within.covers(word.sections), request.staff.member in (word.issuer, word.member))
                for word in read.words(ctx, limit, offset)
            ],
        )
        return "access/enrolments.html", {
            "title": "鍵の登録券",
            "page": page,
            "may_confirm": request.staff.may("staff.approve"),
        }


class Confirm(Page):
    """The word opens from now on."""

    permission = "staff.approve"
    purpose = "staff"

    def post(self, ctx: Context, request: HttpRequest, enrolment: int):
        within = reach(request.staff, self.permission, self.purpose, ctx.on)
        enrolments.confirm(ctx, _word(enrolment), within)
        return go("/access/enrolments/")


class RejectWord(Page):
    """The word never opens: by who might have confirmed it."""

    permission = "staff.approve"
    purpose = "staff"

    def post(self, ctx: Context, request: HttpRequest, enrolment: int):
        within = reach(request.staff, self.permission, self.purpose, ctx.on)
        reason = request.POST.get("reason", "").strip()[:200]
        enrolments.reject(ctx, _word(enrolment), reason, within)
        return go("/access/enrolments/")


def _word(enrolment: int) -> Enrolment:
    return get_object_or_404(Enrolment, id=enrolment)


urls = [
    path("enrolments/", Enrolments.view(), name="enrolments"),
    path("enrolments/<enrolment:enrolment>/confirm/", Confirm.view(), name="confirm_enrolment"),
    path("enrolments/<enrolment:enrolment>/reject/", RejectWord.view(), name="reject_enrolment"),
]
