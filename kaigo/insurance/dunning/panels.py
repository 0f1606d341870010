"""What the counter shows of this room: open terms after their due date, the last demands, letters that came back."""

from __future__ import annotations

from kaigo.base.desk.panel import Banner, Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.dunning.words import LETTERS, RETURNS

# One query: everything that happened, the newest first, and how much of it is still open.
_EVENTS = """
SELECT on_day, what, number, yen, label FROM (
    SELECT dated AS on_day, 'demand' AS what, id AS number, yen, number::text AS label FROM dunning_demand
    WHERE person_id = %(person)s AND (%(known_at)s::timestamptz IS NULL OR decided_at <= %(known_at)s)
    UNION ALL SELECT dated, 'reminder', id, yen, '' FROM dunning_reminder
    WHERE person_id = %(person)s AND (%(known_at)s::timestamptz IS NULL OR decided_at <= %(known_at)s)
    UNION ALL SELECT c.decided_on, 'late', c.id, c.yen, c.number::text FROM dunning_late_charge c
    WHERE c.person_id = %(person)s AND c.yen > 0 AND (%(known_at)s::timestamptz IS NULL OR c.decided_at <= %(known_at)s)
      AND NOT EXISTS (SELECT 1 FROM dunning_late_charge n WHERE n.supersedes_id = c.id)
    UNION ALL SELECT returned_on, 'returned', id, 0, letter || ':' || why FROM dunning_returned
    WHERE person_id = %(person)s AND (%(known_at)s::timestamptz IS NULL OR created_at <= %(known_at)s)
) e ORDER BY on_day DESC, number DESC"""
_AWAY = """
SELECT count(*) FROM dunning_returned r WHERE r.person_id = %(person)s
AND coalesce((SELECT s.found FROM dunning_search s WHERE s.returned_id = r.id ORDER BY s.searched_on DESC, s.id DESC LIMIT 1), '')
    <> 'address'"""


def panel(ctx: Context, person: int) -> Panel | None:
    """Two queries. None when nobody ever had to ask twice and no letter came back."""
    found = rows(_EVENTS, {"person": person, "known_at": ctx.known_at})
    if not found:
        return None
    away = rows(_AWAY, {"person": person})[0][0]
    demands = sum(what == "demand" for _, what, _, _, _ in found)
    late = sum(yen for _, what, _, yen, _ in found if what == "late")
    url = f"/dunning/person/{ref('person', person)}/"
    facts = [("督促", f"{demands}期")] if demands else []
    if late:
        facts.append(("延滞金", f"{late:,}円"))
    return Panel(
        room="dunning",
        title="督促と延滞金",
        state=_said(*found[0][1:]),
        url=url,
        events=tuple(PanelEvent(on, _said(*rest), url) for on, *rest in found[:3]),
        banners=(Banner("arrears", "通知が戻り、住所を確かめられていません。"),) if away else (),
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
