"""An accepted reading → lines that changed, refused lines, repairs.

A line is new when its content differs from the last accepted line of its key. For a full file of hundreds of
thousands of lines most are the same text as in the last accepted full file: those whose key nothing has touched
since are passed over as they are; only the rest is compared in the database.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl
from django.db import connection

from kaigo.base.feeds.models import Delivery, Outcome, RefusedLine
from kaigo.base.feeds.rows import copy_lines
from kaigo.base.files.store import get as kept
from kaigo.base.records.bulk import copy_rows, reserve_ids
from kaigo.base.records.rows import rows
from kaigo.layouts.model import Layout
from kaigo.layouts.reader import raw_lines
from kaigo.layouts.reading import LineError, Reading

OVERTAKEN = "あとのファイル(連番 {sequence})で同じ鍵の正しい行が届いたため、自動で閉じました。"


class Mistake(NamedTuple):
    """A line that is refused, with all its errors: [{field, rule, value, message, remedy}]."""

    number: int
    values: Sequence[str]
    errors: list[dict[str, str]]


def accept(delivery: Delivery, layout: Layout, reading: Reading, content: bytes, actor: str) -> Outcome:
    """Save what changed and what is refused, in the caller's transaction; the Outcome counts both."""
    first = not rows("SELECT EXISTS (SELECT 1 FROM feeds_line WHERE layout = %s)", [layout.name])[0][0]
    lines = reading.rows if first else _candidates(delivery, layout, reading.rows, content)
    keys = [field.key for field in layout.columns()]
    if first or not layout.key:
        copy_lines("feeds_line", {"delivery_id": delivery.id, "layout": layout.name}, lines, keys)
        added = len(lines)
    else:
        added = _save_changed(delivery, layout, lines, keys)
    mistakes = by_line(reading.refused, reading.rejected)
    _overtake(delivery, layout, reading)
    if delivery.mode == "full":
        mistakes = _untold(layout, mistakes)
    save_refused([(delivery.id, "feeds", mistake) for mistake in mistakes])
    return Outcome.objects.create(
        delivery=delivery,
        state="accepted",
        new_lines=added,
        refused_lines=len(reading.rejected),
        last_line=_last_line(),
        actor=actor,
    )


def by_line(errors: Iterable[LineError], rejected: dict[int, list[str]]) -> list[Mistake]:
    """One Mistake per line, its errors in the order of their fields."""
    found: dict[int, list[dict[str, str]]] = {}
    for error in errors:
        found.setdefault(error.line, []).append(told(error))
    return [Mistake(line, rejected[line], errors) for line, errors in found.items()]


def told(error) -> dict[str, str]:
    """What is kept of an error, as JSON."""
    return {name: getattr(error, name) for name in ("field", "rule", "value", "message", "remedy")}


def save_refused(mistakes: Sequence[tuple[int, str, Mistake]]) -> list[int]:
    """(delivery, room, mistake) → RefusedLine and an open Repair each; returns the ids of the refused lines."""
    if not mistakes:
        return []
    ids = reserve_ids(RefusedLine, len(mistakes))
    columns = (
        "id", "delivery_id", "number", "room", "field", "rule", "value", "message", "remedy", "more", "values"
    )  # fmt: skip
    copy_rows(
        "feeds_refused_line",
        columns,
        (
            (
                id, delivery, mistake.number, room, *(mistake.errors[0][name] for name in columns[4:9]),
                json.dumps(mistake.errors[1:], ensure_ascii=False), list(mistake.values),
            )
            for id, (delivery, room, mistake) in zip(ids, mistakes, strict=True)
        ),
    )  # fmt: skip
    copy_rows(
        "feeds_repair", ("refused_id", "state", "reason", "values"), ((id, "open", "", []) for id in ids)
    )
    return ids


def _last_line() -> int:
    """The highest id given out. Files of a layout are taken in one by one, so its later lines get higher ones."""
    return rows("SELECT coalesce(pg_sequence_last_value('feeds_line_id_seq'), 0)", [])[0][0]


def _candidates(delivery: Delivery, layout: Layout, frame: pl.DataFrame, content: bytes) -> pl.DataFrame:
    """The lines that may have changed since the last accepted full file; all of them when there is none."""
    last = _last_full(delivery) if delivery.mode == "full" and layout.key else None
    if last is None:
        return frame
    digest, last_line = last
    known = raw_lines(kept(digest)).to_frame("raw")
    raw = raw_lines(content).gather(frame["line"] - 1)
    touched = _touched(layout, last_line)
    other = frame.select("line").with_columns(raw.alias("raw")).join(known, on="raw", how="anti")
    suspect = frame.join(touched, on=list(layout.key), how="semi")
    lines = pl.concat([other["line"], suspect["line"]]).unique()
    return frame.filter(pl.col("line").is_in(lines.implode()))


def _last_full(delivery: Delivery) -> tuple[str, int] | None:
    found = rows(
        "SELECT d.digest, o.last_line FROM feeds_delivery d JOIN feeds_outcome o ON o.delivery_id = d.id "
        "WHERE d.layout = %s AND d.edition = %s AND d.mode = 'full' AND o.state = 'accepted' "
        "ORDER BY o.id DESC LIMIT 1",
        [delivery.layout, delivery.edition],
    )
    return found[0] if found else None


def _touched(layout: Layout, last_line: int) -> pl.DataFrame:
    """Keys for which the text of the last full file says nothing: changed since, or refused as a duplicate."""
    places = _places(layout)
    l_key = ", ".join(f"l.values[{place}]" for place in places)
    r_key = ", ".join(f"r.values[{place}]" for place in places)
    found = rows(
        f"SELECT {l_key} FROM feeds_line l WHERE l.layout = %(layout)s AND l.id > %(last)s UNION "
        f"SELECT {r_key} FROM feeds_refused_line r JOIN feeds_delivery d ON d.id = r.delivery_id "
        "WHERE d.layout = %(layout)s AND r.room = 'feeds' AND r.rule = 'duplicate'",
        {"layout": layout.name, "last": last_line},
    )
    return pl.DataFrame(found, schema=dict.fromkeys(layout.key, pl.String), orient="row")


def _save_changed(delivery: Delivery, layout: Layout, frame: pl.DataFrame, keys: list[str]) -> int:
    """Insert the lines that differ from the last line of their key; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS feeds_in")
        cursor.execute("CREATE TEMPORARY TABLE feeds_in (number int, values text[]) ON COMMIT DROP")
    copy_lines("feeds_in", {}, frame, keys)
    with connection.cursor() as cursor:
        if len(frame) >= MANY:
            # Sorting the layout's lines in memory; for this transaction only.
            cursor.execute("SET LOCAL work_mem = '192MB'")
        cursor.execute("ANALYZE feeds_in")
        cursor.execute(
            "INSERT INTO feeds_line (delivery_id, layout, number, values) "
            "SELECT %(delivery)s, %(layout)s, c.number, c.values FROM feeds_in c "
            f"LEFT JOIN {_newest(layout, len(frame))} WHERE p.values IS DISTINCT FROM c.values ORDER BY c.number",
            {"delivery": delivery.id, "layout": layout.name},
        )
        return cursor.rowcount


# From so many lines on, reading all lines of the layout once costs less than looking each key up.
MANY = 20_000


def _newest(layout: Layout, lines: int) -> str:
    """Relation p with its join condition: the newest line of the key of c; looked up, or sorted out for all at once."""
    places = _places(layout)
    if lines < MANY:
        same_key = " AND ".join(f"l.values[{p}] = c.values[{p}]" for p in places)
        return (
            "LATERAL (SELECT l.values FROM feeds_line l JOIN feeds_delivery d ON d.id = l.delivery_id "
            f"WHERE l.layout = %(layout)s AND {same_key} ORDER BY d.sequence DESC, l.id DESC LIMIT 1) p ON true"
        )
    key = ", ".join(f"l.values[{p}]" for p in places)
    same_key = " AND ".join(f"p.values[{p}] = c.values[{p}]" for p in places)
    return (
        f"(SELECT DISTINCT ON ({key}) l.values FROM feeds_line l JOIN feeds_delivery d ON d.id = l.delivery_id "
        f"WHERE l.layout = %(layout)s ORDER BY {key}, d.sequence DESC, l.id DESC) p ON {same_key}"
    )


def _untold(layout: Layout, mistakes: list[Mistake]) -> list[Mistake]:
    """A full file brings the same bad line every day: it is told once."""
    if not mistakes:
        return []
    before = {
        (rule, tuple(values))
        for rule, values in rows(
            "SELECT r.rule, r.values FROM feeds_refused_line r JOIN feeds_delivery d ON d.id = r.delivery_id "
            "WHERE d.layout = %s AND r.room = 'feeds'",
            [layout.name],
        )
    }
    return [m for m in mistakes if (m.errors[0]["rule"], tuple(m.values)) not in before]


def _overtake(delivery: Delivery, layout: Layout, reading: Reading) -> None:
    """Close open repairs whose key came again with a good line; if a room refused it, with another one."""
    if not layout.key:
        return
    columns = [field.key for field in layout.columns()]
    still = {key_of(layout, columns, values) for values in reading.rejected.values()}
    open_ones = [
        (id, key, None if room == "feeds" else tuple(values))
        for id, room, values in rows(
            "SELECT p.id, r.room, r.values FROM feeds_repair p JOIN feeds_refused_line r ON r.id = p.refused_id "
            "JOIN feeds_delivery d ON d.id = r.delivery_id WHERE p.state = 'open' AND d.layout = %s",
            [layout.name],
        )
        if (key := key_of(layout, columns, values)) is not None and key not in still
    ]
    if not open_ones:
        return
    wanted = pl.DataFrame(
        [key for _, key, _ in open_ones], schema=dict.fromkeys(layout.key, pl.String), orient="row"
    )
    good = {
        key_of(layout, columns, values): values
        for _, *values in reading.rows.join(wanted.unique(), on=list(layout.key), how="semi").iter_rows()
    }
    done = [id for id, key, values in open_ones if key in good and tuple(good[key]) != values]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE feeds_repair SET state = 'set_aside', reason = %s, changed_at = now() WHERE id = ANY(%s)",
            [OVERTAKEN.format(sequence=delivery.sequence), done],
        )


def key_of(layout: Layout, columns: list[str], values: Sequence[str]) -> tuple[str, ...] | None:
    """The key of a line as it came; None when its number of items is wrong or a part is empty."""
    if len(values) != len(columns):
        return None
    key = tuple(values[columns.index(name)] for name in layout.key)
    return key if all(key) else None


def _places(layout: Layout) -> list[int]:
    columns = [field.key for field in layout.columns()]
    return [columns.index(key) + 1 for key in layout.key]
