"""Search for a person: words by POST, never in an address; one hit opens the person's page."""

from __future__ import annotations

import unicodedata

from django.http import HttpRequest

from kaigo.base.audit.write import record
from kaigo.base.desk.refs import ref
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents

_INSURED_DIGITS = 10
_LONGEST = 100
STATES = {
    "left": ("warn", "転出"),
    "dead": ("warn", "死亡"),
    "erased": ("warn", "消除"),
    "nonresident": ("neutral", "住登外"),
}


class Search(Page):
    permission = "counter.view"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest):
        return "counter/search.html", {"title": "人を探す", "asked": False}

    def post(self, ctx: Context, request: HttpRequest):
        words = unicodedata.normalize("NFKC", request.POST.get("words", "")).strip()[:_LONGEST]
        if not words:
            return self.get(ctx, request)
        insured = _insured(ctx, words)
        if insured is not None:
            return go(f"/person/{ref('person', insured)}/")
        found = residents.search(ctx, words)
        if found.count == 1:
            return go(f"/person/{ref('person', found.hits[0].person)}/")
        record(ctx, "counter.search", "search", hits=found.count)
        numbers = qualification.numbers(ctx, [hit.person for hit in found.hits])
        return "counter/search.html", {
            "title": "人を探す",
            "asked": True,
            "words": words,
            "found": found,
            "rows": [_row(hit, numbers.get(hit.person, "")) for hit in found.hits],
        }


def _insured(ctx: Context, words: str) -> int | None:
    digits = words.replace("-", "").replace(" ", "")
    if len(digits) == _INSURED_DIGITS and digits.isdigit():
        return qualification.person_of(ctx, digits)
    return None


def _row(hit: residents.Hit, number: str) -> dict:
    tags = [STATES[hit.state]] if hit.state in STATES else []
    if hit.protected:
        tags.append(("bad", "支援措置"))
    return {"hit": hit, "number": number, "tags": tags}
