"""Jobs of the room: business date in, one call."""

from __future__ import annotations

from kaigo.base.jobs.registry import Progress, Yearly, job
from kaigo.base.records.context import Context
from kaigo.insurance.ledger.closing import close, last_day
from kaigo.law.dates import fiscal_year


def _too_early(ctx: Context) -> list[str]:
    before = fiscal_year(ctx.on) - 1
    return [] if ctx.on > last_day(before) else [f"{before}年度の出納閉鎖日(5月31日)がまだ過ぎていません"]


@job("ledger.close", title="出納閉鎖", when=Yearly(6, 1), purpose="collection", ready=_too_early)
def close_year(ctx: Context, progress: Progress) -> dict:
    """The accounting year before this one is closed; what is open goes over."""
    made = close(ctx, fiscal_year(ctx.on) - 1)
    return {"carried_yen": made.carried_yen, "overpaid_yen": made.overpaid_yen}
