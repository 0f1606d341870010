"""Small files for tests, made by the writer."""

from __future__ import annotations

from datetime import date

from kaigo.layouts.writer import write_csv

INSURER = "131997"
STAY = "ward.facility_stay"


def stay(number: int, **other: str) -> dict[str, str]:
    """A good line of STAY."""
    return {"addressee": f"{number:015d}", "facility": "1319900001", "from": "20260401"} | other


def stays(
    sequence: int, *rows: dict[str, str], mode: str = "changes", insurer: str = INSURER, layout: str = STAY
) -> bytes:
    """A file of STAY."""
    return write_csv(layout, insurer, date(2026, 4, sequence), sequence, mode, rows)
