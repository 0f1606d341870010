"""Sealed values: each is bound to its system, table, column, row and key, and opens nowhere else.

A sealed value is: one byte of format, four of the version of the data key, twelve of nonce, AES-256-GCM with its tag.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from django.db.transaction import TransactionManagementError

from kaigo.base.keys import ring
from kaigo.base.keys.columns import Column
from kaigo.base.keys.hidden import Hidden
from kaigo.base.keys.store import Unopened

FORMAT = 1
HEAD, NONCE, TAG = 5, 12, 16
_SEALED = HEAD + NONCE
_SMALLEST = _SEALED + TAG
_AT_ONCE = 1024  # nonces asked of the operating system in one call

Value = str | bytes | Hidden


def seal(column: Column, row: int, value: Value) -> bytes:
    """Seal the value of a row under the newest data key. Inside a transaction, so that the key cannot be destroyed before
    the row is there (TransactionManagementError outside of one). StoreDown, NoKey: it cannot be sealed now."""
    return next(seal_many(column, ((row, value),)))


def seal_many(column: Column, values: Iterable[tuple[int, Value]]) -> Iterator[bytes]:
    """Seal (row, value) one by one, in their order; all in one transaction. Errors as `seal`, at the call."""
    if not connection.in_atomic_block:
        raise TransactionManagementError("a value is sealed in the transaction that keeps its row")
    version, key = ring.newest(column)
    return _sealing(column, version, key, values)


def open(column: Column, row: int, sealed: bytes) -> Hidden:
    """What was sealed for this row. Unopened: touched, or of another row, column, table or system. NoKey: its key is
    destroyed. StoreDown: the store does not answer."""
    return next(open_many(column, ((row, sealed),)))


def open_many(column: Column, values: Iterable[tuple[int, bytes]]) -> Iterator[Hidden]:
    """Open (row, sealed) one by one, in their order. Errors as `open`, at the first value that does not open."""
    # By the head of a value, which says format and version: one look-up a value.
    opening: dict[bytes, tuple[Callable[[bytes, bytes, bytes], bytes], bytes]] = {}
    for row, sealed in values:
        head = sealed[:HEAD]
        if head not in opening:
            version = version_of(sealed)
            opening[head] = ring.one(column, version).decrypt, _bound(column, version)
        decrypt, aad = opening[head]
        try:
            content = decrypt(sealed[HEAD:_SEALED], sealed[_SEALED:], aad + b"%d" % row)
        except (InvalidTag, ValueError):
            raise Unopened(column.place) from None
        yield Hidden(content)


def version_of(sealed: bytes) -> int:
    """The version of the data key that sealed it. Unopened when it is no sealed value."""
    if len(sealed) < _SMALLEST or sealed[0] != FORMAT:
        raise Unopened("not a sealed value")
    return int.from_bytes(sealed[1:HEAD])


def _sealing(
    column: Column, version: int, key: AESGCM, values: Iterable[tuple[int, Value]]
) -> Iterator[bytes]:
    head, aad, encrypt = bytes([FORMAT]) + version.to_bytes(4), _bound(column, version), key.encrypt
    for (row, value), nonce in zip(values, _nonces(), strict=False):
        content = value.encode() if isinstance(value, str) else _content(value)
        yield head + nonce + encrypt(nonce, content, aad + b"%d" % row)


def _content(value: bytes | Hidden) -> bytes:
    return value.content() if isinstance(value, Hidden) else value


def _nonces() -> Iterator[bytes]:
    """Random, 96 bits: with 2^32 values under one key two share one with a chance below 2^-32. The first alone, then
    many at once: most calls seal one value."""
    yield secrets.token_bytes(NONCE)
    while True:
        block = secrets.token_bytes(NONCE * _AT_ONCE)
        yield from (block[place : place + NONCE] for place in range(0, len(block), NONCE))


def _bound(column: Column, version: int) -> bytes:
    """Everything that a value is bound to but its row, which comes last."""
    return ring.bound("value", column.table, column.column, str(version))
