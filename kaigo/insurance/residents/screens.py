"""Pages of the room: a person's facts, the household on a day, what the section enters, two lists."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest
from django.urls import path

from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.records.context import Context
from kaigo.base.staff.tables import fields
from kaigo.insurance.registers.read import bank_name, facility_names
from kaigo.insurance.residents import history as past
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents.acts import ACTS, Act, echo, read_fields
from kaigo.insurance.residents.decide import ACCOUNT_KINDS, ACCOUNT_USES, MAILING_REASONS, RELATIONS, USES
from kaigo.insurance.residents.letters import letter_addresses
from kaigo.insurance.residents.people import household, one_or_404, relations
from kaigo.insurance.residents.words import STATES, codes, event, relationship, source
from kaigo.law.dates import fiscal_year_name


def on_day(ctx: Context, request: HttpRequest) -> tuple[Context, Typed]:
    """ctx on the day of the date control (`on`); what cannot be read is told and today is shown."""
    typed = Typed(request.GET)
    day = typed.day("on", "いつ現在", required=False)
    return (replace(ctx, on=day) if day else ctx), typed


def hides(ctx: Context) -> dict[str, bool]:
    """Details that this person may not be shown: the page says so where they would stand."""
    found = {field: True for field in fields() if not ctx.sees(field)}
    return found if ctx.sees_all(*past.MEMO) else found | {"memo": True}


class Lists(Page):
    """支援措置 and 処理停止: who needs care today."""

    permission = "residents.view"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest):
        which = "hold" if request.GET.get("list") == "hold" else "protected"
        model, fetch = {"hold": (m.Hold, past.on_hold), "protected": (m.Protection, past.under_protection)}[
            which
        ]
        page = Pages(
            None, request, past.count_in_force(ctx, model), lambda limit, offset: fetch(ctx, limit, offset)
        )
        return "residents/lists.html", {"title": "宛名", "which": which, "page": page}


class Person(Page):
    """Everything that we believe of a person."""

    permission = "residents.view"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        ctx, typed = on_day(ctx, request)
        view = one_or_404(ctx, person)
        if view.merged_into is not None:
            return go(f"/residents/{ref('person', view.merged_into)}/")
        lived = past.history(ctx, m.Residence, person)
        return "residents/person.html", {
            "title": whose(view.known_as or "氏名不明", "の宛名"),
            "view": view,
            "hides": hides(ctx),
            "may_change": request.staff.may(Enter.permission),
            "typed": typed,
            "on": ctx.on,
            "relationship": relationship(view.relationship),
            "residences": [
                (v, STATES[v.values["state"]], event(v.values["event"]), source(v.source)) for v in lived
            ],
            "named": past.history(ctx, m.Particulars, person),
            "former": [(*row[:4], STATES[row[4]], row[5]) for row in past.former_beliefs(ctx, person)],
            "letter": letter_addresses(ctx, [person])[person],
            "mailing": [
                (v, USES.get(v.values["use"], ""), MAILING_REASONS.get(v.values["reason"], ""))
                for v in past.history(ctx, m.MailingAddress, person)
            ],
            "accounts": [
                (
                    v,
                    ACCOUNT_USES.get(v.values["use"], ""),
                    bank_name(v.values["bank"], v.values["branch"]) or v.values["bank"],
                    ACCOUNT_KINDS.get(v.values["account_kind"], ""),
                )
                for v in past.history(ctx, m.BankAccount, person)
            ],
            "relations": [(r, RELATIONS.get(r.relation, r.relation)) for r in relations(ctx, person)],
            "memos": past.memos(ctx, person),
            "protections": past.history(ctx, m.Protection, person),
            "holds": past.history(ctx, m.Hold, person),
        }


class Facts(Page):
    """What other offices told: tax, welfare, medical insurance, pension, facilities, 境界層."""

    permission = "residents.view"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        view = one_or_404(ctx, person)
        stays = past.history(ctx, m.FacilityStay, person)
        exceptions = past.history(ctx, m.AddressException, person)
        known = facility_names(ctx, {v.values["facility"] for v in (*stays, *exceptions)})

        def place(version: past.Version) -> str:
            return known.get(version.values["facility"], version.values["facility"])

        return "residents/facts.html", {
            "title": whose(view.known_as or '氏名不明', "の税・福祉・医療"),
            "view": view,
            "hides": hides(ctx),
            "may_change": request.staff.may(Enter.permission),
            "taxes": [
                (v, fiscal_year_name(v.values["fiscal_year"]), codes("ward.tax", "status").get(v.values["status"], ""))
                for v in past.history(ctx, m.Taxation, person)
            ],
            "welfare": [
                (v, codes("ward.welfare", "welfare_kind").get(v.values["welfare_kind"], ""))
                for v in past.history(ctx, m.Welfare, person)
            ],
            "borderline": past.history(ctx, m.Borderline, person),
            "old_age": past.history(ctx, m.OldAgePension, person),
            "medical": [
                (v, codes("ward.medical", "category").get(v.values["category"], ""))
                for v in past.history(ctx, m.MedicalInsurance, person)
            ],
            "stays": [(v, place(v)) for v in stays],
            "exceptions": [
                (v, {"own": "自特例", "other": "他特例"}[v.values["exception"]], place(v)) for v in exceptions
            ],
        }  # fmt: skip


class Household(Page):
    """All members of the household on a day, and relationships outside it."""

    permission = "residents.view"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        ctx, typed = on_day(ctx, request)
        view = one_or_404(ctx, person)
        return "residents/household.html", {
            "title": whose(view.known_as or "氏名不明", "の世帯"),
            "view": view,
            "may_change": request.staff.may(Enter.permission),
            "typed": typed,
            "on": ctx.on,
            "members": [
                (member, relationship(member.relationship), STATES.get(member.state, ""))
                for member in household(ctx, person)
            ],
            "relations": [(r, RELATIONS.get(r.relation, r.relation)) for r in relations(ctx, person)],
        }


class Enter(Page):
    """One form for each act: typed, shown as understood, then registered. Nothing typed is lost."""

    permission = "residents.change"
    purpose = "intake"

    def get(self, ctx: Context, request: HttpRequest, person: int, act: str):
        return "residents/enter.html", self.data(ctx, person, act, Typed())

    def post(self, ctx: Context, request: HttpRequest, person: int, act: str):
        typed = Typed(request.POST)
        data = self.data(ctx, person, act, typed)
        what: Act = data["act"]
        values = read_fields(ctx, what, typed)
        acting = replace(ctx, case=typed.text("case", "受付番号", required=False, longest=40))
        if not typed.errors:
            self.try_out(acting, person, what, values, typed)
        if typed.errors:
            return "residents/enter.html", data | {"fields": _fields(what, typed)}
        others = what.others(ctx, person, values)
        sure = not others or request.POST.get("sure") == "yes"
        if request.POST.get("step") == "do" and sure:
            what.do(acting, person, values)
            return go(f"/residents/{ref('person', person)}/")
        unsure = request.POST.get("step") == "do"
        return "residents/enter.html", data | {
            "told": echo(ctx, what, values), "others": others, "unsure": unsure,
        }  # fmt: skip

    def try_out(self, ctx: Context, person: int, act: Act, values: dict[str, Any], typed: Typed) -> None:
        """The act itself, taken back: what it would refuse is told beside what was typed."""
        try:
            with transaction.atomic():
                act.do(ctx, person, values)
                transaction.set_rollback(True)
        except Refused as refusal:
            typed.errors[act.fields[0].name] = str(refusal)

    def data(self, ctx: Context, person: int, act: str, typed: Typed) -> dict[str, Any]:
        view = one_or_404(ctx, person)
        if act not in ACTS:
            raise Http404
        what = ACTS[act]
        return {
            "title": whose(view.known_as or "氏名不明", f"の{what.title}"),
            "view": view,
            "act": what,
            "typed": typed,
            "fields": _fields(what, typed),
            "case": typed.text_of.get("case", ""),
        }


def _fields(act: Act, typed: Typed) -> list[tuple]:
    """(field, what was typed, what is wrong with it)."""
    return [(f, typed.text_of.get(f.name, ""), typed.errors.get(f.name, "")) for f in act.fields]


nav = Nav("宛名", "/residents/", "residents.view")
urls = [
    path("", Lists.view(), name="lists"),
    path("<person:person>/", Person.view(), name="person"),
    path("<person:person>/facts/", Facts.view(), name="facts"),
    path("<person:person>/household/", Household.view(), name="household"),
    path("<person:person>/enter/<slug:act>/", Enter.view(), name="enter"),
]
