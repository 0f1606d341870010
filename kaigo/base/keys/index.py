"""Keyed digests: the same text gives the same digest, and without the key nobody can tell which text it was.

The texts are few (numbers of people), so a digest without a key could be tried out in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kaigo.base.keys.store import KeyStore, Kind, store

SIZE = 16  # bytes of a digest: two of a billion people share one with a chance of about one in 10^20


class Index:
    """The versions of one index key, as they were when it was asked for."""

    def __init__(self, name: str, kept: KeyStore) -> None:
        self._name, self._store = name, kept
        self.version = kept.make(Kind.MAC, name)

    def digest(self, text: str, version: int | None = None) -> bytes:
        """16 bytes under a version (None = the newest). NoKey: the version is not there (any more)."""
        return self._store.hmac(self._name, (text.encode(),), version or self.version, SIZE)[0]

    def digests(self, texts: Iterable[str]) -> list[bytes]:
        """Many at once, under the newest version."""
        return self._store.hmac(self._name, map(str.encode, texts), self.version, SIZE)

    def every(self, text: str) -> list[bytes]:
        """Under every version there still is: what a search looks for."""
        return [self.digest(text, version) for version in self._store.versions(Kind.MAC, self._name)]

    def each(self, texts: Sequence[str]) -> Iterator[list[bytes]]:
        """Many at once under every version there still is, one version after the other, the oldest first."""
        for version in self._store.versions(Kind.MAC, self._name):
            yield self._store.hmac(self._name, map(str.encode, texts), version, SIZE)


def index(name: str) -> Index:
    """The index key of a name; made when there is none. A rotation is seen at the next call."""
    return Index(name, store())


def rotate(name: str) -> int:
    """A new version from now on; returns its number. Old versions stay for search."""
    return store().rotate(Kind.MAC, name)
