"""residents.take: the new lines of the ward's files become facts, all or nothing."""

from __future__ import annotations

from typing import Any

from kaigo.base.jobs.registry import Progress
from kaigo.base.records.context import Context
from kaigo.base.records.facts import Believed
from kaigo.base.records.watermarks import reading
from kaigo.insurance.residents.taking.lines import run
from kaigo.insurance.residents.taking.people import take_people
from kaigo.insurance.residents.taking.periods import KINDS, take_kind

READER = "residents"


def take(ctx: Context, progress: Progress) -> dict[str, Any]:
    """Everything that arrived since last time. Returns rows by kind of fact and the number of refused lines."""
    with reading(READER, "feeds_line") as span:
        # Sorting a whole ward in memory instead of on disk; for this transaction only.
        run("SET LOCAL work_mem = '192MB'")
        steps = len(KINDS) + 1
        progress.step(0, steps, "住民記録・住登外者")
        done: dict[str, Any] = {"refused_lines": 0}
        for name, believed in take_people(ctx, span).items():
            done[name] = _told(believed)
        for place, kind in enumerate(KINDS, 1):
            progress.step(place, steps, kind.model._meta.db_table)
            believed, refused = take_kind(ctx, span, kind)
            done[kind.layout] = _told(believed)
            done["refused_lines"] += refused
    progress.step(steps, steps, "")
    return done


def _told(believed: Believed | int) -> Any:
    return believed._asdict() if isinstance(believed, Believed) else believed
