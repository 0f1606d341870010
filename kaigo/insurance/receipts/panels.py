"""What the counter shows of this room: what came in last, and what was reported but has not come yet."""

from __future__ import annotations

from kaigo.base.desk.panel import Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.insurance.collection.read import part_label
from kaigo.insurance.receipts import read

_STAGES = {"final": "", "preliminary": "(速報)", "cancelled": "(速報の取消)"}


def panel(ctx: Context, person: int) -> Panel | None:
    """Two queries. None when nothing ever came in."""
    found = read.of_person(ctx, person, limit=3)
    if not found:
        return None
    last = next((line for line in found if line.stage != "cancelled"), found[0])
    reported = read.reported_yen(ctx, person)
    return Panel(
        room="receipts",
        title="納付の記録",
        state=f"{last.label} {last.yen:,}円{_STAGES[last.stage]}",
        url=f"/receipts/person/{ref('person', person)}/",
        events=tuple(
            PanelEvent(
                line.settled_on,
                f"{part_label(line.way, line.number) if line.number else ''} {line.yen:,}円({line.label}){_STAGES[line.stage]}",
                f"/receipts/person/{ref('person', person)}/",
            )
            for line in found
        ),
        banners=(),
        permission="collection.view",
        facts=(("速報のある額", f"{reported:,}円"),) if reported else (),
    )
