"""What the counter shows of this room: the letters that went out about a person, and those that are held."""

from __future__ import annotations

from kaigo.base.desk.panel import Banner, Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.insurance.notices import read as notices
from kaigo.insurance.release import read
from kaigo.law.dates import wareki


def panel(ctx: Context, person: int) -> Panel | None:
    """Two queries. None when no letter was ever drafted."""
    drafts = notices.of_person(ctx, person)
    if not drafts:
        return None
    out = read.history(ctx, person)
    held = [draft for draft in drafts if draft.standing == "held"]
    queued = [draft for draft in drafts if draft.standing == "waiting"]
    last = out[0] if out else None
    state = f"{last.letter_label} {last.number}({last.standing})" if last else "まだ何も発行していません"
    return Panel(
        room="release",
        title="通知の発行",
        state=state,
        url=f"/release/person/{ref('person', person)}/",
        events=tuple(
            PanelEvent(
                letter.dated,
                f"{letter.letter_label} {letter.standing}",
                f"/release/letter/{ref('letter', letter.id)}/",
            )
            for letter in out[:3]
        ),
        banners=tuple(
            Banner("hold", f"{draft.letter_label}を止めています: {draft.held_label}") for draft in held[:1]
        ),
        permission="release.view",
        facts=(
            ("発行した通知", f"{len(out)}通"),
            ("発行待ち", f"{len(queued)}通(日付 {wareki(queued[0].dated)})" if queued else "なし"),
        ),
    )
