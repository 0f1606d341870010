"""Pages about remission and deferral: what waits, a person's decisions, one application with the law's answer, acts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.who import same_person
from kaigo.base.staff.who import told as names_of_staff
from kaigo.insurance.collection.read import part_label
from kaigo.insurance.collection.remission import decide, read
from kaigo.insurance.collection.remission.models import Deferral, Relief, Remission
from kaigo.insurance.collection.remission.words import facts_lines, outcome_lines, told_lines
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, fiscal_year_name
from kaigo.law.reasons import Unclear, pack

LISTS = {"waiting": "待っているもの", "decided": "決まったもの", "withdrawn": "取り下げたもの"}
_OF = {"waiting": ("open", "proposed"), "decided": ("decided",), "withdrawn": ("withdrawn",)}
YEARS = 2
DEFERRED = ("disaster", "income_fall", "crop_failure", "hardship", "restricted")


class Reliefs(Page):
    """減免と徴収猶予: applications by what becomes of them, the oldest waiting first."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        chosen = request.GET.get("list", "")
        chosen = chosen if chosen in LISTS else "waiting"
        page = Pages(_listed(chosen), request)
        names = residents.names(ctx, [row.person_id for row in page])
        return "collection/reliefs.html", {
            "title": "減免と徴収猶予",
            "tabs": [(key, label, _listed(key).count()) for key, label in LISTS.items()],
            "chosen": chosen,
            "page": page,
            "rows": [
                (
                    row,
                    names.get(row.person_id, "氏名不明"),
                    read.KINDS[row.kind],
                    read.ground_name(row.ground),
                    fiscal_year_name(row.fiscal_year),
                    read.STATES[row.state],
                )
                for row in page
            ],
        }


def _listed(which: str) -> QuerySet[Relief]:
    return Relief.objects.filter(state__in=_OF[which]).order_by("id" if which == "waiting" else "-id")


class PersonReliefs(Page):
    """本人の減免と徴収猶予: decisions, what waits, what is deferred today, lapsed remissions to look at again."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        who = residents.one_or_404(ctx, person)
        decided = read.decisions(ctx, person)
        return "collection/person_reliefs.html", {
            "title": whose(who.name, "の減免と徴収猶予"),
            "who": who,
            "decisions": [_shown(one) for one in decided],
            "staff_names": names_of_staff({one.actor for one in decided}),
            "waiting": [
                (row, read.KINDS[row.kind], read.ground_name(row.ground), read.STATES[row.state])
                for row in Relief.objects.filter(person_id=person, state__in=_OF["waiting"]).order_by("id")
            ],
            "deferred": [
                (fiscal_year_name(year), part_label("direct", number), begin, end)
                for year, number, begin, end in read.deferred_terms(ctx, person)
            ],
            "reviews": read.reviews(ctx, person),
            "longest": decide.LONGEST,
        }


def _shown(one: read.DecisionView) -> dict:
    return {
        "view": one,
        "kind": "減免" if one.kind == "remission" else "徴収猶予",
        "what": read.WHAT[one.what],
        "ground": read.ground_name(one.ground),
        "year": fiscal_year_name(one.fiscal_year) if one.fiscal_year else "",
    }


class NewRelief(Page):
    """減免・徴収猶予の申請を入れる: what the person says and which documents were seen."""

    permission = "collection.remit"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int, kind: str):
        return "collection/new_relief.html", self.data(ctx, person, kind, Typed())

    def post(self, ctx: Context, request: HttpRequest, person: int, kind: str):
        typed = Typed(request.POST)
        data = self.data(ctx, person, kind, typed)
        year = int(typed.choice("fiscal_year", "年度", {key for key, _ in data["years"]}) or 0)
        ground = typed.choice("ground", "訳", {key for key, _ in data["grounds"]})
        told = _told(typed, kind)
        if (applied := told["applied_on"]) and applied > ctx.on:
            typed.errors["applied_on"] = "申請の日は、業務日より後にできません"
        if typed.errors:
            return "collection/new_relief.html", data
        try:
            made = decide.apply_for(ctx, person, kind, year, ground, **told)
        except Refused as refusal:
            typed.errors["application"] = str(refusal)
            return "collection/new_relief.html", data
        return go(f"/collection/relief/{ref('relief', made.id)}/")

    def data(self, ctx: Context, person: int, kind: str, typed: Typed) -> dict:
        if kind not in ("remission", "deferral"):
            raise Http404
        who = residents.one_or_404(ctx, person)
        this = fiscal_year(ctx.on)
        grounds = read.GROUNDS if kind == "remission" else DEFERRED
        return {
            "title": whose(who.name, f"の{read.KINDS[kind]}"),
            "who": who,
            "kind": kind,
            "typed": typed,
            "years": [(str(year), fiscal_year_name(year)) for year in range(this, this - YEARS - 1, -1)],
            "grounds": [(ground, read.ground_name(ground)) for ground in grounds],
            "longest": decide.LONGEST,
        }


def _told(typed: Typed, kind: str) -> dict[str, Any]:
    """The fields of an application; wrong ones stay in typed.errors."""
    told: dict[str, Any] = {
        "applied_on": typed.day("applied_on", "申請の日"),
        "documents": typed.text("documents", "確かめた書類", required=False, longest=decide.LONGEST),
        "note": typed.text("note", "申立て", required=False, longest=decide.LONGEST),
    }
    if kind == "deferral":
        months = typed.number("months", "猶予の月数")
        if months is not None and not 1 <= months <= 12:
            typed.errors["months"] = "猶予の月数は1から12までの数で書いてください"
        return told | {"months": months}
    told |= {
        "event_on": typed.day("event_on", "訳の始まった日", required=False),
        "event_end": typed.day("event_end", "訳の終わった日の次の日", required=False),
        "lost_yen": typed.yen("lost_yen", "損害または減る収入の額", required=False),
        "of_yen": typed.yen("of_yen", "元の財産の価額または前年の収入", required=False),
        "income_yen": typed.yen("income_yen", "世帯の収入", required=False),
        "savings_yen": typed.yen("savings_yen", "世帯の預貯金など", required=False),
    }
    size = typed.number("household_size", "世帯の人数", required=False)
    if size is not None and not 1 <= size <= 99:
        typed.errors["household_size"] = "世帯の人数は1から99までの数で書いてください"
    if told["event_on"] and told["event_end"] and told["event_end"] <= told["event_on"]:
        typed.errors["event_end"] = "訳の終わった日の次の日は、始まった日より後にしてください"
    return told | {"household_size": size or 1}


class OneRelief(Page):
    """申請: what was told, what the rooms know, what the law says of it and why, and who acts next."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, relief: int):
        row = get_object_or_404(Relief, id=relief)
        who = residents.one_or_404(ctx, row.person_id)
        answer = _answer(ctx, row)
        return "collection/relief.html", {
            "title": whose(who.name, f"の{read.KINDS[row.kind]}"),
            "who": who,
            "relief": row,
            "state": read.STATES[row.state],
            "ground": read.ground_name(row.ground),
            "year_name": fiscal_year_name(row.fiscal_year),
            "told": told_lines(row),
            "mine": bool(row.asked_by) and same_person(row.asked_by, ctx.actor),
            "asked_by": names_of_staff({row.asked_by}).get(row.asked_by, ""),
            "taken_back": row.kind in ("revocation", "ending"),
            **answer,
        }


def _answer(ctx: Context, row: Relief) -> dict[str, Any]:
    """The law's answer: now while the application is open, afterwards as it was put forward."""
    if row.kind in ("revocation", "ending") or row.state == "withdrawn":
        return {}
    if row.state != "open":
        kept = row.answer
        return _said(ctx, row, kept["facts"], kept["value"], kept["reasons"])
    try:
        found = decide.judge(ctx, settings.INSURER, row)
    except Refused as why:
        return {"cannot": str(why)}
    if isinstance(found.found, Unclear):
        return {"lacking": [f"{m.what}: {m.why}" for m in found.found.missing]}
    kept = found.packed
    return _said(ctx, row, kept["facts"], kept["value"], pack(found.found.reasons))


def _said(ctx: Context, row: Relief, facts: list, value: list, reasons: list) -> dict[str, Any]:
    return {
        "granted": value[0],
        "outcome": outcome_lines(row.kind, value),
        "facts": facts_lines(ctx, row, facts),
        "reasons": read.told(ctx, reasons),
        "said": read.told(ctx, reasons, "person"),
    }


class Propose(Page):
    """伺いを出す: the first of two people."""

    permission = "collection.remit"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, relief: int):
        decide.propose(ctx, settings.INSURER, get_object_or_404(Relief, id=relief))
        return go(f"/collection/relief/{ref('relief', relief)}/")


class Withdraw(Page):
    """申請の取下げ."""

    permission = "collection.remit"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, relief: int):
        decide.withdraw(ctx, get_object_or_404(Relief, id=relief))
        return go(f"/collection/relief/{ref('relief', relief)}/")


class Approve(Page):
    """決裁: the second of two people; entries or a new plan follow."""

    permission = "collection.remit_approve"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, relief: int):
        made = decide.approve(ctx, settings.INSURER, get_object_or_404(Relief, id=relief))
        return go(f"/collection/person/{ref('person', made.person_id)}/relief/")


class _TakeBack(Page):
    """A decided remission or deferral is to be taken back: why, then another person decides."""

    permission = "collection.remit"
    purpose = "collection"
    model: type[Remission] | type[Deferral] = Remission

    def shown(self, ctx: Context, number: int, typed: Typed):
        decided = get_object_or_404(self.model, id=number)
        who = residents.one_or_404(ctx, decided.person_id)
        one = next(
            view
            for view in read.decisions(ctx, decided.person_id)
            if view.id == number and view.kind == self.model._meta.model_name
        )
        return "collection/take_back.html", {
            "title": whose(who.name, f"の{_shown(one)['kind']}の取消し"),
            "who": who,
            "one": _shown(one),
            "typed": typed,
            "longest": decide.LONGEST,
        }

    def done(self, ctx: Context, request: HttpRequest, number: int):
        typed = Typed(request.POST)
        note = typed.text("note", "理由", longest=decide.LONGEST)
        if typed.errors:
            return self.shown(ctx, number, typed)
        try:
            made = decide.ask_back(ctx, get_object_or_404(self.model, id=number), note)
        except Refused as refusal:
            typed.errors["note"] = str(refusal)
            return self.shown(ctx, number, typed)
        return go(f"/collection/relief/{ref('relief', made.id)}/")


class RevokeRemission(_TakeBack):
    """減免の取消しの伺い."""

    model = Remission

    def get(self, ctx: Context, request: HttpRequest, remission: int):
        return self.shown(ctx, remission, Typed())

    def post(self, ctx: Context, request: HttpRequest, remission: int):
        return self.done(ctx, request, remission)


class EndDeferral(_TakeBack):
    """徴収猶予の取消しの伺い."""

    model = Deferral

    def get(self, ctx: Context, request: HttpRequest, deferral: int):
        return self.shown(ctx, deferral, Typed())

    def post(self, ctx: Context, request: HttpRequest, deferral: int):
        return self.done(ctx, request, deferral)


class Review(Page):
    """減免の見直しを済ませる: a lapsed remission is not decided again, and why."""

    permission = "collection.remit"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, remission: int):
        lapsed = get_object_or_404(Remission, id=remission)
        decide.settle(ctx, lapsed, request.POST.get("note", ""))
        return go(f"/collection/person/{ref('person', lapsed.person_id)}/relief/")


urls = [
    path("relief/", Reliefs.view(), name="reliefs"),
    path("person/<person:person>/relief/", PersonReliefs.view(), name="person_reliefs"),
    path("person/<person:person>/relief/new/<str:kind>/", NewRelief.view(), name="new_relief"),
    path("relief/<relief:relief>/", OneRelief.view(), name="relief"),
    path("relief/<relief:relief>/propose/", Propose.view(), name="propose"),
    path("relief/<relief:relief>/withdraw/", Withdraw.view(), name="withdraw"),
    path("relief/<relief:relief>/approve/", Approve.view(), name="approve"),
    path("remission/<remission:remission>/revoke/", RevokeRemission.view(), name="revoke"),
    path("remission/<remission:remission>/review/", Review.view(), name="review"),
    path("deferral/<deferral:deferral>/revoke/", EndDeferral.view(), name="end_deferral"),
]
