"""What the counter shows of this room: that something is owed, since when, and what is being done about it."""

from __future__ import annotations

from kaigo.base.desk.panel import Banner, Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears.events import standing_sql
from kaigo.insurance.arrears.measures import KINDS
from kaigo.insurance.arrears.talks import HOW
from kaigo.insurance.arrears.terms import owed_sql
from kaigo.law.dates import wareki

_NAMES = {"contact": HOW, "measure": KINDS, "agreement": {"": "分納の誓約"}}


def _query(ctx: Context) -> str:
    """Open terms and what happened last, in one."""
    known = "(%(known_at)s::timestamptz IS NULL OR {} <= %(known_at)s)"
    return f"""
        SELECT 'owed', '', due_on, balance FROM ({owed_sql(ctx, "person_id = %(person)s")}) o
        UNION ALL
        (SELECT what, kind, day, 0 FROM (
            SELECT c.on AS day, 'contact' AS what, c.how AS kind FROM arrears_contact c
            WHERE c.person_id = %(person)s AND {known.format("c.changed_at")}
            UNION ALL
            SELECT m.begins, 'measure', m.kind FROM ({standing_sql(ctx, "arrears_measure")}) m
            WHERE m.person_id = %(person)s AND m.state <> 'void'
            UNION ALL
            SELECT a.agreed_on, 'agreement', '' FROM arrears_agreement a
            WHERE a.person_id = %(person)s AND a.made_id IS NULL AND {known.format("a.decided_at")}) e
         WHERE day <= %(on)s ORDER BY day DESC LIMIT 3)"""


def panel(ctx: Context, person: int) -> Panel | None:
    """One query. None where nothing is owed and nothing ever happened."""
    found = rows(_query(ctx), {"person": person, "on": ctx.on, "known_at": ctx.known_at})
    if not found:
        return None
    terms = [(day, yen) for what, _, day, yen in found if what == "owed"]
    events = sorted((row for row in found if row[0] != "owed"), key=lambda row: row[2], reverse=True)
    yen = sum(amount for _, amount in terms)
    oldest = min((day for day, _ in terms if day), default=None)
    facts = [("滞納の額", f"{yen:,}円({len(terms)}期)")] if terms else []
    if oldest:
        facts.append(("最も古い納期限", wareki(oldest)))
    return Panel(
        room="arrears",
        title="滞納",
        state=f"滞納 {yen:,}円" if terms else "滞納はありません",
        url=f"/arrears/person/{ref('person', person)}/",
        events=tuple(
            PanelEvent(day, f"交渉({_NAMES[what][kind]})" if what == "contact" else _NAMES[what][kind])
            for what, kind, day, _ in events
        ),
        banners=(Banner("arrears", f"滞納 {yen:,}円があります(納期限の過ぎた期 {len(terms)}件)。"),)
        if terms
        else (),
        permission="arrears.view",
        facts=tuple(facts),
    )
