"""Pages about one person: what was asked of him and why, late charges with their calculation, waivers, stays, the year's payments."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.who import same_person
from kaigo.insurance.collection.read import part_label
from kaigo.insurance.dunning import late, paid, read, stays, waivers
from kaigo.insurance.dunning.models import LateCharge as Charge
from kaigo.insurance.dunning.models import ReturnedMail, WaiverRequest
from kaigo.insurance.dunning.models import Stay as StayRow
from kaigo.insurance.dunning.words import LETTERS, RETURNS, STAYS
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year_name
from kaigo.law.words import tell_all

CHARGES = {
    "charged": "納め終えて決めた",
    "interim": "納める前に手で決めた",
    "withdrawn": "納付の取消しで取り消した",
}
WAIVERS = {"requested": "決裁待ち", "granted": "認めた", "refused": "認めない", "withdrawn": "取り下げた"}


def term_name(fiscal_year: int, number: int) -> str:
    """令和8年度 第1期."""
    return f"{fiscal_year_name(fiscal_year)} {part_label('slip', number)}"


class Person(Page):
    """督促・延滞金 of a person: demands, open terms with the late charge of today, decided charges, stays, returned letters."""

    permission = "dunning.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        return "dunning/person.html", _person(ctx, person, Typed())


def _person(ctx: Context, person: int, typed: Typed) -> dict:
    who = residents.one_or_404(ctx, person)
    open_terms = [
        (p, term_name(p.term.fiscal_year, p.term.number))
        for p in late.previews(ctx, settings.INSURER, [person])
    ]
    return {
        "title": whose(who.name, "の督促と延滞金"),
        "who": who,
        "typed": typed,
        "demands": [(d, term_name(d.fiscal_year, d.number)) for d in read.demands(ctx, person)],
        "reminders": read.reminders(ctx, person),
        "open": [
            (
                p.term, name, p.finding and p.finding.value.yen, tell_all(p.finding.reasons) if p.finding else (),
                p.missing,
            )
            for p, name in open_terms
        ],
        "settle": [(p.term, name) for p, name in open_terms if p.term.demanded_on and p.finding],
        "charges": [
            (c, term_name(c.fiscal_year, c.number), CHARGES[c.state]) for c in read.late_charges(ctx, person)
        ],
        "stays": [
            (s, STAYS[s.why], term_name(s.fiscal_year, s.number) if s.fiscal_year else "すべての期")
            for s in StayRow.objects.filter(person_id=person, superseded_by__isnull=True).order_by("-start", "-id")
        ],
        "stay_whys": STAYS.items(),
        "returned": [
            (r, LETTERS[r.letter], RETURNS[r.why])
            for r in ReturnedMail.objects.filter(person_id=person).order_by("-returned_on", "-id")
        ],
        "years": range(ctx.on.year, ctx.on.year - 3, -1),
    }  # fmt: skip


class SettleLate(Page):
    """Decide the late charge of one term by hand."""

    permission = "dunning.decide"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, person: int):
        year, _, number = request.POST.get("term", "").partition(":")
        if not (year.isascii() and year.isdigit() and number.isascii() and number.isdigit()):
            raise Refused("延滞金を決める期を選んでください。")
        late.settle(ctx, settings.INSURER, person, int(year), int(number))
        return go(f"/dunning/person/{ref('person', person)}/")


class Stay(Page):
    """No letters for a while."""

    permission = "dunning.decide"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, person: int):
        typed = Typed(request.POST)
        why = typed.choice("why", "止める訳", STAYS)
        start, end = (
            typed.day("start", "いつから"),
            typed.day("end", "いつまで(その日は含まない)", required=False),
        )
        note = typed.text("note", "説明", longest=stays.LONGEST)
        if typed and start:
            try:
                stays.stay(ctx, person, why, start, end, note)
                return go(f"/dunning/person/{ref('person', person)}/")
            except Refused as refusal:
                typed.errors["end"] = str(refusal)
        return "dunning/person.html", _person(ctx, person, typed)


class EndStay(Page):
    """Letters may go again from today."""

    permission = "dunning.decide"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, stay: int):
        row = get_object_or_404(StayRow, id=stay)
        stays.end_stay(ctx, stay, ctx.on)
        return go(f"/dunning/person/{ref('person', row.person_id)}/")


class Why(Page):
    """One term's demand: what, by when, and the stored reasons."""

    permission = "dunning.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, demand: int):
        found = read.demand(ctx, demand)
        if found is None:
            raise Http404
        who = residents.one_or_404(ctx, found.person)
        return "dunning/demand.html", {
            "title": whose(who.name, "の督促"),
            "who": who,
            "demand": found,
            "term": term_name(found.fiscal_year, found.number),
            "told": read.demand_told(ctx, demand),
            "said": read.demand_told(ctx, demand, "person")[:1],
        }


class LateCharge(Page):
    """One late charge: its calculation by period and year, and the request to waive it."""

    permission = "dunning.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, late_charge: int):
        return "dunning/late.html", _charge(ctx, late_charge, Typed())


class AskWaiver(Page):
    """Ask that a charge be waived; another person decides."""

    permission = "dunning.decide"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, late_charge: int):
        typed = Typed(request.POST)
        yen = typed.yen("yen", "減免する額")
        reason = typed.text("reason", "減免の理由", longest=waivers.LONGEST)
        if typed:
            try:
                waivers.ask(ctx, late_charge, yen or 0, reason)
                return go("/dunning/waivers/")
            except Refused as refusal:
                typed.errors["yen"] = str(refusal)
        return "dunning/late.html", _charge(ctx, late_charge, typed)


def _charge(ctx: Context, charge: int, typed: Typed) -> dict:
    found = read.late_charge(ctx, charge)
    if found is None:
        raise Http404
    who = residents.one_or_404(ctx, found.person)
    left = waivers.left(Charge.objects.get(id=charge)) if found.current else 0
    typed.text_of = {"yen": f"{left:,}"} | typed.text_of
    return {
        "title": whose(who.name, "の延滞金"),
        "who": who,
        "typed": typed,
        "charge": found,
        "state": CHARGES[found.state],
        "term": term_name(found.fiscal_year, found.number),
        "told": read.late_told(ctx, charge),
        "said": read.late_told(ctx, charge, "person"),
        "left": left,
        "requests": [
            (r, WAIVERS[r.state]) for r in WaiverRequest.objects.filter(charge_id=charge).order_by("-id")
        ],
    }


class Waivers(Page):
    """減免 that wait for a second person."""

    permission = "dunning.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        page = Pages(
            WaiverRequest.objects.filter(state="requested").select_related("charge").order_by("id"), request
        )
        names = residents.names(ctx, [r.person_id for r in page])
        return "dunning/waivers.html", {
            "title": "決裁を待つ延滞金の減免",
            "page": page,
            "rows": [
                (
                    r, names.get(r.person_id, ""), term_name(r.charge.fiscal_year, r.charge.number),
                    same_person(r.requested_by, ctx.actor),
                )
                for r in page
            ],
            "here": "waivers",
        }  # fmt: skip


class Waiver(Page):
    """Grant or refuse, as a second person; the one who asked may take it back."""

    permission = "dunning.waive"
    purpose = "collection"
    ACTS = {"grant": waivers.grant, "refuse": waivers.refuse}

    def post(self, ctx: Context, request: HttpRequest, waiver_request: int):
        asked = get_object_or_404(WaiverRequest, id=waiver_request)
        act = self.ACTS.get(request.POST.get("act", ""))
        if act is None:
            raise Refused("認めるか、認めないかを選んでください。")
        act(ctx, asked)
        return go("/dunning/waivers/")


class WithdrawWaiver(Page):
    """The one who asked takes his request back."""

    permission = "dunning.decide"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, waiver_request: int):
        waivers.withdraw(ctx, get_object_or_404(WaiverRequest, id=waiver_request))
        return go("/dunning/waivers/")


class PaidYear(Page):
    """納付額 of a calendar year, as the tax return asks for it."""

    permission = "dunning.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int, year: int):
        if not 2000 <= year <= ctx.on.year:
            raise Http404
        who = residents.one_or_404(ctx, person)
        found = paid.paid_in(ctx, year, [person])
        return "dunning/paid.html", {
            "title": whose(who.name, f"の{year}年の納付額"),
            "who": who,
            "year": year,
            "years": range(ctx.on.year, ctx.on.year - 3, -1),
            "paid": found[0] if found else None,
            "ended": year < ctx.on.year,
        }
