"""Pages of the room: what was paid too much, one person with why and what follows, what waits, what left, what came back."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.titles import whose
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.refunds import payees, read, transfers, words
from kaigo.insurance.refunds.cases import SOON
from kaigo.insurance.refunds.gather import overpaid
from kaigo.insurance.refunds.judge import Judged, judge
from kaigo.insurance.refunds.models import Case, Payee
from kaigo.insurance.refunds.screens_acts import act_urls
from kaigo.insurance.residents import read as residents
from kaigo.law.words import tell_all

TONES = {"proposed": "warn", "approved": "warn", "sent": "good", "offset": "good", "returned": "bad"}
SHOWS = {"": "すべて", "lapsing": "もうすぐ請求できなくなる", "lapsed": "請求できる期間を過ぎた"}


class Cases(Page):
    """過誤納の一覧: what nobody decided yet, what lapses first on top."""

    permission = "refunds.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        show, cause = request.GET.get("show", ""), request.GET.get("cause", "")
        if show not in SHOWS or cause not in ("", *read.CAUSES):
            raise Http404
        found = Case.objects.filter(state="open").order_by("last_claim_on", "person_id", "id")
        if cause:
            found = found.filter(cause=cause)
        if show == "lapsing":
            found = found.filter(last_claim_on__gte=ctx.on, last_claim_on__lte=ctx.on + SOON)
        elif show == "lapsed":
            found = found.filter(last_claim_on__lt=ctx.on)
        page = Pages(found, request)
        names = residents.names(ctx, [case.person_id for case in page])
        return "refunds/cases.html", {
            "title": "過誤納",
            "here": "cases",
            "show": show,
            "cause": cause,
            "shows": SHOWS.items(),
            "causes": read.CAUSES.items(),
            "page": page,
            "rows": [
                (
                    case,
                    names.get(case.person_id, ""),
                    words.term(case.fiscal_year, case.kind, case.number),
                    read.CAUSES[case.cause],
                    (case.last_claim_on - ctx.on).days,
                )
                for case in page
            ],
            "soon": SOON.days,
        }


class Person(Page):
    """One person: what was paid too much and why, to whom it can go, what a decision of today would say, what was decided."""

    permission = "refunds.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        who = residents.one_or_404(ctx, person)
        return "refunds/person.html", {
            "title": whose(who.name, "の過誤納"),
            "who": who,
            "parts": [
                (
                    one,
                    words.term(one.fiscal_year, one.kind, one.number),
                    read.CAUSES[one.cause],
                    words.why(one),
                )
                for one in overpaid(ctx, [person])
            ],
            "choices": _choices(ctx, person),
            "history": [(row, TONES.get(row.state, "neutral")) for row in read.history(ctx, person)],
            "kinds": payees.KINDS,
        }


def _choices(ctx: Context, person: int) -> list[dict]:
    """For every kind of payee to whom money may go now: the payee, and what a decision of today would say."""
    known = {row.kind: row for row in Payee.objects.filter(person_id=person)}
    found: list[dict] = []
    for kind, label in payees.KINDS.items():
        if payees.unfit(ctx, person, kind):
            continue
        row = known.get(kind)
        if row is None and kind == "guardian":
            # Said once, under the person himself.
            found.append({"kind": kind, "label": label, "row": None})
            continue
        found.append(
            {"kind": kind, "label": label, "row": row, **_payee(ctx, row), **_would(ctx, person, kind, row)}
        )
    return found


def _payee(ctx: Context, row: Payee | None) -> dict:
    return {"bank": bank_of(ctx, row), "proof": payees.PROOFS[row.kind][row.proof]} if row else {}


def bank_of(ctx: Context, row: Payee | None) -> str:
    """みずほ銀行 東京営業部 普通 1234567 ﾐﾎﾝ ﾊﾅｺ, or that it is not to be seen."""
    if row is None:
        return ""
    if not ctx.sees("bank"):
        return "(表示しません)"
    place = payees.bank_name(row.bank, row.branch) or f"{row.bank} {row.branch}"
    return f"{place} {payees.ACCOUNT_KINDS[row.account_kind]} {row.account} {row.holder}"


def _would(ctx: Context, person: int, kind: str, row: Payee | None) -> dict:
    try:
        judged = judge(ctx, settings.INSURER, person, kind, row.claimed_on if row else None)
    except Refused as lacking:
        return {"lacking": str(lacking)}
    return (
        {"judged": judged, "told": tell_all(judged.reasons), "uses": _uses(judged)}
        if judged.yen or judged.lapsed
        else {}
    )


def _uses(judged: Judged) -> list[tuple[str, int]]:
    return [(words.term(use.fiscal_year, use.way, use.number), use.yen) for use in judged.uses]


class Approvals(Page):
    """What waits for a second person."""

    permission = "refunds.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        return "refunds/proposals.html", _listed(
            ctx,
            request,
            ("proposed",),
            "承認を待つ還付・充当",
            "approvals",
            "承認を待っている還付・充当はありません",
        )


class Transfers(Page):
    """振込待ち and what left."""

    permission = "refunds.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        waits = request.GET.get("show", "approved")
        if waits not in ("approved", "sent"):
            raise Http404
        title = "振込を待つ還付" if waits == "approved" else "支払った還付"
        data = _listed(ctx, request, (waits,), title, "transfers", "ここに載る還付はありません")
        lines = transfers.ready(ctx)
        return "refunds/transfers.html", data | {
            "show": waits,
            "count": len(lines),
            "yen": sum(line.yen for line in lines),
            "interest": sum(line.interest_yen for line in lines),
            "reasons": transfers.REASONS.items(),
        }


class Returned(Page):
    """振込不能: what came back and why; what to do now."""

    permission = "refunds.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        data = _listed(
            ctx, request, ("returned",), "振込不能で戻った還付", "returned", "戻った還付はありません"
        )
        return "refunds/returned.html", data | {"reasons": transfers.REASONS}


def _listed(
    ctx: Context, request: HttpRequest, states: tuple[str, ...], title: str, here: str, none: str
) -> dict:
    # What waits is done in its order; of what is over the last is looked for.
    newest = not {"proposed", "approved"} & set(states)
    page = Pages(
        None,
        request,
        read.count(ctx, states),
        lambda limit, offset: read.of(ctx, states, limit, offset, newest),
    )
    names = residents.names(ctx, [row.person for row in page])
    return {
        "title": title,
        "here": here,
        "none": none,
        "page": page,
        "rows": [
            (row, names.get(row.person, ""), payees.KINDS.get(row.payee_kind, "充当だけ")) for row in page
        ],
    }


urls = [
    path("", Cases.view(), name="cases"),
    path("approvals/", Approvals.view(), name="approvals"),
    path("transfers/", Transfers.view(), name="transfers"),
    path("returned/", Returned.view(), name="returned"),
    path("person/<person:person>/", Person.view(), name="person"),
    *act_urls,
]
nav = Nav("還付・充当", "/refunds/", "refunds.view", read.waiting)
