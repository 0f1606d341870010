"""届出: what came in about a person, entering and withdrawing a form, the form itself as paper."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone

from kaigo.base.desk.context import insurer_name
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.records.context import Context
from kaigo.base.staff.who import told as staff_names
from kaigo.insurance.qualification import form as paper
from kaigo.insurance.qualification import notifications
from kaigo.insurance.qualification.models import Notification
from kaigo.insurance.residents import read as residents
from kaigo.law.words import tell_all


class Notifications(Page):
    """The forms of one person, late ones marked; a blank entry below."""

    permission = "qualification.view"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        return "qualification/notifications.html", self.data(ctx, person, Typed())

    def data(self, ctx: Context, person: int, typed: Typed) -> dict:
        view = residents.one_or_404(ctx, person)
        found = notifications.received(ctx, settings.INSURER, person)
        names = staff_names([row.actor for row in found])
        return {
            "title": whose(view.name, "の届出"),
            "person": view,
            "rows": [(row, tell_all(row.reasons)[0], names.get(row.actor, row.actor)) for row in found],
            "typed": typed,
            "forms": list(notifications.FORMS.items()),
            "filers": list(notifications.FILERS.items()),
        }


class EnterNotification(Notifications):
    """Enter a form: typed, its time limit shown, then kept."""

    permission = "qualification.decide"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        return go(f"/qualification/{ref('person', person)}/notifications/")

    def post(self, ctx: Context, request: HttpRequest, person: int):
        typed = Typed(request.POST)
        form = typed.choice("form", "届書の種類", notifications.FORMS)
        event_on = typed.day("event_on", "異動年月日")
        filed_on = typed.day("filed_on", "届出年月日")
        place = typed.text("place", "届出場所", longest=60)
        filer = typed.choice("filer", "届出人", notifications.FILERS)
        filer_name = typed.text("filer_name", "代理人の氏名", required=filer == "agent", longest=120)
        if filed_on and filed_on > ctx.on:
            typed.errors["filed_on"] = "届出年月日は業務日までの日にしてください"
        data = self.data(ctx, person, typed)
        if typed.errors or event_on is None or filed_on is None:
            return "qualification/notifications.html", data
        if request.POST.get("step") == "do":
            notifications.enter(
                ctx, settings.INSURER, person, form, event_on, filed_on, place, filer, filer_name
            )
            return go(f"/qualification/{ref('person', person)}/notifications/")
        found = notifications.judge(settings.INSURER, form, event_on, filed_on)
        return "qualification/notifications.html", data | {
            "shown": {
                "what": notifications.FORMS[form], "event_on": event_on, "filed_on": filed_on, "place": place,
                "by": notifications.FILERS[filer] + (f"({filer_name})" if filer_name else ""),
            },
            "late": found.value.days_late,
            "told": tell_all(found.reasons),
        }  # fmt: skip


class WithdrawNotification(Page):
    """An entry that was a mistake."""

    permission = "qualification.decide"
    purpose = "qualification"

    def post(self, ctx: Context, request: HttpRequest, person: int, notification: int):
        row = get_object_or_404(Notification, id=notification, person_id=person)
        notifications.withdraw(ctx, row, request.POST.get("reason", ""))
        return go(f"/qualification/{ref('person', person)}/notifications/")


class FormPaper(Page):
    """The form of an acquisition as PDF, blank or filled in. A POST: what is filled in leaves the screen."""

    permission = "qualification.view"
    purpose = "qualification"

    def post(self, ctx: Context, request: HttpRequest, person: int) -> HttpResponse:
        which = request.POST.get("which", "")
        if which not in ("blank", "filled"):
            raise Refused("白紙か、記入済みかを選んでください。")
        words = paper.filled(ctx, person) if which == "filled" else paper.blank()
        if words is None:
            raise Http404
        answer = HttpResponse(
            paper.pdf(words, f"{insurer_name(settings.INSURER)}長", timezone.now()),
            content_type="application/pdf",
        )
        answer["Content-Disposition"] = 'inline; filename="acquisition-form.pdf"'
        return answer


notification_urls = [
    path("<person:person>/notifications/", Notifications.view(), name="notifications"),
    path("<person:person>/notifications/enter/", EnterNotification.view(), name="enter_notification"),
    path(
        "<person:person>/notifications/<notification:notification>/withdraw/",
        WithdrawNotification.view(),
        name="withdraw_notification",
    ),
    path("<person:person>/form/", FormPaper.view(), name="form"),
]
