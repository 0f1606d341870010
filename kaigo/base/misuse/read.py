"""Questions as pages and badges ask for them. Names of staff only: whom they looked at stays a digest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connections
from django.utils import timezone

from kaigo.base.jobs.models import Run
from kaigo.base.misuse.engine import MOST
from kaigo.base.misuse.finding import DAILY, LOG, WATCH
from kaigo.base.misuse.models import Alert, Watched
from kaigo.base.misuse.relations import relations
from kaigo.base.misuse.values import values
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows, rows_at
from kaigo.base.staff.can import Reach, Staff, reach
from kaigo.base.staff.who import alias

# Whom an address is about (base/desk/things.py): nobody of the insured is named here.
SUBJECTS = {"alert": ""}
PURPOSE = "audit"
# All rules are asked every night.
FRESH = timedelta(hours=24)
SHOWN = {
    "mine": "自分が確かめるもの",
    "open": "確かめていないもの",
    "overdue": "期限を過ぎたもの",
    "done": "確かめたもの",
}


class Question(NamedTuple):
    """An alert with its strongest reasons and the newest outcome ("" = nobody has looked). before: the one of the turn
    before."""

    id: int
    member: int
    day: date
    kind: str
    score: int
    critical: bool
    causes: dict[str, int]
    emergency: int | None
    section: str
    owner: str
    due_on: date
    found_on: date
    turn: int
    before: int | None
    outcome: str
    reasons: list[tuple[str, int, dict]]

    @property
    def closed(self) -> bool:
        return self.outcome not in ("", "inquiry")

    def overdue(self, on: date) -> bool:
        return not self.closed and self.due_on < on


class Seen(NamedTuple):
    """An access that a question names."""

    event: int
    at: datetime
    kind: str
    permission: str
    purpose: str
    case: str
    unexplained: bool


class Sight(NamedTuple):
    """Which questions somebody may see and look into; never those about himself."""

    member: int
    sees: Reach
    reviews: Reach


def sight(ctx: Context, staff: Staff) -> Sight:
    """Those that heads of his sections look into by the role, all with misuse.all."""
    sees = reach(staff, "misuse.view", PURPOSE, ctx.on)
    if staff.may("misuse.all"):
        sees = Reach(everywhere=True)
    return Sight(staff.member, sees, reach(staff, "misuse.review", PURPOSE, ctx.on))


_CLOSED = "EXISTS (SELECT 1 FROM misuse_review v WHERE v.alert_id = a.id AND v.outcome <> 'inquiry')"
_SEEN = (
    # What the privacy office looks into concerns heads: it is not for those who sit beside them.
    "a.member <> %(member)s AND (%(everywhere)s OR a.owner = 'head' AND a.section = ANY(%(sections)s) "
    "OR a.owner = 'heads' AND cardinality(%(reviews)s::varchar[]) > 0)"
)
_MINE = (
    "(a.owner = 'office' AND %(office)s OR a.owner = 'head' AND a.section = ANY(%(reviews)s) "
    "OR a.owner = 'heads' AND cardinality(%(reviews)s::varchar[]) > 0)"
)
_WHICH = {
    "mine": f"NOT {_CLOSED} AND {_MINE}",
    "open": f"NOT {_CLOSED}",
    "overdue": f"NOT {_CLOSED} AND a.due_on < %(on)s",
    "done": _CLOSED,
    "one": "a.id = %(id)s",
}
_COLUMNS = """a.id, a.member, a.day, a.kind, a.score, a.critical, a.causes, a.emergency, a.section, a.owner, a.due_on, a.found_on, a.turn,
  (SELECT b.id FROM misuse_alert b WHERE (b.member, b.day, b.kind, b.thing, b.turn) = (a.member, a.day, a.kind, a.thing, a.turn - 1)),
  coalesce((SELECT v.outcome FROM misuse_review v WHERE v.alert_id = a.id ORDER BY v.id DESC LIMIT 1), ''),
  (SELECT json_agg(json_build_array(r.rule, r.points, r.facts) ORDER BY r.points DESC, r.id)
   FROM misuse_alert_reason r WHERE r.alert_id = a.id)"""


def _params(mine: Sight) -> dict[str, Any]:
    return {
        "member": mine.member, "everywhere": mine.sees.everywhere, "sections": sorted(mine.sees.sections),
        "office": mine.reviews.everywhere, "reviews": sorted(mine.reviews.sections) if not mine.reviews.everywhere else [],
    }  # fmt: skip


def count(ctx: Context, mine: Sight, which: str) -> int:
    """How many `questions` would list."""
    query = f"SELECT count(*) FROM misuse_alert a WHERE {_SEEN} AND {_WHICH[which]}"
    return rows_at(ctx, query, **_params(mine))[0][0]


def questions(ctx: Context, mine: Sight, which: str, limit: int = 50, offset: int = 0) -> list[Question]:
    """mine | open | overdue: the urgent first; done: the newest first."""
    order = "a.id DESC" if which == "done" else "a.critical DESC, a.due_on, a.score DESC, a.id"
    query = (
        f"SELECT {_COLUMNS} FROM misuse_alert a WHERE {_SEEN} AND {_WHICH[which]} ORDER BY {order} "
        "LIMIT %(limit)s OFFSET %(offset)s"
    )
    return [_question(row) for row in rows_at(ctx, query, limit=limit, offset=offset, **_params(mine))]


def one(ctx: Context, mine: Sight, id: int) -> Question | None:
    """A question that he may see."""
    query = f"SELECT {_COLUMNS} FROM misuse_alert a WHERE {_SEEN} AND {_WHICH['one']}"
    found = rows_at(ctx, query, id=id, **_params(mine))
    return _question(found[0]) if found else None


def _question(row: tuple) -> Question:
    *head, reasons = row
    head[6] = json.loads(head[6]) if isinstance(head[6], str) else head[6]
    told = [tuple(one) for one in reasons or ()]
    # Reasons may have come after the question.
    head[4] = min(MOST, sum(points for _, points, _ in told))
    return Question(*head, told)


def waiting(ctx: Context, staff: Staff) -> int:
    """Questions that he himself has to look into. Cheap."""
    mine = sight(ctx, staff)
    return count(ctx, mine, "mine") if mine.reviews.everywhere or mine.reviews.sections else 0


def seen(ctx: Context, alert: int, limit: int = 50, offset: int = 0) -> list[Seen]:
    """The accesses of a question, in their order."""
    query = """
    SELECT e.id, e.created_at, e.event, e.permission, e.purpose, e."case", e.unexplained FROM misuse_alert_event x
    JOIN audit_event e ON e.id = x.event WHERE x.alert_id = %(alert)s ORDER BY e.created_at, e.id
    LIMIT %(limit)s OFFSET %(offset)s"""
    return [Seen(*row) for row in rows(query, {"alert": alert, "limit": limit, "offset": offset})]


def seen_count(ctx: Context, alert: int) -> int:
    return rows("SELECT count(*) FROM misuse_alert_event WHERE alert_id = %s", [alert])[0][0]


def reviews(ctx: Context, alert: int) -> list[tuple[str, str, str, date]]:
    """(outcome, reason, who, when) of a question, the newest first."""
    found = rows(
        "SELECT outcome, reason, reviewer, reviewed_on FROM misuse_review WHERE alert_id = %s ORDER BY id DESC",
        [alert],
    )
    names = members(reviewer for _, _, reviewer, _ in found)
    return [(outcome, reason, names.get(reviewer, ""), on) for outcome, reason, reviewer, on in found]


def members(ids: Iterable[int]) -> dict[int, str]:
    """member → name, else staff number."""
    with connections[alias()].cursor() as cursor:
        cursor.execute(
            "SELECT m.id, coalesce((SELECT p.name FROM staff_member_profile p WHERE p.member_id = m.id AND upper_inf(p.known) "
            "ORDER BY lower(p.effective) DESC LIMIT 1), m.staff_number) FROM staff_member m WHERE m.id = ANY(%s)",
            [sorted(set(ids))],
        )
        return dict(cursor.fetchall())


def alert(id: int) -> Alert | None:
    return Alert.objects.filter(id=id).first()


def analysed() -> datetime | None:
    """When all rules were last asked."""
    last = Run.objects.filter(job=DAILY, state="done").order_by("-id").first()
    return last.ended_at if last else None


def stale() -> bool:
    """Whether all rules were asked longer than a day ago, or never (promise 061)."""
    last = analysed()
    return last is None or last < timezone.now() - FRESH


_UNREAD = """
SELECT EXISTS (SELECT 1 FROM audit_event e WHERE e.member IS NOT NULL AND e.created_at < now() - %(minutes)s * interval '1 minute'
  AND e.tx >= coalesce((SELECT w.position FROM records_watermark w WHERE w.reader = %(reader)s AND w."table" = %(log)s), '0'))"""


def late(on: date) -> bool:
    """Whether there is an access that the critical rules should have been asked about (E-13): nobody watches, every turn
    fails, or an open transaction keeps the log back. Where nobody is known they have nothing to find."""
    if not relations().knows:
        return False
    asked = {"minutes": values(on)["critical_minutes"], "reader": WATCH, "log": LOG}
    return rows(_UNREAD, asked)[0][0]


def totals(on: date) -> tuple[int, int]:
    """(questions that nobody has answered, those of them whose day is over), whoever has to look into them."""
    query = (
        f"SELECT count(*), count(*) FILTER (WHERE a.due_on < %(on)s) FROM misuse_alert a WHERE NOT {_CLOSED}"
    )
    return rows(query, {"on": on})[0]


def watched(ctx: Context):
    """Entries of the list that have not ended, those that wait for another person first."""
    return (
        Watched.objects.filter(end__isnull=True)
        .select_related("confirmation")
        .order_by("confirmation__id", "-id")
    )


def watched_waiting(ctx: Context, staff: Staff) -> int:
    """Entries of others that nobody has confirmed."""
    waits = Watched.objects.filter(confirmation__isnull=True, end__isnull=True)
    return waits.exclude(entered_by=staff.member).count()
