"""Rows in bulk: COPY on Django's own connection, so that rows and audit are saved together."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.db import connection
from psycopg import sql
from psycopg.copy import QueuedLibpqWriter

# Facts and reasons are tuples of tuples, numbers, texts and days: exactly what JSON lists are, so nothing is packed by
# hand. Days become their ISO form. Tuples cannot hold themselves: looking for that costs a fifth.
to_json = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":"), default=str
).encode

NULL = r"\N"
_BLOCK = 1000


def silent():
    """Django wraps the errors of `execute`, not those of `copy`: theirs would carry the row (backend/base.py)."""
    return connection.wrap_database_errors


def line_text(value: str) -> str:
    """A text for `copy_lines`. JSON and codes hold no bare tabs or line ends; only backslashes need care."""
    return value.replace("\\", "\\\\") if "\\" in value else value


def id_array(ids: Iterable[int]) -> str:
    """Ids as a parameter `%(…)s::bigint[]`: a list would be adapted number by number, in every query again."""
    return "{" + ",".join([str(number) for number in ids]) + "}"


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY text rows (None = NULL). Returns how many. Values are adapted by psycopg."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with silent(), connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count


def copy_lines(table: str, columns: Sequence[str], lines: Iterable[str]) -> int:
    """COPY lines in PostgreSQL's text format: tabs between columns, \\N for NULL, backslashes doubled by the caller.

    For hundreds of thousands of rows: making lines costs a third of adapting every value. They are sent beside: while
    the server takes some in, the caller makes the next.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count, rest = 0, iter(lines)
    with (
        silent(),
        connection.cursor() as cursor,
        cursor.copy(statement, writer=QueuedLibpqWriter(cursor.cursor)) as copy,
    ):
        while block := list(islice(rest, _BLOCK)):
            count += len(block)
            copy.write(("\n".join(block) + "\n").encode())
    return count


def copy_csv(table: str, columns: Sequence[str], data: bytes | Iterable[bytes]) -> None:
    """COPY CSV bytes without a head line (unquoted empty = NULL), for example from Polars `write_csv`."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with silent(), connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in [data] if isinstance(data, bytes) else data:
            copy.write(part)


def reserve_ids(model, count: int) -> list[int]:
    """`count` ids of a table, so that rows of several tables can name each other before they are saved."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT nextval('{model._meta.db_table}_id_seq') FROM generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]


@contextmanager
def quiet_collector() -> Iterator[None]:
    """The collector walks every tuple again and again while hundreds of thousands are made and none can be freed."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()
