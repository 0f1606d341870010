"""What the counter shows of this room: letters that wait. Those that went out are shown by release."""

from __future__ import annotations

from kaigo.base.desk.panel import Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.insurance.notices import read


def panel(ctx: Context, person: int) -> Panel | None:
    """One query. None when nothing waits."""
    found = [d for d in read.of_person(ctx, person) if d.standing in ("waiting", "held")]
    if not found:
        return None
    first = found[0]
    why = f": {first.held_label}" if first.held else ""
    return Panel(
        room="notices",
        title="通知の下書き",
        state=f"{first.letter_label} {first.standing_label}{why}",
        url=f"/notices/{ref('draft', first.id)}/",
        events=tuple(
            PanelEvent(d.dated, f"{d.letter_label} {d.standing_label}", f"/notices/{ref('draft', d.id)}/")
            for d in found[:3]
        ),
        permission="notices.view",
    )
