"""The number of a slip (納付番号): whoever pays with it names one part of one plan, and nothing of the person.

14 digits: kind 1, the running number of the part (11), two check digits by ISO 7064 MOD 97-10, which finds every wrong
digit and every two neighbours changed over. The bank's customer number, Pay-easy's 納付番号 and the free digits of the
store's barcode all carry it. A later plan issues new slips; those of earlier plans still name the same term.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows

DIGITS = 14
_KIND, _RUNNING, _MODULUS = "1", 11, 97

# SQL over a text column: the id of the part, NULL when the text is no slip number of ours. Leading zeros are padding.
PART = (
    "CASE WHEN {0} ~ '^0*1[0-9]{{13}}$' AND (right({0}, 14)::bigint %% 97) = 1 "
    "THEN substr(right({0}, 14), 2, 11)::bigint END"
)


class PartView(NamedTuple):
    """The part of a plan that a slip names, whether the plan is still in force or not; yen as the slip asks."""

    person: int
    fiscal_year: int
    way: str
    number: int
    due_on: date
    yen: int


def reference_of(part: int) -> str:
    """The slip number of a part. ValueError when the running number is used up."""
    if not 0 < part < 10**_RUNNING:
        raise ValueError(f"no slip number for part {part}")
    body = f"{_KIND}{part:0{_RUNNING}d}"
    return f"{body}{(_MODULUS + 1 - int(body) * 100 % _MODULUS) % _MODULUS:02d}"


def part_of(reference: str) -> int | None:
    """The part that a slip number names, padded or not; None when it is none of ours."""
    plain = reference.lstrip("0")
    if len(plain) != DIGITS or not plain.isascii() or not plain.isdigit() or plain[0] != _KIND:
        return None
    return int(plain[1:-2]) if int(plain) % _MODULUS == 1 else None


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


def requested_sql() -> str:
    """Relation (payer, basic_pension_number, person_id): of whom a pension payer was asked to deduct, ever."""
    return (
        "SELECT DISTINCT ON (r.payer, t.basic_pension_number) r.payer, t.basic_pension_number, r.person_id "
        "FROM collection_deduction_request r JOIN collection_deduction_target t ON t.id = r.target_id "
        "WHERE t.basic_pension_number <> '' ORDER BY r.payer, t.basic_pension_number, r.id DESC"
    )
