"""Storage → the facts of a life, for some people or for everybody: the same queries, another WHERE."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from json import loads
from typing import NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.qualification.read import in_force_sql
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.law.qualification import AGE, Exception_, Exclusion, LifeFacts, LossReason, Stay

DAY = timedelta(days=1)
# 住民状態が resident でなくなったときの喪失の事由(異動事由があればそれで細かく分ける)。
_ENDED: dict[str, LossReason] = {"left": "moved_out", "dead": "died", "erased": "ex_officio"}
_BEGUN = {"08": "ex_officio", "12": "nationality", "14": "nationality"}
_ABROAD = "999999"
_LOST_NATIONALITY = "13"


class Gathered(NamedTuple):
    """A person's facts, when the events behind them were notified, and what the section ruled: a correction, and why
    nothing is acquired without being asked (資格取得除外者; None = acquired as the law says)."""

    person: int
    facts: LifeFacts
    notified: dict[date, date | None]
    ruling: tuple[list, list] | None
    held_back: str | None = None


def gather(ctx: Context, persons: list[int] | None = None) -> Iterator[Gathered]:
    """Everybody who has attained 65 by ctx.on or holds a qualification (or those of `persons`), in the order of id."""
    params = {
        "on": ctx.on,
        "known_at": ctx.known_at,
        "persons": persons,
        # The age is attained on the day before the birthday; 29 February has its own rule: the law counts, we only
        # must not leave anybody out.
        "latest": date(ctx.on.year - AGE, ctx.on.month, min(ctx.on.day, 28)) + timedelta(days=4),
    }
    people = rows(_people(ctx), params)
    saw(row[0] for row in people)
    params["people"] = [row[0] for row in people]
    histories = _grouped(_residence(ctx), params)
    exclusions = _grouped(_exclusions(ctx), params)
    exceptions = _grouped(_exceptions(ctx), params)
    rulings: dict[int, tuple[list, list]] = {}
    held_back: dict[int, str] = {}
    for person, matter, judged, decided, reason in rows(_rulings(ctx), params):
        if matter == "periods":
            rulings[person] = (loads(judged), loads(decided))
        else:
            held_back[person] = reason
    for person, birth in people:
        stays, notified = _stays(histories.get(person, ()))
        facts = LifeFacts(
            birth,
            stays,
            tuple(
                Exclusion(kind, start, end, grant) for start, end, kind, grant in exclusions.get(person, ())
            ),
            tuple(_exception(*row) for row in exceptions.get(person, ())),
        )
        yield Gathered(person, facts, notified, rulings.get(person), held_back.get(person))


def _people(ctx: Context) -> str:
    """Who holds a qualification and is believed to be nobody any more (a record that never was, or was merged into
    another) comes without a birth date: his life is empty, and what was decided of him is cancelled."""
    return f"""
        WITH held AS MATERIALIZED (
            SELECT DISTINCT q.person_id FROM ({in_force_sql(ctx)}) q
            WHERE %(persons)s::bigint[] IS NULL OR q.person_id = ANY(%(persons)s::bigint[]))
        SELECT p.person_id, p.birth_date FROM ({residents.particulars_sql(ctx)}) p
        WHERE (%(persons)s::bigint[] IS NULL OR p.person_id = ANY(%(persons)s::bigint[]))
          AND (p.birth_date IS NULL OR p.birth_date <= %(latest)s::date
               OR p.person_id IN (SELECT h.person_id FROM held h))
        UNION ALL
        SELECT h.person_id, NULL FROM held h
        WHERE NOT EXISTS (SELECT 1 FROM ({residents.particulars_sql(ctx)}) p WHERE p.person_id = h.person_id)
        ORDER BY 1"""


_MINE = "JOIN unnest(%(people)s::bigint[]) AS mine(person_id) USING (person_id)"


def _residence(ctx: Context) -> str:
    return f"""
        SELECT person_id, lower(r.effective), r.state, r.event, r.became_resident_on, r.became_resident_reason,
               r.taken_on, r.move_planned_on, r.notified_on, r.to_code,
               (r.state = 'left' OR r.move_planned_on IS NOT NULL) AND r.to_address_key <> ''
               AND r.to_address_key IN (SELECT a.address_key FROM ({registers.exception_address_sql()}) a)
               AND NOT EXISTS (
                   SELECT 1 FROM qualification_ruling l WHERE l.person_id = r.person_id AND l.matter = 'not_exception'
                   AND l.day = coalesce(r.move_planned_on, lower(r.effective)) AND {_ruled(ctx)})
        FROM ({residents.residence_history_sql(ctx)}) r {_MINE}
        ORDER BY person_id, lower(r.effective)"""


def _exclusions(ctx: Context) -> str:
    return f"""
        SELECT person_id, lower(s.effective), upper(s.effective), f.exclusion_kind, s.grant_kind
        FROM ({residents.facility_stay_sql(ctx)}) s {_MINE}
        JOIN ({registers.exclusion_facility_sql()}) f ON f.number = s.facility
        ORDER BY person_id, lower(s.effective)"""


def _exceptions(ctx: Context) -> str:
    return f"""
        SELECT person_id, e.exception, lower(e.effective), upper(e.effective), d.died_on
        FROM ({residents.address_exception_sql(ctx)}) e {_MINE}
        LEFT JOIN LATERAL (
            SELECT min(lower(h.effective)) AS died_on FROM ({residents.residence_history_sql(ctx)}) h
            WHERE h.person_id = e.person_id AND h.state = 'dead') d ON true
        ORDER BY person_id, lower(e.effective)"""


def _ruled(ctx: Context) -> str:
    """Condition for alias l: the ruling holds now, or held at ctx.known_at."""
    if ctx.known_at is None:
        return "NOT l.withdrawn AND NOT EXISTS (SELECT 1 FROM qualification_ruling n WHERE n.supersedes_id = l.id)"
    return (
        "NOT l.withdrawn AND l.decided_at <= %(known_at)s AND NOT EXISTS (SELECT 1 FROM qualification_ruling n "
        "WHERE n.supersedes_id = l.id AND n.decided_at <= %(known_at)s)"
    )


def _rulings(ctx: Context) -> str:
    return f"""
        SELECT l.person_id, l.matter, l.judged, l.decided, l.reason FROM qualification_ruling l
        WHERE l.person_id = ANY(%(people)s::bigint[]) AND {_ruled(ctx)} AND (l.matter = 'periods' OR (
            l.matter = 'held_back' AND l.day <= %(on)s::date AND (l.until IS NULL OR l.until > %(on)s::date)))"""


def _exception(which: str, start: date, end: date | None, died_on: date | None) -> Exception_:
    if which == "own" and died_on and died_on >= start and (end is None or died_on <= end):
        return Exception_("own", start, died_on, "died")
    return Exception_(which, start, end, "own_exception_ended" if which == "own" and end else None)


def _stays(history) -> tuple[tuple[Stay, ...], dict[date, date | None]]:
    """The versions of a residence as stays: what follows a stay without being one ends it."""
    stays: list[Stay] = []
    notified: dict[date, date | None] = {}
    open_stay: Stay | None = None
    for place, row in enumerate(history):
        start, state, event, became, became_why, taken, planned, told, to_code, to_facility = row
        notified[start] = told
        begun = became if became and became <= start else start
        if state == "resident":
            if open_stay is None:
                notified.setdefault(begun, told)
                open_stay = Stay(begun, _BEGUN.get(became_why or event, "moved_in"))
            # A plan to move whose day is not confirmed yet; taken back by a later version without it.
            open_stay = open_stay._replace(planned_on=planned, to_facility=bool(planned and to_facility))
            continue
        if open_stay is None and place == 0 and state in _ENDED and begun < start:
            # The register's oldest line says that he left: he lived here from the day that it names.
            open_stay = Stay(begun, _BEGUN.get(became_why, "moved_in"))
        if open_stay is not None:
            # Losses take effect on the following day; both days find the notification.
            notified.setdefault(start + DAY, told)
            reason = "nationality_lost" if event == _LOST_NATIONALITY else _ENDED.get(state, "ex_officio")
            if reason == "moved_out" and to_code == _ABROAD:
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
    for person, *rest in rows(query, params):
        found.setdefault(person, []).append(tuple(rest))
    return found
