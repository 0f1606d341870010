"""Assessments of the former system → opening decisions, which nobody computes again (移行).

A year that was taken over is judged here only for people whose facts of that year have changed since: what was
believed at the opening and what is believed now are gathered by the same queries and compared as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.db import connection

from kaigo.base.records.bulk import to_json
from kaigo.base.records.context import Context
from kaigo.base.records.watermarks import Span, reading
from kaigo.insurance.premium.changes import people
from kaigo.insurance.premium.gather import gather
from kaigo.insurance.premium.read import IN_FORCE
from kaigo.insurance.premium.save import STAGES
from kaigo.insurance.residents.handed_over import UNKNOWN, YEAR, Rule, mark, send_back, stage
from kaigo.law.dates import fiscal_year as fiscal_year_of
from kaigo.law.reasons import Reason, pack

ROOM = "premium"
LAYOUT = "migrate.assessment"
SORT = "opening"
SOURCE = "migration:"
REASON = "opening.assessment"

_RULES = (
    UNKNOWN,
    YEAR,
    Rule(
        "migration.assessment_day",
        "assessment_day",
        "t.assessment_day NOT BETWEEN make_date(t.fiscal_year, 4, 1) AND make_date(t.fiscal_year + 1, 3, 31)",
        "賦課期日が年度の中にありません",
        "年度と賦課期日を確かめてください",
    ),
    Rule(
        "migration.months",
        "months",
        "t.months <> length(replace(t.stages, '-', '')) OR (t.months = 0 AND t.annual_yen <> 0)",
        "月数が、段階のある月の数と違います",
        "月別の保険料段階と月数を確かめてください",
    ),
    Rule(
        "migration.twice",
        "fiscal_year",
        "EXISTS (SELECT 1 FROM opening_assessment o WHERE o.person_id = t.person_id "
        "AND o.fiscal_year = t.fiscal_year AND o.id < t.id)",
        "同じ人の同じ年度の決定が二つあります",
        "どちらが正しいか、前のシステムの記録で確かめてください",
    ),
    Rule(
        "migration.decided",
        "fiscal_year",
        "EXISTS (SELECT 1 FROM premium_assessment a WHERE a.person_id = t.person_id "
        "AND a.fiscal_year = t.fiscal_year AND a.supersedes_id IS NULL AND (a.sort <> 'opening' "
        "OR (a.annual_yen, a.stages, a.months::int, a.assessment_day, a.interim) "
        "IS DISTINCT FROM (t.annual_yen, t.stages, t.months, t.assessment_day, t.interim = '1')))",
        "この人のこの年度の保険料はもう別の内容で決まっています",
        "引き継いだ決定を直すには、事実を直して更正してください",
    ),
)

_DECIDE = """
WITH new AS (
    INSERT INTO premium_assessment (person_id, fiscal_year, sort, assessment_day, annual_yen, months, stage, stages,
                                    tax_status, change_reason, interim, decided_on, actor)
    SELECT t.person_id, t.fiscal_year, %(sort)s, t.assessment_day, t.annual_yen, t.months,
           coalesce(strpos(%(stages)s, substring(t.stages from '([^-])-*$')) - 1, 0), t.stages, 'unknown', %(sort)s,
           t.interim = '1', t.decided_on, %(actor)s
    FROM opening_assessment t WHERE t.wrong = '' AND NOT EXISTS (
        SELECT 1 FROM premium_assessment a WHERE a.person_id = t.person_id AND a.fiscal_year = t.fiscal_year)
    ORDER BY t.person_id, t.fiscal_year
    RETURNING id, person_id, fiscal_year, annual_yen),
found AS (
    INSERT INTO premium_finding (decision_id, facts, reasons, law)
    SELECT new.id, '[]', %(reasons)s, %(prefix)s || t.delivery_id || ':' || t.line
    FROM new JOIN opening_assessment t
      ON t.person_id = new.person_id AND t.fiscal_year = new.fiscal_year AND t.wrong = '')
SELECT count(*), coalesce(sum(annual_yen), 0)::bigint FROM new"""


def take(ctx: Context) -> dict:
    """New lines → opening decisions, in the caller's transaction. Returns counts and yen."""
    params = {
        "this": fiscal_year_of(ctx.on),
        "actor": ctx.actor,
        "sort": SORT,
        "stages": STAGES,
        "prefix": SOURCE,
        "reasons": to_json(pack((Reason(REASON, "法129条"),))),
    }
    with reading("premium.opening", "feeds_line") as span, connection.cursor() as cursor:
        stage(cursor, LAYOUT, "opening_assessment", span)
        mark(cursor, "opening_assessment", _RULES, params)
        cursor.execute(_DECIDE, params)
        decisions, yen = cursor.fetchone()
        refused = send_back(ctx, cursor, ROOM, "opening_assessment", _RULES)
        cursor.execute("DROP TABLE opening_assessment")
    return {"decisions": decisions, "yen": yen, "refused": refused}


def _moments(fiscal_year: int) -> list[tuple[datetime, int]]:
    """When opening decisions of a year were taken over: (moment, transaction), the first one first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT decided_at, min(tx::text::bigint) FROM premium_assessment WHERE fiscal_year = %s AND sort = %s "
            "GROUP BY decided_at ORDER BY 1",
            [fiscal_year, SORT],
        )
        return cursor.fetchall()


def is_opened(fiscal_year: int) -> bool:
    """Whether decisions of the year were taken over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM premium_assessment WHERE fiscal_year = %s AND sort = %s)",
            [fiscal_year, SORT],
        )
        return cursor.fetchone()[0]


def touched(ctx: Context, fiscal_year: int, span: Span) -> list[int]:
    """Whose facts of an earlier year that was taken over have changed since: they alone are judged again."""
    moments = _moments(fiscal_year)
    found = people(ctx, fiscal_year, span._replace(after=max(span.after, moments[0][1] + 1)))
    same = _unchanged(ctx, fiscal_year, _held(fiscal_year, found), moments[0][0], found)
    return [person for person in found if person not in same]


def untouched(ctx: Context, fiscal_year: int) -> set[int]:
    """People of a year whose opening decision is in force and whose facts have not changed since."""
    if not is_opened(fiscal_year):
        return set()
    held = _held(fiscal_year, None)
    return _unchanged(ctx, fiscal_year, held, None, held)


def _held(fiscal_year: int, persons: list[int] | None) -> dict[int, datetime | None]:
    """person → when his opening decision in force was taken over; None = a decision of our own is in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.person_id, CASE WHEN a.sort = %(sort)s THEN a.decided_at END FROM premium_assessment a "
            f"WHERE a.fiscal_year = %(year)s AND {IN_FORCE} "
            "AND (%(persons)s::bigint[] IS NULL OR a.person_id = ANY(%(persons)s::bigint[]))",
            {"sort": SORT, "year": fiscal_year, "persons": persons},
        )
        return dict(cursor.fetchall())


def _unchanged(
    ctx: Context,
    fiscal_year: int,
    held: dict[int, datetime | None],
    first: datetime | None,
    asked: Iterable[int],
) -> set[int]:
    """Those whose facts now are what they were at the opening. first: the moment for people without any decision."""
    by_moment: dict[datetime, list[int]] = {}
    for person in asked:
        moment = held.get(person, first)
        if moment:
            by_moment.setdefault(moment, []).append(person)
    same: set[int] = set()
    for moment, persons in by_moment.items():
        then = dict(gather(replace(ctx, known_at=moment), fiscal_year, persons))
        now = dict(gather(ctx, fiscal_year, persons))
        same.update(person for person in persons if then.get(person) == now.get(person))
    return same
