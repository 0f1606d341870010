"""What the former system handed over against what is here: numbers and periods, and what the law says of the facts."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

from kaigo.base.feeds import read as feeds
from kaigo.base.records.context import Context
from kaigo.insurance.qualification.gather import gather
from kaigo.insurance.qualification.opening import NUMBERS, PERIODS, SOURCE
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import wareki
from kaigo.law.qualification import periods
from kaigo.law.reasons import Unclear
from kaigo.law.values import load


class Compared(NamedTuple):
    """A person: periods before the opening as handed over and as the law finds them, in Japanese."""

    person: int
    was: str
    now: str


def counts(ctx: Context) -> dict[str, tuple[int, int]]:
    """layout → (lines that stand in our books, their yen)."""
    place = feeds.columns(NUMBERS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(DISTINCT n.person_id) FROM ({feeds.lines_sql()}) l JOIN ({residents.addressee_sql()}) a "
            f"ON a.number = l.values[{place['addressee']}] JOIN qualification_number n ON n.person_id = a.person_id "
            f"AND n.number = l.values[{place['insured_number']}] WHERE l.layout = %s",
            [NUMBERS],
        )
        numbers = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM qualification_finding WHERE law LIKE %s", [f"{SOURCE}%"])
        return {NUMBERS: (numbers, 0), PERIODS: (cursor.fetchone()[0], 0)}


def differences(ctx: Context, insurer: str) -> tuple[list[Compared], list[int]]:
    """Everybody whose periods differ by days, and those of whom the law cannot say (they are not compared)."""
    held, day = _handed_over()
    if day is None:
        return [], []
    values = load().values(insurer, ctx.on)
    found, unclear = [], []
    for gathered in gather(ctx):
        judged = periods(gathered.facts, values)
        was = held.pop(gathered.person, [])
        if isinstance(judged, Unclear):
            unclear += [gathered.person] if was else []
            continue
        # What ends only after the opening was still open there.
        now = [
            (p.acquired_on, p.lost_on if p.lost_on and p.lost_on <= day else None)
            for p in judged.value.periods
            if p.acquired_on < day
        ]
        if [days for days in was if days[0] < day] != now:
            found.append(Compared(gathered.person, _text(was), _text(now)))
    found += [Compared(person, _text(was), _text([])) for person, was in held.items()]
    return found, unclear


def _handed_over():
    """person → [(acquired, lost)] of the opening decisions; the day of the opening."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT q.person_id, q.acquired_on, q.lost_on, q.decided_on FROM qualification_decision q "
            "JOIN qualification_finding f ON f.decision_id = q.id WHERE f.law LIKE %s ORDER BY q.person_id, q.period",
            [f"{SOURCE}%"],
        )
        rows = cursor.fetchall()
    held: dict[int, list] = {}
    for person, acquired, lost, _ in rows:
        held.setdefault(person, []).append((acquired, lost))
    return held, min((row[3] for row in rows), default=None)


def _text(spans: list) -> str:
    return (
        "、".join(f"{wareki(a)} 取得" + (f" {wareki(b)} 喪失" if b else "") for a, b in spans) or "資格なし"
    )
