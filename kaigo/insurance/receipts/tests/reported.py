"""A payment of a term as a channel's file would have reported it, posted."""

from __future__ import annotations

from datetime import date
from itertools import count

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.insurance.collection.slips import KIND, reference_of
from kaigo.insurance.receipts import posting

_file = count(1)


def report(
    ctx: Context, part, yen: int | None = None, day: date | None = None, stage: str = "final", channel: str = "slip",
    settled: date | None = None,
) -> dict:  # fmt: skip
    """part: an Instalment. yen: None = all of it; day: of payment (None = ctx.on); settled: None = the same day."""
    day = day or ctx.on
    reference = (
        reference_of(part.fiscal_year, part.way, part.id, part.number) if part.way in KIND else str(part.id)
    )
    posting.begin()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO receipts_in (delivery, line, source, channel, stage, reference, person_id, fiscal_year, way, number, "
            "yen, paid_on, settled_on, why) VALUES (1, 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '')",
            [
                f"receipt:{next(_file):016d}:1", channel, stage, reference, part.person_id, part.fiscal_year, part.way,
                part.number, part.yen if yen is None else yen, day, settled or day,
            ],
        )  # fmt: skip
    return posting.post(ctx)
