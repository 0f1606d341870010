"""What the counter shows of this room: the certificate that the person holds."""

from __future__ import annotations

from kaigo.base.desk.panel import Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.insurance.certificates import read
from kaigo.law.dates import wareki


def panel(ctx: Context, person: int) -> Panel | None:
    """One query. Also shown without any certificate, because one may be issued from its page."""
    found = read.history(ctx, person)
    held = next((c for c in found if c.current and c.state == "issued"), None)
    if held:
        state = f"被保険者証 {wareki(held.issued_on)}{held.what}"
    elif found:
        state = f"被保険者証 {found[0].what}"
    else:
        state = "このシステムからはまだ交付していません"
    return Panel(
        room="certificates",
        title="被保険者証",
        state=state,
        url=f"/certificates/person/{ref('person', person)}/",
        events=tuple(PanelEvent(c.decided_on, f"被保険者証 {c.what}({c.why})") for c in found[:3]),
        permission="certificates.view",
    )
