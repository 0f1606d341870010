"""New lines of every channel → receipts and entries: a file is booked wholly or not at all."""

from __future__ import annotations

from kaigo.base.jobs.registry import Progress
from kaigo.base.records.context import Context
from kaigo.base.records.watermarks import reading
from kaigo.insurance.receipts import debits, posting, readers


def take(ctx: Context, progress: Progress | None = None) -> dict[str, int]:
    """Everything that arrived since last time. Returns lines, booked, booked_yen, open, preliminary, bounced."""
    step = (progress or Progress()).step
    with reading("receipts", "feeds_line") as span:
        posting.begin()
        for place, channel in enumerate(readers.READERS):
            step(place, len(readers.READERS) + 1, channel)
            readers.stage(ctx, channel, span)
        bounced = debits.stage(ctx, span)
        done = posting.post(ctx)
    return done | {"bounced": bounced}
