"""Lines of the ward's files as the feeds room keeps them, for tests."""

from __future__ import annotations

from datetime import date

from kaigo.base.feeds.models import Delivery, Line
from kaigo.base.feeds.read import columns
from kaigo.base.jobs.registry import Progress
from kaigo.base.records.context import acting
from kaigo.insurance.residents.jobs import take_residents

RESIDENT = {
    "history": "1", "correction": "0", "event": "00", "event_on": "20200401", "household": f"{1:015}",
    "relationship": "02", "name": "見本　太郎", "kana": "ミホン　タロウ", "birth": "19500505", "sex": "1", "resident_kind": "1",
    "state": "1", "became_resident_on": "20200401", "became_resident_reason": "01", "postal_code": "1790000",
    "address": "見本区中央1-1-1",
}  # fmt: skip
GUEST = {
    "history": "1", "correction": "0", "from": "20200401", "name": "見本　太郎", "kana": "ミホン　タロウ",
    "birth": "19500505", "sex": "1", "address": "見本県見本市1", "reason": "1", "state": "1",
}  # fmt: skip
TAX = {
    "fiscal_year": "2026", "history": "1", "correction": "0", "status": "1", "per_capita_tax": "5000",
    "income_tax": "0", "total_income": "1000000", "pension_revenue": "0", "pension_income": "0", "salary_revenue": "0",
    "salary_income": "0", "income_adjustment": "0", "long_special_deduction": "0", "short_special_deduction": "0",
}  # fmt: skip
_USUAL = {"ward.resident": RESIDENT, "ward.nonresident": GUEST, "ward.tax": TAX}
_sequences: dict[str, int] = {}


def deliver(ctx, layout: str, *lines: dict, sequence: int | None = None) -> int:
    """A file of changes, committed. Returns the id of the delivery."""
    _sequences[layout] = sequence or _sequences.get(layout, 0) + 1
    with acting(ctx):
        delivery = Delivery.objects.create(
            layout=layout, edition="2026", name="test.csv", sequence=_sequences[layout], made_on=date(2026, 4, 1), received_on=date(2026, 4, 1),
            mode="changes", digest="", lines=len(lines), actor="test",
        )  # fmt: skip
        usual = _USUAL.get(layout, {})
        Line.objects.bulk_create(
            Line(
                delivery=delivery, layout=layout, number=number,
                values=[({"addressee": f"{7:015}"} | usual | line).get(key, "") for key in columns(layout)],
            )
            for number, line in enumerate(lines, 2)
        )  # fmt: skip
    return delivery.id


def take(ctx) -> dict:
    """residents.take, committed."""
    with acting(ctx):
        return take_residents(ctx, Progress())


def told(ctx, layout: str, *lines: dict, sequence: int | None = None) -> dict:
    """Deliver and take."""
    deliver(ctx, layout, *lines, sequence=sequence)
    return take(ctx)
