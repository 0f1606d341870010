"""What the counter shows of this room: what the person paid too much and what becomes of it."""

from __future__ import annotations

from kaigo.base.desk.panel import Banner, Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.insurance.refunds import read
from kaigo.law.dates import wareki


def panel(ctx: Context, person: int) -> Panel | None:
    """Two queries. None when nothing was ever paid too much."""
    cases, history = read.cases(ctx, person), read.history(ctx, person)
    if not cases and not history:
        return None
    yen = sum(case.yen for case in cases)
    banners = ()
    if cases:
        last = min(case.last_claim_on for case in cases)
        state = f"過誤納 {yen:,}円(還付を請求できるのは{wareki(last)}まで)"
        banners = (Banner("interim", f"納めすぎた額 {yen:,}円が決まっていません。"),)
    else:
        state = f"還付・充当 {history[0].label}"
    return Panel(
        room="refunds",
        title="還付・充当",
        state=state,
        url=f"/refunds/person/{ref('person', person)}/",
        events=tuple(
            PanelEvent(
                row.proposed_on,
                f"還付 {row.refund_yen:,}円・充当 {row.offset_yen:,}円({row.label})",
                f"/refunds/proposal/{ref('proposal', row.id)}/",
            )
            for row in history[:3]
        ),
        banners=banners,
        permission="refunds.view",
    )
