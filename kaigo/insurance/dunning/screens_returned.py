"""Pages of letters that came back: what waits, entering one, the search, and 公示送達."""

from __future__ import annotations

import unicodedata

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from kaigo.base.audit.seen import saw
from kaigo.base.desk.charts import bars
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref, unref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.typed import Typed
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.dunning import returned as mail
from kaigo.insurance.dunning.models import PublicNotice, PublicNoticeLetter, ReturnedMail
from kaigo.insurance.dunning.words import FOUND, LETTERS, RETURNS, SEARCHES
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import wareki
from kaigo.law.reasons import unpack
from kaigo.law.words import tell_all

STANDINGS = {
    "open": ("まだ調べていない", "warn"), "searching": ("調べている", "warn"), "not_living": ("不現住", "warn"),
    "found": ("住所が分かった", "good"), "posted": ("公示送達した", "neutral"),
}  # fmt: skip


class MailList(Page):
    """What came back, the newest first; a number and Enter leads to the entry; what was searched for can be posted."""

    permission = "dunning.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        number = unicodedata.normalize("NFKC", request.GET.get("number", "")).strip()
        typed = Typed({"number": number})
        if number:
            person = qualification.persons_of(ctx, [number]).get(number)
            if person is not None:
                return go(f"/dunning/person/{ref('person', person)}/returned/")
            typed.errors["number"] = f"被保険者番号 {number} の人はいません。10桁の番号を確かめてください"
        return "dunning/returned.html", _returned(ctx, request, typed)


def _returned(ctx: Context, request: HttpRequest, typed: Typed) -> dict:
    page = Pages(ReturnedMail.objects.order_by("-returned_on", "-id"), request)
    names = residents.names(ctx, [r.person_id for r in page])
    typed.text_of = {"posted_on": wareki(ctx.on)} | typed.text_of
    counts: dict[str, int] = {}
    listed = []
    for row in page:
        now = mail.standing(row)
        counts[now] = counts.get(now, 0) + 1
        listed.append(
            (row, names.get(row.person_id, ""), LETTERS[row.letter], RETURNS[row.why], now, *STANDINGS[now])
        )
    return {
        "title": "返戻",
        "typed": typed,
        "page": page,
        "rows": listed,
        "notices": list(PublicNotice.objects.order_by("-id")[:12]),
        "chart": bars(
            "このページの返戻", [(STANDINGS[key][0], counts.get(key, 0)) for key in STANDINGS], "通", "状態"
        ),
        "here": "returned",
    }


class EnterReturned(Page):
    """One letter of a person came back."""

    permission = "dunning.decide"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        return "dunning/enter_returned.html", self.data(ctx, person, Typed())

    def post(self, ctx: Context, request: HttpRequest, person: int):
        typed = Typed(request.POST)
        letter = typed.choice("letter", "通知の種類", LETTERS)
        number = typed.text("document_number", "文書番号", longest=40)
        day = typed.day("returned_on", "戻った日")
        why = typed.choice("why", "戻った理由", RETURNS)
        note = typed.text("note", "備考", required=False, longest=mail.LONGEST)
        if typed and day:
            try:
                made = mail.enter(ctx, person, letter, number, day, why, note)
                return go(f"/dunning/returned/{ref('returned', made.id)}/")
            except Refused as refusal:
                typed.errors["document_number"] = str(refusal)
        return "dunning/enter_returned.html", self.data(ctx, person, typed)

    def data(self, ctx: Context, person: int, typed: Typed) -> dict:
        who = residents.one_or_404(ctx, person)
        typed.text_of = {"returned_on": wareki(ctx.on)} | typed.text_of
        return {
            "title": whose(who.name, "の返戻の記録"),
            "who": who,
            "typed": typed,
            "letters": LETTERS.items(),
            "whys": RETURNS.items(),
        }


class ReturnedOne(Page):
    """A returned letter and the steps of the search."""

    permission = "dunning.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, returned: int):
        return "dunning/returned_one.html", _one(ctx, returned, Typed())


class SearchStep(Page):
    """A step of the search is kept."""

    permission = "dunning.decide"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, returned: int):
        typed = Typed(request.POST)
        day = typed.day("searched_on", "調べた日")
        what = typed.choice("what", "調べた方法", SEARCHES)
        found = typed.choice("found", "結果", FOUND)
        note = typed.text("note", "備考", required=False, longest=mail.LONGEST)
        if typed and day:
            try:
                mail.search(ctx, get_object_or_404(ReturnedMail, id=returned), day, what, found, note)
                return go(f"/dunning/returned/{ref('returned', returned)}/")
            except Refused as refusal:
                typed.errors["searched_on"] = str(refusal)
        return "dunning/returned_one.html", _one(ctx, returned, typed)


def _one(ctx: Context, number: int, typed: Typed) -> dict:
    row = get_object_or_404(ReturnedMail, id=number)
    who = residents.one_or_404(ctx, row.person_id)
    now = mail.standing(row)
    typed.text_of = {"searched_on": wareki(ctx.on)} | typed.text_of
    return {
        "title": whose(who.name, "の返戻"),
        "who": who,
        "row": row,
        "letter": LETTERS[row.letter],
        "why": RETURNS[row.why],
        "standing": now,
        "standing_label": STANDINGS[now][0],
        "tone": STANDINGS[now][1],
        "searches": [
            (s, SEARCHES[s.what], FOUND[s.found]) for s in row.searches.order_by("-searched_on", "-id")
        ],
        "posted": PublicNoticeLetter.objects.filter(returned=row).select_related("notice").first(),
        "typed": typed,
        "whats": SEARCHES.items(),
        "founds": FOUND.items(),
    }


class PostNotice(Page):
    """公示送達 of the chosen letters."""

    permission = "dunning.decide"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest):
        typed = Typed(request.POST)
        day = typed.day("posted_on", "掲示を始める日")
        chosen = [unref("returned", text) for text in request.POST.getlist("returned")]
        if typed and day:
            try:
                made = mail.post_notice(ctx, [row for row in chosen if row is not None], day)
                return go(f"/dunning/notices/{ref('public_notice', made.id)}/")
            except Refused as refusal:
                typed.errors["posted_on"] = str(refusal)
        return "dunning/returned.html", _returned(ctx, request, typed)


class Notice(Page):
    """The list that is posted: names and kinds of letters, no addresses, no amounts; ready to print."""

    permission = "dunning.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, public_notice: int):
        row = get_object_or_404(PublicNotice, id=public_notice)
        letters = list(
            PublicNoticeLetter.objects.filter(notice=row).select_related("returned").order_by("name", "id")
        )
        if not letters:
            raise Http404
        saw(letter.person_id for letter in letters)
        return "dunning/notice.html", {
            "title": "公示送達",
            "row": row,
            "letters": [(letter, LETTERS[letter.returned.letter]) for letter in letters],
            "told": tell_all(unpack(row.reasons)),
        }
