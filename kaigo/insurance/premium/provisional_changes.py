"""仮算定異動: what changes a provisional decision between 1 April and the main assessment (法140条2項・3項).

A loss of the qualification is found by the monthly run; that the pension is no longer deducted, and other amounts for
June and August, are entered by the section. Each is a decision that supersedes the provisional one before: the facts
of that one and what is new. The premium of the year itself is decided by the main assessment.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.insurance.premium.decide import values_for
from kaigo.insurance.premium.models import Batch
from kaigo.insurance.premium.provisional_facts import pack_facts, unpack_facts
from kaigo.insurance.premium.read import IN_FORCE
from kaigo.insurance.premium.save import Judged, save
from kaigo.insurance.qualification import read as qualification
from kaigo.law.dates import fiscal_span
from kaigo.law.digest import law_version
from kaigo.law.instalment_facts import Paid
from kaigo.law.provisional import CHANGEABLE, MONTHS, ProvisionalFacts, first_of, provisional
from kaigo.law.reasons import Finding

REASONS = ("lost", "lowered", "stopped", "restored")


class Standing(NamedTuple):
    """A provisional decision in force: its facts, and what the section wrote as the reason ("" = nothing)."""

    person: int
    assessment: int
    yen: int
    facts: ProvisionalFacts
    why: str


def standing(ctx: Context, fiscal_year: int, person: int) -> Standing | None:
    """The provisional decision of a person, None when there is none or the main assessment has superseded it."""
    found = _standing(ctx, fiscal_year, [person], all_of_them=True)
    return found[0][0] if found else None


def run(ctx: Context, insurer: str, fiscal_year: int, persons: list[int] | None = None) -> dict[str, int]:
    """Everybody whose qualification ended, or did not end after all, since his provisional decision.

    Returns {decisions, yen}: how many new ones, and by how much the provisional amounts changed.
    """
    changed = []
    for before, ended_on in _standing(ctx, fiscal_year, persons):
        facts = before.facts
        if ended_on == facts.ended_on:
            continue
        if ended_on is not None:
            # What was stopped once does not begin again: a corrected day leaves the day of the first decision.
            decided_on = facts.decided_on if facts.ended_on else ctx.on
            after = facts._replace(ended_on=ended_on, decided_on=decided_on)
            changed.append((before, after, "lost", before.why))
        else:
            after = facts._replace(ended_on=None, stopped_from=_not_taken(insurer, facts))
            changed.append((before, after, "restored", before.why))
    return _record(ctx, insurer, fiscal_year, changed)


def change_amounts(
    ctx: Context, insurer: str, fiscal_year: int, person: int, amounts: dict[int, int], why: str
) -> dict[str, int]:
    """Other amounts for June and August (法140条2項). amounts: month → yen; a month left out stays as it is.

    The amount of February itself takes an earlier change back. A month that has begun can no longer be changed.
    """
    before = _only(ctx, fiscal_year, person)
    _reasoned(why)
    if before.facts.ended_on or before.facts.stopped_from:
        raise Refused("この人の仮徴収はもう止まっています。額は変えられません。")
    changed = dict(before.facts.changed)
    for month, yen in amounts.items():
        if month not in CHANGEABLE:
            raise Refused("変えられるのは6月と8月の額だけです(法140条2項)。4月は2月と同じ額です。")
        if first_of(fiscal_year, month) <= ctx.on:
            raise Refused(f"{month}月の支払いはもう始まっているため、額を変えられません。")
        if yen <= 0:
            raise Refused(
                f"{month}月の額は1円以上にしてください。引かないときは「年金から引かれない」を登録します。"
            )
        changed[month] = yen
    kept = tuple(Paid(m, yen) for m, yen in sorted(changed.items()) if yen != before.facts.february_yen)
    if kept == before.facts.changed:
        raise Refused("いまの額と同じです。")
    after = before.facts._replace(changed=kept, decided_on=ctx.on)
    return _record(ctx, insurer, fiscal_year, [(before, after, "lowered" if kept else "restored", why)])


def stop(
    ctx: Context, insurer: str, fiscal_year: int, person: int, month: int | None, why: str
) -> dict[str, int]:
    """The pension is not deducted from `month` on (法139条1項); None takes such an entry back."""
    before = _only(ctx, fiscal_year, person)
    _reasoned(why)
    if month is not None and month not in MONTHS:
        raise Refused("引かれなくなった最初の支払いの月は、4月・6月・8月のどれかです。")
    if month == before.facts.stopped_from:
        raise Refused("もうそのように登録されています。" if month else "止まっていません。")
    after = before.facts._replace(stopped_from=month, decided_on=before.facts.decided_on or ctx.on)
    return _record(ctx, insurer, fiscal_year, [(before, after, "stopped" if month else "restored", why)])


def preview(insurer: str, fiscal_year: int, facts: ProvisionalFacts) -> Finding:
    """What the law says of the facts, for a page that shows an act before it is done."""
    return provisional(facts, values_for(insurer, fiscal_year))


def _record(
    ctx: Context,
    insurer: str,
    fiscal_year: int,
    changed: list[tuple[Standing, ProvisionalFacts, str, str]],
) -> dict[str, int]:
    values = values_for(insurer, fiscal_year)
    first = fiscal_span(fiscal_year)[0]
    judged = []
    for before, after, reason, why in changed:
        found = provisional(after, values)
        months = 0 if found.value.refund_yen else 12
        judged.append(
            Judged(
                before.person, first, found.value.total_yen, months, 0, "-" * 12, "unknown", False,
                pack_facts(after, why), found.reasons, before.assessment, reason, "provisional",
            )
        )  # fmt: skip
    save(ctx, fiscal_year, "provisional", None, judged, law_version(values.digest))
    return {
        "decisions": len(judged),
        "yen": sum(j.annual_yen for j in judged) - sum(before.yen for before, *_ in changed),
    }


def _not_taken(insurer: str, facts: ProvisionalFacts) -> int | None:
    """The first payment that the loss had stopped: the pension payer was told, and does not begin again by himself."""
    taken = preview(insurer, facts.fiscal_year, facts).value.deductions
    rest = [month for month in MONTHS if month not in {part.month for part in taken}]
    return min([*rest, *filter(None, [facts.stopped_from])], default=None)


def batch_waits(fiscal_year: int) -> bool:
    """Whether a main assessment has been worked out and waits: another decision now would make it differ."""
    return Batch.objects.filter(
        sort="main", fiscal_year=fiscal_year, state__in=("shadowed", "approved")
    ).exists()


def _only(ctx: Context, fiscal_year: int, person: int) -> Standing:
    if batch_waits(fiscal_year):
        raise Refused(
            "本算定の影の計算が承認か実行を待っています。本算定が終わってから、その決定を更正してください。"
        )
    found = standing(ctx, fiscal_year, person)
    if found is None:
        raise Refused("この人に、本算定の前の仮徴収の決定はありません。")
    return found


def _reasoned(why: str) -> None:
    if not why.strip():
        raise Refused("理由を書いてください。")
    without_my_number(why)


def _standing(
    ctx: Context, fiscal_year: int, persons: list[int] | None, all_of_them: bool = False
) -> list[tuple[Standing, object]]:
    """Provisional decisions in force with the day on which the qualification ended; a move that is only planned does
    not count. Of everybody only those who lost it or whose decision was changed before."""
    first, finish = fiscal_span(fiscal_year)
    query = f"""
        WITH q AS (
            SELECT person_id, CASE WHEN bool_or(lost_on IS NULL OR provisional) THEN NULL ELSE max(lost_on) END AS ended_on
            FROM ({qualification.in_force_sql(ctx)}) x WHERE acquired_on < %(finish)s GROUP BY person_id)
        SELECT a.person_id, a.id, a.annual_yen, f.facts::text,
               CASE WHEN q.person_id IS NULL THEN %(first)s::date WHEN q.ended_on < %(finish)s THEN q.ended_on END
        FROM premium_assessment a JOIN premium_finding f ON f.decision_id = a.id
        LEFT JOIN q ON q.person_id = a.person_id
        WHERE a.fiscal_year = %(year)s AND a.sort = 'provisional' AND {IN_FORCE}
          AND (%(persons)s::bigint[] IS NULL OR a.person_id = ANY(%(persons)s::bigint[]))
          AND (%(all)s OR q.person_id IS NULL OR q.ended_on IS NOT NULL OR a.supersedes_id IS NOT NULL)
        ORDER BY a.person_id"""
    params = {
        "year": fiscal_year, "first": first, "finish": finish, "persons": persons, "all": all_of_them,
        "known_at": ctx.known_at,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return [
            (Standing(person, assessment, yen, *unpack_facts(json.loads(facts))), ended_on)
            for person, assessment, yen, facts, ended_on in cursor.fetchall()
        ]
