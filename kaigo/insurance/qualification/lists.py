"""Lists for the desk: who becomes 65, whom the register and the qualifications disagree about, counts of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.qualification.read import in_force_sql
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.law.qualification import AGE, attained_on

# Cut off generously in SQL, counted by the law afterwards.
_MARGIN = timedelta(days=3)
PLANNED = "10"  # 転出予定


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody who attains 65. insured: the qualification is decided already."""

    person: int
    name: str
    kana: str
    birth: date
    attains_on: date
    insured: bool


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Register and qualification disagree on ctx.on.

    sort: missing (resident, 65, not insured) | left (gone, still insured) | planned (lost on the planned day of a move
    that nobody has confirmed). held: a question about the person waits.
    unregistered: a move in or out is the cause (転入転出未登録).
    """

    person: int
    name: str
    sort: str
    event: str
    since: date | None
    held: bool

    @property
    def unregistered(self) -> bool:
        return self.event in ("01", "02", PLANNED)


def upcoming(ctx: Context, first: date, following: date) -> list[Coming]:
    """Residents who attain 65 in [first, following), in the order of the day."""
    params = {
        "on": ctx.on,
        "known_at": ctx.known_at,
        "from": _years_before(first) - _MARGIN,
        "until": _years_before(following) + _MARGIN,
    }
    query = f"""
        SELECT p.person_id, p.name, p.kana, p.birth_date, q.person_id IS NOT NULL
        FROM ({residents.particulars_sql(ctx)}) p
        JOIN ({residents.residence_sql(ctx)}) r ON r.person_id = p.person_id AND r.state = 'resident'
        LEFT JOIN (SELECT DISTINCT person_id FROM ({in_force_sql(ctx)}) f) q ON q.person_id = p.person_id
        WHERE p.birth_date BETWEEN %(from)s AND %(until)s"""
    found = [
        Coming(person, name, kana, birth, attained_on(birth, AGE), insured)
        for person, name, kana, birth, insured in rows(query, params)
    ]
    return sorted(
        (c for c in found if first <= c.attains_on < following), key=lambda c: (c.attains_on, c.kana)
    )


def mismatches(ctx: Context) -> list[Mismatch]:
    """Whom the resident register and the qualifications disagree about on ctx.on, oldest event first.

    People in an excluded facility, insured elsewhere or held by a ruling of the section are explained, not mismatched.
    """
    query = f"""
        WITH held AS (SELECT DISTINCT person_id FROM qualification_task WHERE state = 'open'),
        insured AS (SELECT person_id, lost_on, provisional FROM ({in_force_sql(ctx)}) q
                    WHERE acquired_on <= %(on)s AND (lost_on IS NULL OR lost_on > %(on)s)),
        elsewhere AS (SELECT person_id, exception FROM ({residents.address_exception_sql(ctx)}) e
                      WHERE e.effective @> %(on)s::date),
        inside AS (SELECT s.person_id FROM ({residents.facility_stay_sql(ctx)}) s
                   JOIN ({registers.exclusion_facility_sql()}) f ON f.number = s.facility
                   WHERE s.effective @> %(on)s::date AND lower(s.effective) < %(on)s::date)
        SELECT p.person_id, p.name, p.birth_date, r.state, r.event, lower(r.effective),
               i.person_id IS NOT NULL, h.person_id IS NOT NULL,
               EXISTS (SELECT 1 FROM inside x WHERE x.person_id = p.person_id),
               e.exception
        FROM ({residents.particulars_sql(ctx)}) p
        JOIN ({residents.residence_sql(ctx)}) r ON r.person_id = p.person_id
        LEFT JOIN insured i ON i.person_id = p.person_id
        LEFT JOIN held h ON h.person_id = p.person_id
        LEFT JOIN elsewhere e ON e.person_id = p.person_id
        WHERE (r.state = 'resident' AND i.person_id IS NULL AND p.birth_date <= %(latest)s AND p.person_id NOT IN (
                   SELECT l.person_id FROM qualification_ruling l WHERE l.matter = 'held_back' AND NOT l.withdrawn
                   AND l.day <= %(on)s AND (l.until IS NULL OR l.until > %(on)s)
                   AND NOT EXISTS (SELECT 1 FROM qualification_ruling n WHERE n.supersedes_id = l.id)))
           OR (r.state <> 'resident' AND i.person_id IS NOT NULL AND lower(r.effective) < %(on)s::date)
        ORDER BY lower(r.effective), p.person_id"""
    params = {
        "on": ctx.on,
        "known_at": ctx.known_at,
        "latest": _years_before(ctx.on) + _MARGIN,
    }
    found = []
    for person, name, birth, state, event, since, insured, held, excluded, exception in rows(query, params):
        if state == "resident" and (attained_on(birth, AGE) > ctx.on or excluded or exception == "other"):
            continue
        if insured and exception == "own":
            continue
        sort = "left" if insured else "planned" if event == PLANNED else "missing"
        found.append(Mismatch(person, name, sort, event, since, held))
    return found


def by_reason(ctx: Context, first: date, following: date) -> dict[str, dict[str, int]]:
    """{acquired: {code: people}, lost: {code: people}} of the days in [first, following), as in force."""
    query = f"""
        SELECT 'acquired', acquired_reason, count(*) FROM ({in_force_sql(ctx)}) q
        WHERE acquired_on >= %(first)s AND acquired_on < %(following)s GROUP BY 2
        UNION ALL
        SELECT 'lost', lost_reason, count(*) FROM ({in_force_sql(ctx)}) q
        WHERE lost_on >= %(first)s AND lost_on < %(following)s GROUP BY 2 ORDER BY 1, 2"""
    found: dict[str, dict[str, int]] = {"acquired": {}, "lost": {}}
    params = {"first": first, "following": following, "known_at": ctx.known_at}
    for sort, code, people in rows(query, params):
        found[sort][code] = people
    return found


def _years_before(day: date) -> date:
    return date(day.year - AGE, day.month, min(day.day, 28))
