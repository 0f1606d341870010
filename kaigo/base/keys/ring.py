"""The data keys of a column, as the database has them now: read at every call, unwrapped once in a process.

So a rotation is seen by the next call of every process, and a key that is gone opens nothing any more.
"""

from __future__ import annotations

from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction

from kaigo.base.keys import wrapped
from kaigo.base.keys.columns import Column
from kaigo.base.keys.store import Kind, NoKey, store

# Unwrapped keys of this process, by what they are bound to and their row: wrapped bytes never come twice.
_OPEN: dict[tuple[bytes, Row], AESGCM] = {}
_MOST = 1000


class Row(NamedTuple):
    """One version of a data key."""

    version: int
    kek: str
    kek_version: int
    wrapped: bytes


def kek() -> str:
    """The name of the key that wraps the data keys of this system."""
    return f"data-{settings.SYSTEM}"


def bound(*parts: str) -> bytes:
    """Associated data: each part with its length before it, so that no two lists read the same."""
    coded = [part.encode() for part in (settings.SYSTEM, settings.INSURER, *parts)]
    return b"".join(len(part).to_bytes(2) + part for part in coded)


def share(*names: str) -> None:
    """Until the transaction ends nobody destroys what these names stand for."""
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 7411))", [name])


def alone(name: str) -> bool:
    """Is nobody using what the name stands for? Then nobody begins to until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 7411))", [name])
        return cursor.fetchone()[0]


def rows(column: Column) -> dict[int, Row]:
    """version → row, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version, kek, kek_version, wrapped FROM keys_data_key WHERE sealed_column = %s ORDER BY version",
            [column.place],
        )
        return {row[0]: Row(*row[:3], bytes(row[3])) for row in cursor.fetchall()}


def newest(column: Column) -> tuple[int, AESGCM]:
    """The version that seals now; made when there is none. Inside a transaction, which keeps it from being destroyed."""
    share(f"data:{column.place}")
    found = rows(column) or {1: make(column, first=True)}
    return _opened(column, found, max(found))


def one(column: Column, version: int) -> AESGCM:
    """NoKey when this version is not there (any more)."""
    return _opened(column, rows(column), version)[1]


def make(column: Column, first: bool = False) -> Row:
    """A version of its own, the newest from the end of the transaction on; with `first` only where there is none."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7411))", [f"new:{column.place}"]
            )
        share(f"wrap:{kek()}")
        found = rows(column)
        if first and found:
            return found[max(found)]
        version = _highest(column) + 1
        _, packed = wrapped.fresh(kek(), _aad(column, version))
        made = Row(version, kek(), wrapped.version(packed), packed)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO keys_data_key (sealed_column, version, kek, kek_version, wrapped) VALUES (%s, %s, %s, %s, %s)",
                [column.place, *made],
            )
        return made


def _highest(column: Column) -> int:
    """Numbers are never used twice, also not those of versions that were destroyed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest((SELECT max(version) FROM keys_data_key WHERE sealed_column = %(place)s), "
            "(SELECT max(version) FROM keys_key_act WHERE key_kind = 'data' AND key_name = %(place)s), 0)",
            {"place": column.place},
        )
        return cursor.fetchone()[0]


def rewrap(row: Row, column: Column) -> bool:
    """Put one data key under the newest version of the kek; False when it lies there already."""
    share(f"wrap:{row.kek}")
    packed = wrapped.renewed(row.kek, row.wrapped, _aad(column, row.version))
    if packed is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE keys_data_key SET kek_version = %s, wrapped = %s, changed_at = now() "
            "WHERE sealed_column = %s AND version = %s AND wrapped = %s",
            [wrapped.version(packed), packed, column.place, row.version, row.wrapped],
        )
    return True


def _opened(column: Column, found: dict[int, Row], version: int) -> tuple[int, AESGCM]:
    try:
        return version, _unwrapped(column, found, version)
    except NoKey:
        # Between reading its row and asking the store it may have been put under another version of the kek.
        again = rows(column)
        if again.get(version) == found.get(version):
            raise
        return version, _unwrapped(column, again, version)


def _unwrapped(column: Column, found: dict[int, Row], version: int) -> AESGCM:
    if version not in found:
        raise NoKey(f"{column.place} {version}")
    row = found[version]
    if row.kek_version not in store().versions(Kind.WRAP, row.kek):
        raise NoKey(f"wrap {row.kek} {row.kek_version}")
    aad = _aad(column, version)
    mark = (aad, row)
    held = _OPEN.get(mark)
    if held is None:
        if len(_OPEN) >= _MOST:
            _OPEN.clear()
        held = _OPEN[mark] = AESGCM(wrapped.opened(row.kek, row.wrapped, aad))
    return held


def _aad(column: Column, version: int) -> bytes:
    return bound("data key", column.place, str(version))
