"""Provisional decisions that changed → drafts. Who was told nothing yet knows what was deducted in February."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.jobs.registry import NotReady
from kaigo.base.records.bulk import to_json
from kaigo.base.records.context import Context
from kaigo.insurance.collection import read as collection
from kaigo.insurance.notices.common import common, keep
from kaigo.insurance.notices.holds import FREE, Hold, places
from kaigo.insurance.notices.premium.letters import Before, ChangeNotice, Part, Person
from kaigo.insurance.notices.premium.words import following, parts_json, reasons, to_parts
from kaigo.insurance.notices.provisional.letters import LETTER
from kaigo.insurance.notices.relations import QUEUED
from kaigo.insurance.notices.save import Drafted, save
from kaigo.insurance.notices.texts import lacks
from kaigo.insurance.premium import read as premium
from kaigo.insurance.qualification import read as qualification

TITLE = "介護保険料仮徴収額変更通知書"
WHY = {
    "lost": "被保険者でなくなったため、年金からの差引き(特別徴収)をやめます。",
    "lowered": "年金から差し引く額を、所得の状況などを考えて定め直しました。",
    "stopped": "年金から差し引くことができなくなりました。",
    "restored": "前に決めた変更を取りやめ、年金から差し引く額を決め直しました。",
}


class Changed(NamedTuple):
    """A provisional decision of which the person must be told. told: data of the letter before (JSON) or None."""

    person: int
    plan: int
    assessment: int
    annual: int
    refund: int
    levied: int
    instalments: str
    reason: str
    request: str
    reasons: str
    number: str | None
    told: str | None


def wanted(
    ctx: Context, fiscal_year: int, persons: list[int] | None = None
) -> Iterator[tuple[Changed, Before]]:
    """Everybody whose provisional decision in force differs from what he was told last, with that."""
    query = f"""
        WITH t AS (
            SELECT DISTINCT ON (d.person_id) d.person_id, c.data FROM notices_draft d
            JOIN notices_issue i ON i.draft_id = d.id JOIN notices_content c ON c.draft_id = d.id
            WHERE d.state = 'draft' AND d.letter = '{LETTER}' AND d.fiscal_year = %(year)s
            ORDER BY d.person_id, d.id DESC)
        SELECT l.person_id, l.plan_id, l.assessment_id, l.annual_yen, l.refund_yen, l.levied_yen, l.instalments::text,
               a.change_reason, p.request, f.reasons::text, n.number, t.data::text
        FROM ({premium.in_force_sql(ctx)}) a
        JOIN ({collection.plans_in_force_sql(ctx)}) p ON p.assessment_id = a.id
        JOIN ({collection.letter_amounts_sql(ctx)}) l ON l.plan_id = p.id
        JOIN ({premium.findings_sql()}) f ON f.decision_id = a.id
        LEFT JOIN ({qualification.numbers_sql()}) n ON n.person_id = a.person_id
        LEFT JOIN t ON t.person_id = a.person_id
        WHERE a.fiscal_year = %(year)s AND a.sort = 'provisional' AND a.supersedes_id IS NOT NULL
          AND (%(persons)s::bigint[] IS NULL OR a.person_id = ANY(%(persons)s::bigint[]))
          AND NOT EXISTS (SELECT 1 FROM notices_draft q WHERE q.plan_id = p.id AND q.state = 'draft')
        ORDER BY a.person_id"""
    params = {"year": fiscal_year, "persons": persons, "on": ctx.on, "known_at": ctx.known_at}
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        rows = [Changed(*row) for row in cursor.fetchall()]
    for row in rows:
        before = _before(ctx, fiscal_year, row)
        now = (row.annual, row.refund, [part[:4] for part in to_parts(row.instalments)])
        if now != (before.annual, before.refund, [part[:4] for part in before.parts]):
            yield row, before


def draft_provisional(
    ctx: Context, insurer: str, fiscal_year: int, dated: date | None = None, persons: list[int] | None = None
) -> dict:
    """Drafts of the letter; what waits and was decided anew since is withdrawn. Returns {drafts, yen, held, withdrawn}."""
    dated = dated or ctx.on
    if missing := lacks(insurer, dated):
        raise NotReady(missing)
    withdrawn = _withdraw_superseded(ctx, fiscal_year)
    found = list(wanted(ctx, fiscal_year, persons))
    drafted: list[Drafted] = []
    if found:
        digest = keep(common(insurer, LETTER, fiscal_year, dated))
        where = places(ctx, [row.person for row, _ in found])
        drafted = [_one(row, before, where[row.person], digest, fiscal_year, dated) for row, before in found]
        save(drafted)
    held = Counter(d.hold.code for d in drafted if d.hold.code)
    return {
        "drafts": len(drafted), "yen": sum(d.annual_yen for d in drafted), "held": dict(sorted(held.items())),
        "withdrawn": withdrawn,
    }  # fmt: skip


def lacking(ctx: Context, fiscal_year: int) -> list[tuple[int, int, int]]:
    """(person, decided yen, levied yen) of those who should have a letter and have none: for the gate."""
    return [(row.person, row.annual, row.levied) for row, _ in wanted(ctx, fiscal_year)]


def _before(ctx: Context, fiscal_year: int, row: Changed) -> Before:
    if row.told:
        said = json.loads(row.told)
        return Before(said["annual"], said["refund"], 0, tuple(Part(*part) for part in said["parts"]))
    first = collection.history(ctx, row.person, fiscal_year)[-1]
    instalments = collection.instalments(ctx, first.id)
    parts = to_parts(
        to_json(
            [
                {"way": i.way, "number": i.number, "due_on": i.due_on.isoformat(), "yen": i.yen}
                for i in instalments
            ]
        )
    )
    return Before(sum(part.yen for part in parts) - first.refund_yen, first.refund_yen, 0, parts)


def _one(row: Changed, before: Before, place, digest: str, fiscal_year: int, dated: date) -> Drafted:
    parts = to_parts(row.instalments)
    stops = row.request == "stop"
    letter = ChangeNotice(
        TITLE + (" 兼 特別徴収中止通知書" if stops else ""),
        Person(place.postal_code, place.address, place.building, place.recipient, place.name, row.number or ""),
        row.annual, row.refund, 0, parts, before, _what(row, before, stops), WHY[row.reason], (),
        reasons(row.reasons), following(parts, dated),
    )  # fmt: skip
    hold = place.hold
    if hold is FREE and not row.number:
        hold = Hold("address", "被保険者番号がありません。資格を確かめてください。")
    data = letter.as_json()
    del data["parts"]
    return Drafted(
        row.person, LETTER, fiscal_year, row.assessment, row.plan, None, row.annual, dated, hold, data, digest,
        parts_json(row.instalments),
    )  # fmt: skip


def _what(row: Changed, before: Before, stops: bool) -> tuple[str, ...]:
    lines = []
    if row.annual != before.annual:
        word = "増え" if row.annual > before.annual else "減り"
        lines.append(f"4月から9月までの仮徴収の額が {abs(row.annual - before.annual):,}円{word}ました。")
    if stops:
        lines.append("年金からの差引き(特別徴収)をやめます。")
    if row.refund:
        lines.append(f"納めすぎになる {row.refund:,}円は、お返しします。")
    return tuple(lines)


def _withdraw_superseded(ctx: Context, fiscal_year: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notices_draft d SET state = 'withdrawn', withdrawn_reason = 'superseded' "
            f"FROM ({QUEUED}) q WHERE q.id = d.id AND d.fiscal_year = %(year)s AND d.letter = '{LETTER}' "
            f"AND NOT EXISTS (SELECT 1 FROM ({collection.plans_in_force_sql(ctx)}) p WHERE p.id = d.plan_id)",
            {"year": fiscal_year, "on": ctx.on, "known_at": ctx.known_at},
        )
        return cursor.rowcount
