"""What the counter shows of a person's qualification."""

from __future__ import annotations

from datetime import timedelta

from kaigo.base.desk.panel import Banner, Bar, Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.insurance.qualification import deemed, notifications, read
from kaigo.insurance.qualification.read import InsuredPeriod
from kaigo.law.dates import wareki

DIED = "52"


def panel(ctx: Context, person: int) -> Panel | None:
    """The state on ctx.on as decided by ctx.known_at; None for people who never had a qualification or a question."""
    history = read.history(ctx, person)
    tasks = read.tasks(ctx, person=person)
    if not history and not tasks:
        return _deemed(ctx, person)
    number = read.number(ctx, person) if history else ""
    current = sorted((p for p in history if p.current), key=lambda p: p.acquired_on)
    url = f"/qualification/{ref('person', person)}/"
    return Panel(
        room="qualification",
        title="資格",
        state=state(ctx, current),
        url=url,
        events=events(ctx, person, history, url),
        bars=tuple(Bar("第1号被保険者", p.acquired_on, p.lost_on, "main") for p in current),
        banners=tuple(Banner("hold", f"資格の確認事項: {task.message}") for task in tasks[:1]),
        permission="qualification.view",
        facts=(("被保険者番号", number),) if number else (),
    )


def _deemed(ctx: Context, person: int) -> Panel | None:
    """Somebody who was never insured may still be known to the section (みなし2号)."""
    rows = [row for row in deemed.registered(person, ctx.known_at) if row.since <= ctx.on]
    if not rows:
        return None
    last = rows[-1]
    over = last.until is not None and last.until <= ctx.on
    return Panel(
        room="qualification",
        title="資格",
        state=f"被保険者ではない。みなし2号の登録{'は終わり' if over else 'あり'}(番号 {last.number})",
        url=f"/qualification/{ref('person', person)}/deemed/",
        events=tuple(
            PanelEvent(
                row.since, f"みなし2号 {row.number}", f"/qualification/{ref('person', person)}/deemed/"
            )
            for row in rows[:3]
        ),
        permission="qualification.decide",
    )


def events(ctx: Context, person: int, history: list[InsuredPeriod], url: str) -> tuple[PanelEvent, ...]:
    """The last decisions and the forms that came in, the newest three."""
    found = [PanelEvent(p.decided_on, event(p), url) for p in history[::-1][:3]]
    found += [
        PanelEvent(
            row.filed_on,
            f"{notifications.FORMS[row.form]}({wareki(row.event_on)}の分)を受付",
            f"{url}notifications/",
        )
        for row in notifications.in_force(person, ctx.known_at)[:3]
        if row.filed_on <= ctx.on
    ]
    return tuple(sorted(found, key=lambda one: one.on, reverse=True)[:3])


def state(ctx: Context, current: list[InsuredPeriod]) -> str:
    """One line: insured since when and why, or no longer since when and why."""
    held = next(
        (p for p in current if p.acquired_on <= ctx.on and (p.lost_on is None or p.lost_on > ctx.on)), None
    )
    if held:
        text = f"第1号被保険者 {wareki(held.acquired_on)}から({held.acquired_why})"
        if held.lost_on:
            sort = "喪失の見込み" if held.provisional else "喪失"
            text += f"、{wareki(held.lost_on)}{sort}({held.lost_why})"
        return text
    past = [p for p in current if p.lost_on and p.lost_on <= ctx.on]
    if past:
        return f"資格なし {wareki(past[-1].lost_on)}喪失({past[-1].lost_why})"
    return "資格なし"


def event(period: InsuredPeriod) -> str:
    """What a decision did."""
    if period.cancelled:
        return f"{wareki(period.acquired_on)}からの資格を取消"
    if period.lost_on:
        last = wareki(period.lost_on - timedelta(days=1))
        return f"{wareki(period.lost_on)}喪失({period.lost_why}) {last}まで被保険者"
    return f"{wareki(period.acquired_on)}取得({period.acquired_why})"
