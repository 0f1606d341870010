"""From the log and the systems to the columns of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

import polars as pl

from kaigo.base.audit.write import KEY
from kaigo.base.keys.index import index
from kaigo.base.misuse import frames as f
from kaigo.base.misuse.models import Habit, Tie
from kaigo.base.misuse.relations import relations, sealed_ever
from kaigo.base.misuse.staff import Staff
from kaigo.base.misuse.values import Values
from kaigo.base.records.bulk import copy_rows
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.base.records.watermarks import NEW, Span

# The event of showing a 個人番号. It does not exist yet: the numbers come with issue 9, and with them this event; until
# then R13 waits for it and finds nothing. Here and nowhere else.
NUMBER_SHOWN = "number.reveal"
# Events beside that of the page: something about the person was put on paper.
PRINTED = frozenset({"ledger.print", "traces.tell"})
_READ = ("page.read", "page.act", "counter.search", *sorted(PRINTED), NUMBER_SHOWN)
_COLUMNS = """e.id, e.created_at AT TIME ZONE 'Asia/Tokyo', e.member, e.actor, e.event, e.place, e."case", e.unexplained,
  e.details->>'hits', e.trace, e.subjects, e.opened, e.emergency"""


class Row(NamedTuple):
    """An event as the log has it."""

    id: int
    at: datetime
    member: int
    actor: str
    event: str
    place: str
    case: str
    unexplained: bool
    hits: str | None
    trace: str
    subjects: int
    opened: list[bytes]
    emergency: int | None


class Gathered(NamedTuple):
    """frames: for the engine; people: number of the run → digest as the log has it; emergencies: event → emergency."""

    frames: f.Frames
    people: list[bytes]
    emergencies: dict[int, int]


def touched(span: Span) -> list[date]:
    """Days of which the log has something new, however old: an open transaction keeps back what others wrote for days.

    By the index of transactions: its cost is that of what is new, not of the log.
    """
    found = rows(
        "SELECT DISTINCT (e.created_at AT TIME ZONE 'Asia/Tokyo')::date FROM audit_event e "
        f"WHERE e.member IS NOT NULL AND {NEW} ORDER BY 1",
        span._asdict(),
    )
    return [day for (day,) in found]


def new_events(span: Span) -> list[Row]:
    """What the log has new, whatever its day."""
    return _events(NEW, span._asdict())


def events_of(day: date) -> list[Row]:
    """A whole day, in Tokyo: 24:00 is the next day."""
    between = (
        "e.created_at >= (%(day)s::date)::timestamp AT TIME ZONE 'Asia/Tokyo' "
        "AND e.created_at < (%(day)s::date + 1)::timestamp AT TIME ZONE 'Asia/Tokyo'"
    )
    return _events(between, {"day": day})


def _events(condition: str, params: dict) -> list[Row]:
    query = (
        f"SELECT {_COLUMNS} FROM audit_event e WHERE {condition} AND e.member IS NOT NULL AND e.outcome = 'done' "
        "AND e.event = ANY(%(read)s) ORDER BY e.created_at, e.id"
    )
    return [Row(*row) for row in rows(query, {**params, "read": list(_READ)})]


def gather(ctx: Context, events: Sequence[Row], staff: Staff, values: Values, whole: bool) -> Gathered:
    """whole: all that the rules need; else only what the critical ones ask (own records and lists)."""
    number: dict[bytes, int] = {}
    accesses = _accesses(ctx, events, number, staff)
    people = list(number)
    emergencies = {event.id: event.emergency for event in events if event.emergency}
    ties, watched = _near({kept: n for digests in sealed_ever(people) for n, kept in enumerate(digests)})
    days = {event.at.date() for event in events}
    guarded = _guarded(ctx, days, number)
    frames = f.Frames(accesses, ties, listed=_frame([*watched, *guarded], f.LISTED))
    if whole:
        frames = frames._replace(
            colleagues=_frame(staff.colleagues(), f.COLLEAGUES),
            order=_order(ctx, number),
            leaving=_frame(staff.leaving(), f.LEAVING),
            night=_frame([(member,) for member in staff.night(values, days)], f.NIGHT),
            habits=_habits(events, values),
        )
    return Gathered(frames, people, emergencies)


def _frame(rows: Iterable[tuple], schema: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def _accesses(ctx: Context, events: Sequence[Row], number: dict[bytes, int], staff: Staff) -> pl.DataFrame:
    known = relations()
    hits = {e.trace: int(e.hits or 0) for e in events if e.event == "counter.search"}
    printed = {e.trace for e in events if e.event in PRINTED}
    cases = {part for e in events for part in e.case.split(",") if part}
    handled = {
        case: {staff.account.get(actor) for actor in actors}
        for case, actors in known.handled(ctx, cases).items()
    }
    made = []
    for event in events:
        what = _what(event, printed)
        if not what:
            continue
        cause = _cause(event, handled)
        for digest in event.opened or (None,):
            subject = None if digest is None else number.setdefault(bytes(digest), len(number))
            made.append((event.id, event.at, event.member, subject, what, cause, hits.get(event.trace, 1)))
    return _frame(made, f.ACCESSES)


def _what(event: Row, printed: set[str]) -> str:
    """ "" for what is about nobody."""
    known = relations()
    if event.event == NUMBER_SHOWN:
        return "reveal" if event.opened else ""
    if event.place in known.searches:
        return "search" if event.event == "page.act" else ""
    if event.event not in ("page.read", "page.act") or event.place in known.no_work:
        return ""
    if not event.opened:
        return "list" if event.subjects and event.event == "page.read" else ""
    # Paper is asked for by a POST too: it is a print, whichever page made it.
    if event.trace in printed:
        return "print"
    return "act" if event.event == "page.act" else "look"


def _cause(event: Row, handled: dict[str, set[int | None]]) -> str:
    """The best of what the case says; a reason in words is none."""
    if event.unexplained:
        return "reason"
    causes = set()
    for part in filter(None, event.case.split(",")):
        if part.startswith("worklist:"):
            causes.add("list")
        elif part in handled:
            causes.add("own" if event.member in handled[part] else "other")
        else:
            causes.add("queue")
    if event.opened and not causes:
        return "reason"
    return next((cause for cause in f.CAUSES if cause in causes), "")


def _near(kept: dict[bytes, int]) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
    """(ties of members, people of the list) among those of the run. kept: digest of this room → number of the run.

    The table holds some twenty rows a member: read whole, it is matched faster than it is asked for each of them.
    """
    rows = Tie.objects.values_list("digest", "member", "tie")
    found = [(kept[bytes(d)], member, tie) for d, member, tie in rows if bytes(d) in kept]
    ties = _frame((row for row in found if row[1]), f.TIES)
    return ties, [(subject, "watched") for subject, member, _ in found if not member]


def _guarded(ctx: Context, days: Iterable[date], number: dict[bytes, int]) -> list[tuple[int, str]]:
    """Under 支援措置 on the day of a look, or now: what ended in between hides no look, and what began does not either."""
    people = {person for day in {*days, ctx.on} for person in relations().guarded(replace(ctx, on=day))}
    return [(number[digest], "guarded") for digest in _subjects(people) if digest in number]


def _order(ctx: Context, number: dict[bytes, int]) -> pl.DataFrame:
    people = [f"person:{person}" for person in relations().in_order(ctx)]
    # The log of a day was written under the key of that day.
    found = (
        (number[d], place)
        for digests in index(KEY).each(people)
        for place, d in enumerate(digests)
        if d in number
    )
    return _frame(found, f.ORDER)


def _subjects(people: Iterable[int]) -> list[bytes]:
    """As the log names them, under every key."""
    key = index(KEY)
    return [digest for person in people for digest in key.every(f"person:{person}")]


_HABITS = """
SELECT e.member, %(day)s::date, count(DISTINCT d)
FROM audit_event e CROSS JOIN unnest(e.opened) d
WHERE e.member IS NOT NULL AND e.outcome = 'done' AND e.event IN ('page.read', 'page.act')
  AND e."case" NOT LIKE 'worklist:%%' AND e.place <> ALL(%(elsewhere)s)
  AND e.created_at >= (%(day)s::date)::timestamp AT TIME ZONE 'Asia/Tokyo'
  AND e.created_at < (%(day)s::date + 1)::timestamp AT TIME ZONE 'Asia/Tokyo' GROUP BY 1"""


def _habits(events: Sequence[Row], values: Values) -> pl.DataFrame:
    """How many people everybody opened on each of the days before; days that nobody has counted yet are counted."""
    if not events:
        return _frame((), f.HABITS)
    first = min(event.at for event in events).date()
    days = {first - timedelta(days=back) for back in range(1, values["habit_days"] + 1)}
    for day in sorted(days - set(Habit.objects.filter(day__in=days).values_list("day", flat=True))):
        _count(day)
    return _frame(Habit.objects.filter(day__in=days).values_list("member", "day", "persons"), f.HABITS)


def _count(day: date) -> None:
    known = relations()
    elsewhere = sorted(known.searches | known.no_work)
    copy_rows(
        "misuse_habit", ("member", "day", "persons"), rows(_HABITS, {"day": day, "elsewhere": elsewhere})
    )


def forget(days: Iterable[date]) -> None:
    """These days are counted anew when they are asked for: the log has something new of them."""
    Habit.objects.filter(day__in=list(days)).delete()


def cause_word(case: str, unexplained: bool) -> str:
    """What the log itself says of the cause of an access, in words."""
    if unexplained:
        return "書かれた理由だけ"
    kind = case.partition(":")[0]
    return {"": "", "ticket": "電話・窓口の記録", "worklist": "作業一覧"}.get(kind, "待っている仕事")
