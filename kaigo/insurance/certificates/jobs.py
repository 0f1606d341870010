"""Named work of the room."""

from __future__ import annotations

from kaigo.base.jobs.registry import Monthly, Progress, job
from kaigo.base.records.context import Context
from kaigo.insurance.certificates import changed, decide


@job(
    "certificates.monthly",
    title="被保険者証の月次交付・記載事項の変更",
    when=Monthly(1),
    needs=("qualification.daily",),
    purpose="qualification",
)
def monthly(ctx: Context, progress: Progress) -> dict:
    """Everybody who acquires in the month, then everybody whose certificate no longer says who he is."""
    return decide.monthly(ctx) | {"reissued": changed.reissue(ctx)}
