"""What a remission by cuts books: yen off each term it names; the plan stays, and what is asked is the term's balance."""

from __future__ import annotations

from datetime import date

from kaigo.insurance.collection.remission.models import Remission
from kaigo.insurance.ledger.post import Line, levied_in, reversed_line


def off(row: Remission, on: date) -> list[Line]:
    """The entries of a remission by cuts, once each; none of a remission by stage."""
    year = row.fiscal_year
    source = f"remission:{row.id}"
    return [
        Line(
            row.person_id, source, f"{source}:{way}:{number}", -yen, year, levied_in(year, on), "remission", way, number,
            "remission",
        )
        for way, number, yen in row.cuts
    ]  # fmt: skip


def back(row: Remission, on: date, reason: str) -> list[Line]:
    """The entries that take them back; reason: revoked | lapsed."""
    return [reversed_line(line, levied_in(row.fiscal_year, on), reason) for line in off(row, on)]
