"""Lines of a reading as rows of the database: COPY text made by Polars, because millions of cells pass here."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import polars as pl
from django.db import connection
from psycopg import sql

from kaigo.base.records.bulk import silent

_PART = 50_000


def copy_lines(table: str, fixed: dict[str, str | int], rows: pl.DataFrame, keys: Sequence[str]) -> None:
    """COPY every row as (…fixed, number, values); rows has `line` and one text column per key."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, [*fixed, "number", "values"]))
    )
    with silent(), connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in _parts(rows, "".join(f"{value}\t" for value in fixed.values()), keys):
            copy.write(part)


def _parts(rows: pl.DataFrame, prefix: str, keys: Sequence[str]) -> Iterator[bytes]:
    # Asked for all columns at once: one by one it costs a small file more than everything else.
    special = rows.select(pl.col(list(keys)).str.contains(r'[\\"\t\r\n]').any()).row(0)
    cells = [_cell(key, escape) for key, escape in zip(keys, special, strict=True)]
    for start in range(0, len(rows), _PART):
        part = rows.slice(start, _PART).select(
            pl.concat_str(
                pl.lit(prefix),
                pl.col("line").cast(pl.String),
                pl.lit('\t{"'),
                pl.concat_str(cells, separator='","'),
                pl.lit('"}'),
            )
        )
        out = io.BytesIO()
        part.write_csv(out, include_header=False, quote_style="never", line_terminator="\n")
        yield out.getvalue()


def _cell(key: str, escape: bool | None) -> pl.Expr:
    """The text inside the quotes of an array, escaped twice: for the array, then for COPY. Most need nothing."""
    cell = pl.col(key)
    if not escape:
        return cell
    for plain, escaped in (("\\", "\\\\\\\\"), ('"', '\\\\"'), ("\t", "\\t"), ("\r", "\\r"), ("\n", "\\n")):
        cell = cell.str.replace_all(plain, escaped, literal=True)
    return cell
