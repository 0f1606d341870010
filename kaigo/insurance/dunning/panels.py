"""What the counter shows of this room: open terms after their due date, the last demands, letters that came back."""

from __future__ import annotations

from kaigo.base.desk.panel import Banner, Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.dunning.returned import away_sql
from kaigo.insurance.dunning.words import LETTERS, RETURNS

_KNOWN = "(%(known_at)s::timestamptz IS NULL OR {} <= %(known_at)s)"
# Everything that happened, the newest first. away: a letter came back, and the last search did not find the address.
_EVENTS = f"""
SELECT on_day, what, number, yen, label, away FROM (
    SELECT dated AS on_day, 'demand' AS what, id AS number, yen, number::text AS label, false AS away FROM dunning_demand
    WHERE person_id = %(person)s AND {_KNOWN.format("decided_at")}
    UNION ALL SELECT dated, 'reminder', id, yen, '', false FROM dunning_reminder
    WHERE person_id = %(person)s AND {_KNOWN.format("decided_at")}
    UNION ALL SELECT c.decided_on, 'late', c.id, c.yen, c.number::text, false FROM dunning_late_charge c
    WHERE c.person_id = %(person)s AND c.yen > 0 AND {_KNOWN.format("c.decided_at")}
      AND NOT EXISTS (SELECT 1 FROM dunning_late_charge n WHERE n.supersedes_id = c.id AND {_KNOWN.format("n.decided_at")})
    UNION ALL SELECT r.returned_on, 'returned', r.id, 0, r.letter || ':' || r.why,
        {away_sql(_KNOWN.format("s.created_at"))} FROM dunning_returned r
    WHERE r.person_id = %(person)s AND {_KNOWN.format("r.created_at")}
) e ORDER BY on_day DESC, number DESC"""


def panel(ctx: Context, person: int) -> Panel | None:
    """One query. None when nobody ever had to ask twice and no letter came back."""
    found = rows(_EVENTS, {"person": person, "known_at": ctx.known_at})
    if not found:
        return None
    demands = sum(what == "demand" for _, what, *_ in found)
    late = sum(yen for _, what, _, yen, *_ in found if what == "late")
    url = f"/dunning/person/{ref('person', person)}/"
    facts = [("督促", f"{demands}期")] if demands else []
    if late:
        facts.append(("延滞金", f"{late:,}円"))
    return Panel(
        room="dunning",
        title="督促と延滞金",
        state=_said(*found[0][1:5]),
        url=url,
        events=tuple(PanelEvent(on, _said(*rest), url) for on, *rest, _ in found[:3]),
        banners=(Banner("arrears", "通知が戻り、住所を確かめられていません。"),)
        if any(away for *_, away in found)
        else (),
        permission="dunning.view",
        facts=tuple(facts),
    )


def _said(what: str, number: int, yen: int, label: str) -> str:
    if what == "demand":
        return f"第{label}期を督促({yen:,}円)"
    if what == "reminder":
        return f"催告({yen:,}円)"
    if what == "late":
        return f"第{label}期の延滞金 {yen:,}円"
    letter, _, why = label.partition(":")
    return f"{LETTERS[letter]}の返戻({RETURNS[why]})"
