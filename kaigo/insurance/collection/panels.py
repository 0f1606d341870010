"""What the counter shows of this room: how the person pays, what is levied, what was booked last."""

from __future__ import annotations

from kaigo.base.desk.panel import Banner, Panel, PanelEvent
from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read
from kaigo.insurance.ledger.read import entries_sql
from kaigo.law.dates import fiscal_year, fiscal_year_name

_EVENTS = """
SELECT p.decided_on, p.cause, p.id, p.fiscal_year FROM collection_plan p WHERE p.person_id = %(person)s
AND (%(known_at)s::timestamptz IS NULL OR p.decided_at <= %(known_at)s) ORDER BY p.id DESC LIMIT 3"""
_LEVIED = f"""
SELECT coalesce(sum(yen) FILTER (WHERE sort IN ('levy', 'adjust')), 0)::int,
       coalesce(sum(yen) FILTER (WHERE sort IN ('receipt', 'offset')), 0)::int
FROM ({entries_sql()}) e WHERE person_id = %(person)s AND fiscal_year = %(year)s
AND (%(known_at)s::timestamptz IS NULL OR booked_at <= %(known_at)s)"""
_WAYS = {
    "deduction": "特別徴収",
    "direct": "普通徴収",
    "both": "特別徴収と普通徴収(併徴)",
    "none": "納める額なし",
}


def panel(ctx: Context, person: int) -> Panel | None:
    """Four queries. None when nothing was ever planned."""
    events = rows(_EVENTS, {"person": person, "known_at": ctx.known_at})
    if not events:
        return None
    year = fiscal_year(ctx.on)
    held = read.plan(ctx, person, year)
    ((levied, received),) = rows(_LEVIED, {"person": person, "year": year, "known_at": ctx.known_at})
    parts = read.instalments(ctx, held.id) if held else []
    coming = next((part for part in parts if part.due_on >= ctx.on), None)
    facts = [("調定額", f"{levied:,}円"), ("収納額", f"{received:,}円")]
    if coming:
        facts.append(("次の納め", f"{coming.label} {coming.yen:,}円({coming.way_label})"))
    banners = ()
    if held and held.refund_yen:
        banners = (Banner("interim", f"返す額 {held.refund_yen:,}円があります。"),)
    return Panel(
        room="collection",
        title="収納",
        state=f"{fiscal_year_name(year)}: {_WAYS[held.way]} {levied:,}円"
        if held
        else "今年度の期別はありません",
        url=f"/collection/person/{ref('person', person)}/",
        events=tuple(
            PanelEvent(
                on,
                f"{fiscal_year_name(of)}の期別({read.CAUSES.get(cause, cause)})",
                f"/collection/plan/{ref('plan', plan)}/",
            )
            for on, cause, plan, of in events
        ),
        banners=banners,
        permission="collection.view",
        facts=tuple(facts),
    )
