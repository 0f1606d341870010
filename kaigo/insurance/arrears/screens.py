"""Pages of the room: the list of those who owe, one person's desk; acts, lists and write-offs in screens_*.py."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import path

from kaigo.base.desk.charts import Timeline, timeline
from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import ROWS, Pages
from kaigo.base.desk.panel import Bar
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.base.staff.who import told
from kaigo.insurance.arrears import agreements, measures, overdue, read, steps, talks, write_offs
from kaigo.insurance.arrears.chain import Judged, judged
from kaigo.insurance.arrears.charges import charges
from kaigo.insurance.arrears.debtors import ORDERS, STAGES, Filter, debtors
from kaigo.insurance.arrears.models import Contact, Inquiry, Visit
from kaigo.insurance.arrears.obligors import GUARDED, obligors
from kaigo.insurance.arrears.screens_acts import (
    AskProperty,
    BeginMeasure,
    EndMeasure,
    MakeAgreement,
    NoteAnswer,
    NoteVisit,
    PlanVisit,
    WithdrawAgreement,
    WriteContact,
)
from kaigo.insurance.arrears.screens_lists import Figures, Forecast, LateMoney, Restriction, Route
from kaigo.insurance.arrears.screens_write_offs import (
    Abandon,
    Approve,
    ProposalPage,
    Propose,
    ProposeReversal,
    WriteOffs,
)
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import add_months, fiscal_year_name
from kaigo.law.reasons import Unclear, unpack
from kaigo.law.words import tell_all

_MONTHS = {"": "", "3": "3か月", "6": "6か月", "12": "1年", "18": "1年6か月", "24": "2年"}
_SILENT = {"": "", "1": "1か月", "3": "3か月", "6": "6か月", "12": "1年"}
_ORDER = {"yen": "額の大きい順", "age": "古い順", "contact": "連絡のない順"}


class Debtors(Page):
    """滞納者の一覧: filters by amount, age of the debt, stage, last contact."""

    permission = "arrears.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.GET.dict())
        wanted = _filter(ctx, typed)
        number = request.GET.get("page", "")
        begin = (max(1, int(number)) - 1) * ROWS if number.isdecimal() and len(number) < 8 else 0
        found, count, yen = debtors(ctx, wanted, ROWS, begin)
        if not found and begin:
            # Beyond the last page: the first says how many there are.
            found, count, yen = debtors(ctx, wanted, ROWS, 0)
        page = Pages(
            None, request, count,
            lambda limit, offset: found if offset == begin else debtors(ctx, wanted, limit, offset)[0],
        )  # fmt: skip
        names = residents.names(ctx, [d.person for d in page])
        return "arrears/debtors.html", {
            "title": "滞納者の一覧",
            "typed": typed,
            "page": page,
            "rows": [(d, names.get(d.person, "")) for d in page],
            "count": count,
            "yen": yen,
            "stages": list(STAGES.items()),
            "ages": [(key, label) for key, label in _MONTHS.items() if key],
            "silences": [(key, label) for key, label in _SILENT.items() if key],
            "orders": list(_ORDER.items()),
            "wanted": wanted,
        }


def _filter(ctx: Context, typed: Typed) -> Filter:
    """What was typed; what cannot be read filters nothing and is told."""
    older = typed.choice("older", "納期限からの長さ", _MONTHS, required=False)
    silent = typed.choice("silent", "連絡のない長さ", _SILENT, required=False)
    return Filter(
        least=typed.yen("least", "額(から)", required=False),
        most=typed.yen("most", "額(まで)", required=False),
        older=add_months(ctx.on, -int(older)) if older else None,
        stage=typed.choice("stage", "状況", STAGES, required=False),
        silent=add_months(ctx.on, -int(silent)) if silent else None,
        order=typed.choice("order", "並べ方", ORDERS, required=False) or "yen",
    )


class Desk(Page):
    """One person's case on one page: debt, next step, events, and every act from here."""

    permission = "arrears.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        who = residents.one_or_404(ctx, person)
        terms = [one for one in judged(ctx, [person]) if one.term.balance > 0]
        charged = charges(ctx, person, [one.term for one in terms if not one.complete])
        booked = {(t.fiscal_year, t.number): t for t in ledger.terms(ctx, person) if t.kind == "direct"}
        held = agreements.of_persons(ctx, [person])
        contacts = list(Contact.objects.filter(person_id=person).order_by("-on", "-id")[:50])
        visits = list(Visit.objects.filter(person_id=person).order_by("-on")[:50])
        inquiries = list(Inquiry.objects.filter(person_id=person).order_by("-asked_on", "-id")[:50])
        done = measures.of_person(ctx, person)
        collectable = sum(one.term.balance for one in terms if not one.complete)
        return "arrears/desk.html", {
            "title": whose(who.name, "の滞納整理"),
            "who": who,
            "terms": [
                _shown(one, booked[one.term.key[1:]], charged.by_term.get(one.term.key[1:])) for one in terms
            ],
            "yen": sum(one.term.balance for one in terms),
            "collectable": collectable,
            "charges": charged,
            "with_charges": collectable + charged.yen,
            "steps": steps.steps(ctx.on, terms, held, contacts, visits, inquiries),
            "obligors": obligors(ctx, person),
            "guarded": GUARDED,
            "agreements": [(one, _kept(one)) for one in held],
            "standing": next((one for one in held if one.state == "made"), None),
            "contacts": [(c, talks.HOW.get(c.how, c.how)) for c in contacts],
            "written_by": told([c.written_by for c in contacts]),
            "visits": [(v, talks.RESULTS.get(v.result, "予定")) for v in visits],
            "inquiries": [(i, talks.INQUIRED.get(i.kind, i.kind)) for i in inquiries],
            "measures": done,
            "lapsed": [(one, tell_all(unpack(one.reasons), "staff")) for one in read.lapsed(ctx, person)],
            "late": read.late(ctx, person),
            "write_offs": [(w, write_offs.GROUNDS[w.ground]) for w in write_offs.written_off(ctx, person)],
            "years": overdue.years(ctx, person),
            "timeline": _timeline(ctx, terms, done, held),
        }


def _shown(one: Judged, booked: ledger.Term, late: int | None) -> dict:
    """A term as the desk draws it."""
    if one.finding is None:
        state, tone = "納期限が分からない", "warn"
    elif one.complete:
        state, tone = "時効完成", "bad"
    elif one.last_on is None:
        state, tone = "完成しない(差押などが続く)", "good"
    else:
        state, tone = "", ""
    return {
        "term": one.term,
        "booked": booked,
        "state": state,
        "tone": tone,
        "last_on": one.last_on,
        "late": late,
        "told": tell_all(one.finding.reasons, "staff") if one.finding else (),
    }


def _kept(one: agreements.Standing) -> str:
    """How an agreement is kept, in words."""
    if isinstance(one.found, Unclear):
        return "分からない(保険者の値がない)"
    found = one.found.value
    if one.state != "made":
        return f"{found.met}/{len(one.parts)}回"
    late = f"、{found.missed}回・{found.behind_yen:,}円の遅れ" if found.missed else ""
    return f"{found.met}/{len(one.parts)}回{late}"


def _timeline(ctx: Context, terms: list[Judged], done: list, held: list) -> Timeline | None:
    """Debts, measures and promises on one axis, from the oldest due date to a year ahead."""
    days = [one.term.due_on for one in terms if one.term.due_on]
    if not days:
        return None
    owed = [
        Bar(
            f"{fiscal_year_name(one.term.fiscal_year)} {one.term.label}",
            one.term.due_on,
            one.last_on,
            "red" if one.complete else "amber",
        )
        for one in terms
        if one.term.due_on
    ]
    acts = [
        Bar(m.what, m.begins, m.ends, "blue")
        for m in done
        if m.kind in measures.LASTING and m.state != "void"
    ]
    promised = [Bar("分納", a.agreed_on, a.parts[-1].due_on, "green") for a in held if a.state == "made"]
    lanes = [("徴収できる期間", owed), ("処分", acts), ("分納", promised)]
    return timeline(
        [lane for lane in lanes if lane[1]],
        min(days),
        add_months(ctx.on, 24),
        ctx.on,
        "期ごとの徴収できる期間",
    )


def _waiting(ctx: Context) -> int:
    """Proposals that wait for a second person."""
    return rows("SELECT count(*)::int FROM arrears_proposal WHERE state = 'requested'")[0][0]


nav = Nav("滞納整理", "/arrears/", "arrears.view", _waiting)
urls = [
    path("", Debtors.view(), name="debtors"),
    path("person/<person:person>/", Desk.view(), name="desk"),
    path("person/<person:person>/contact/", WriteContact.view(), name="contact"),
    path("person/<person:person>/visit/", PlanVisit.view(), name="visit"),
    path("person/<person:person>/inquiry/", AskProperty.view(), name="inquiry"),
    path("person/<person:person>/measure/", BeginMeasure.view(), name="measure"),
    path("person/<person:person>/agreement/", MakeAgreement.view(), name="agreement"),
    path("agreement/<agreement:agreement>/withdraw/", WithdrawAgreement.view(), name="withdraw"),
    path("visit/<visit:visit>/", NoteVisit.view(), name="visit_result"),
    path("inquiry/<property_inquiry:property_inquiry>/", NoteAnswer.view(), name="answer"),
    path("measure/<measure:measure>/end/", EndMeasure.view(), name="measure_end"),
    path("route/", Route.view(), name="route"),
    path("forecast/", Forecast.view(), name="forecast"),
    path("forecast/<int:year>/<int:month>/", Forecast.view(), name="forecast_of"),
    path("figures/", Figures.view(), name="figures"),
    path("figures/<int:year>/", Figures.view(), name="figures_of"),
    path("restriction/", Restriction.view(), name="restriction"),
    path("late/", LateMoney.view(), name="late"),
    path("write-offs/", WriteOffs.view(), name="write_offs"),
    path("write-off/<write_off:write_off>/reversal/", ProposeReversal.view(), name="reversal"),
    path("write-offs/propose/", Propose.view(), name="propose"),
    path("write-offs/<write_off_request:proposal>/", ProposalPage.view(), name="proposal"),
    path("write-offs/<write_off_request:proposal>/approve/", Approve.view(), name="approve"),
    path("write-offs/<write_off_request:proposal>/abandon/", Abandon.view(), name="abandon"),
]
