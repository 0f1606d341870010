"""みなし2号: the list, entering somebody, ending an entry. What the facts say is shown before it is done."""

from __future__ import annotations

import unicodedata

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.records.context import Context
from kaigo.insurance.qualification import deemed
from kaigo.insurance.qualification.models import Deemed
from kaigo.insurance.residents import read as residents
from kaigo.law.deemed import DISEASES
from kaigo.law.reasons import Unclear
from kaigo.law.words import tell_all

STATES = {
    "valid": ("当てはまる", "good"),
    "waiting": ("これから", "neutral"),
    "over": ("当てはまらない", "warn"),
    "unclear": ("決められない", "warn"),
}


class DeemedList(Page):
    """Everybody registered, what the facts say today, who becomes 65 soon."""

    permission = "qualification.view"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest):
        # The whole list is of people on welfare: not for those who may not see that of anybody.
        found = deemed.entries(ctx, settings.INSURER) if ctx.sees("welfare") else []
        page = Pages(found, request)
        names = residents.names(ctx, [entry.person for entry in page])
        return "qualification/deemed.html", {
            "title": "みなし2号(生活保護)",
            "page": page,
            "hidden": not ctx.sees("welfare"),
            "rows": [_row(entry, names.get(entry.person, "")) for entry in page],
            "soon": sum(entry.soon for entry in found),
            "over": sum(entry.state == "over" and entry.until is None for entry in found),
            "here": "deemed",
        }


class FindForDeemed(Page):
    """From the ward's number of a person to the page on which he is registered."""

    permission = "qualification.decide"
    purpose = "qualification"

    def post(self, ctx: Context, request: HttpRequest):
        number = unicodedata.normalize("NFKC", request.POST.get("addressee", "")).strip()
        person = residents.person_of_number(ctx, number) or residents.person_of_number(ctx, number.zfill(15))
        if person is None:
            raise Refused("この宛名番号の人はいません。番号を確かめてください。")
        return go(f"/qualification/{ref('person', person)}/deemed/")


class PersonDeemed(Page):
    """One person's entries; registering and ending."""

    permission = "qualification.decide"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        return "qualification/deemed_person.html", self.data(ctx, person, Typed())

    def post(self, ctx: Context, request: HttpRequest, person: int):
        typed = Typed(request.POST)
        number = typed.text("number", "番号", longest=10)
        office = typed.text("office", "福祉事務所", longest=60)
        case_number = typed.text("case_number", "ケース番号", longest=20)
        disease = typed.choice("disease", "特定疾病", DISEASES)
        since = typed.day("since", "いつから")
        data = self.data(ctx, person, typed)
        if typed.errors or since is None:
            return "qualification/deemed_person.html", data
        if request.POST.get("step") == "do":
            deemed.enter(ctx, settings.INSURER, person, number, office, case_number, disease, since)
            return go("/qualification/deemed/")
        found = deemed.judge(ctx.at(since), settings.INSURER, person, since)
        clear = not isinstance(found, Unclear)
        return "qualification/deemed_person.html", data | {
            "shown": True,
            "since": since,
            "disease": DISEASES[disease],
            "may": clear and found.value.state == "valid",
            "told": tell_all(found.reasons) if clear else (),
            "missing": () if clear else found.missing,
        }

    def data(self, ctx: Context, person: int, typed: Typed) -> dict:
        view = residents.one_or_404(ctx, person)
        found = deemed.entries(ctx, settings.INSURER, person)
        return {
            "title": whose(view.name, "のみなし2号"),
            "person": view,
            "rows": [_row(entry, view.name) for entry in found],
            "open": any(entry.until is None for entry in found),
            "diseases": list(DISEASES.items()),
            "typed": typed,
        }


class EndDeemed(Page):
    """An entry ends on a day, or was a mistake (no day)."""

    permission = "qualification.decide"
    purpose = "qualification"

    def post(self, ctx: Context, request: HttpRequest, person: int, entry: int):
        row = get_object_or_404(Deemed, id=entry, person_id=person)
        typed = Typed(request.POST)
        mistake = request.POST.get("act") == "withdraw"
        until = None if mistake else typed.day("until", "終わりの日")
        if typed.errors:
            data = PersonDeemed().data(ctx, person, typed)
            return "qualification/deemed_person.html", data
        deemed.end(ctx, row, until, request.POST.get("reason", ""))
        return go(f"/qualification/{ref('person', person)}/deemed/")


def _row(entry: deemed.Entry, name: str) -> tuple:
    return entry, name, DISEASES[entry.disease], *STATES[entry.state], tell_all(entry.reasons)


deemed_urls = [
    path("deemed/", DeemedList.view(), name="deemed"),
    path("deemed/find/", FindForDeemed.view(), name="find_for_deemed"),
    path("<person:person>/deemed/", PersonDeemed.view(), name="person_deemed"),
    path("<person:person>/deemed/<deemed:entry>/end/", EndDeemed.view(), name="end_deemed"),
]
