"""催告: one letter about everything that a person owes after its demands, with the 延滞金 up to its day.

Shown, approved and executed as demands are (batch.py). A reminder pauses the prescription for six months, once (民法150条).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from kaigo.base.records.bulk import copy_rows, id_array, reserve_ids
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.dunning.batch import begin, executed, shadowed
from kaigo.insurance.dunning.gather import Open, open_terms
from kaigo.insurance.dunning.judge import lapse, places, values_on, waiting
from kaigo.insurance.dunning.late import previews
from kaigo.insurance.dunning.models import Batch, Reminder
from kaigo.law.prescription import Event
from kaigo.law.reasons import Reason
from kaigo.law.values import Values

QUIET_DAYS = 30
SORT = "reminder"


class Asked(NamedTuple):
    """A demanded term that is still open. why: reminded = it stands in the letter, else a key of words.WHY."""

    term: Open
    why: str
    reasons: tuple[Reason, ...]

    @property
    def goes(self) -> bool:
        return self.why == "reminded"


def shadow(
    ctx: Context, insurer: str, dated: date, deadline_on: date, least_yen: int = 0,
    quiet_days: int = QUIET_DAYS,
) -> Batch:  # fmt: skip
    """Everybody with demanded terms that are open. Decides nothing. Raises Refused.

    deadline_on: by when they are asked to pay; least_yen: of all that a person owes; quiet_days: after a reminder
    nobody is reminded again for so many days.
    """
    begin(SORT, ctx, dated)
    if deadline_on <= dated:
        raise Refused("催告の期限は、発行日より後の日にしてください。")
    values = values_on(insurer, dated)
    found = judge(ctx, values, open_terms(ctx, dated, demanded=True), dated, least_yen, quiet_days)
    return shadowed(
        ctx, SORT, dated, values, found, insurer=insurer, deadline_on=deadline_on.isoformat(), least_yen=least_yen,
        quiet_days=quiet_days,
    )  # fmt: skip


def judge(
    ctx: Context, values: Values, terms: Sequence[Open], on: date, least_yen: int, quiet_days: int
) -> list[Asked]:
    """Which terms stand in a reminder of a day, and why others do not."""
    people = {term.person for term in terms}
    reminded = last_reminded(people)
    nowhere = places(ctx.at(on), people)
    quiet = on - timedelta(days=quiet_days)
    found = []
    for term in terms:
        last, reasons = lapse(values, term.due_on, on, _events(term, reminded.get(term.person, ())))
        why = _why(term, on, last) or nowhere.get(term.person)
        if not why and any(day > quiet for day, key in reminded.get(term.person, ()) if key == term.key[1:]):
            why = "recent"
        found.append(Asked(term, why or "reminded", reasons))
    return _least(found, least_yen)


def _why(term: Open, on: date, last: date | None) -> str | None:
    if last is not None and on > last:
        return "prescribed"
    if any(s.start <= on and (s.end is None or on < s.end) for s in term.deferrals()):
        return "deferred"
    if term.reported_yen >= term.yen:
        return "reported"
    if term.deadline_on is not None and on <= term.deadline_on:
        return "recent"
    return waiting(term, on)


def _events(term: Open, reminded: Sequence[tuple[date, tuple[int, int]]]) -> tuple[Event, ...]:
    mine = [Event("reminder", day) for day, key in reminded if key == term.key[1:]]
    return tuple(sorted([*term.events(), *mine], key=lambda event: (event.on, event.kind)))


def _least(found: list[Asked], least_yen: int) -> list[Asked]:
    owed: dict[int, int] = {}
    for asked in found:
        if asked.goes:
            owed[asked.term.person] = owed.get(asked.term.person, 0) + asked.term.yen
    return [a._replace(why="least") if a.goes and owed[a.term.person] < least_yen else a for a in found]


def last_reminded(persons: set[int]) -> dict[int, list[tuple[date, tuple[int, int]]]]:
    """person → (day of the letter, (fiscal year, number)) of every reminded term."""
    found: dict[int, list[tuple[date, tuple[int, int]]]] = {}
    for person, dated, year, number in rows(
        "SELECT t.person_id, r.dated, t.fiscal_year, t.number FROM dunning_reminder_term t "
        "JOIN dunning_reminder r ON r.id = t.reminder_id WHERE t.person_id = ANY(%(persons)s::bigint[]) ORDER BY r.dated",
        {"persons": id_array(persons)},
    ):
        found.setdefault(person, []).append((dated, (year, number)))
    return found


def execute(ctx: Context, batch: Batch) -> dict:
    """A Reminder for each person with what was shown and still is open."""

    def found(values: Values, people: Sequence[int]) -> list[Asked]:
        terms = open_terms(ctx, batch.dated, None, people, demanded=True)
        return judge(ctx, values, terms, batch.dated, batch.totals["least_yen"], batch.totals["quiet_days"])

    return executed(ctx, batch, found, lambda goes: save(ctx, batch, goes))


_TERM = (
    "reminder_id", "person_id", "fiscal_year", "number", "part", "due_on", "yen", "late_yen",
)  # fmt: skip


def save(ctx: Context, batch: Batch, goes: Sequence[Asked]) -> list[int]:
    """Reminders with their terms; returns the ids."""
    by_person = [
        (person, list(found))
        for person, found in groupby(sorted(goes, key=lambda a: a.term.person), key=lambda a: a.term.person)
    ]
    ids = reserve_ids(Reminder, len(by_person))
    charged = {
        p.term.key: p.finding.value.yen if p.finding else None
        for p in previews(ctx.at(batch.dated), batch.totals["insurer"], [person for person, _ in by_person])
    }
    deadline = date.fromisoformat(batch.totals["deadline_on"])
    copy_rows(
        "dunning_reminder",
        ("id", "person_id", "batch_id", "yen", "dated", "deadline_on", "decided_on", "actor"),
        (
            (i, person, batch.id, sum(a.term.yen for a in mine), batch.dated, deadline, ctx.on, ctx.actor)
            for i, (person, mine) in zip(ids, by_person, strict=True)
        ),
    )
    copy_rows(
        "dunning_reminder_term",
        _TERM,
        (
            (i, t.person, t.fiscal_year, t.number, t.part, t.due_on, t.yen, charged.get(t.key))
            for i, (_, mine) in zip(ids, by_person, strict=True)
            for t in (a.term for a in mine)
        ),
    )
    return ids
