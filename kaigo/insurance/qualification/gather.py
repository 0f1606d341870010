"""Storage → the facts of a life, for one person or for everybody: the same queries, another WHERE."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.law.qualification import Exception_, Exclusion, LifeFacts, Stay

# 住民状態が resident でなくなったときの喪失の事由(異動事由があればそれで細かく分ける)。
_ENDED = {"left": "moved_out", "dead": "died", "erased": "ex_officio"}
_BEGUN = {"08": "ex_officio", "12": "nationality", "14": "nationality"}


class Gathered(NamedTuple):
    """A person's facts, and when the events behind them were notified."""

    person: int
    facts: LifeFacts
    notified: dict[date, date | None]


def gather(ctx: Context, persons: list[int] | None = None) -> Iterator[Gathered]:
    """Everybody who has attained 65 by ctx.on (or `persons` of any age), in the order of id."""
    params = {
        "on": ctx.on,
        "known_at": ctx.known_at,
        "persons": persons,
        "latest": date(ctx.on.year - 65, ctx.on.month, min(ctx.on.day, 28))
        if persons is None
        else date(9999, 1, 1),
    }
    histories = _grouped(_residence(ctx), params)
    exclusions = _grouped(_exclusions(ctx), params)
    exceptions = _grouped(_exceptions(ctx), params)
    for person, birth in _rows(_people(ctx), params):
        stays, notified = _stays(histories.get(person, ()))
        facts = LifeFacts(
            birth,
            stays,
            tuple(
                Exclusion(kind, start, end, grant) for start, end, kind, grant in exclusions.get(person, ())
            ),
            tuple(_exception(*row) for row in exceptions.get(person, ())),
        )
        yield Gathered(person, facts, notified)


def _people(ctx: Context) -> str:
    # Someone born within the last days before turning 65 attains the age on the day before the birthday.
    return f"""
        SELECT p.person_id, p.birth_date FROM ({residents.particulars_sql(ctx)}) p
        WHERE (%(persons)s::bigint[] IS NULL OR p.person_id = ANY(%(persons)s::bigint[]))
          AND (p.birth_date IS NULL AND %(persons)s::bigint[] IS NOT NULL
               OR p.birth_date <= %(latest)s::date + 4)
        ORDER BY p.person_id"""


def _residence(ctx: Context) -> str:
    return f"""
        SELECT r.person_id, lower(r.effective), r.state, r.event, r.became_resident_on, r.taken_on,
               r.move_planned_on, r.notified_on, r.to_code,
               r.state = 'left' AND EXISTS (
                   SELECT 1 FROM ({registers.exception_address_sql()}) a WHERE a.address = r.to_address)
        FROM ({residents.residence_history_sql(ctx)}) r
        WHERE (%(persons)s::bigint[] IS NULL OR r.person_id = ANY(%(persons)s::bigint[]))
        ORDER BY r.person_id, lower(r.effective)"""


def _exclusions(ctx: Context) -> str:
    return f"""
        SELECT s.person_id, lower(s.effective), upper(s.effective), f.exclusion_kind, s.grant_kind
        FROM ({residents.facility_stay_sql(ctx)}) s
        JOIN ({registers.exclusion_facility_sql()}) f ON f.number = s.facility
        WHERE (%(persons)s::bigint[] IS NULL OR s.person_id = ANY(%(persons)s::bigint[]))
        ORDER BY s.person_id, lower(s.effective)"""


def _exceptions(ctx: Context) -> str:
    return f"""
        SELECT e.person_id, e.exception, lower(e.effective), upper(e.effective), r.state, r.removed_on
        FROM ({residents.address_exception_sql(ctx)}) e
        LEFT JOIN LATERAL (
            SELECT h.state, lower(h.effective) AS removed_on FROM ({residents.residence_history_sql(ctx)}) h
            WHERE h.person_id = e.person_id AND h.state = 'dead' LIMIT 1) r ON true
        WHERE (%(persons)s::bigint[] IS NULL OR e.person_id = ANY(%(persons)s::bigint[]))
        ORDER BY e.person_id, lower(e.effective)"""


def _exception(
    which: str, start: date, end: date | None, state: str | None, removed_on: date | None
) -> Exception_:
    if which == "own" and state == "dead" and (end is None or removed_on <= end):
        return Exception_("own", start, removed_on, "died")
    return Exception_(which, start, end, "own_exception_ended" if which == "own" and end else None)


def _stays(history) -> tuple[tuple[Stay, ...], dict[date, date | None]]:
    """The versions of a residence as stays: what follows a stay without being one ends it."""
    stays: list[Stay] = []
    notified: dict[date, date | None] = {}
    open_stay: Stay | None = None
    for start, state, event, became, taken, planned, told, to_code, to_facility in history:
        notified[start] = told
        if state == "resident":
            if open_stay is None:
                begun = became if became and became <= start else start
                notified.setdefault(begun, told)
                open_stay = Stay(begun, _BEGUN.get(event, "moved_in"))
            open_stay = open_stay._replace(planned_on=planned)
        elif open_stay is not None:
            reason = "nationality_lost" if event == "13" else _ENDED.get(state, "ex_officio")
            if reason == "moved_out" and to_code == "999999":
                reason = "moved_abroad"
            stays.append(
                open_stay._replace(
                    end=start, end_reason=reason, taken_on=taken, to_facility=to_facility, planned_on=None
                )
            )
            open_stay = None
    if open_stay is not None:
        stays.append(open_stay)
    return tuple(stays), notified


def _grouped(query: str, params: dict) -> dict[int, list[tuple]]:
    found: dict[int, list[tuple]] = {}
    for person, *rest in _rows(query, params):
        found.setdefault(person, []).append(tuple(rest))
    return found


def _rows(query: str, params: dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()
