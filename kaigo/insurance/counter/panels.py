"""What the counter's page shows of calls and visits."""

from __future__ import annotations

from kaigo.base.desk.panel import Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.insurance.counter.decide import KINDS
from kaigo.insurance.counter.models import Ticket


def panel(ctx: Context, person: int) -> Panel | None:
    """Open notes and the last three. One query."""
    rows = Ticket.objects.filter(person_id=person, taken_on__lte=ctx.on).order_by("-id")
    if ctx.known_at is not None:
        rows = rows.filter(taken_at__lte=ctx.known_at)
    found = list(rows)
    if not found:
        return None
    waiting = sum(ticket.state == "open" for ticket in found)
    return Panel(
        room="counter",
        title="電話・窓口の記録",
        state=f"対応中 {waiting}件" if waiting else f"すべて済み({len(found)}件)",
        url=f"/person/{ref('person', person)}/tickets/",
        events=tuple(
            PanelEvent(
                ticket.taken_on,
                f"{KINDS[ticket.kind]} {ticket.subject}",
                f"/person/{ref('person', person)}/tickets/",
            )
            for ticket in found[:3]
        ),
        permission="counter.view",
    )
