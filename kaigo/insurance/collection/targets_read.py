"""Which persons a pension record was matched with, and in which month their deduction begins."""

from __future__ import annotations

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.law.values import Values

# The newest row of a place in a file, with the person it is matched with now: by hand before by machine.
MATCHED = """
SELECT t.*, CASE WHEN m.id IS NULL THEN t.person_id ELSE m.person_id END AS matched_person,
       m.id AS match_id
FROM collection_deduction_target t
LEFT JOIN collection_match m ON m.target_id = t.id
     AND NOT EXISTS (SELECT 1 FROM collection_match n WHERE n.supersedes_id = m.id)
WHERE NOT EXISTS (SELECT 1 FROM collection_deduction_target u
                  WHERE u.delivery = t.delivery AND u.line = t.line AND u.id > t.id)"""

# The same for a few people: the places where they may be found come first.
MATCHED_OF = (
    MATCHED
    + """ AND (t.person_id = ANY(%(persons)s::bigint[]) OR t.id IN
    (SELECT target_id FROM collection_match WHERE person_id = ANY(%(persons)s::bigint[])))"""
)


# Whom a record of a payer names: of whom it was asked to deduct, else whose record it matched.
NAMED = f"""
SELECT DISTINCT ON (payer, basic_pension_number) payer, basic_pension_number, person_id FROM (
    SELECT r.payer, t.basic_pension_number, r.person_id, 1 AS rank, r.id
    FROM collection_deduction_request r JOIN collection_deduction_target t ON t.id = r.target_id
    UNION ALL SELECT t.payer, t.basic_pension_number, t.matched_person, 2, t.id
    FROM ({MATCHED}) t WHERE t.matched_person IS NOT NULL) x
WHERE basic_pension_number <> '' ORDER BY payer, basic_pension_number, rank, id DESC"""


def named_sql() -> str:
    """Relation (payer, basic_pension_number, person_id): of whom a pension payer was asked to deduct, ever, or whose record
    of that payer was matched with a person."""
    return NAMED


def starts(
    ctx: Context, fiscal_year: int, values: Values, persons: list[int] | None = None
) -> dict[int, int]:
    """person → month (4 … 14) of the fiscal year in which the deduction begins, from the newest capture."""
    capture = values.get("collection.capture")
    found: dict[int, int] = {}
    for person, year, month in rows(
        f"SELECT matched_person, captured_year, captured_month FROM ({MATCHED if persons is None else MATCHED_OF}) t "
        "WHERE annual_pension_yen >= %(least)s AND matched_person IS NOT NULL "
        "AND captured_year IN (%(year)s - 1, %(year)s, %(year)s + 1) "
        "AND (%(persons)s::bigint[] IS NULL OR matched_person = ANY(%(persons)s::bigint[])) "
        "ORDER BY captured_year DESC, captured_month DESC, id DESC",
        {
            "least": values.get("collection.deduction_minimum_pension"),
            "year": fiscal_year,
            "persons": persons,
        },
    ):
        begin = start_of(year, month, capture)
        # The earliest month of the year wins: a later capture of somebody already captured changes nothing.
        if begin and begin[0] == fiscal_year and begin[1] < found.get(person, 15):
            found[person] = begin[1]
    return found


def start_of(year: int, month: int, capture: dict[int, int]) -> tuple[int, int] | None:
    """Capture (calendar year, month) → (fiscal year, month 4 … 14) of the first deduction."""
    if month not in capture:
        return None
    captured = year if month >= 4 else year - 1
    start = capture[month]
    # Captured in October, December or February: the deduction begins in the next fiscal year.
    return (captured + 1, start) if start < 10 else (captured, start)


def payers_sql() -> str:
    """Relation (person_id, payer, pension_code): whose pension is deducted, as the file to the payers chooses it."""
    return (
        "SELECT DISTINCT ON (t.matched_person) t.matched_person AS person_id, t.payer, t.pension_code "
        f"FROM ({MATCHED}) t WHERE t.matched_person IS NOT NULL "
        "ORDER BY t.matched_person, t.captured_year DESC, t.captured_month DESC, t.payer, t.pension_code, t.id"
    )
