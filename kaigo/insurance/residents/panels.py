"""What the counter shows of this room: where and with whom the person lives. Three queries."""

from __future__ import annotations

from kaigo.base.desk.panel import Banner, Bar, Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents.history import history
from kaigo.insurance.residents.people import PersonView, household, one
from kaigo.insurance.residents.words import STATES, event, relationship
from kaigo.law.dates import wareki

_TONES = {"resident": "good", "nonresident": "neutral", "left": "warn", "dead": "neutral", "erased": "warn"}


def panel(ctx: Context, person: int) -> Panel | None:
    """None when nothing is known of the person on the day."""
    view = one(ctx, person)
    if view is None or not view.state:
        return None
    members = household(ctx, person)
    lived = [v for v in history(ctx, m.Residence, person) if v.since <= ctx.on]
    bars = _bars(lived)
    facts = [("住所", f"{view.address} {view.building}".strip()), ("宛名番号", "、".join(view.numbers))]
    if members:
        facts.append(
            (
                "世帯",
                f"{view.head or '世帯主不明'} の世帯 {len(members)}人({relationship(view.relationship)})",
            )
        )
    if view.alias:
        facts.append(("通称", view.alias))
    return Panel(
        room="residents",
        title="宛名",
        state=f"{view.state_label}({wareki(bars[-1].start)}から)",
        url=f"/residents/{ref('person', person)}/",
        events=tuple(PanelEvent(v.since, event(v.values["event"]) or STATES[v.values["state"]]) for v in lived[:3]),
        bars=bars,
        banners=_banners(view),
        permission="residents.view",
        facts=tuple(facts),
    )  # fmt: skip


def _bars(lived) -> tuple[Bar, ...]:
    """Neighbouring versions of one state are one bar."""
    bars: list[Bar] = []
    for version in reversed(lived):
        state = version.values["state"]
        if bars and bars[-1].label == STATES[state] and bars[-1].end == version.since:
            bars[-1] = Bar(bars[-1].label, bars[-1].start, version.until, bars[-1].tone)
        else:
            bars.append(Bar(STATES[state], version.since, version.until, _TONES[state]))
    return tuple(bars)


def _banners(view: PersonView) -> tuple[Banner, ...]:
    found = []
    if view.protected:
        found.append(
            Banner("protected", "支援措置の対象者です。住所や連絡先を、本人のほか誰にも伝えないでください。")
        )
    if view.dead and view.since:
        found.append(Banner("dead", f"亡くなっています({wareki(view.since)})。"))
    if view.moved and view.since:
        found.append(Banner("moved", f"転出しています({wareki(view.since)})。"))
    if view.hold:
        found.append(Banner("hold", f"処理を止めています: {view.hold}"))
    return tuple(found)
