"""The number of a slip (納付番号): whoever pays with it names one part of one plan, and nothing of the person.

The running number in it (layouts/slip.py) is that of the part: a later plan issues new slips, and those of earlier
plans still name the same term. The bank's customer number, Pay-easy's 納付番号 and the free digits of the store's
barcode carry the same number.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.layouts.check_digits import DAMM
from kaigo.layouts.slip import LENGTH, Slip, SlipError, number, parse

KIND = {"slip": "10", "debit": "11", "substitute": "12"}
# Digits of the number by what they say: (first, how many), from 1.
_YEAR, _SERIAL, _TERM = (1, 4), (7, 10), (17, 2)

# SQL over a text column: the id of the part, NULL when the text has not the form of a slip number. The check digit was
# looked at when the file was read; year and term must still be those of the part (NAMES).
PART = f"CASE WHEN {{0}} ~ '^[0-9]{{{{20}}}}$' THEN substr({{0}}, {_SERIAL[0]}, {_SERIAL[1]})::bigint END"


def _damm(reference: str) -> str:
    """SQL: the check digit of a number with its check digit, "0" when it is right (layouts/check_digits.py)."""
    table, found = "".join(DAMM), "'0'"
    for place in range(1, LENGTH + 1):
        found = f"substr('{table}', {found}::int * 10 + substr({reference}, {place}, 1)::int + 1, 1)"
    return found


# The same, for numbers whose check digit nobody has looked at.
CHECKED_PART = f"CASE WHEN ({PART}) IS NOT NULL AND {_damm('{0}')} = '0' THEN {PART} END"
NAMES = (
    f"substr({{0}}, {_YEAR[0]}, {_YEAR[1]}) = {{1}}.fiscal_year::text "
    f"AND substr({{0}}, {_TERM[0]}, {_TERM[1]}) = lpad({{1}}.number::text, 2, '0')"
)


class PartView(NamedTuple):
    """The part of a plan that a slip names, whether the plan is still in force or not; yen as the slip asks."""

    person: int
    fiscal_year: int
    way: str
    number: int
    due_on: date
    yen: int


def reference_of(fiscal_year: int, way: str, part: int, term: int, reissue: int = 0) -> str:
    """The slip number of a part: 20 digits. SlipError when it does not fit; KeyError for what is deducted."""
    return number(Slip(fiscal_year, KIND[way], part, term, reissue))


def part_of(reference: str) -> int | None:
    """The part that a slip number names; None when it is none of ours or its check digit is wrong."""
    try:
        return parse(reference).serial
    except SlipError:
        return None


def parts_sql() -> str:
    """Relation (id, person_id, fiscal_year, way, number, due_on, yen) of every part of every plan."""
    return "SELECT id, person_id, fiscal_year, way, number, due_on, yen FROM collection_instalment"


def parts_by_id(ctx: Context, ids: Iterable[int]) -> dict[int, PartView]:
    """id → part, of those that exist."""
    query = f"{parts_sql()} WHERE id = ANY(%(ids)s::bigint[])"
    return {row[0]: PartView(*row[1:]) for row in rows(query, {"ids": id_array(ids)})}


def instalments_sql() -> str:
    """Relation (id, plan_id, way, number, due_on, yen) of the parts, to be joined with plans in force."""
    return "SELECT id, plan_id, way, number, due_on, yen FROM collection_instalment"
