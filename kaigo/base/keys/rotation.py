"""New versions while everybody works, old ones away once nothing needs them.

rotate: a new version seals from now on. renew: what lies under old versions is put under the newest. destroy: an old
version goes for good, refused while something needs it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from django.db import connection, transaction
from psycopg import sql

from kaigo.base.keys import envelope, ring
from kaigo.base.keys.columns import Column, columns
from kaigo.base.keys.store import Kind, store
from kaigo.base.keys.uses import Use, use_of, uses, using
from kaigo.base.records.refusal import Refused

CHUNK = 1000
# So long `destroy` waits for transactions that may have read what was sealed under the old version.
PATIENCE = 30.0
BUSY = "いま使われています。少し待ってからやり直してください。"
DATA = "data"  # the kind of a data key, which is no key of the store

Show = Callable[[int, int, str], None]


def _silent(done: int, total: int, what: str) -> None:
    pass


def rotate(actor: str, kind: Kind, name: str) -> int:
    """A new version of a key of the store, and all that it wraps in reach of this system under it. Its number."""
    version = begin(actor, kind, name)
    renew_of(kind, name)
    return version


def begin(actor: str, kind: Kind, name: str) -> int:
    """A new version of a key of the store from now on; returns its number."""
    version = store().rotate(kind, name)
    _note(actor, "rotate", kind, name, version)
    return version


def renew_of(kind: Kind, name: str) -> int:
    """Put what lies under old versions of one key of the store under its newest; returns how many."""
    use = use_of(kind, name)
    return use.renew() if use and use.renew else 0


def rotate_column(actor: str, column: Column) -> int:
    """A new data key for what is sealed from now on; returns its version."""
    with transaction.atomic():
        version = ring.make(column).version
        _note(actor, "rotate", DATA, column.place, version)
    return version


def renew(show: Show = _silent) -> dict[str, int]:
    """Put everything under the newest keys: wrapped keys of every use, then sealed values of every column. May be stopped
    and begun again at any time."""
    wrapped = sum(use.renew() for use in uses() if use.renew)
    return {"wrapped": wrapped, "sealed": sum(reseal(column, show) for column in columns())}


def reseal(column: Column, show: Show = _silent, chunk: int = CHUNK) -> int:
    """Seal anew what lies under an old data key, a chunk a transaction; returns how many values. What somebody else
    changes meanwhile is his and sealed under the newest anyway."""
    done, last, total = 0, 0, _old(column)
    while True:
        with transaction.atomic():
            version, _ = ring.newest(column)
            found = _chunk(column, version, last, chunk)
            if not found:
                return done
            opened = envelope.open_many(column, found)
            fresh = envelope.seal_many(
                column, ((row, value) for (row, _), value in zip(found, opened, strict=True))
            )
            done += _put(column, found, list(fresh))
        last = found[-1][0]
        show(done, total, column.label)


def counts(column: Column) -> dict[int, int]:
    """version of the data key → values of the column that need it."""
    query = sql.SQL(
        "SELECT {version}, count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(query.format(**_names(column)))
        return dict(cursor.fetchall())


def destroy(actor: str, kind: Kind, name: str, version: int, reason: str = "") -> None:
    """An old version of a key of the store, for good. Refused while something needs it, for the newest version, and
    where nobody counts who needs it — unless a reason is given. NoKey when there is none."""
    use = use_of(kind, name)
    # Signatures are checked with the public half, which stays.
    if not (reason or use or kind is Kind.SIGN):
        raise Refused("この鍵を何が使っているかは数えられません。破棄するときは理由を書いてください。")
    with use.still() if use and not reason else nullcontext(), transaction.atomic():
        if not reason:
            _old_enough(version, store().versions(kind, name))
            _unused(use.counts().get(version, 0) if use else 0)
        _note(actor, "destroy", kind, name, version, reason)
        # Last: when it fails, nothing is said to have been done.
        store().destroy(kind, name, version)


def destroy_column(actor: str, column: Column, version: int, reason: str = "") -> None:
    """An old data key. As `destroy`; copies of the database still hold it until the key that wrapped it is destroyed too."""
    known = ring.rows(column)
    if version not in known:
        raise Refused("この版の鍵はありません。")
    if not reason:
        _old_enough(version, tuple(known))
        _unused(counts(column).get(version, 0))
        # Whoever read a value before it was sealed anew opens it before his transaction ends.
        _settled()
    with transaction.atomic():
        if not reason:
            if not ring.alone(f"data:{column.place}"):
                raise Refused(BUSY)
            _unused(counts(column).get(version, 0))
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM keys_data_key WHERE sealed_column = %s AND version = %s", [column.place, version]
            )
        _note(actor, "destroy", DATA, column.place, version, reason)


def _note(actor: str, act: str, kind: str, name: str, version: int, reason: str = "") -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO keys_key_act (act, key_kind, key_name, version, reason, actor) VALUES (%s, %s, %s, %s, %s, %s)",
            [act, str(kind), name, version, reason, actor],
        )


def declare() -> None:
    """The data keys of this system lie under one key of the store."""
    using(Use(Kind.WRAP, ring.kek(), "列の鍵", _wrapped_counts, _rewrap, _still))


def _wrapped_counts() -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kek_version, count(*) FROM keys_data_key WHERE kek = %s GROUP BY 1", [ring.kek()]
        )
        return dict(cursor.fetchall())


def _rewrap() -> int:
    """Every data key that there is, also of columns that no room names any more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT sealed_column FROM keys_data_key WHERE kek = %s", [ring.kek()])
        places = [place for (place,) in cursor.fetchall()]
    done = 0
    for place in places:
        column = Column(*place.split("."), "")
        for row in ring.rows(column).values():
            with transaction.atomic():
                done += ring.rewrap(row, column)
    return done


@contextmanager
def _still() -> Iterator[None]:
    with transaction.atomic():
        if not ring.alone(f"wrap:{ring.kek()}"):
            raise Refused(BUSY)
        yield


def _old_enough(version: int, known: tuple[int, ...]) -> None:
    if version == max(known, default=version):
        raise Refused("いちばん新しい版です。先に新しい版にしてから(rotate)、古い版を破棄してください。")


def _unused(number: int) -> None:
    if number:
        raise Refused(f"まだ {number:,} 件がこの版を使っています。先に移してください(renew)。")


def _settled() -> None:
    """Wait until the transactions that are running now have ended."""
    running, until = _running(), time.monotonic() + PATIENCE
    while running & _running():
        if time.monotonic() > until:
            raise Refused("前から続いている処理があります。終わってからやり直してください。")
        time.sleep(0.05)


def _running() -> set[tuple[int, object]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, xact_start FROM pg_stat_activity WHERE datname = current_database() "
            "AND usename = current_user AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
        return set(cursor.fetchall())


def _names(column: Column) -> dict[str, sql.Composable]:
    name = sql.Identifier(column.column)
    byte = "get_byte({c}, 1) << 24 | get_byte({c}, 2) << 16 | get_byte({c}, 3) << 8 | get_byte({c}, 4)"
    return {
        "table": sql.Identifier(column.table),
        "column": name,
        "version": sql.SQL(f"({byte})").format(c=name),
    }


def _old(column: Column) -> int:
    found = counts(column)
    return sum(found.values()) - found.get(max(ring.rows(column), default=0), 0)


def _chunk(column: Column, version: int, last: int, chunk: int) -> list[tuple[int, bytes]]:
    query = sql.SQL(
        "SELECT id, {column} FROM {table} WHERE id > %s AND {column} IS NOT NULL AND {version} <> %s ORDER BY id LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(query.format(**_names(column)), [last, version, chunk])
        return [(row, bytes(sealed)) for row, sealed in cursor.fetchall()]


def _put(column: Column, found: list[tuple[int, bytes]], fresh: list[bytes]) -> int:
    """Only where the value is still the one that was opened."""
    query = sql.SQL(
        "UPDATE {table} t SET {column} = f.fresh FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[]) AS f (id, old, fresh) "
        "WHERE t.id = f.id AND t.{column} = f.old"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            query.format(**_names(column)), [[row for row, _ in found], [old for _, old in found], fresh]
        )
        return cursor.rowcount
