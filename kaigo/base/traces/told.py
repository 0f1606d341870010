"""What the person himself is told: when which section used his data for what, and to whom it was handed over.

No names of staff (the section answers for what it does); nothing about audits and investigations. The same rows are on
the page, on paper and, later, in the portal.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from django.utils import timezone

from kaigo.base.desk.things import access
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.base.staff.tables import fields
from kaigo.base.traces import words
from kaigo.base.traces.lines import nobody, runs_of
from kaigo.base.traces.people import Staff
from kaigo.base.traces.read import ABOUT, digests_of

# Uses of one section for one purpose on one page within a day are one row.
_USES = f"""
SELECT (e.created_at AT TIME ZONE 'Asia/Tokyo')::date AS day, min(e.created_at), max(e.created_at), count(*), e.member,
       e.actor, e.purpose, e.event, e.place, e.permission, e.fields,
       CASE WHEN e.event = ANY(%(named)s) THEN e.object ELSE '' END AS named
FROM ({ABOUT}) a JOIN audit_event e ON e.id = a.event_id
WHERE e.created_at >= %(since)s AND e.created_at < %(until)s AND e.outcome = 'done' AND e.purpose <> ALL(%(withheld)s)
GROUP BY day, e.member, e.actor, e.purpose, e.event, e.place, e.permission, e.fields, named
ORDER BY max(e.created_at) DESC, e.event, e.place"""
# Events by which data leaves the house, and those of jobs: their object says to whom, and which job it was.
HANDED, RUN = ["export.fetch", "release.leave"], "job.run"


class Use(NamedTuple):
    """One row: what reads the same within a day. first, last: within the day; what: page or job; items: kinds of details; to: who received it, "" = nobody."""

    day: date
    first: datetime
    last: datetime
    times: int
    section: str
    purpose: str
    what: str
    items: str
    to: str

    @property
    def at(self) -> str:
        """The time of day, or from when to when."""
        first, last = f"{self.first:%H:%M}", f"{self.last:%H:%M}"
        return first if first == last else f"{first}〜{last}"


@cache
def tables() -> dict[str, dict[str, str]]:
    """told.yaml: {purposes, withheld}."""
    return yaml.safe_load(Path(__file__).with_name("told.yaml").read_text(encoding="utf-8"))


def uses(ctx: Context, people: Iterable[int], since: date, until: date) -> list[Use]:
    """What was done with the data of these records of one human being, since ≤ day ≤ until, the newest first."""
    found = rows(
        _USES,
        {
            "digests": digests_of(people),
            "since": _begin(since),
            "until": _begin(until + timedelta(days=1)),
            "named": [*HANDED, RUN],
            "withheld": list(tables()["withheld"]),
        },
    )
    staff = Staff((row[4] for row in found), (row[5] for row in found))
    objects = {row[-1] for row in found}
    names = access().recipients(ctx, objects), runs_of(objects, numbered=False)
    return _joined(_use(row, staff, *names) for row in found)


def _use(row: tuple, staff: Staff, recipients: dict[str, str], jobs: dict[str, str]) -> Use:
    day, first, last, times, member, actor, purpose, event, place, permission, seen, named = row
    who = staff.on(member, actor, day)
    # An account is never named, also not where nobody stands behind it any more.
    section = (who and who.section) or ("所属なし" if actor.startswith("account:") else nobody(actor))
    what = jobs.get(named) or words.place(place, permission) or words.event(event)
    items = "すべての項目" if "*" in seen else "、".join(fields().get(key, key) for key in seen)
    to = recipients.get(named, "外部") if event in HANDED else ""
    return Use(
        day, timezone.localtime(first), timezone.localtime(last), times, section,
        tables()["purposes"].get(purpose, words.purpose(purpose)), what, items, to,
    )  # fmt: skip


def _joined(uses: Iterable[Use]) -> list[Use]:
    """Uses that read the same are one row: whose account it was, and which run of a job, the person need not know."""
    found: dict[tuple, Use] = {}
    for use in uses:
        key = (use.day, *use[4:])
        same = found.get(key)
        found[key] = use if same is None else use._replace(
            first=min(use.first, same.first), last=max(use.last, same.last), times=use.times + same.times
        )  # fmt: skip
    return sorted(found.values(), key=lambda use: use.last, reverse=True)


def _begin(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
