"""Why somebody is looked at: what waits about him, a contact, a work list; else a reason that was given today.

security.md C-8: the purpose comes from the work. Only a look that nothing explains asks, and stays marked unexplained.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.base.staff.can import Staff
from kaigo.base.staff.tables import limits
from kaigo.insurance.counter.caps import WORK_LIST
from kaigo.insurance.counter.worklists import EXPLAINS

# The column `case` of the audit event.
_LONGEST = 60

# An open contact explains a look to everybody, until it has lain too long; a closed one to whoever took it, on its day.
# The best that explains is what the record keeps: his own contact before what waits, and that before one of a colleague.
_TICKET = """
    SELECT t.person_id, 'ticket:' || t.id AS "case", CASE WHEN t.taken_by = %(actor)s THEN 1 ELSE 3 END AS place
    FROM counter_ticket t
    WHERE t.person_id = ANY(%(people)s::bigint[])
      AND (t.state = 'open' AND t.taken_on > %(on)s::date - %(days)s::int OR (t.taken_by = %(actor)s AND t.taken_on = %(on)s::date))"""
_GIVEN = """
    SELECT a.person_id, 'access:' || a.id, 9 FROM counter_access a
    WHERE a.person_id = ANY(%(people)s::bigint[]) AND a.actor = %(actor)s AND a.given_on = %(on)s::date"""
_WAITING = """
    SELECT w.person_id, w."case", 2 FROM ({relation}) w WHERE w.person_id = ANY(%(people)s::bigint[])"""


def cases(ctx: Context, staff: Staff, people: tuple[int, ...]) -> dict[int, tuple[str, bool]]:
    """person → (case, unexplained), for those of `people` whose look is explained or was given a reason today."""
    relations = [EXPLAINS, _TICKET, *(_WAITING.format(relation=sql) for sql in _waiting(staff)), _GIVEN]
    found = rows(
        'SELECT DISTINCT ON (e.person_id) e.person_id, e."case", e.place = 9 FROM ('
        + " UNION ALL ".join(relations)
        + ') e ORDER BY e.person_id, e.place, e."case"',
        {"people": list(people), "actor": ctx.actor, "on": ctx.on, "days": limits()["contact_days"]},
    )
    return {person: (case, unexplained) for person, case, unexplained in found}


def joined(told: dict[int, tuple[str, bool]]) -> tuple[str, bool]:
    """One case for a page about all these people, and whether one of them is only looked at for a reason."""
    # Work lists last: a page that also opens somebody who is on none counts among the people of the day (caps.py).
    named = sorted({case for case, _ in told.values()}, key=lambda case: (case.startswith(WORK_LIST), case))
    whole = ",".join(named)
    # More cases than the event has room for: the first stands for them, the people stand in the event anyway.
    return (whole if len(whole) <= _LONGEST else named[0]), any(without for _, without in told.values())


def _waiting(staff: Staff) -> list[str]:
    """What waits in a room explains a look to those who may enter it."""
    return [sql for room, sql in _relations() if staff.may(f"{room}.view")]


@cache
def _relations() -> tuple[tuple[str, str], ...]:
    found = []
    for module in settings.STREET:
        relation = find_spec(f"{module}.read") and getattr(
            import_module(f"{module}.read"), "waiting_sql", None
        )
        if relation:
            found.append((module.rpartition(".")[2], relation()))
    return tuple(found)
