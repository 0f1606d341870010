"""Lines on their way into the database: what changed, and COPY as arrays."""

from __future__ import annotations

import csv

import polars as pl
from django.db import connection

from kaigo.base.files import store
from kaigo.base.records.bulk import copy_csv
from kaigo.insurance.feeds.models import Delivery
from kaigo.insurance.feeds.read import columns
from kaigo.layouts.model import Layout
from kaigo.layouts.reader import read


def changed(layout: Layout, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a full file that differ from what was last accepted under their key."""
    before = _before(layout)
    if before is None or rows.is_empty():
        return rows
    keys = list(columns(layout.name))
    return rows.join(before, on=keys, how="anti", nulls_equal=True, maintain_order="left")


def _before(layout: Layout) -> pl.DataFrame | None:
    """The newest accepted line of every key: the last full file, then the lines that came after it."""
    keys = list(columns(layout.name))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.id, d.digest FROM feeds_delivery d WHERE d.layout = %s AND d.mode = 'full' AND EXISTS "
            "(SELECT 1 FROM feeds_outcome o WHERE o.delivery_id = d.id AND o.state = 'accepted') "
            "ORDER BY d.sequence DESC LIMIT 1",
            [layout.name],
        )
        full = cursor.fetchone()
        if full is None:
            return None
        # Lines kept from the full file itself count too: a line repaired and replayed comes after its file.
        cursor.execute(
            "SELECT l.values FROM feeds_line l WHERE l.layout = %s AND l.delivery_id >= %s ORDER BY l.id",
            [layout.name, full[0]],
        )
        later = [row[0] for row in cursor.fetchall()]
    first = read(store.get(full[1]), layout.name).rows.select(keys)
    if later:
        first = pl.concat([first, pl.DataFrame(later, schema=dict.fromkeys(keys, pl.String), orient="row")])
    return first.unique(list(layout.key) or keys, keep="last")


def keep(delivery: Delivery, rows: pl.DataFrame) -> int:
    """COPY the rows as feeds_line; returns how many."""
    if rows.is_empty():
        return 0
    keys = list(columns(delivery.layout))
    quoted = [_quoted(rows[key]).alias(key) for key in keys]
    literal = pl.concat_str([pl.lit("{"), pl.concat_str(keys, separator=","), pl.lit("}")])
    text = pl.DataFrame(quoted).select(values=literal)
    table = pl.DataFrame(
        [
            pl.Series("delivery", [delivery.id], dtype=pl.Int64).new_from_index(0, len(rows)),
            pl.Series("layout", [delivery.layout]).new_from_index(0, len(rows)),
            rows["line"].alias("number"),
            text["values"],
        ]
    )
    data = table.write_csv(include_header=False, quote_style="necessary")
    copy_csv("feeds_line", ("delivery_id", "layout", "number", "values"), data.encode("utf-8"))
    return len(rows)


def _quoted(values: pl.Series) -> pl.Series:
    """Each value as an element of an array literal."""
    for sign in ("\\", '"'):
        if values.str.contains(sign, literal=True).any():
            values = values.str.replace_all(sign, "\\" + sign, literal=True)
    return pl.select(pl.concat_str([pl.lit('"'), pl.lit(values), pl.lit('"')])).to_series()


def raw_values(content: bytes, layout: Layout, numbers: set[int]) -> dict[int, list[str]]:
    """The values of refused lines as they came, as far as they can be told apart. number: line of the file from 1."""
    if layout.form == "fixed":
        return {number: _record(content, layout, number) for number in numbers}
    lines = content.decode("utf-8").split("\r\n")
    found = {}
    for number in numbers:
        try:
            parts = next(csv.reader([lines[number - 1]], strict=True), [])
        except csv.Error:
            parts = lines[number - 1].split(",")
        found[number] = parts[1:]
    return found


def _record(content: bytes, layout: Layout, number: int) -> list[str]:
    step = layout.length + (2 if content[layout.length : layout.length + 2] == b"\r\n" else 0)
    record = content[(number - 1) * step : (number - 1) * step + layout.length]
    values, place = [], 0
    for field in layout.fields:
        part = record[place : place + field.length]
        place += field.length
        if field.type != "blank":
            values.append(part.decode("cp932", "replace").strip(" 　"))
    return values
