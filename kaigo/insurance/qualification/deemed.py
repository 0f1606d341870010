"""みなし2号(生保)管理: people whom the section knows only because the welfare office pays for their care.

They are not insured: no period, no insured number of ours, no premium. An entry holds while the facts hold: it is over
by itself when public assistance ends, medical insurance begins or the person becomes 65.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification.models import Deemed
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import add_months
from kaigo.law.deemed import DISEASES, DeemedFacts, deemed
from kaigo.law.premium_facts import Span
from kaigo.law.reasons import Missing, Reason, Unclear
from kaigo.law.values import load

# Sourced is only that it begins with H; ten places are those of an insured number.
NUMBER = re.compile(r"H[0-9A-Z]{1,9}")
SOON = 3  # months before 65 in which the list warns


class Entry(NamedTuple):
    """An entry with what the facts say on ctx.on. state: valid | waiting | over | unclear; soon: 65 within three months."""

    id: int
    person: int
    number: str
    office: str
    case_number: str
    disease: str
    since: date
    until: date | None
    state: str
    becomes_65: date | None
    soon: bool
    reasons: tuple[Reason, ...]
    missing: tuple[Missing, ...]


def enter(
    ctx: Context, insurer: str, person: int, number: str, office: str, case_number: str, disease: str, since: date,
    reason: str = "",
) -> Deemed:  # fmt: skip
    """Register somebody from a day on. Refused when the facts of that day do not allow it, or it would be twice."""
    number = number.strip().upper()
    if not NUMBER.fullmatch(number):
        raise Refused("番号は、福祉事務所から知らされた H で始まる10桁までの番号を書いてください。")
    if disease not in DISEASES:
        raise Refused("特定疾病を選んでください。")
    if not office.strip() or not case_number.strip():
        raise Refused("福祉事務所とケース番号を書いてください。")
    without_my_number(office, case_number, reason)
    rows = registered(None)
    if any(row.person_id == person and row.until is None for row in rows):
        raise Refused("この人はもう登録されています。先にいまの登録を終えてください。")
    if any(row.number == number and row.person_id != person for row in rows):
        raise Refused("この番号は別の人に登録されています。")
    found = judge(ctx.at(since), insurer, person, since)
    if isinstance(found, Unclear):
        raise Refused("、".join(missing.why for missing in found.missing))
    if found.value.state != "valid":
        raise Refused("この日、この人は当てはまりません。生活保護・医療保険・年齢の記録を確かめてください。")
    return Deemed.objects.create(
        person_id=person, number=number, office=office.strip(), case_number=case_number.strip(), disease=disease,
        since=since, reason=reason.strip(), withdrawn=False, decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip


def end(ctx: Context, row: Deemed, until: date | None, reason: str) -> Deemed:
    """The entry ends on a day (the first on which it no longer holds), or never was (None)."""
    if row.withdrawn or Deemed.objects.filter(supersedes=row).exists():
        raise Refused("この登録はもう変わっています。")
    if not reason.strip():
        raise Refused("理由を書いてください。")
    if until is not None and until <= row.since:
        raise Refused("終わりの日は始まりの日より後にしてください。登録が誤りなら、取り消してください。")
    without_my_number(reason)
    return Deemed.objects.create(
        person_id=row.person_id, number=row.number, office=row.office, case_number=row.case_number,
        disease=row.disease, since=row.since, until=until, reason=reason.strip(), withdrawn=until is None,
        supersedes=row, decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip


def judge(ctx: Context, insurer: str, person: int, since: date, until: date | None = None):
    """What the law says of an entry on ctx.on: Finding of law.deemed.Deemed, or Unclear."""
    return _judge(insurer, _facts(ctx, [person]), person, Span(since, until), ctx.on)


def entries(ctx: Context, insurer: str, person: int | None = None) -> list[Entry]:
    """Everybody on the list (or one person's entries); those near 65 and those who no longer hold come first."""
    rows = registered(person, ctx.known_at)
    if not rows:
        return []
    facts = _facts(ctx, [row.person_id for row in rows])
    found = []
    for row in rows:
        said = _judge(insurer, facts, row.person_id, Span(row.since, row.until), ctx.on)
        told = (
            row.id,
            row.person_id,
            row.number,
            row.office,
            row.case_number,
            row.disease,
            row.since,
            row.until,
        )
        if isinstance(said, Unclear):
            found.append(Entry(*told, "unclear", None, False, (), said.missing))
            continue
        state, old = said.value
        soon = state == "valid" and old <= add_months(ctx.on, SOON)
        found.append(Entry(*told, state, old, soon, said.reasons, ()))
    return sorted(
        found, key=lambda entry: (not entry.soon, entry.until is not None, entry.state != "over", entry.id)
    )


def valid(ctx: Context, insurer: str, person: int) -> Entry | None:
    """The entry that holds on ctx.on: what certification asks."""
    return next((entry for entry in entries(ctx, insurer, person) if entry.state == "valid"), None)


def registered(person: int | None, known_at=None) -> list[Deemed]:
    """Entries that were not replaced or taken back, whatever the facts say of them; None = everybody's."""
    rows = Deemed.objects.order_by("id")
    if person is not None:
        rows = rows.filter(person_id=person)
    if known_at is not None:
        rows = rows.filter(decided_at__lte=known_at)
    rows = list(rows)
    gone = {row.supersedes_id for row in rows}
    return [row for row in rows if not row.withdrawn and row.id not in gone]


class _Facts(NamedTuple):
    births: dict[int, date | None]
    assistance: dict[int, list[Span]]
    medical: dict[int, list[Span]]


def _facts(ctx: Context, persons: list[int]) -> _Facts:
    params = {"persons": persons, "on": ctx.on, "known_at": ctx.known_at}
    span = "lower(f.effective), upper(f.effective)"
    mine = "f.person_id = ANY(%(persons)s::bigint[])"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT f.person_id, f.birth_date FROM ({residents.particulars_sql(ctx)}) f WHERE {mine}", params
        )
        births = dict(cursor.fetchall())
        found: list[dict[int, list[Span]]] = []
        for relation in (
            f"SELECT * FROM ({residents.welfare_sql(ctx)}) w WHERE w.welfare_kind = '1'",
            residents.medical_sql(ctx),
        ):
            cursor.execute(f"SELECT f.person_id, {span} FROM ({relation}) f WHERE {mine}", params)
            spans: dict[int, list[Span]] = {}
            for person, since, until in cursor.fetchall():
                spans.setdefault(person, []).append(Span(since, until))
            found.append(spans)
    return _Facts(births, *found)


def _judge(insurer: str, facts: _Facts, person: int, entered: Span, on: date):
    return deemed(
        DeemedFacts(
            facts.births.get(person),
            entered,
            tuple(facts.assistance.get(person, ())),
            tuple(facts.medical.get(person, ())),
            on,
        ),
        load().values(insurer, on),
    )
