"""What other rooms read of feeds: accepted lines, and for screens what came and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.insurance.feeds.models import Delivery, Outcome, RefusedLine, Repair
from kaigo.layouts.model import get, layouts


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One file and what became of it (newest outcome)."""

    id: int
    layout: str
    title: str
    name: str
    sequence: int
    made_on: date
    mode: str
    digest: str
    lines: int
    created_at: datetime
    state: str
    new_lines: int
    refused_lines: int
    problems: list[dict]


def lines_sql() -> str:
    """Relation of accepted lines: id, delivery_id, sequence, layout, number, values, tx. Filter by layout and NEW.

    The newest statement of a key has the highest (sequence, id): a line replayed late does not overrule later files.
    """
    return (
        "SELECT l.id, l.delivery_id, d.sequence, l.layout, l.number, l.values, l.tx FROM feeds_line l "
        "JOIN feeds_delivery d ON d.id = l.delivery_id"
    )


@cache
def columns(layout: str) -> dict[str, int]:
    """Field key → 1-based place in `values`. Blank fields of fixed records are not kept."""
    fields = [field for field in get(layout).fields if field.type != "blank"]
    return {field.key: place for place, field in enumerate(fields, 1)}


_VIEW = """
SELECT d.id, d.layout, d.name, d.sequence, d.made_on, d.mode, d.digest, d.lines, d.created_at,
       o.state, o.new_lines, o.refused_lines, o.problems
FROM feeds_delivery d JOIN LATERAL (
    SELECT * FROM feeds_outcome o WHERE o.delivery_id = d.id ORDER BY o.id DESC LIMIT 1) o ON true"""


def deliveries(
    ctx: Context, layout: str = "", state: str = "", limit: int = 50, offset: int = 0
) -> list[DeliveryView]:
    """Newest first."""
    return _views(
        f"{_VIEW} WHERE (%(layout)s = '' OR d.layout = %(layout)s) AND (%(state)s = '' OR o.state = %(state)s) "
        "ORDER BY d.id DESC LIMIT %(limit)s OFFSET %(offset)s",
        {"layout": layout, "state": state, "limit": limit, "offset": offset},
    )


def count_deliveries(ctx: Context, layout: str = "", state: str = "") -> int:
    """How many `deliveries` would list."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ({_VIEW} WHERE (%(layout)s = '' OR d.layout = %(layout)s) "
            "AND (%(state)s = '' OR o.state = %(state)s)) x",
            {"layout": layout, "state": state},
        )
        return cursor.fetchone()[0]


def delivery(ctx: Context, number: int) -> DeliveryView | None:
    """By id."""
    return next(iter(_views(f"{_VIEW} WHERE d.id = %(id)s", {"id": number})), None)


def outcomes(ctx: Context, number: int) -> list[Outcome]:
    """Everything that became of a delivery, oldest first."""
    return list(Outcome.objects.filter(delivery_id=number).order_by("id"))


def open_repairs(ctx: Context) -> int:
    """How many refused lines wait for somebody."""
    return Repair.objects.filter(state="open").count()


def repairs(ctx: Context, state: str = "open", delivery: int | None = None, limit: int = 50, offset: int = 0):
    """Refused lines with their repair, oldest first."""
    rows = Repair.objects.select_related("refused__delivery").filter(state=state).order_by("id")
    if delivery is not None:
        rows = rows.filter(refused__delivery_id=delivery)
    return list(rows[offset : offset + limit])


def refused(ctx: Context, delivery: int) -> list[RefusedLine]:
    """The refused lines of one file in its order, at most 1,000."""
    return list(
        RefusedLine.objects.filter(delivery_id=delivery)
        .select_related("repair")
        .order_by("number", "id")[:1000]
    )


def _views(query: str, params: dict) -> list[DeliveryView]:
    names = {name: editions[-1].title for name, editions in layouts().items()}
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        rows = cursor.fetchall()
    return [_view(row, names) for row in rows]


def _view(row: tuple, names: dict[str, str]) -> DeliveryView:
    import json

    (
        identifier,
        layout,
        name,
        sequence,
        made_on,
        mode,
        digest,
        lines,
        created,
        state,
        new,
        refused_lines,
        problems,
    ) = row
    return DeliveryView(
        identifier, layout, names.get(layout, layout), name, sequence, made_on, mode, digest, lines, created, state,
        new, refused_lines, json.loads(problems) if isinstance(problems, str) else problems,
    )  # fmt: skip


__all__ = ["Delivery", "DeliveryView", "columns", "deliveries", "delivery", "lines_sql", "open_repairs"]
