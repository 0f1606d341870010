"""Events as screens tell them: who, where, why, with what outcome, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import jobs
from kaigo.base.traces import words
from kaigo.base.traces.people import Person, Staff
from kaigo.base.traces.read import Trace


class Line(NamedTuple):
    """An event in words. who: None = no member of staff, then `actor` says what it was."""

    id: int
    at: datetime
    who: Person | None
    actor: str
    event: str
    place: str
    thing: str
    purpose: str
    case: str
    unexplained: bool
    outcome: str
    tone: str
    why: str
    people: int


def lines(traces: Iterable[Trace]) -> list[Line]:
    """In the same order; staff and jobs are asked for once."""
    traces = list(traces)
    staff = Staff((t.member for t in traces), (t.actor for t in traces))
    runs = runs_of(t.object for t in traces)
    return [_line(trace, staff, runs) for trace in traces]


def _line(trace: Trace, staff: Staff, runs: dict[str, str]) -> Line:
    who = staff.on(trace.member, trace.actor, trace.day)
    label, tone = words.OUTCOMES.get(trace.outcome, (trace.outcome, "neutral"))
    return Line(
        trace.id, trace.at, who, "" if who else nobody(trace.actor), words.event(trace.event),
        words.place(trace.place, trace.permission), _thing(trace, runs),
        words.purpose(trace.purpose), words.thing(trace.case), trace.unexplained, label, tone, words.why(trace.why),
        trace.subjects,
    )  # fmt: skip


def _thing(trace: Trace, runs: dict[str, str]) -> str:
    """Print runs are called `run` too: only of a job's own events it is the run of a job."""
    told = runs.get(trace.object, "") if trace.event.startswith("job.") else ""
    return told or words.thing(trace.object)


def nobody(actor: str) -> str:
    """Who acts without being a member of staff."""
    kind, _, name = actor.partition(":")
    if kind == "job":
        known = jobs().get(name)
        return f"自動の仕事 {known.title if known else name}"
    return "ログインの前" if actor == "nobody" else actor


def runs_of(objects: Iterable[str], numbered: bool = True) -> dict[str, str]:
    """`run:12` or `job:premium.main` → the job's title, with the number of the run or without."""
    numbers = {int(text[4:]) for text in objects if text.startswith("run:") and text[4:].isdigit()}
    titles = {f"job:{name}": known.title for name, known in jobs().items()}
    of = {
        f"run:{id}": titles.get(f"job:{job}", job) + (f"(実行 {id})" if numbered else "")
        for id, job in Run.objects.filter(id__in=numbers).values_list("id", "job")
    }
    return titles | of
