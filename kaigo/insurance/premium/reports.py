"""What a shadow run shows before anybody approves: inputs with their ages, who changes, who stands near a boundary."""

from __future__ import annotations

import json
from datetime import datetime

from django.db import connection

from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.insurance.premium.decide import Judgement
from kaigo.insurance.premium.models import Batch
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents

# Yen: the classes of the histogram of differences.
CLASSES = (-50_000, -20_000, -10_000, -5_000, 0, 5_000, 10_000, 20_000, 50_000)


def keep(
    ctx: Context, fiscal_year: int, found: Judgement, persons: list[int] | None, cutoff: datetime
) -> dict:
    """Store the report; returns what goes into the batch's totals: {report, lists, near, changed}."""
    changed = _changed(fiscal_year, found)
    near = [n._asdict() for n in found.near]
    summary = {
        "persons": persons,
        "inputs": _inputs(ctx, fiscal_year, cutoff),
        "histogram": histogram([c["after"] - c["before"] for c in changed]),
        "new": len(found.judged) - len(changed),
        "first": sum(1 for j in found.judged if j.supersedes is None),
    }
    lists = {
        "changed": changed,
        "near": near,
        "unclear": [[p, [list(m) for m in ms]] for p, ms in found.unclear],
        "barred": [[b.person, b.missing] for b in found.barred],
    }
    return {
        "report": store.put(json.dumps(summary, ensure_ascii=False).encode()),
        "lists": store.put(json.dumps(lists, ensure_ascii=False).encode()),
        "near": len(near),
        "changed": len(changed),
    }


def report(batch: Batch) -> dict:
    """The summary: inputs [{name, rows, newest}], histogram [[from, to, count]], persons, new, first."""
    return json.loads(store.get(batch.totals["report"]))


def lists(batch: Batch) -> dict:
    """changed [{person, before, after, stage, than}], near [{person, income, boundary}], unclear, barred."""
    return json.loads(store.get(batch.totals["lists"]))


def histogram(differences: list[int]) -> list[list]:
    """[from, to, count] by classes of yen, half-open; None = open. No difference is a class of its own: [0, 0, n]."""
    edges = [None, *CLASSES, None]
    counts = [[low, high, 0] for low, high in zip(edges, edges[1:], strict=False)]
    same = 0
    for difference in differences:
        if difference == 0:
            same += 1
            continue
        for row in counts:
            if (row[0] is None or row[0] <= difference) and (row[1] is None or difference < row[1]):
                row[2] += 1
                break
    place = next(n for n, row in enumerate(counts) if row[0] == 0)
    return [*counts[:place], [0, 0, same], *counts[place:]]


def _changed(fiscal_year: int, found: Judgement) -> list[dict]:
    """Everybody who has something to compare with: this year's decision, else last year's. Provisional does not count."""
    now = _amounts(
        "a.id = ANY(%(ids)s) AND a.sort <> 'provisional'",
        ids=[j.supersedes for j in found.judged if j.supersedes],
    )
    last = _amounts(
        "a.fiscal_year = %(year)s AND a.person_id = ANY(%(ids)s) AND NOT EXISTS "
        "(SELECT 1 FROM premium_assessment n WHERE n.supersedes_id = a.id)",
        ids=[j.person for j in found.judged if j.supersedes not in now],
        year=fiscal_year - 1,
    )  # fmt: skip
    by_person = dict(last.values())
    rows = []
    for j in found.judged:
        if j.supersedes in now:
            before, than = now[j.supersedes][1], "now"
        elif j.person in by_person:
            before, than = by_person[j.person], "last_year"
        else:
            continue
        rows.append(
            {"person": j.person, "before": before, "after": j.annual_yen, "stage": j.stage, "than": than}
        )
    return rows


def _amounts(where: str, **params) -> dict[int, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a.id, a.person_id, a.annual_yen FROM premium_assessment a WHERE {where}", params
        )
        return {row[0]: (row[1], row[2]) for row in cursor.fetchall()}


def _inputs(ctx: Context, fiscal_year: int, cutoff: datetime) -> list[dict]:
    """What was believed at the cut-off, how many rows, and when the newest of them came."""
    at = Context(ctx.actor, ctx.purpose, ctx.on, ctx.case, cutoff)
    relations = {
        "住民(住所・状態)": residents.residence_history_sql(at),
        "世帯": residents.membership_history_sql(at),
        "住民税": f"SELECT * FROM ({residents.taxation_sql(at)}) t WHERE t.fiscal_year = %(year)s",
        "生活保護・支援給付": residents.welfare_sql(at),
        "老齢福祉年金": residents.old_age_pension_sql(at),
        "境界層": residents.borderline_sql(at),
    }
    params = {"known_at": cutoff, "on": ctx.on, "year": fiscal_year}
    found = []
    with connection.cursor() as cursor:
        for name, relation in relations.items():
            cursor.execute(f"SELECT count(*), max(lower(r.known)) FROM ({relation}) r", params)
            rows, newest = cursor.fetchone()
            found.append({"name": name, "rows": rows, "newest": newest.isoformat() if newest else None})
        cursor.execute(
            f"SELECT count(*), max(r.decided_at) FROM ({qualification.in_force_sql(at)}) r",
            params,
        )
        rows, newest = cursor.fetchone()
    found.append({"name": "資格", "rows": rows, "newest": newest.isoformat() if newest else None})
    return found
