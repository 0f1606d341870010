"""Lines of a layout as SQL, and whom they are about."""

from __future__ import annotations

from typing import Any

from django.db import connection

from kaigo.base.feeds import read
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.base.records.watermarks import Span
from kaigo.insurance.residents.people import MERGES

# 宛名番号 → the person it stands for today (merges followed).
NUMBERS = (
    "SELECT n.number, coalesce(e.into_id, n.person_id) AS person_id FROM residents_addressee_number n "
    f"LEFT JOIN ({MERGES}) e ON e.person_id = n.person_id"
)
# Files are accepted in their order; a line that somebody mended counts as said last (feeds.read.lines_sql).
NEWEST_FIRST = "line_id DESC"
FRESH = "l.tx >= %(after)s::text::xid8"


class Layout:
    """Expressions over alias l of `lines()` by the keys of a layout's fields."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.places = read.columns(name)

    def text(self, key: str) -> str:
        """As it stands; empty stays empty."""
        return f"l.values[{self.places[key]}]"

    def day(self, key: str) -> str:
        """A date; empty = NULL."""
        return f"nullif({self.text(key)}, '')::date"

    def number(self, key: str, kind: str = "bigint") -> str:
        """A whole number; empty = NULL."""
        return f"nullif({self.text(key)}, '')::{kind}"

    def coded(self, key: str, words: dict[str, str]) -> str:
        """A code as our own word."""
        cases = " ".join(f"WHEN '{code}' THEN '{word}'" for code, word in words.items())
        return f"CASE {self.text(key)} {cases} END"

    def lines(self, subject: str = "addressee") -> str:
        """All lines read so far of the people in table `taken`, or of everybody at the first reading.

        Columns: values, source, line_id, fresh; params: after, upto.
        """
        return f"""
            SELECT l.values, 'feed:' || l.delivery_id || ':' || l.number AS source, l.id AS line_id, {FRESH} AS fresh
            FROM ({read.lines_sql()}) l
            WHERE l.layout = '{self.name}' AND l.tx < %(upto)s::text::xid8
              AND (%(after)s = 0 OR {self.text(subject)} IN (SELECT number FROM taken_number))"""

    def fresh(self) -> str:
        """Only the lines that are new."""
        return f"""
            SELECT l.values, l.delivery_id, l.number AS line FROM ({read.lines_sql()}) l
            WHERE l.layout = '{self.name}' AND l.tx < %(upto)s::text::xid8 AND {FRESH}"""


def run(query: str, params: dict[str, Any] | None = None) -> int:
    """Execute; how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.rowcount


def temporary(
    name: str, query: str, params: dict[str, Any] | None = None, known: tuple[str, ...] = ()
) -> int:
    """A temporary table of this transaction; how many rows. known: of which columns the planner must know values."""
    run(f"DROP TABLE IF EXISTS {name}")
    count = run(f"CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS {query}", params)
    run(f"ANALYZE {name} ({', '.join(known)})" if known else f"ANALYZE {name}")
    return count


def about_whom(layout: Layout, span: Span) -> None:
    """Tables `taken` (person_id) and `taken_number` (number): people of new lines, with all their numbers.

    At the first reading they hold everybody and stand since `take_people`.
    """
    if span.after == 0:
        return
    taken(span, layout)
    temporary("taken_number", f"SELECT n.number, n.person_id FROM ({NUMBERS}) n JOIN taken USING (person_id)")


def taken(span: Span, *layouts: Layout) -> None:
    """Table `taken`: the people of new lines; at the first reading everybody."""
    if span.after == 0:
        temporary("taken", f"SELECT DISTINCT n.person_id FROM ({NUMBERS}) n")
        return
    lines = " UNION ALL ".join(f"SELECT {at.text('addressee')} FROM ({at.fresh()}) l" for at in layouts)
    temporary(
        "taken",
        f"SELECT DISTINCT n.person_id FROM ({NUMBERS}) n WHERE n.number IN ({lines})",
        span._asdict(),
    )


def refuse(ctx: Context, found: list[tuple], field: str, rule: str, message: str, remedy: str) -> int:
    """Lines (delivery, line, value) that cannot be used go to the list of errors, where they are mended and replayed."""
    if found:
        from kaigo.base.feeds import decide as feeds

        feeds.refuse_lines(
            ctx,
            "residents",
            [
                feeds.Refusal(delivery, line, field, rule, value, message, remedy)
                for delivery, line, value in found
            ],
        )
    return len(found)


def refuse_unknown(ctx: Context, layout: Layout, span: Span, key: str = "addressee") -> int:
    """New lines about nobody we know."""
    found = rows(
        f"SELECT l.delivery_id, l.line, {layout.text(key)} FROM ({layout.fresh()}) l WHERE NOT EXISTS "
        f"(SELECT 1 FROM residents_addressee_number n WHERE n.number = {layout.text(key)}) "
        "ORDER BY l.delivery_id, l.line",
        span._asdict(),
    )
    return refuse(
        ctx, found, key, "unknown_addressee", "住民記録にも住登外者にもない宛名番号です",
        "宛名番号を確かめて直すか、本人の住民記録・住登外者の行が届いてからもう一度取り込んでください",
    )  # fmt: skip
