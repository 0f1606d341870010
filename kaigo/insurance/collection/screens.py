"""Pages of the room: the year, a person's ledger, a plan with its reasons, ways of payment, the state of the files."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.desk.charts import bars
from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.insurance.collection import read, request
from kaigo.insurance.collection.decide import change_way, deduction_days, values_for
from kaigo.insurance.collection.remission import read as remission
from kaigo.insurance.collection.remission import screens as screens_remission
from kaigo.insurance.collection.remission import screens_bulk
from kaigo.insurance.collection.screens_rates import Rates
from kaigo.insurance.collection.screens_targets import MatchNobody, MatchTarget, Target, Targets
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, fiscal_year_name
from kaigo.law.instalments import due_dates

WAYS = {
    "auto": "届出どおり(代理納付、口座振替、どちらもなければ納付書)",
    "slip": "納付書",
    "debit": "口座振替",
    "substitute": "代理納付(福祉事務所が納める)",
}


def person_or_404(ctx: Context, person: int):
    """The person as residents knows him."""
    found = residents.one(ctx, person)
    if found is None:
        raise Http404
    return found


class Year(Page):
    """調定: what was levied in a year, by way, by part, by month of booking."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, year: int | None = None):
        years = read.years(ctx)
        chosen = year or fiscal_year(ctx.on)
        if year and year not in years and year != fiscal_year(ctx.on):
            raise Http404
        totals = read.totals(ctx, chosen)
        due = _due_dates(chosen)
        parts = [
            {
                "label": read.part_label(way, number),
                "way": read.LABELS[way],
                "due": due.get(("deduction" if way == "deduction" else "direct", number)),
                "people": people,
                "yen": yen,
            }
            for way, number, people, yen in totals["by_part"]
        ]
        return "collection/year.html", {
            "title": f"{fiscal_year_name(chosen)}の調定",
            "year": chosen,
            "years": [(y, fiscal_year_name(y)) for y in sorted({*years, fiscal_year(ctx.on)}, reverse=True)],
            "totals": totals,
            "parts": parts,
            "chart": bars(
                "納め方ごとの調定額",
                [(read.LABELS[way], yen) for way, yen in totals["by_way"].items()],
                "円",
                "納め方",
            ),
            "people": bars(
                "納め方ごとの人数",
                [(_WAY_OF_PLAN[way], count) for way, count in sorted(totals["people_by_way"].items())],
                "人",
                "納め方",
            ),
            "register": [
                (month, read.LABELS[way], read.SORTS[sort], yen)
                for month, way, sort, yen in totals["by_month"]
            ],
            "tasks": read.open_tasks(ctx),
            "reliefs": remission.open_count(ctx),
        }


_WAY_OF_PLAN = {"deduction": "特別徴収", "direct": "普通徴収", "both": "併徴", "none": "納める額なし"}


def _due_dates(year: int) -> dict[tuple[str, int], date]:
    schedule = values_for(settings.INSURER, year).get("collection.direct_schedule")
    found = {("direct", number): due for number, due in due_dates(year, schedule)}
    return found | {("deduction", month): day for month, day in deduction_days(year).items()}


class Unclear(Page):
    """期別を決められない人: what is missing for each."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        page = Pages(read.unclear(ctx), request)
        names = residents.names(ctx, [task.person for task in page])
        return "collection/unclear.html", {
            "title": "期別を決められない人",
            "page": page,
            "tasks": [
                (task, names.get(task.person, ""), fiscal_year_name(task.fiscal_year)) for task in page
            ],
        }


class Check(Page):
    """調定の突合: where assessment, ledger and plan differ."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, year: int):
        found = read.invariant(ctx, year)
        page = Pages(found, request)
        names = residents.names(ctx, [d.person for d in page])
        return "collection/check.html", {
            "title": f"{fiscal_year_name(year)}の調定の突合",
            "year": year,
            "page": page,
            "differences": [(d, names.get(d.person, ""), read.WHAT[d.what]) for d in page],
            "levied": read.totals(ctx, year)["levied_yen"],
        }


class Ledger(Page):
    """収納台帳 of a person: every figure leads to the plan that explains it."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        who = person_or_404(ctx, person)
        years = read.ledger(ctx, person)
        remitted = remission.remitted(ctx, person)
        return "collection/ledger.html", {
            "title": whose(who.name, "の収納台帳"),
            "who": who,
            "years": [
                (year, fiscal_year_name(year.fiscal_year), remitted.get(year.fiscal_year, 0))
                for year in years
            ],
            "paying": _paying(ctx, person),
            "records": read.targets_of(ctx, person),
        }


class Plan(Page):
    """期別: a plan with its parts, its reasons, and what it changed."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, plan: int):
        held = read.one(ctx, plan)
        if held is None:
            raise Http404
        who = person_or_404(ctx, held.person)
        before = read.one(ctx, held.supersedes) if held.supersedes else None
        parts = read.instalments(ctx, plan)
        return "collection/plan.html", {
            "title": whose(who.name, f"の{fiscal_year_name(held.fiscal_year)}の期別"),
            "who": who,
            "plan": held,
            "year_name": fiscal_year_name(held.fiscal_year),
            "cause": read.CAUSES.get(held.cause, held.cause),
            "way": _WAY_OF_PLAN.get(held.way, held.way),
            "request_label": read.REQUESTS.get(held.request, held.request),
            "parts": parts,
            "total": sum(part.yen for part in parts),
            "told": read.told(ctx, plan),
            "said": read.told(ctx, plan, "person"),
            "law": read.law_of(ctx, plan),
            "before": before,
            "changes": _changes(read.instalments(ctx, before.id) if before else [], parts),
            "history": read.history(ctx, held.person, held.fiscal_year),
            "causes": read.CAUSES,
        }


def _changes(before: list[read.InstalmentView], after: list[read.InstalmentView]) -> list[dict]:
    """Both plans part by part in the order of due dates; `changed` marks the lines that differ."""
    old = {(p.way, p.number): p for p in before}
    new = {(p.way, p.number): p for p in after}
    found = []
    for key in sorted(old.keys() | new.keys(), key=lambda k: ((new.get(k) or old[k]).due_on, k)):
        shown = new.get(key) or old[key]
        was, now = old.get(key), new.get(key)
        found.append(
            {
                "label": shown.label,
                "way": shown.way_label,
                "due": shown.due_on,
                "before": was.yen if was else None,
                "after": now.yen if now else None,
                "difference": (now.yen if now else 0) - (was.yen if was else 0),
            }
        )
    return found


def _by_term(before: list[read.InstalmentView], after: list[read.InstalmentView]) -> list[dict]:
    """Term by term: how it is paid now and how it would be."""
    old = {p.label: p for p in before}
    return [
        {
            "label": now.label,
            "due": now.due_on,
            "yen": now.yen,
            "before": old[now.label].way_label if now.label in old else "",
            "after": now.way_label,
            "changed": now.label not in old or old[now.label].way != now.way,
        }
        for now in after
    ]


class Way(Page):
    """納付方法の変更: what is asked, what would follow, then the act."""

    permission = "collection.change"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        return "collection/way.html", self.data(ctx, person, Typed())

    def post(self, ctx: Context, request: HttpRequest, person: int):
        typed = Typed(request.POST)
        way = typed.choice("way", "納付方法", WAYS)
        begin = typed.day("valid_from", "いつから")
        if begin and begin < ctx.on:
            typed.errors["valid_from"] = (
                "いつからは、業務日より前にできません(納期限の過ぎた期は変わりません)"
            )
        data = self.data(ctx, person, typed)
        if typed.errors:
            return "collection/way.html", data
        year = fiscal_year(ctx.on)
        if request.POST.get("step") == "do":
            change_way(ctx, settings.INSURER, year, person, way, begin)
            return go(f"/collection/person/{ref('person', person)}/")
        before = read.plan(ctx, person, year)
        # The preview is the act itself, taken back.
        with transaction.atomic():
            change_way(ctx, settings.INSURER, year, person, way, begin)
            after = read.plan(ctx, person, year)
            shown = _by_term(
                read.instalments(ctx, before.id) if before else [],
                read.instalments(ctx, after.id) if after else [],
            )
            transaction.set_rollback(True)
        data |= {"preview": shown, "chosen": WAYS[way], "way": way, "begin": begin, "same": before == after}
        return "collection/way.html", data

    def data(self, ctx: Context, person: int, typed: Typed) -> dict:
        who = person_or_404(ctx, person)
        held = read.plan(ctx, person, fiscal_year(ctx.on))
        return {
            "title": whose(who.name, "の納付方法"),
            "who": who,
            "typed": typed,
            "ways": list(WAYS.items()),
            "paying": _paying(ctx, person),
            "parts": read.instalments(ctx, held.id) if held else [],
        }


def _paying(ctx: Context, person: int) -> dict:
    """How the person pays today, and why."""
    found = read.ways_of(ctx, person)
    return {
        "today": read.LABELS[found.on(ctx.on)],
        "substitute": found.substitute,
        "debit": found.debit,
        "decided": [(begin, WAYS[way]) for begin, way in found.decided],
    }


class Request(Page):
    """特別徴収の依頼: what would be in each file now, who would be left out, what went out."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, http: HttpRequest):
        year = fiscal_year(ctx.on)
        state = request.state(ctx, settings.INSURER, year)
        left = request.without_record(ctx, settings.INSURER, year)
        page = Pages(left, http)
        names = residents.names(ctx, [person for person, _ in page])
        return "collection/request.html", {
            "title": f"{fiscal_year_name(year)}の特別徴収の依頼",
            "year": year,
            "state": state,
            "page": page,
            "left": [(person, plan, names.get(person, "")) for person, plan in page],
        }


def _waiting(ctx: Context) -> int:
    return sum(read.open_tasks(ctx).values()) + remission.open_count(ctx)


nav = Nav("収納", "/collection/", "collection.view", _waiting)
urls = [
    path("", Year.view(), name="year"),
    path("<int:year>/", Year.view(), name="year_of"),
    path("<int:year>/check/", Check.view(), name="check"),
    path("<int:year>/rates/", Rates.view(), name="rates"),
    path("person/<person:person>/", Ledger.view(), name="ledger"),
    path("person/<person:person>/way/", Way.view(), name="way"),
    path("plan/<plan:plan>/", Plan.view(), name="plan"),
    path("unclear/", Unclear.view(), name="unclear"),
    path("targets/", Targets.view(), name="targets"),
    path("targets/<target:target>/", Target.view(), name="target"),
    path("targets/<target:target>/nobody/", MatchNobody.view(), name="match_nobody"),
    path("targets/<target:target>/person/<person:person>/", MatchTarget.view(), name="match"),
    path("request/", Request.view(), name="request"),
    *screens_bulk.urls,
    *screens_remission.urls,
]
