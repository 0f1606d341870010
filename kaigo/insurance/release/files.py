"""Files to pension payers: file = plan = letter, person by person, two persons, then out. Nothing else lets one out.

Every difference from what a person was told last has its change letter waiting, or a coded reason why not.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

from kaigo.base.files import store
from kaigo.base.jobs.registry import Progress
from kaigo.base.records.bulk import copy_rows
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection import decide as collection_decide
from kaigo.insurance.collection import read as collection
from kaigo.insurance.collection import request as requests_of_collection
from kaigo.insurance.notices import read as notices
from kaigo.insurance.release import gate, outgoing
from kaigo.insurance.release.models import GateReport, OutgoingFile, Request
from kaigo.insurance.release.requests import only_one

LAYOUT = "pension.special_collection"
_MONTHS = {"01": (10, 12, 14), "31": (10, 12, 14), "61": (4, 6, 8), "41": (10, 12, 14)}


class Compared(NamedTuple):
    """A report with the file that it compared."""

    report: GateReport
    prepared: requests_of_collection.Prepared


def compare_request(ctx: Context, insurer: str, fiscal_year: int, code: str = "01") -> Compared:
    """Prepare the file and compare it with plans and letters. Saves a report.

    totals: {records, file_yen, decisions_yen, letters_yen, told, queued, held: {code: count}, left, digest}.
    """
    prepared = requests_of_collection.prepare(ctx, insurer, fiscal_year, code)
    if not prepared.rows:
        raise Refused("依頼する人がいません。")
    months = _MONTHS[code]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE asked (person_id bigint, plan_id bigint, yen1 int, yen2 int, yen3 int) "
            "ON COMMIT DROP"
        )
        copy_rows(
            "asked",
            ("person_id", "plan_id", "yen1", "yen2", "yen3"),
            ((r.person, r.plan, r.yen1, r.yen2, r.yen3) for r in prepared.rows),
        )
        cursor.execute("ANALYZE asked")
        query = _STOPPED if code == "41" else _ASKED
        cursor.execute(
            query.format(
                plans=collection.plans_in_force_sql(ctx),
                amounts=collection.letter_amounts_sql(ctx),
                contents=notices.CONTENTS,
                told=notices.TOLD,
                queued=notices.QUEUED,
            ),
            {
                "year": fiscal_year,
                "on": ctx.on,
                "known_at": ctx.known_at,
                "m1": str(months[0]),
                "m2": str(months[1]),
                "m3": str(months[2]),
            },
        )
        rows = cursor.fetchall()
        cursor.execute("DROP TABLE asked")
    found, totals = _judge(rows)
    totals |= {
        "records": len(prepared.rows),
        "left": len(prepared.left),
        "digest": store.put(prepared.content),
    }
    return Compared(
        gate.save(ctx, f"file:{LAYOUT}:{code}", fiscal_year, totals, found),
        prepared,
    )


# The yen of three months in a plan's instalments, and in a letter's words (a part there is a list).
_PLAN = [
    "(SELECT coalesce(sum((p->>'yen')::int), 0)::int FROM jsonb_array_elements(l.instalments::jsonb) p "
    f"WHERE p->>'way' = 'deduction' AND p->>'number' = %(m{n})s)"
    for n in (1, 2, 3)
]
_SAID = [
    "(SELECT coalesce(sum((p->>3)::int), 0)::int FROM jsonb_array_elements(c.data->'parts') p "
    f"WHERE p->>0 = 'deduction' AND p->>1 = %(m{n})s)"
    for n in (1, 2, 3)
]

# standing: told (went out) | queued | the code of a hold | none. A letter waiting comes before one that went out.
_LAST = """
LEFT JOIN LATERAL (
    SELECT d.id AS draft_id, CASE WHEN d.held <> '' THEN d.held ELSE 'queued' END AS standing
    FROM ({queued}) d WHERE d.person_id = r.person_id AND d.fiscal_year = %(year)s AND d.plan_id IS NOT NULL
    ORDER BY d.id DESC LIMIT 1) q ON true
LEFT JOIN ({told}) t ON t.person_id = r.person_id
LEFT JOIN ({contents}) c ON c.draft_id = coalesce(q.draft_id, t.draft_id)"""

_ASKED = (
    """
SELECT r.person_id, r.yen1 + r.yen2 + r.yen3,
       coalesce("""
    + " + ".join(_PLAN)
    + """, 0), CASE WHEN c.id IS NULL THEN NULL ELSE """
    + " + ".join(_SAID)
    + """ END,
       l.plan_id IS NULL OR (r.yen1, r.yen2, r.yen3) <> ("""
    + ", ".join(_PLAN)
    + """),
       CASE WHEN c.id IS NULL THEN NULL ELSE (r.yen1, r.yen2, r.yen3) <> ("""
    + ", ".join(_SAID)
    + """) END,
       coalesce(q.standing, CASE WHEN t.draft_id IS NULL THEN 'none' ELSE 'told' END)
FROM asked r
LEFT JOIN LATERAL (SELECT x.* FROM ({amounts}) x WHERE x.plan_id = r.plan_id OFFSET 0) l ON true """
    + _LAST
)

# A stop carries no amounts: the plan must be one that stops, and somebody must have been told, or will be.
_STOPPED = (
    """
SELECT r.person_id, 0, 0, CASE WHEN c.id IS NULL THEN NULL ELSE 0 END, l.plan_id IS NULL OR p.id IS NULL,
       CASE WHEN c.id IS NULL THEN NULL ELSE c.data->'annual' <> to_jsonb(l.annual_yen) END,
       coalesce(q.standing, CASE WHEN t.draft_id IS NULL THEN 'none' ELSE 'told' END)
FROM asked r
LEFT JOIN ({plans}) p ON p.id = r.plan_id AND p.request = 'stop'
LEFT JOIN LATERAL (SELECT x.* FROM ({amounts}) x WHERE x.plan_id = r.plan_id OFFSET 0) l ON true """
    + _LAST
)


def _judge(rows: list[tuple]) -> tuple[list[gate.Difference], dict]:
    found = []
    held: dict[str, int] = {}
    totals = {"file_yen": 0, "decisions_yen": 0, "letters_yen": 0, "told": 0, "queued": 0}
    for person, file, plan, letter, plan_differs, letter_differs, standing in rows:
        totals["file_yen"] += file
        totals["decisions_yen"] += plan
        totals["letters_yen"] += letter or 0
        if standing in ("told", "queued"):
            totals[standing] += 1
        elif standing != "none":
            held[standing] = held.get(standing, 0) + 1
        if plan_differs:
            found.append(gate.Difference(person, "plan", plan, None, letter, file))
        elif standing == "none":
            found.append(gate.Difference(person, "letter_none", plan, None, None, file))
        elif letter_differs:
            found.append(gate.Difference(person, "letter_amount", plan, None, letter, file))
    return found, totals | {"held": dict(sorted(held.items()))}


def release_request(ctx: Context, insurer: str, fiscal_year: int, code: str = "01") -> Request:
    """Ask that a file goes out. Raises Differs when the file, the plans and the letters do not agree."""
    only_one("file", code, fiscal_year)
    return outgoing.ask(
        ctx, "file", code, fiscal_year, compare_request(ctx, insurer, fiscal_year, code).report
    )


def let_out(ctx: Context, insurer: str, request: Request, progress: Progress | None = None) -> OutgoingFile:
    """The approved file leaves: prepared and compared again, byte for byte the one that was approved."""
    outgoing.approved(request, "file")
    report, prepared = compare_request(ctx.at(request.dated), insurer, request.fiscal_year, request.what)
    name = f"{insurer[:5]}_{request.what}_{ctx.on:%Y%m%d}.dat"
    people = tuple(row.person for row in prepared.rows)
    made = outgoing.leave(
        ctx, request, outgoing.Made(report, LAYOUT, name, len(prepared.rows), prepared.totals, people)
    )
    collection_decide.note_requested(ctx, request.fiscal_year, made.id, prepared.rows)
    return made
