"""What the counter shows of a person's premiums."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.conf import settings

from kaigo.base.desk.panel import Banner, Bar, Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.insurance.premium import limits, read
from kaigo.insurance.premium.read import AssessmentView
from kaigo.law.dates import fiscal_year, fiscal_year_name, wareki
from kaigo.law.premium import month_spans

SORTS = {"provisional": "仮徴収", "main": "賦課決定", "revision": "更正", "opening": "引継ぎ"}
YEARS = 6


def panel(ctx: Context, person: int) -> Panel | None:
    """The year of ctx.on, the last decisions, stages by month of the last years; None when nothing was ever decided."""
    history = read.history(ctx, person)
    tasks = read.tasks(ctx, person=person)
    if not history and not tasks:
        return None
    year = fiscal_year(ctx.on)
    current = [view for view in history if view.current]
    this = next((view for view in current if view.fiscal_year == year), None)
    newest = sorted(history, key=lambda view: view.id, reverse=True)[:3]
    return Panel(
        room="premium",
        title="賦課",
        state=state(year, this),
        url=f"/premium/{ref('assessment', this.id)}/"
        if this
        else f"/premium/person/{ref('person', person)}/",
        events=tuple(
            PanelEvent(v.decided_on, event(v), f"/premium/{ref('assessment', v.id)}/") for v in newest
        ),
        bars=tuple(bar for view in current[:YEARS] for bar in stage_bars(view)),
        banners=tuple(_banners(this, tasks)),
        permission="premium.view",
        facts=tuple(_facts(ctx, this)) if this else (),
    )


def _facts(ctx: Context, this: AssessmentView) -> Iterator[tuple[str, str]]:
    if this.sort != "provisional":
        yield "月数", f"{this.months} か月"
    key = (this.person, this.fiscal_year)
    until = limits.person_years(ctx, settings.INSURER, [(*key, this.assessment_day)])[key]
    if until.limit:
        yield "増額・減額できる最後の日", wareki(until.limit.last_valid_on)


def state(year: int, view: AssessmentView | None) -> str:
    """One line about the year."""
    name = fiscal_year_name(year)
    if view is None:
        return f"{name} 未決定"
    if view.sort == "provisional":
        return f"{name} 仮徴収 {view.annual_yen:,} 円(本算定前)"
    if not view.months:
        return f"{name} 0 円(資格のある月なし)"
    return f"{name} 第{view.stage}段階 {view.annual_yen:,} 円{'(仮の取扱い)' if view.interim else ''}"


def event(view: AssessmentView) -> str:
    """What a decision did."""
    stage = "" if view.sort == "provisional" or not view.stage else f" 第{view.stage}段階"
    return f"{fiscal_year_name(view.fiscal_year)} {SORTS[view.sort]}{stage} {view.annual_yen:,} 円"


def stage_bars(view: AssessmentView) -> Iterator[Bar]:
    """Runs of months with the same stage."""
    spans = month_spans(view.fiscal_year)
    begin: date | None = None
    for place, stage in enumerate(view.stages):
        before = view.stages[place - 1] if place else 0
        if stage and stage != before:
            begin = spans[place][0]
        after = view.stages[place + 1] if place < 11 else 0
        if stage and stage != after and begin:
            yield Bar(f"第{stage}段階", begin, spans[place][1], "warn" if view.interim else "calm")


def _banners(this: AssessmentView | None, tasks: list) -> Iterator[Banner]:
    if this and this.interim:
        yield Banner("interim", "住民税の申告または確認が済むまでの仮の保険料です")
    for task in tasks[:1]:
        text = "、".join(text for _, text in task.missing)
        yield Banner("hold", f"賦課の確認事項({fiscal_year_name(task.fiscal_year)}): {text}")
