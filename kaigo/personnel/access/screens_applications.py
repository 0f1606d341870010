"""申請: those that wait first; approved or rejected by somebody who neither asked nor is meant."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.staff import applications
from kaigo.base.staff.can import Reach, reach
from kaigo.base.staff.models import Account, Application
from kaigo.personnel.access import read
from kaigo.personnel.access.asking import ask, form
from kaigo.personnel.access.screens_mine import allowed


class Applications(Page):
    """Every application, of one outcome or all."""

    permission = "staff.view"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        outcome = request.GET.get("outcome", "all")
        outcome = "" if outcome == "waiting" else outcome if outcome in read.OUTCOMES else "all"
        page = Pages(
            None,
            request,
            read.application_count(ctx, outcome),
            lambda limit, offset: [
                (a, applications.KINDS[a.kind], *read.OUTCOMES[a.outcome])
                for a in read.applications(ctx, outcome, limit=limit, offset=offset)
            ],
        )
        return "access/applications.html", {
            "title": "申請",
            "page": page,
            "outcome": outcome or "waiting",
            "outcomes": [(key or "waiting", label) for key, (label, _) in read.OUTCOMES.items()],
        }


class OneApplication(Page):
    """One application with what it would give, and the buttons of those who may rule it."""

    permission = "staff.view"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest, application: int):
        return self.shown(ctx, request, application, Typed())

    def shown(self, ctx: Context, request: HttpRequest, application: int, typed: Typed):
        view = read.application(ctx, application)
        if view is None:
            raise Http404
        return "access/application.html", {
            "title": f"申請 {view.form}",
            "view": view,
            "kind": applications.KINDS[view.kind],
            "outcome": read.OUTCOMES[view.outcome],
            "gives": allowed(ctx, view.role) if view.role else None,
            "typed": typed,
            "may_rule": request.staff.may("staff.approve") and not view.outcome,
            # Nobody rules what he asked for or what is about himself: the button would only be refused.
            "own": request.staff.member in (view.asker, view.member),
            "reached": _reach(ctx, request).covers(applications.concerned(_application(application), ctx.on)),
        }


class Approve(Page):
    """Yes: what was asked for holds from its day."""

    permission = "staff.approve"
    purpose = "staff"

    def post(self, ctx: Context, request: HttpRequest, application: int):
        applications.approve(ctx, _application(application), _reach(ctx, request))
        return go(f"/access/applications/{ref('application', application)}/")


class Reject(Page):
    """No, with a reason."""

    permission = "staff.approve"
    purpose = "staff"

    def post(self, ctx: Context, request: HttpRequest, application: int):
        typed = Typed(request.POST)
        reason = typed.text("reason", "却下の理由", longest=400)
        found = _application(application)
        if typed.errors:
            return OneApplication().shown(ctx, request, application, typed)
        applications.reject(ctx, found, reason, _reach(ctx, request))
        return go(f"/access/applications/{ref('application', application)}/")


class ApplyFor(Page):
    """Ask for something for another person's account."""

    permission = "staff.apply"
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest, account: int):
        return self.form(ctx, _account(account), Typed(request.GET))

    def post(self, ctx: Context, request: HttpRequest, account: int):
        typed, whose = Typed(request.POST), _account(account)
        if ask(ctx, whose, typed) is None:
            return self.form(ctx, whose, typed)
        return go("/access/mine/")

    def form(self, ctx: Context, account: Account, typed: Typed):
        return "access/apply.html", {"title": "権限を申請する", "own": False} | form(ctx, account, typed)


def _reach(ctx: Context, request: HttpRequest) -> Reach:
    return reach(request.staff, "staff.approve", "staff", ctx.on)


def _application(id: int) -> Application:
    return get_object_or_404(Application, id=id)


def _account(id: int) -> Account:
    return get_object_or_404(Account, id=id)


urls = [
    path("applications/", Applications.view(), name="applications"),
    path("applications/<application:application>/", OneApplication.view(), name="application"),
    path("applications/<application:application>/approve/", Approve.view(), name="approve"),
    path("applications/<application:application>/reject/", Reject.view(), name="reject"),
    path("accounts/<account:account>/apply/", ApplyFor.view(), name="apply_for"),
]
