"""What other rooms and the screens read of feeds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.layouts.model import get

# Whom an address is about (base/desk/things.py).
SUBJECTS = {
    "delivery": "",
    "repair": "",
}
_STATE = "JOIN LATERAL (SELECT * FROM feeds_outcome o WHERE o.delivery_id = d.id ORDER BY o.id DESC LIMIT 1) s ON true"


def lines_sql() -> str:
    """Relation of accepted lines: id, delivery_id, sequence, layout, number, values, tx. Filter by layout and NEW.

    The newest statement of a key has the highest (sequence, id): a line replayed late does not overrule later files.
    """
    # Every line has its delivery: a left join says the same and costs nothing where nobody asks for the sequence.
    return (
        "SELECT l.id, l.delivery_id, d.sequence, l.layout, l.number, l.values, l.tx FROM feeds_line l "
        "LEFT JOIN feeds_delivery d ON d.id = l.delivery_id"
    )


def deliveries_sql() -> str:
    """Relation (id, layout, digest, made_on, received_on) of all files."""
    return "SELECT id, layout, digest, made_on, received_on FROM feeds_delivery"


def columns(layout: str) -> dict[str, int]:
    """key of a field → its place in `values` (from 1). Later editions only add fields at the end."""
    return {field.key: place for place, field in enumerate(get(layout).columns(), 1)}


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A file as it stands now. state: accepted | refused | waiting | repeated; problems: [{rule, where, message, remedy}]."""

    id: int
    layout: str
    title: str
    edition: str
    insurer: str
    name: str
    sequence: int
    made_on: date | None
    mode: str
    digest: str
    lines: int
    received_on: date
    created_at: datetime
    actor: str
    state: str
    new_lines: int
    refused_lines: int
    problems: list
    open_repairs: int

    @property
    def same_lines(self) -> int:
        """Lines that said what was known already."""
        return self.lines - self.new_lines - self.refused_lines if self.state == "accepted" else 0


_VIEW = f"""
SELECT d.id, d.layout, d.edition, d.insurer, d.name, d.sequence, d.made_on, d.mode, d.digest, d.lines, d.received_on,
       d.created_at, d.actor, s.state, s.new_lines, s.refused_lines, s.problems,
       (SELECT count(*) FROM feeds_refused_line r JOIN feeds_repair p ON p.refused_id = r.id
        WHERE r.delivery_id = d.id AND p.state = 'open')
FROM feeds_delivery d {_STATE}"""


def deliveries(
    ctx: Context, layout: str = "", state: str = "", limit: int = 50, offset: int = 0
) -> list[DeliveryView]:
    """Files, the newest first; of one layout or in one state."""
    params = {"layout": layout, "state": state, "limit": limit, "offset": offset}
    found = rows(f"{_VIEW} WHERE {_FILTER} ORDER BY d.id DESC LIMIT %(limit)s OFFSET %(offset)s", params)
    return [_view(row) for row in found]


_FILTER = "(%(layout)s = '' OR d.layout = %(layout)s) AND (%(state)s = '' OR s.state = %(state)s)"


def delivery_count(ctx: Context, layout: str = "", state: str = "") -> int:
    """How many files `deliveries` would list without limit."""
    # Every page of the list asks: without a state there is no need to look at outcomes.
    filtered = f"{_STATE} WHERE {_FILTER}" if state else "WHERE (%(layout)s = '' OR d.layout = %(layout)s)"
    query = f"SELECT count(*) FROM feeds_delivery d {filtered}"
    return rows(query, {"layout": layout, "state": state})[0][0]


def delivery(ctx: Context, id: int) -> DeliveryView | None:
    """One file."""
    found = rows(f"{_VIEW} WHERE d.id = %(id)s", {"id": id})
    return _view(found[0]) if found else None


@dataclass(frozen=True, slots=True)
class OutcomeView:
    """One thing that became of a file, and when."""

    state: str
    created_at: datetime
    actor: str


def outcomes(ctx: Context, delivery: int) -> list[OutcomeView]:
    """All that became of a file, the oldest first."""
    query = "SELECT state, created_at, actor FROM feeds_outcome WHERE delivery_id = %s ORDER BY id"
    return [OutcomeView(*row) for row in rows(query, [delivery])]


def _view(row: tuple) -> DeliveryView:
    id, layout, *rest, problems, open_repairs = row
    return DeliveryView(id, layout, get(layout).title, *rest, json.loads(problems), open_repairs)


@dataclass(frozen=True, slots=True)
class RepairView:
    """A refused line and what became of it. state: open | replayed | set_aside. errors: {field, rule, value, message, remedy}."""

    id: int
    delivery: int
    layout: str
    edition: str
    file: str
    sequence: int
    number: int
    room: str
    errors: tuple[dict[str, str], ...]
    refused_values: list[str]
    state: str
    reason: str
    values: list[str]
    created_at: datetime

    @property
    def title(self) -> str:
        return get(self.layout).title


_REPAIR = """
SELECT p.id, d.id, d.layout, d.edition, d.name, d.sequence, r.number, r.room,
       r.field, r.rule, r.value, r.message, r.remedy, r.more, r.values, p.state, p.reason, p.values, r.created_at
FROM feeds_repair p JOIN feeds_refused_line r ON r.id = p.refused_id JOIN feeds_delivery d ON d.id = r.delivery_id
WHERE (%(delivery)s::bigint IS NULL OR d.id = %(delivery)s) AND (%(state)s = '' OR p.state = %(state)s)
  AND (%(id)s::bigint IS NULL OR p.id = %(id)s)"""


def repairs(
    ctx: Context, delivery: int | None = None, state: str = "", limit: int = 50, offset: int = 0
) -> list[RepairView]:
    """Refused lines: of one file (in the order of its lines) or of all (the oldest first)."""
    order = "r.number, p.id" if delivery else "p.id"
    params = {"delivery": delivery, "state": state, "id": None, "limit": limit, "offset": offset}
    return [
        _repair(row) for row in rows(f"{_REPAIR} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s", params)
    ]


def open_repairs(ctx: Context, limit: int = 50, offset: int = 0) -> list[RepairView]:
    """Refused lines that nobody has dealt with, the oldest first."""
    return repairs(ctx, state="open", limit=limit, offset=offset)


def repair(ctx: Context, id: int) -> RepairView | None:
    """One refused line."""
    found = rows(_REPAIR, {"delivery": None, "state": "", "id": id})
    return _repair(found[0]) if found else None


def repair_count(ctx: Context, delivery: int | None = None, state: str = "") -> int:
    """How many refused lines `repairs` would list without limit."""
    query = f"SELECT count(*) FROM ({_REPAIR}) x"
    return rows(query, {"delivery": delivery, "state": state, "id": None})[0][0]


# Few files wait at any time; an index holds the outcomes that say so.
_WAITING = """
SELECT d.layout, count(*) AS files FROM feeds_outcome w JOIN feeds_delivery d ON d.id = w.delivery_id
WHERE w.state = 'waiting'
  AND NOT EXISTS (SELECT 1 FROM feeds_outcome n WHERE n.delivery_id = w.delivery_id AND n.id > w.id)
GROUP BY d.layout"""


def waiting(ctx: Context) -> int:
    """What waits for a person: lines to repair, and layouts whose files wait for a missing one. Cheap."""
    return rows(
        f"SELECT (SELECT count(*) FROM feeds_repair WHERE state = 'open') + (SELECT count(*) FROM ({_WAITING}) w)",
        [],
    )[0][0]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a layout has come: the last accepted file, how many wait for which missing one, lines to repair."""

    layout: str
    title: str
    files: int
    sequence: int
    received_on: date | None
    waiting: int
    open_repairs: int


def progress(ctx: Context) -> list[Progress]:
    """Every layout of which a file is in or waits."""
    found = rows(
        f"""
        WITH taken AS (
            SELECT d.layout, count(*) AS files, max(d.sequence) AS sequence, max(d.received_on) AS received_on
            FROM feeds_delivery d JOIN feeds_outcome o ON o.delivery_id = d.id AND o.state = 'accepted'
            GROUP BY d.layout),
        waiting AS ({_WAITING}),
        open AS (
            SELECT d.layout, count(*) AS lines FROM feeds_repair p JOIN feeds_refused_line r ON r.id = p.refused_id
            JOIN feeds_delivery d ON d.id = r.delivery_id WHERE p.state = 'open' GROUP BY d.layout)
        SELECT layout, coalesce(t.files, 0), coalesce(t.sequence, 0), t.received_on, coalesce(w.files, 0),
               coalesce(o.lines, 0)
        FROM taken t FULL JOIN waiting w USING (layout) LEFT JOIN open o USING (layout) ORDER BY layout""",
        [],
    )
    return [Progress(layout, get(layout).title, *rest) for layout, *rest in found]


def _repair(row: tuple) -> RepairView:
    *head, field, rule, value, message, remedy, more, values, state, reason, mended, created = row
    first = {"field": field, "rule": rule, "value": value, "message": message, "remedy": remedy}
    return RepairView(*head, (first, *json.loads(more)), values, state, reason, mended, created)


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of a file that changed something: the line of its key before it (None = the key is new)."""

    id: int
    number: int
    values: list[str]
    before: list[str] | None


def changed_count(ctx: Context, delivery: int) -> int:
    """How many lines `changed_lines` would list without limit (mended ones too)."""
    return rows("SELECT count(*) FROM feeds_line WHERE delivery_id = %s", [delivery])[0][0]


def changed_lines(ctx: Context, delivery: DeliveryView, limit: int = 50, offset: int = 0) -> list[LineView]:
    """What a file changed, line by line, in the order of the file."""
    layout = get(delivery.layout)
    places = columns(delivery.layout)
    same_key = " AND ".join(f"b.values[{places[key]}] = l.values[{places[key]}]" for key in layout.key)
    found = rows(
        "SELECT l.id, l.number, l.values, p.values FROM (SELECT * FROM feeds_line WHERE delivery_id = %(id)s "
        "ORDER BY number, id LIMIT %(limit)s OFFSET %(offset)s) l LEFT JOIN LATERAL "
        "(SELECT b.values FROM feeds_line b JOIN feeds_delivery d ON d.id = b.delivery_id "
        f"WHERE b.layout = l.layout AND b.id < l.id AND d.sequence <= %(sequence)s AND {same_key or 'false'} "
        "ORDER BY d.sequence DESC, b.id DESC LIMIT 1) p ON true ORDER BY l.number, l.id",
        {"id": delivery.id, "sequence": delivery.sequence, "limit": limit, "offset": offset},
    )
    return [LineView(*row) for row in found]
