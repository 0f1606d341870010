"""Where keys live: one interface, whatever holds them. A key has a kind, a name and versions; it never leaves its store.

`settings.KEY_STORE` says which one an installation uses: "embedded" (files beside the data) or "pkcs11" (a token).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol

from django.conf import settings

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,60}")


class Kind(StrEnum):
    """What a key is for: it can do this and nothing else."""

    WRAP = "wrap"  # AES-256-GCM over other keys
    MAC = "mac"  # HMAC-SHA-256
    SIGN = "sign"  # Ed25519


class NoKey(LookupError):
    """There is no such key, no such version, or it was destroyed."""


class Unopened(ValueError):
    """Not what this key made, or not for this place: changed, moved, or made with another key."""


class StoreDown(RuntimeError):
    """The store of the keys does not answer: nothing can be opened or sealed until it does."""


class NotOffered(StoreDown):
    """This store cannot do what is asked of it, today and tomorrow: the words say which operation."""


class Version(NamedTuple):
    """One version of a key; `destroyed` = None while it can be used."""

    number: int
    made: datetime
    destroyed: datetime | None = None


class Held(NamedTuple):
    """One key as the inventory lists it, versions in order."""

    kind: Kind
    name: str
    versions: tuple[Version, ...]


class Health(NamedTuple):
    """problems: what is wrong now, in words; same_machine: who administers the machine of the data can read the keys."""

    label: str
    place: str
    same_machine: bool
    problems: tuple[str, ...]


class KeyStore(Protocol):
    """All raise StoreDown when the store does not answer (NotOffered: it never will), NoKey when the version asked for is not there (any more)."""

    def make(self, kind: Kind, name: str) -> int:
        """The newest version of a key; made when there is none. ValueError: not a name."""

    def rotate(self, kind: Kind, name: str) -> int:
        """A new version from now on; returns its number. Numbers are never used twice."""

    def destroy(self, kind: Kind, name: str, version: int) -> None:
        """The version is gone for good; that it was there, and a public key, stay. Twice is once."""

    def versions(self, kind: Kind, name: str) -> tuple[int, ...]:
        """The versions that can be used, in order; () when the key was never made."""

    def wrap(self, name: str, content: bytes, aad: bytes) -> tuple[int, bytes]:
        """(version, wrapped) under the newest version; makes the key when there is none."""

    def unwrap(self, name: str, version: int, wrapped: bytes, aad: bytes) -> bytes:
        """What was wrapped. Raises Unopened."""

    def hmac(self, name: str, messages: Iterable[bytes], version: int, size: int = 32) -> list[bytes]:
        """The first bytes of the digest of each message, in their order."""

    def sign(self, name: str, message: bytes, version: int) -> bytes:
        """64 bytes."""

    def public(self, name: str, version: int) -> bytes:
        """The 32 bytes that check a signature; also of a destroyed version."""

    def inventory(self) -> list[Held]:
        """Every key that was ever made here, by kind and name."""

    def health(self) -> Health:
        """How it stands; never raises."""


def store() -> KeyStore:
    """The store of this installation. Raises ValueError when the settings name none that there is."""
    if settings.KEY_STORE == "embedded":
        return _embedded(settings.KEYS_ROOT)
    if settings.KEY_STORE == "pkcs11":
        told = settings.KEY_TOKEN
        return _token(told["module"], told["label"], told["pin_file"], Path(settings.KEYS_ROOT))
    raise ValueError(f"KEY_STORE: {settings.KEY_STORE!r}")


def plain(name: str) -> str:
    """The name of a key, as it may stand in a file's name and a label. ValueError: it is none."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a key's name: {name!r}")
    return name


@cache
def _embedded(root: Path | str) -> KeyStore:
    from kaigo.base.keys.embedded import Embedded

    return Embedded(Path(root))


@cache
def _token(module: str, label: str, pin_file: str, root: Path) -> KeyStore:
    from kaigo.base.keys.token import Token

    return Token(module, label, Path(pin_file), root)
