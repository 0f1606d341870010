"""Keys of one thing each (a file), wrapped by a key of the store: 4 bytes of version, then what the store made."""

from __future__ import annotations

import secrets

from kaigo.base.keys.store import Kind, Unopened, store

SIZE = 32
_VERSION = 4


def fresh(name: str, aad: bytes) -> tuple[bytes, bytes]:
    """(a new key of 32 bytes, the same wrapped). aad says of what it is the key."""
    key = secrets.token_bytes(SIZE)
    return key, _packed(*store().wrap(name, key, aad))


def opened(name: str, packed: bytes, aad: bytes) -> bytes:
    """The key. Raises Unopened when it was touched or is that of another thing, NoKey when what wrapped it is gone."""
    if len(packed) <= _VERSION:
        raise Unopened(name)
    return store().unwrap(name, version(packed), packed[_VERSION:], aad)


def version(packed: bytes) -> int:
    """Under which version of the key of the store it lies."""
    return int.from_bytes(packed[:_VERSION])


def renewed(name: str, packed: bytes, aad: bytes) -> bytes | None:
    """The same key under the newest version; None when it lies under that one already."""
    if version(packed) == store().make(Kind.WRAP, name):
        return None
    return _packed(*store().wrap(name, opened(name, packed, aad), aad))


def _packed(number: int, content: bytes) -> bytes:
    return number.to_bytes(_VERSION) + content
