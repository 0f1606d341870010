"""滞納繰越・過誤納の繰越: what the last closing left uneven and what was booked since, instead of every entry ever booked.

A closed year takes no entry, so what it left never changes: carried rows + later entries = the sum of all entries
(`kaigo ledger check` holds one against the other). A term that was even at the closing is not carried; when it moves
again, its old entries are asked whether a receipt was ever booked on it.
"""

from __future__ import annotations

from kaigo.insurance.ledger.sorts import BALANCE, kind_sql

_ANY = "true"
# SQL over the closings: those before the accounting year %(year)s.
_EARLIER = "accounting_year < %(year)s"
# Entries of that year and of all before it.
_UNTIL = "accounting_year <= %(year)s"

_UNEVEN = "sum(yen) <> 0"
# Also what is even of a later year's term (money that came before its year and went back): so no old entry of a term
# whose year is later than the last closing is ever missing, and nobody has to look for one.
_GOES_OVER = f"{_UNEVEN} OR (fiscal_year > %(year)s AND bool_or(paid))"


def _last(column: str, closings: str) -> str:
    """SQL: of the last of these closings, 0 = there is none (no year and no row is so early)."""
    return (
        f"coalesce((SELECT {column} FROM ledger_closing WHERE {closings} "
        "ORDER BY accounting_year DESC LIMIT 1), 0)"
    )


def _entries(which: str) -> str:
    return f"""
        SELECT person_id, fiscal_year, {kind_sql()} AS kind, way = 'deduction' AS deducted, number, {BALANCE} AS yen,
               sort = 'receipt' AS paid, false AS carried
        FROM ledger_entry WHERE {which}"""


def _moves(closings: str, until: str = "true") -> str:
    """What the last of these closings carried over, and the entries later than it."""
    return f"""
        SELECT person_id, fiscal_year, kind, kind = 'deduction' AS deducted, number, balance AS yen, paid, true AS carried
        FROM ledger_carried WHERE closing_id = {_last("id", closings)}
        UNION ALL {_entries(f"accounting_year > {_last('accounting_year', closings)} AND {until}")}"""


def _terms(moves: str, condition: str, having: str) -> str:
    """The sums of terms. Grouped by a boolean, which is told apart faster than the kind's text."""
    return f"""
        SELECT person_id, fiscal_year, CASE WHEN deducted THEN 'deduction' ELSE 'direct' END AS kind, number, balance,
               paid, carried
        FROM (SELECT person_id, fiscal_year, deducted, number, sum(yen)::int AS balance, bool_or(paid) AS paid,
                     bool_or(carried) AS carried
              FROM ({moves}) m WHERE {condition} GROUP BY person_id, fiscal_year, deducted, number HAVING {having}) t"""


def _with_old_receipts(terms: str, closings: str) -> str:
    """A term that was not carried was even at the closing, but may have been paid. No EXISTS: that may be answered by
    reading all entries at once, and there are few such terms. `+ 0`: their few entries are found by person, not by
    looking through the years of all."""
    last = _last("accounting_year", closings)
    return f"""
        SELECT person_id, fiscal_year, kind, number, balance,
               CASE WHEN paid OR carried OR fiscal_year > {last} THEN paid ELSE coalesce((
                   SELECT true FROM ledger_entry o
                   WHERE o.person_id = u.person_id AND o.fiscal_year = u.fiscal_year AND o.number = u.number
                     AND (o.way = 'deduction') = (u.kind = 'deduction') AND o.sort = 'receipt'
                     AND o.accounting_year + 0 <= {last} LIMIT 1), false) END AS paid
        FROM ({terms}) u"""


def _from_entries(which: str, condition: str, having: str) -> str:
    terms = _terms(_entries(which), condition, having)
    return f"SELECT person_id, fiscal_year, kind, number, balance, paid FROM ({terms}) u"


def uneven(condition: str) -> str:
    """Relation (person_id, fiscal_year, kind, number, balance, paid) of the terms that are not even. condition: SQL over
    person_id, fiscal_year, kind and number."""
    return _with_old_receipts(_terms(_moves(_ANY), condition, _UNEVEN), _ANY)


def uneven_from_entries(condition: str = "true", which: str = "true") -> str:
    """The same relation, summed from all entries. which: SQL over their columns, those to sum."""
    return _from_entries(which, condition, _UNEVEN)


def goes_over() -> str:
    """Relation as `uneven` of what the accounting year %(year)s leaves: what was carried into it, and its entries."""
    return _with_old_receipts(_terms(_moves(_EARLIER, _UNTIL), "true", _GOES_OVER), _EARLIER)


def goes_over_from_entries() -> str:
    """The same relation, summed from all entries of the year and the years before."""
    return _from_entries(_UNTIL, "true", _GOES_OVER)
