"""証記載事項変更: whose certificate no longer says who he is or where he lives, and the new one (規則27条)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.certificates.models import Certificate
from kaigo.insurance.qualification import read as qualification

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """A new certificate is due. held: the one that it takes the place of, None = that of the former system."""

    person: int
    decision: int
    held: int | None
    copy: int
    changes: tuple[qualification.Change, ...]


def due(ctx: Context) -> list[Due]:
    """Insured people whose name, birth, sex or address changed since their last certificate, by person.

    Since the month in which we began to issue, as the monthly run does for new people; what was learnt late counts
    whenever it was so. Changes that begin after ctx.on wait for their day.
    """
    begun = _begun()
    first = ctx.on.replace(day=1)
    since = min(first, begun[0].replace(day=1)) if begun else first
    kinds = qualification.ON_CERTIFICATE
    found = {*qualification.changes(ctx, since, ctx.on + _DAY, "effective", kinds)}
    if begun:
        learnt = qualification.changes(ctx, begun[1].date(), date.max, "known", kinds)
        found |= {one for one in learnt if one.effective_on <= ctx.on and one.known_at > begun[1]}
    by_person: dict[int, list[qualification.Change]] = {}
    for one in sorted(found, key=lambda c: (c.effective_on, c.kind)):
        by_person.setdefault(one.person, []).append(one)
    result = []
    for person, decision, held, copy, state, decided_at, issued_on in _standing(ctx, list(by_person)):
        open_changes = tuple(
            one
            for one in by_person[person]
            if decided_at is None or not (decided_at > one.known_at and issued_on >= one.effective_on)
        )
        # Somebody whose certificate was taken back, or lost for good, gets none by a mere change.
        if open_changes and state in (None, "issued"):
            result.append(Due(person, decision, held, copy, open_changes))
    return result


def reissue(ctx: Context, persons: list[int] | None = None) -> int:
    """New certificates with the reason `change` for everybody due, or for those asked for. Returns how many."""
    wanted = [one for one in due(ctx) if persons is None or one.person in persons]
    if persons is not None and len(wanted) < len(persons):
        raise Refused("記載事項は変わっていないか、新しい証をもう作っています。画面を開き直してください。")
    Certificate.objects.bulk_create(
        [
            Certificate(
                person_id=one.person,
                qualification_id=one.decision,
                sort="insured",
                number=one.copy + 1,
                issued_on=ctx.on,
                reason="change",
                state="issued",
                supersedes_id=one.held,
                decided_on=ctx.on,
                actor=ctx.actor,
            )
            for one in wanted
        ],
        batch_size=2000,
    )
    return len(wanted)


def _begun() -> tuple | None:
    """(first day, moment) of our first certificate."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(issued_on), min(decided_at) FROM certificates_certificate")
        row = cursor.fetchone()
    return row if row[0] else None


def _standing(ctx: Context, persons: list[int]) -> list[tuple]:
    """(person, qualification in force, last certificate, its copy, state, decided_at, issued_on) of the insured.

    The last decision about a certificate of this qualification; the day and moment are those of the last issue.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT q.person_id, q.decision_id, c.id, coalesce(c.number, 0), c.state, c.decided_at, c.issued_on
            FROM ({qualification.in_force_sql(ctx)}) q
            LEFT JOIN certificates_certificate c ON c.person_id = q.person_id
                 AND NOT EXISTS (SELECT 1 FROM certificates_certificate n WHERE n.supersedes_id = c.id)
                 AND c.issued_on >= q.acquired_on - 31
            WHERE q.person_id = ANY(%(persons)s::bigint[]) AND q.acquired_on <= %(on)s
              AND (q.lost_on IS NULL OR q.lost_on > %(on)s)
            ORDER BY q.person_id""",
            {"persons": persons, "on": ctx.on, "known_at": ctx.known_at},
        )
        return cursor.fetchall()
