"""Whose decision rests on facts that are no longer believed (N-17).

Only people whose facts were touched since the last look are gathered again; what a decision was made of is stored
beside it, so the two are compared as they are: no guess, no second judgement.
"""

from __future__ import annotations

import json

from django.db import connection

from kaigo.base.records.bulk import to_json
from kaigo.base.records.context import Context
from kaigo.base.records.watermarks import Span
from kaigo.insurance.premium.changes import people
from kaigo.insurance.premium.facts import differences, unpack_facts
from kaigo.insurance.premium.gather import gather
from kaigo.insurance.premium.models import Batch
from kaigo.insurance.premium.read import IN_FORCE
from kaigo.insurance.premium.tasks import Found, add_tasks

MARGIN = 100


def find(ctx: Context, fiscal_year: int, span: Span) -> list[Found]:
    """Those of the year whose stored facts differ from what is believed now, with what differs in Japanese."""
    touched = people(ctx, fiscal_year, _after_the_freeze(fiscal_year, span))
    if not touched:
        return []
    stored = _stored(fiscal_year, touched)
    now = dict(gather(ctx, fiscal_year, list(stored)))
    found = []
    for person, before in stored.items():
        facts = now.get(person)
        if facts is None:
            if before:
                found.append(Found(person, "stale", [["insured", "この年度の資格がなくなりました"]]))
        elif not before:
            found.append(Found(person, "stale", [["insured", "この年度の資格が認められました"]]))
        elif json.loads(to_json(facts)) != before:
            found.append(Found(person, "stale", [list(d) for d in differences(unpack_facts(before), facts)]))
    return found


def _after_the_freeze(fiscal_year: int, span: Span) -> Span:
    """What was believed before the inputs of the main assessment were frozen is in its decisions already.

    Writers that begin after a freeze have later transactions; a few are looked at twice rather than one lost.
    """
    main = Batch.objects.filter(sort="main", fiscal_year=fiscal_year, state="done", freeze__isnull=False)
    oldest = main.order_by("id").values_list("freeze__tx", flat=True).first()
    return span._replace(after=max(span.after, oldest - MARGIN)) if oldest else span


def run(ctx: Context, fiscal_year: int, span: Span) -> dict:
    """File a task for each; returns counts."""
    found = find(ctx, fiscal_year, span)
    return {"found": len(found), "new": add_tasks(fiscal_year, found)}


def _stored(fiscal_year: int, persons: list[int]) -> dict[int, list]:
    """person → the packed facts of the decision in force. Provisional decisions rest on February's amount only,
    those of a former system on facts that we have not seen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.person_id, f.facts FROM premium_assessment a JOIN premium_finding f ON f.decision_id = a.id "
            f"WHERE a.fiscal_year = %s AND a.person_id = ANY(%s) AND a.sort NOT IN ('provisional', 'opening') AND {IN_FORCE} "
            "ORDER BY a.person_id",
            [fiscal_year, persons],
        )
        return {person: json.loads(facts) for person, facts in cursor.fetchall()}
