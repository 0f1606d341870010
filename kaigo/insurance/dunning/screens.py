"""Pages of the room: the lists of demands and reminders, who is in one and why, what waits. Others in screens_*.py."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.charts import bars
from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.jobs.registry import NotReady
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.base.staff.who import same_person
from kaigo.insurance.dunning import batch as batches
from kaigo.insurance.dunning import read, reminders
from kaigo.insurance.dunning.models import Batch, Candidate
from kaigo.insurance.dunning.screens_person import (
    AskWaiver,
    EndStay,
    LateCharge,
    PaidYear,
    Person,
    SettleLate,
    Stay,
    Waiver,
    Waivers,
    Why,
    WithdrawWaiver,
)  # fmt: skip
from kaigo.insurance.dunning.screens_returned import (
    EnterReturned,
    MailList,
    Notice,
    PostNotice,
    ReturnedOne,
    SearchStep,
)  # fmt: skip
from kaigo.insurance.dunning.words import SORTS, STATES, TO_DO, WHY
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import wareki
from kaigo.law.reasons import unpack
from kaigo.law.words import tell_all

DAYS_TO_PAY = 21


class Batches(Page):
    """All lists, the newest first, with what was demanded by month, and the two forms that make a shadow."""

    permission = "dunning.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        return "dunning/batches.html", _batches(ctx, request, Typed())


def _batches(ctx: Context, request: HttpRequest, typed: Typed) -> dict:
    page = Pages(Batch.objects.order_by("-id"), request)
    typed.text_of = {
        "dated": wareki(ctx.on),
        "reminder_dated": wareki(ctx.on),
        "deadline": wareki(ctx.on + timedelta(days=DAYS_TO_PAY)),
        "quiet": str(reminders.QUIET_DAYS),
    } | typed.text_of
    return {
        "title": "督促と催告",
        "page": page,
        "rows": [(b, SORTS[b.sort], STATES[b.state]) for b in page],
        "typed": typed,
        "chart": bars("督促した期(発行日の月ごと)", _by_month(), "期", "月"),
        "here": "batches",
    }


def _by_month() -> list[tuple[str, int]]:
    return [
        (f"{month:%Y年%-m月}", count)
        for month, count in reversed(
            rows(
                "SELECT date_trunc('month', dated)::date, count(*) FROM dunning_demand GROUP BY 1 ORDER BY 1 DESC LIMIT 12"
            )
        )
    ]


class Prepare(Page):
    """Make the shadow of a list of demands. Decides nothing."""

    permission = "dunning.request"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.POST)
        dated = typed.day("dated", "発行日")
        since = typed.day("since", "納期限", required=False)
        least = typed.yen("least", "督促しない額", required=False)
        if typed and dated:
            try:
                made = batches.shadow(ctx, settings.INSURER, dated, since, least or 0)
                return go(f"/dunning/batches/{ref('dunning_batch', made.id)}/")
            except (Refused, NotReady) as why:
                typed.errors["dated"] = _said(why)
        return "dunning/batches.html", _batches(ctx, request, typed)


class PrepareReminders(Page):
    """Make the shadow of a list of reminders. Decides nothing."""

    permission = "dunning.request"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.POST)
        dated = typed.day("reminder_dated", "催告書の発行日")
        deadline = typed.day("deadline", "催告の期限")
        least = typed.yen("reminder_least", "催告しない額", required=False)
        quiet = typed.number("quiet", "前の催告からの日数")
        if typed and dated and deadline:
            try:
                made = reminders.shadow(
                    ctx, settings.INSURER, dated, deadline, least or 0, max(0, quiet or 0)
                )
                return go(f"/dunning/batches/{ref('dunning_batch', made.id)}/")
            except (Refused, NotReady) as why:
                typed.errors["reminder_dated"] = _said(why)
        return "dunning/batches.html", _batches(ctx, request, typed)


def _said(why: Refused | NotReady) -> str:
    if isinstance(why, NotReady):
        return "まだ始められません。" + "。".join(why.missing)
    return str(why)


class BatchPage(Page):
    """A list: what goes, what does not and why, term by term, and who must act next."""

    permission = "dunning.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, dunning_batch: int):
        found = _batch(dunning_batch)
        tabs = _tabs(found)
        chosen = request.GET.get("list", "")
        chosen = chosen if chosen in {key for key, _, _ in tabs} else tabs[0][0]
        page = Pages(_listed(found, chosen), request)
        names = residents.names(ctx, [c.person_id for c in page])
        return "dunning/batch.html", {
            "title": f"{SORTS[found.sort]}の一覧",
            "batch": found,
            "sort": SORTS[found.sort],
            "state": STATES[found.state],
            "totals": found.totals,
            "tabs": tabs,
            "chosen": chosen,
            "to_do": TO_DO.get(chosen, ""),
            "page": page,
            "rows": [(c, names.get(c.person_id, ""), tell_all(unpack(c.reasons))) for c in page],
            "chart": bars(
                "送らない期の理由",
                [(WHY[why], count, f"?list={why}#list") for why, (count, _) in found.totals["left"].items()],
                "期",
                "理由",
                tone="warn",
            ),
            "mine": same_person(found.requested_by, ctx.actor),
            "dropped": [(WHY[why], count) for why, count in found.totals.get("dropped", {}).items() if count],
        }


def _tabs(found: Batch) -> list[tuple[str, str, int]]:
    tabs = [("goes", f"{SORTS[found.sort]}する", found.totals["terms"])]
    dropped = sum(found.totals.get("dropped", {}).values())
    if dropped:
        tabs.append(("dropped", "影の後に除いた", dropped))
    return tabs + [(why, WHY[why], count) for why, (count, _) in found.totals["left"].items()]


def _listed(found: Batch, chosen: str):
    mine = Candidate.objects.filter(batch=found).order_by("id")
    if chosen == "goes":
        return mine.filter(stage="shadow", goes=True)
    if chosen == "dropped":
        return mine.filter(stage="executed")
    return mine.filter(stage="shadow", goes=False, why=chosen)


class Approve(Page):
    """By a second person, who has seen the list."""

    permission = "dunning.approve"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, dunning_batch: int):
        batches.approve(ctx, _batch(dunning_batch))
        return go(f"/dunning/batches/{ref('dunning_batch', dunning_batch)}/")


class Execute(Page):
    """Demand or remind as shown, less what was paid since."""

    permission = "dunning.request"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, dunning_batch: int):
        found = _batch(dunning_batch)
        (batches if found.sort == "demand" else reminders).execute(ctx, found)
        return go(f"/dunning/batches/{ref('dunning_batch', dunning_batch)}/")


class Abandon(Page):
    """Give a list up before it is executed."""

    permission = "dunning.request"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, dunning_batch: int):
        batches.abandon(ctx, _batch(dunning_batch))
        return go(f"/dunning/batches/{ref('dunning_batch', dunning_batch)}/")


def _batch(number: int) -> Batch:
    return get_object_or_404(Batch, id=number)


def _waiting(ctx: Context) -> int:
    """Lists that wait for somebody, waivers, and letters that came back and are still looked for."""
    return rows(
        "SELECT (SELECT count(*) FROM dunning_batch WHERE state IN ('shadowed', 'approved')) "
        f"+ (SELECT count(*) FROM ({read.waiting_sql()}) w)"
    )[0][0]


nav = Nav("督促", "/dunning/", "dunning.view", _waiting)
urls = [
    path("", Batches.view(), name="batches"),
    path("prepare/", Prepare.view(), name="prepare"),
    path("remind/", PrepareReminders.view(), name="remind"),
    path("batches/<dunning_batch:dunning_batch>/", BatchPage.view(), name="batch"),
    path("batches/<dunning_batch:dunning_batch>/approve/", Approve.view(), name="approve"),
    path("batches/<dunning_batch:dunning_batch>/execute/", Execute.view(), name="execute"),
    path("batches/<dunning_batch:dunning_batch>/abandon/", Abandon.view(), name="abandon"),
    path("demand/<demand:demand>/", Why.view(), name="demand"),
    path("person/<person:person>/", Person.view(), name="person"),
    path("person/<person:person>/late/", SettleLate.view(), name="settle"),
    path("person/<person:person>/stay/", Stay.view(), name="stay"),
    path("person/<person:person>/paid/<int:year>/", PaidYear.view(), name="paid"),
    path("person/<person:person>/returned/", EnterReturned.view(), name="enter_returned"),
    path("stay/<stay:stay>/end/", EndStay.view(), name="end_stay"),
    path("late/<late_charge:late_charge>/", LateCharge.view(), name="late_charge"),
    path("late/<late_charge:late_charge>/waive/", AskWaiver.view(), name="ask_waiver"),
    path("waivers/", Waivers.view(), name="waivers"),
    path("waivers/<waiver_request:waiver_request>/", Waiver.view(), name="waiver"),
    path("waivers/<waiver_request:waiver_request>/withdraw/", WithdrawWaiver.view(), name="withdraw_waiver"),
    path("returned/", MailList.view(), name="returned"),
    path("returned/<returned:returned>/", ReturnedOne.view(), name="returned_one"),
    path("returned/<returned:returned>/search/", SearchStep.view(), name="search"),
    path("notices/", PostNotice.view(), name="post_notice"),
    path("notices/<public_notice:public_notice>/", Notice.view(), name="notice"),
]
