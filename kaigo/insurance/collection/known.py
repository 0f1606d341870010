"""What is known of the people who wait for a plan: deducted, insured, asked of the payers, planned and booked before.

`params` are those of gather: year, before, first, finish, persons, people (an array as text).
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.in_force import OF_PLAN, PLAN_IN_FORCE
from kaigo.insurance.ledger.read import entries_sql
from kaigo.insurance.premium import read as premium
from kaigo.insurance.qualification import read as qualification
from kaigo.law.instalment_facts import Paid

Key = tuple[str, int]  # way, number
Booked = tuple[tuple[Key, int], ...]  # in the order of the keys


class Held(NamedTuple):
    """A part of the plan in force until now."""

    way: str
    number: int
    due_on: date
    yen: int


class Sent(NamedTuple):
    """What the pension payers know: amounts of October, December, February; stopped by a file 41."""

    main: tuple[Paid, ...]
    stopped: bool


class Insured(NamedTuple):
    on_first: bool
    ended_on: date | None


def february(params: dict) -> dict[int, int]:
    return dict(
        rows(
            f"SELECT person_id, yen FROM ({premium.deducted_sql()}) d "
            "WHERE fiscal_year = %(before)s AND month = 14 AND yen > 0 "
            "AND person_id = ANY(%(people)s::bigint[])",
            params,
        )
    )


def insured(ctx: Context, params: dict) -> dict[int, Insured]:
    """Insured on 1 April; the day on which the last period of the year ended, if it has."""
    first, finish = params["first"], params["finish"]
    return {
        person: Insured(on_first, None if still or last >= finish else max(last, first))
        for person, on_first, still, last in rows(
            "SELECT person_id, bool_or(acquired_on <= %(first)s AND (lost_on IS NULL OR lost_on > %(first)s)), "
            "bool_or(lost_on IS NULL), max(lost_on) "
            f"FROM ({qualification.in_force_sql(ctx)}) q WHERE acquired_on < %(finish)s "
            "AND person_id = ANY(%(people)s::bigint[]) GROUP BY person_id",
            params,
        )
    }


def sent(params: dict) -> dict[int, Sent]:
    found: dict[int, Sent] = {}
    for person, code, *yen in rows(
        "SELECT person_id, code, yen1, yen2, yen3 FROM collection_deduction_request WHERE fiscal_year = %(year)s "
        "AND code IN ('01', '31', '41') AND (%(persons)s::bigint[] IS NULL OR person_id = ANY(%(persons)s::bigint[])) "
        "ORDER BY id",
        params,
    ):
        if code == "41":
            found[person] = Sent(found[person].main if person in found else (), True)
        else:
            main = tuple(Paid(month, y) for month, y in zip((10, 12, 14), yen, strict=True) if y)
            found[person] = Sent(main, False)
    return found


def parts(params: dict) -> dict[int, tuple[int, str, tuple[Held, ...], bool, int | None]]:
    """plan in force → (assessment, request, parts, whether taken over, remission), of the people waiting.

    The server sends the parts of a plan as one text: most texts are the same as another's and are read once.
    """
    read = cache(lambda text: tuple(sorted(_held(part) for part in text.split(","))))
    return {
        plan: (assessment, request, read(text) if text else (), cause == "opening", remission)
        for plan, assessment, request, cause, remission, text in rows(
            "SELECT p.id, p.assessment_id, p.request, p.cause, p.remission_id, i.parts FROM collection_plan p LEFT JOIN LATERAL ("
            "SELECT string_agg(concat_ws(' ', way, number, due_on, yen), ',' ORDER BY way, number) AS parts "
            "FROM collection_instalment WHERE plan_id = p.id) i ON true "
            f"WHERE p.fiscal_year = %(year)s AND p.person_id = ANY(%(people)s::bigint[]) AND {PLAN_IN_FORCE}",
            params,
        )
    }


def _held(text: str) -> Held:
    way, number, due, yen = text.split(" ")
    return Held(way, int(number), date.fromisoformat(due), int(yen))


def booked(params: dict) -> dict[int, Booked]:
    """person → what is levied, in the order of (way, number); texts as in `_parts`."""
    read = cache(lambda text: tuple(sorted(_booking(part) for part in text.split(","))))
    return {
        person: read(text)
        for person, text in rows(
            "SELECT person_id, string_agg(concat_ws(' ', way, number, yen), ',' ORDER BY way, number) FROM ("
            f"SELECT person_id, way, number, sum(yen) AS yen FROM ({entries_sql()}) e WHERE fiscal_year = %(year)s "
            "AND sort IN ('levy', 'adjust') AND person_id = ANY(%(people)s::bigint[]) "
            "GROUP BY person_id, way, number HAVING sum(yen) <> 0) b GROUP BY person_id",
            params,
        )
    }


def remitted(params: dict) -> dict[int, Booked]:
    """person → what plans were made less by (≤ 0), in the order of (way, number)."""
    found: dict[int, list[tuple[Key, int]]] = {}
    for person, way, number, yen in rows(
        f"SELECT person_id, way, number, sum(yen)::int FROM ({entries_sql()}) e WHERE fiscal_year = %(year)s AND {OF_PLAN} "
        "AND person_id = ANY(%(people)s::bigint[]) GROUP BY person_id, way, number HAVING sum(yen) <> 0 "
        "ORDER BY person_id, way, number",
        params,
    ):
        found.setdefault(person, []).append(((way, number), yen))
    return {person: tuple(entries) for person, entries in found.items()}


def _booking(text: str) -> tuple[Key, int]:
    way, number, yen = text.split(" ")
    return (way, int(number)), int(yen)
