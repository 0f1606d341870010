"""A draft as paper: printed for the screen, without number and with a sheet id that belongs to no run."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from kaigo.base.paper import qr
from kaigo.base.paper.press import render
from kaigo.base.records.context import Context
from kaigo.insurance.notices import read

SHEET = "DRAFT"


def pdf(ctx: Context, draft: int) -> bytes | None:
    """The draft as PDF, None = no such draft."""
    found, view = read.content(ctx, draft), read.one(ctx, draft)
    if found is None or view is None:
        return None
    data, common = found
    sheet = qr.sheet_id(SHEET, draft)
    words = data | {"document_number": "下書き(番号は発行のとき)", "sheet": sheet}
    template, pages = read.TEMPLATES[view.letter]
    created = datetime.combine(date.fromisoformat(common["dated_on"]), time(0), UTC)
    return render(template, [words], created, common, pages).pdf
