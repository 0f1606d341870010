"""転入: the list, and noting the 受給資格証明書 that somebody handed in; what the law makes of it is shown first."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.insurance.qualification import moves_in
from kaigo.insurance.qualification.models import Handover
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import wareki
from kaigo.law.words import tell_all

SHOWN = {
    "": "すべて", "open": "期限内・未提出", "over": "未提出のまま期限切れ", "handed": "提出あり", "income": "所得照会が要る",
}  # fmt: skip
SOON = 5


class MovesIn(Page):
    """Who moved in between two days; by default since the first of last month."""

    permission = "qualification.view"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.GET)
        first = typed.day("first", "いつから", required=False) or _month_before(ctx.on)
        last = typed.day("last", "いつまで", required=False) or ctx.on
        if first > last:
            typed.errors["first"] = "いつからは、いつまでより前の日にしてください"
            first = last
        typed.text_of = {"first": wareki(first), "last": wareki(last)} | {
            k: v for k, v in typed.text_of.items() if v
        }
        shown = request.GET.get("show", "")
        if shown not in SHOWN:
            raise Http404
        found = moves_in.moves_in(ctx, settings.INSURER, first, last + timedelta(days=1))
        incomes = moves_in.incomes(ctx, [move.person for move in found])
        chosen = [move for move in found if _shows(move, shown, incomes)]
        page = Pages(chosen, request)
        places = {code: place_of(ctx, code) for code in {move.from_code for move in page}}
        return "qualification/moves_in.html", {
            "title": "転入した人",
            "typed": typed,
            "first": first,
            "last": last,
            "shown": shown,
            "choices": [
                (key, name, sum(1 for move in found if _shows(move, key, incomes))) for key, name in SHOWN.items()
            ],
            "page": page,
            "rows": [
                (move, places[move.from_code], incomes.get(move.person)) for move in page
            ],
            "soon": SOON,
            "here": "moves_in",
        }  # fmt: skip


def place_of(ctx: Context, code: str) -> str:
    """The municipality in words, "" = abroad or unknown."""
    return registers.insurer_name(ctx, registers.insurer_code(ctx, code) or code) or ""


def _shows(move: moves_in.MoveIn, shown: str, incomes: dict) -> bool:
    if shown == "handed":
        return move.note is not None
    if shown == "income":
        return incomes.get(move.person, ("",))[0] == "照会が要る"
    return not shown or move.state == shown


def _month_before(on: date) -> date:
    return (on.replace(day=1) - timedelta(days=1)).replace(day=1)


class HandIn(Page):
    """Note the 受給資格証明書 of the last move: typed, shown with what the law says, then noted. Or take a note back."""

    permission = "qualification.decide"
    purpose = "qualification"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        return "qualification/hand_in.html", self.form(ctx, person, Typed())

    def post(self, ctx: Context, request: HttpRequest, person: int):
        typed = Typed(request.POST)
        data = self.form(ctx, person, typed)
        move: moves_in.MoveIn = data["move"]
        if request.POST.get("act") == "take_back":
            note = get_object_or_404(Handover, person_id=person, id=move.note.id if move.note else None)
            moves_in.take_back(ctx, note, request.POST.get("reason", "")[:500])
            return go(f"/qualification/{ref('person', person)}/")
        handed_in_on = typed.day("handed_in_on", "受け取った日")
        code = unicodedata.normalize("NFKC", typed.text("municipality", "前の保険者の団体コード", longest=6))
        number = typed.text("number", "証明書の番号", required=False, longest=20)
        made_on = typed.day("made_on", "証明書の作成日", required=False)
        if code and registers.insurer_name(ctx, code) is None:
            typed.errors["municipality"] = f"団体コード「{code}」の市区町村は台帳にありません"
        if handed_in_on and not move.base <= handed_in_on <= ctx.on:
            typed.errors["handed_in_on"] = "受け取った日は、資格を取得した日から今日までの日にしてください"
        if typed.errors or handed_in_on is None:
            return "qualification/hand_in.html", data
        if request.POST.get("step") == "do":
            moves_in.hand_in(ctx, settings.INSURER, person, handed_in_on, code, number, made_on)
            return go(f"/qualification/{ref('person', person)}/")
        finding = moves_in.judge(ctx, settings.INSURER, move.base, handed_in_on)
        return "qualification/hand_in.html", data | {
            "found": finding.value,
            "told": tell_all(finding.reasons),
            "handed_in_on": handed_in_on,
            "place": registers.insurer_name(ctx, code),
            "number": number,
            "made_on": made_on,
        }

    def form(self, ctx: Context, person: int, typed: Typed) -> dict:
        view = residents.one_or_404(ctx, person)
        move = moves_in.latest(ctx, settings.INSURER, person)
        if move is None or move.base is None:
            raise Http404
        if not typed.text_of:
            code = move.note.municipality if move.note else move.from_code
            typed.text_of["municipality"] = registers.insurer_code(ctx, code) or code
        return {
            "title": whose(view.name, "の受給資格証明書"),
            "person": view,
            "move": move,
            "limit": moves_in.judge(ctx, settings.INSURER, move.base, None).value,
            "typed": typed,
        }


def told_of(ctx: Context, person: int) -> dict:
    """For a person's page: the last move in, what the law says of the certificate, where it came from."""
    move = moves_in.latest(ctx, settings.INSURER, person)
    if move is None or move.base is None:
        return {"move": None}
    note = move.note
    finding = moves_in.judge(ctx, settings.INSURER, move.base, note.handed_in_on if note else None)
    place = place_of(ctx, note.municipality if note else move.from_code)
    return {"move": move, "handover": tell_all(finding.reasons), "former": place}


moves_urls = [
    path("moves-in/", MovesIn.view(), name="moves_in"),
    path("<person:person>/handover/", HandIn.view(), name="hand_in"),
]
