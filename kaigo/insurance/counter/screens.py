"""Pages of the counter: home, jobs, search, person, calls and visits, keys."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from kaigo.base.desk.context import KEYS_COOKIE
from kaigo.base.desk.nav import Nav
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.staff.tables import OWN
from kaigo.insurance.counter import tickets
from kaigo.insurance.counter.find import Search
from kaigo.insurance.counter.home import Home
from kaigo.insurance.counter.person import PersonPage
from kaigo.insurance.counter.screens_former import FormerSystem
from kaigo.insurance.counter.screens_ledger import PrintLedger
from kaigo.insurance.counter.screens_why import TakeContact, Why
from kaigo.insurance.counter.screens_worklists import (
    EndWorkList,
    NewWorkList,
    OneWorkList,
    RuleWorkList,
    WorkLists,
)
from kaigo.insurance.counter.screens_worklists import waiting as worklists_waiting
from kaigo.insurance.counter.work import JobPage, StartJob


class Keys(Page):
    """The keys, and a switch for people whose software types by voice (WCAG 2.1.4)."""

    permission = OWN
    purpose = "staff"

    def get(self, ctx: Context, request: HttpRequest):
        return "counter/keys.html", {"title": "キー操作"}

    def post(self, ctx: Context, request: HttpRequest) -> HttpResponse:
        response = go("/keys/")
        if request.POST.get("keys") == "off":
            response.set_cookie(KEYS_COOKIE, "off", secure=True, httponly=True, samesite="Strict", path="/")
        else:
            response.delete_cookie(KEYS_COOKIE, path="/", samesite="Strict")
        return response


urls = [
    path("", Home.view(), name="home"),
    path("search", Search.view(), name="search"),
    path("keys/", Keys.view(), name="keys"),
    path("jobs/<str:job>/", JobPage.view(), name="job"),
    path("jobs/<str:job>/start", StartJob.view(), name="start"),
    path("person/<person:person>/", PersonPage.view(), name="person"),
    path("person/<person:person>/ledger/", PrintLedger.view(), name="ledger"),
    path("person/<person:person>/why/", Why.view(), name="why"),
    path("person/<person:person>/why/<str:kind>/", TakeContact.view(), name="take_contact"),
    path("person/<person:person>/tickets/", tickets.TicketList.view(), name="person_tickets"),
    path("person/<person:person>/tickets/new/<str:kind>/", tickets.NewTicket.view(), name="new_ticket"),
    path("worklists/", WorkLists.view(), name="worklists"),
    path("worklists/new/", NewWorkList.view(), name="new_worklist"),
    path("worklists/<work_list:asked>/", OneWorkList.view(), name="worklist"),
    path("worklists/<work_list:asked>/rule/", RuleWorkList.view(), name="rule_worklist"),
    path("worklists/<work_list:asked>/end/", EndWorkList.view(), name="end_worklist"),
    path("former/", FormerSystem.view(), name="former"),
    path("tickets/", tickets.TicketList.view(), name="tickets"),
    path("tickets/<ticket:ticket>/", tickets.OneTicket.view(), name="ticket"),
]
nav = (
    Nav("ホーム", "/", "jobs.view"),
    Nav("電話・窓口", "/tickets/", "counter.view", waiting=tickets.waiting),
    Nav("作業一覧", "/worklists/", "counter.view", waiting=worklists_waiting),
    Nav("移行の比較", "/former/", "premium.view"),
)
