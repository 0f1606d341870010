"""Lines of the former system (layouts migrate.*), told apart into those that a room can take and those that it cannot.

A room stages its new lines in a temporary table, marks what it cannot use rule by rule, takes the rest in one
statement, and sends the marked ones back to the list of lines to repair.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kaigo.base.feeds import read as feeds
from kaigo.base.records.context import Context
from kaigo.base.records.watermarks import Span
from kaigo.insurance.residents.read import addressee_sql
from kaigo.layouts.model import get

_TYPES = {
    "int": "nullif({0}, '')::int",
    "year": "{0}::int",
    "yen": "{0}::int",
    "date": "to_date(nullif({0}, ''), 'YYYYMMDD')",
}


class Rule(NamedTuple):
    """A line of alias t cannot be used where `condition` (SQL) holds. field: key of the layout."""

    name: str
    field: str
    condition: str
    message: str
    remedy: str


UNKNOWN = Rule(
    "migration.person",
    "addressee",
    "t.person_id IS NULL",
    "この宛名番号の人が住民の台帳にいません",
    "宛名番号を確かめ、住民記録か住登外者を先に取り込んでから再読込してください",
)
# Parameter this: the fiscal year of the day.
YEAR = Rule(
    "migration.year",
    "fiscal_year",
    "t.fiscal_year NOT BETWEEN 2000 AND %(this)s",
    "介護保険の始まる前か、まだ始まっていない年度です",
    "年度を確かめてください",
)


def stage(cursor, layout: str, table: str, span: Span) -> None:
    """A temporary table of the new lines, the newest of each key: id, delivery_id, number, person_id, the fields by
    their types, wrong ("" or the name of a rule)."""
    place = feeds.columns(layout)
    fields = get(layout).columns()
    typed = ", ".join(
        f"{_TYPES.get(f.type, '{0}').format(f'l.values[{place[f.key]}]')} AS {f.key}" for f in fields
    )
    key = ", ".join(f"l.values[{place[name]}]" for name in get(layout).key)
    cursor.execute(f"DROP TABLE IF EXISTS {table}")
    cursor.execute(
        f"""CREATE TEMPORARY TABLE {table} ON COMMIT DROP AS
        SELECT DISTINCT ON ({key}) l.id, l.delivery_id, l.number AS line, a.person_id, {typed}, ''::text AS wrong
        FROM ({feeds.lines_sql()}) l LEFT JOIN ({addressee_sql()}) a ON a.number = l.values[{place["addressee"]}]
        WHERE l.layout = %(layout)s AND l.tx >= %(after)s::text::xid8 AND l.tx < %(upto)s::text::xid8
        ORDER BY {key}, l.sequence DESC, l.id DESC""",
        {"layout": layout, "after": str(span.after), "upto": str(span.upto)},
    )
    cursor.execute(f"CREATE INDEX ON {table} (person_id)")
    cursor.execute(f"ANALYZE {table}")


def mark(cursor, table: str, rules: Iterable[Rule], params: dict | None = None) -> None:
    """Write the first rule that a line breaks beside it."""
    for rule in rules:
        cursor.execute(
            f"UPDATE {table} t SET wrong = %(rule)s WHERE t.wrong = '' AND ({rule.condition})",
            (params or {}) | {"rule": rule.name},
        )


def send_back(ctx: Context, cursor, room: str, table: str, rules: Iterable[Rule]) -> int:
    """Put the marked lines on the list of lines to repair; returns how many."""
    from kaigo.base.feeds.decide import Refusal, refuse_lines

    known = {rule.name: rule for rule in rules}
    found = []
    for field in {rule.field for rule in known.values()}:
        names = [rule.name for rule in known.values() if rule.field == field]
        cursor.execute(
            f"SELECT delivery_id, line, wrong, {field}::text FROM {table} WHERE wrong = ANY(%s)", [names]
        )
        for delivery, line, wrong, value in cursor.fetchall():
            rule = known[wrong]
            found.append(
                Refusal(delivery, line, rule.field, rule.name, value or "", rule.message, rule.remedy)
            )
    refuse_lines(ctx, room, sorted(found))
    return len(found)
