"""The ledger of the former system: instalments of the years that can still be revised, totals of the years before (移行).

Instalments become an opening plan with its levy and receipt entries, so that a later revision books the difference
only. Totals become entries of number 0: levy, receipt, refund, write-off; of years with instalments only the last two.
"""

from __future__ import annotations

from django.db import connection

from kaigo.base.records.bulk import to_json
from kaigo.base.records.context import Context
from kaigo.base.records.watermarks import reading
from kaigo.insurance.collection.gather import is_closed
from kaigo.insurance.collection.in_force import PLAN_IN_FORCE
from kaigo.insurance.ledger.post import post_from
from kaigo.insurance.ledger.read import closings_sql, entries_sql
from kaigo.insurance.premium import read as premium
from kaigo.insurance.residents.handed_over import UNKNOWN, YEAR, Rule, mark, send_back, stage
from kaigo.law.dates import fiscal_year as fiscal_year_of
from kaigo.law.reasons import Reason, pack

ROOM = "collection"
INSTALMENTS, TOTALS = "migrate.instalment", "migrate.year_total"
OPENING = "opening"
SOURCE = "migration:"
REASON = "opening.plan"
# The years of which instalments are handed over: this one and the two before (法200条の2).
REVISABLE = 2
_WAY = "CASE t.way WHEN '1' THEN 'deduction' WHEN '2' THEN 'slip' WHEN '3' THEN 'debit' ELSE 'substitute' END"
_KEY = f"'{SOURCE}' || t.fiscal_year || ':' || t.addressee || ':'"


_HAS_PLAN = "EXISTS (SELECT 1 FROM collection_plan p WHERE p.person_id = t.person_id AND p.fiscal_year = t.fiscal_year)"
_WHOLE, _PART = "'0'", "t.way || t.number"
_PAID_PART = {"levy": "t.levied_yen", "receipt": "t.received_yen"}
_PAID = {"levy": "t.levied", "receipt": "t.received"}
_PAID_BACK = {"refund": "t.refunded", "write_off": "-t.written_off"}


_BOOKED = f"SELECT {{0}} FROM ({entries_sql()}) e WHERE e.key IN ({{1}})"


def _unbooked(part: str, amounts: dict[str, str]) -> str:
    """SQL: under this part of the line's key these amounts (sort → yen) are not booked, or others."""
    each = ", ".join(f"coalesce(({_BOOKED.format('e.yen', _key(sort, part))}), 0)" for sort in amounts)
    return f"({', '.join(amounts.values())}) IS DISTINCT FROM ({each})"


def _differs(part: str, amounts: dict[str, str]) -> str:
    """SQL: something is booked under this part of the line's key, and not these amounts (sort → yen)."""
    keys = ", ".join(_key(sort, part) for sort in amounts)
    return f"(EXISTS ({_BOOKED.format('1', keys)}) AND {_unbooked(part, amounts)})"


def _key(sort: str, part: str) -> str:
    return f"{_KEY} || '{sort}:' || {part}"


def _closed(field: str, unbooked: str) -> Rule:
    """A year that the ledger has closed takes nothing of a former system any more, nor does a year before it."""
    return Rule(
        "migration.closed",
        field,
        f"t.fiscal_year IN (SELECT accounting_year FROM ({closings_sql()}) c) AND ({unbooked})",
        "この年度はもう出納を閉鎖しているので、引き継いだ額を記帳できません",
        "移行は最初の出納閉鎖の前に終えます。収納の画面で、開いている会計年度の調整として記帳してください",
    )


def _instalment_rules(ctx: Context) -> tuple[Rule, ...]:
    assessments = premium.in_force_sql(ctx)
    return (
        UNKNOWN,
        Rule(
            "migration.assessment",
            "fiscal_year",
            f"NOT EXISTS (SELECT 1 FROM ({assessments}) a WHERE a.person_id = t.person_id "
            "AND a.fiscal_year = t.fiscal_year AND a.sort = 'opening')",
            "この人のこの年度の引き継いだ賦課決定がありません",
            "「移行: 賦課決定」の行を先に直してから再読込してください",
        ),
        Rule(
            "migration.amount",
            "levied_yen",
            "t.levied_yen < 0 OR t.received_yen < 0 OR t.number < 1",
            "調定額・収納額が負か、期別が1より小さい値です",
            "期別と額を確かめてください",
        ),
        Rule(
            "migration.twice",
            "number",
            "EXISTS (SELECT 1 FROM opening_instalment o WHERE o.person_id = t.person_id AND o.fiscal_year = t.fiscal_year "
            "AND o.way = t.way AND o.number = t.number AND o.id < t.id)",
            "同じ人の同じ期別が二つあります",
            "どちらが正しいか、前のシステムの収納の記録で確かめてください",
        ),
        Rule(
            "migration.booked",
            "levied_yen",
            f"{_differs(_PART, _PAID_PART)} "
            f"OR EXISTS (SELECT 1 FROM collection_plan p WHERE p.person_id = t.person_id "
            f"AND p.fiscal_year = t.fiscal_year AND p.cause <> 'opening' AND {PLAN_IN_FORCE}) "
            f"OR EXISTS (SELECT 1 FROM ({entries_sql()}) e WHERE e.key = {_KEY} || 'levy:0')",
            "この人のこの年度の台帳はもう別の内容で記帳されています",
            "引き継いだ台帳は書き換えられません。差があれば収納の画面で調整してください",
        ),
        _closed("levied_yen", _unbooked(_PART, _PAID_PART)),
    )


def _total_rules(ctx: Context) -> tuple[Rule, ...]:
    assessments = premium.in_force_sql(ctx)
    return (
        UNKNOWN,
        YEAR,
        Rule(
            "migration.amount",
            "levied",
            "least(t.levied, t.received, t.refunded, t.written_off) < 0",
            "額が負です",
            "額を確かめてください",
        ),
        Rule(
            "migration.twice",
            "fiscal_year",
            "EXISTS (SELECT 1 FROM opening_total o WHERE o.person_id = t.person_id AND o.fiscal_year = t.fiscal_year "
            "AND o.id < t.id)",
            "同じ人の同じ年度の合計が二つあります",
            "どちらが正しいか、前のシステムの収納の記録で確かめてください",
        ),
        Rule(
            "migration.instalments",
            "fiscal_year",
            f"t.levied > 0 AND EXISTS (SELECT 1 FROM ({assessments}) a WHERE a.person_id = t.person_id "
            "AND a.fiscal_year = t.fiscal_year AND a.fiscal_year >= %(first)s AND a.annual_yen > 0) "
            f"AND NOT {_HAS_PLAN}",
            "更正できる年度なのに、期別の行がありません",
            "「移行: 期別の調定と収納」の行を先に直してから再読込してください",
        ),
        Rule(
            "migration.booked",
            "levied",
            f"CASE WHEN {_HAS_PLAN} THEN {_differs(_WHOLE, _PAID_BACK)} "
            f"ELSE {_differs(_WHOLE, _PAID | _PAID_BACK)} END",
            "この人のこの年度の合計はもう別の額で記帳されています",
            "引き継いだ台帳は書き換えられません。差があれば収納の画面で調整してください",
        ),
        _closed(
            "levied",
            f"CASE WHEN {_HAS_PLAN} THEN {_unbooked(_WHOLE, _PAID_BACK)} "
            f"ELSE {_unbooked(_WHOLE, _PAID | _PAID_BACK)} END",
        ),
    )


_PLANS = """
WITH parts AS (
    SELECT t.person_id, t.fiscal_year, bool_or(t.way = '1') AS deducted, bool_or(t.way <> '1') AS direct,
           bool_or(t.way = '1' AND t.fiscal_year = %(open_year)s) AS goes_on
    FROM opening_instalment t WHERE t.wrong = '' AND t.levied_yen > 0 GROUP BY t.person_id, t.fiscal_year),
new AS (
    INSERT INTO collection_plan (person_id, fiscal_year, assessment_id, cause, way, refund_yen, request, decided_on, actor)
    SELECT a.person_id, a.fiscal_year, a.id, %(opening)s,
           CASE WHEN x.deducted AND x.direct THEN 'both' WHEN x.deducted THEN 'deduction' WHEN x.direct THEN 'direct'
                ELSE 'none' END, 0, CASE WHEN x.goes_on THEN 'keep' ELSE 'none' END, %(on)s, %(actor)s
    FROM ({assessments}) a LEFT JOIN parts x ON x.person_id = a.person_id AND x.fiscal_year = a.fiscal_year
    WHERE a.sort = 'opening' AND (x.person_id IS NOT NULL OR a.annual_yen = 0)
      AND NOT EXISTS (SELECT 1 FROM collection_plan p WHERE p.person_id = a.person_id AND p.fiscal_year = a.fiscal_year)
    ORDER BY a.person_id, a.fiscal_year
    RETURNING id, fiscal_year),
found AS (
    INSERT INTO collection_finding (decision_id, facts, reasons, law)
    SELECT id, '[]', %(reasons)s, %(prefix)s || fiscal_year FROM new)
SELECT count(*) FROM new"""

_PARTS = f"""
INSERT INTO collection_instalment (plan_id, person_id, fiscal_year, way, number, due_on, yen, provisional)
SELECT p.id, t.person_id, t.fiscal_year, {_WAY}, t.number, t.due_on, t.levied_yen, t.way = '1' AND t.number <= 8
FROM opening_instalment t
JOIN collection_plan p ON p.person_id = t.person_id AND p.fiscal_year = t.fiscal_year AND p.cause = 'opening'
WHERE t.wrong = '' AND t.levied_yen > 0 AND {PLAN_IN_FORCE}
  AND NOT EXISTS (SELECT 1 FROM collection_instalment i WHERE i.plan_id = p.id AND i.way = {_WAY} AND i.number = t.number)
ORDER BY p.id, t.due_on"""

# The accounts of those years were the former system's: what it levied and took in stands in the year itself.
_ENTRIES = """
SELECT t.person_id, %(prefix)s || t.delivery_id || ':' || t.line, {key} || v.sort || ':' || {part}, v.yen,
       t.fiscal_year, t.fiscal_year, v.sort, {way}, {number}, %(opening)s, %(on)s, %(actor)s
FROM {table} t CROSS JOIN LATERAL (VALUES {values}) AS v (sort, yen)
WHERE t.wrong = '' AND v.yen <> 0 {only}
ORDER BY t.person_id, t.fiscal_year, v.sort"""
_PART_ENTRIES = _ENTRIES.format(
    way=_WAY,
    number="t.number",
    key=_KEY,
    part="t.way || t.number",
    table="opening_instalment",
    values="('levy', t.levied_yen), ('receipt', t.received_yen)",
    only="",
)
# Year totals have no way of their own; slips are the ordinance's ordinary one.
_TOTAL_ENTRIES = _ENTRIES.format(
    way="'slip'",
    number="0",
    key=_KEY,
    part="'0'",
    table="opening_total",
    values="('levy', t.levied), ('receipt', t.received), ('refund', t.refunded), ('write_off', -t.written_off)",
    only=f"AND (v.sort IN ('refund', 'write_off') OR NOT {_HAS_PLAN})",
)


def take(ctx: Context) -> dict:
    """New lines → opening plans and entries, in the caller's transaction. Returns counts."""
    this = fiscal_year_of(ctx.on)
    params = {
        "this": this,
        "first": this - REVISABLE,
        "on": ctx.on,
        "actor": ctx.actor,
        "opening": OPENING,
        "prefix": SOURCE,
        "known_at": ctx.known_at,
        "reasons": to_json(pack((Reason(REASON, "法131条"),))),
        # Deductions of a year whose request is not out yet go on; those of the past are only told.
        "open_year": 0 if is_closed(ctx, this) else this,
    }
    instalment_rules, total_rules = _instalment_rules(ctx), _total_rules(ctx)
    with reading("collection.opening", "feeds_line") as span, connection.cursor() as cursor:
        stage(cursor, INSTALMENTS, "opening_instalment", span)
        mark(cursor, "opening_instalment", instalment_rules, params)
        cursor.execute(_PLANS.format(assessments=premium.in_force_sql(ctx)), params)
        plans = cursor.fetchone()[0]
        cursor.execute(_PARTS)
        instalments = cursor.rowcount
        entries = post_from(_PART_ENTRIES, params, once=True)
        stage(cursor, TOTALS, "opening_total", span)
        mark(cursor, "opening_total", total_rules, params)
        entries += post_from(_TOTAL_ENTRIES, params, once=True)
        refused = send_back(ctx, cursor, ROOM, "opening_instalment", instalment_rules)
        refused += send_back(ctx, cursor, ROOM, "opening_total", total_rules)
        cursor.execute("DROP TABLE opening_instalment, opening_total")
    return {"plans": plans, "instalments": instalments, "entries": entries, "refused": refused}
