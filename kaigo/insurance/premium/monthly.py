"""The monthly run: new 65-year-olds, movers, deaths, tax differences of the year, late ones of earlier years."""

from __future__ import annotations

from dataclasses import replace

from kaigo.base.jobs.registry import Progress
from kaigo.base.records.context import Context
from kaigo.base.records.freeze import freeze
from kaigo.base.records.watermarks import Span, reading
from kaigo.insurance.premium import opening, provisional_changes, reports
from kaigo.insurance.premium.changes import people
from kaigo.insurance.premium.decide import judge, record, require_complete, values_for
from kaigo.insurance.premium.models import Batch
from kaigo.law.dates import fiscal_year
from kaigo.law.digest import law_version

# Beyond the limit of 法200条の2 nothing can be decided; what is found is still named.
EARLIER = 3


def main_done(year: int) -> bool:
    """Whether the main assessment of a year was executed."""
    return Batch.objects.filter(sort="main", fiscal_year=year, state="done").exists()


def monthly(ctx: Context, insurer: str, progress: Progress | None = None) -> dict:
    """Everybody of this year; of earlier years those whose facts changed since the last run. One batch per year.

    Before the main assessment: the provisional decisions of people who lost their qualification.
    """
    this = fiscal_year(ctx.on)
    moved = 0
    if not main_done(this) and not provisional_changes.batch_waits(this):
        moved = provisional_changes.run(ctx, insurer, this)["decisions"]
    earlier = range(this, this - EARLIER - 1, -1)
    years = [year for year in earlier if main_done(year) or opening.is_opened(year)]
    if not years:
        return {"decisions": moved, "note": "本算定がまだ済んでいないため、仮徴収の異動だけです"}
    done = {"decisions": 0, "unclear": 0, "barred": 0}
    with reading("premium.monthly", "facts") as span:
        taken = freeze(ctx, f"premium:monthly:{ctx.on:%Y-%m}")
        for year in years:
            persons = None if year == this else _changed(ctx, year, span)
            if persons == []:
                continue
            batch = _one_year(ctx, insurer, year, persons, taken, progress)
            for key in done:
                done[key] += batch.totals[key]
    done["decisions"] += moved
    return done


def _changed(ctx: Context, year: int, span: Span) -> list[int]:
    """People of an earlier year whose facts have changed since the last run, or since their year was taken over."""
    if opening.is_opened(year):
        return opening.touched(ctx, year, span)
    return people(ctx, year, span) if span.after else []


def _one_year(ctx: Context, insurer: str, year: int, persons, taken, progress) -> Batch:
    values = values_for(insurer, year)
    require_complete(values)
    sort = "monthly" if persons is None else "prior"
    found = judge(replace(ctx, known_at=taken.cutoff), insurer, year, sort, persons, progress)
    kept = reports.keep(ctx, year, found, persons, taken.cutoff)
    batch = Batch.objects.create(
        sort=sort,
        fiscal_year=year,
        on=ctx.on,
        state="done",
        freeze=taken,
        law=law_version(values.digest),
        requested_by=ctx.actor,
        totals=found.totals
        | kept
        | {"insurer": insurer, "saved": len(found.judged), "executed_on": ctx.on.isoformat()},
    )
    record(ctx, insurer, year, batch.id, found)
    return batch
