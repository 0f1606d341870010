"""Pages of pension records that no person was found for: the list, one record with candidates, the match by hand.

Whoever matches names the person in the address, so that nobody takes a record for himself or his household.
"""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import whose
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.insurance.collection import read, targets
from kaigo.insurance.collection.decide import match, plan_all
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year

MATCHED_BY = {
    "number": "基礎年金番号と生年月日",
    "attributes": "生年月日・性別・カナ氏名",
    "hand": "職員の同定",
    "none": "未同定",
}


class Targets(Page):
    """同定待ちの年金記録."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest):
        total = read.open_tasks(ctx).get("target", 0)
        page = Pages(None, request, total, lambda limit, offset: targets.unmatched(ctx, offset, limit)[0])
        return "collection/targets.html", {"title": "同定を待つ年金記録", "page": page}


class Target(Page):
    """One record: what came and who may be meant."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, target: int):
        found = targets.record(ctx, target)
        if found is None:
            raise Http404
        person = residents.one(ctx, found.person) if found.person else None
        return "collection/target.html", {
            "title": "年金記録の同定",
            "record": found,
            "matched_by": MATCHED_BY[found.matched_by],
            "person": person,
            "candidates": targets.candidates(ctx, found),
            "may": request.staff.may("collection.match"),
        }


class MatchTarget(Page):
    """The decision that it is this person's record: both side by side, then matched. Only who may be meant is there."""

    permission = "collection.match"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, target: int, person: int):
        found, candidate = _meant(ctx, target, person)
        return "collection/match.html", {
            "title": whose(candidate.name, "の年金記録とする"),
            "record": found,
            "c": candidate,
        }

    def post(self, ctx: Context, request: HttpRequest, target: int, person: int):
        found, _ = _meant(ctx, target, person)
        return _matched(ctx, found, person)


class MatchNobody(Page):
    """The decision that it is nobody's record here."""

    permission = "collection.match"
    purpose = "collection"

    def post(self, ctx: Context, request: HttpRequest, target: int):
        found = targets.record(ctx, target)
        if found is None:
            raise Http404
        return _matched(ctx, found, None)


def _meant(ctx: Context, target: int, person: int) -> tuple[targets.Record, targets.Candidate]:
    found = targets.record(ctx, target)
    if found is None:
        raise Http404
    candidate = next((c for c in targets.candidates(ctx, found) if c.person == person), None)
    if candidate is None:
        raise Http404
    return found, candidate


def _matched(ctx: Context, found: targets.Record, person: int | None) -> HttpResponse:
    match(ctx, found.id, person)
    touched = [p for p in (found.person, person) if p]
    if touched:
        # Before the yearly request the plan follows at once; after it the law leaves it as it was asked.
        plan_all(ctx, settings.INSURER, fiscal_year(ctx.on), persons=touched)
    return go(f"/collection/targets/{ref('target', found.id)}/")
