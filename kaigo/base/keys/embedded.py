"""The store that needs nothing: keys in 0600 files below `settings.KEYS_ROOT`, beside the data, never in it.

It is honest about what that means: the keys lie on the machine of the data, and who administers it can read both.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kaigo.base.keys import private
from kaigo.base.keys.store import Health, Held, Kind, NoKey, Unopened, Version, plain

SAME_MACHINE = "鍵は同一機に保管"
_NONCE, _SIZE = 12, 32


class _Loaded(NamedTuple):
    """One file as it was read: when it changes on the disk, it is read again."""

    path: str
    stamp: tuple[int, int, int]
    told: dict[int, dict[str, str]]
    usable: dict[int, bytes]
    newest: int

    def __repr__(self) -> str:
        """Without the keys: what is shown of a failure may be kept."""
        return f"_Loaded({self.path!r}, newest={self.newest})"


class Embedded:
    """See KeyStore. One file a key: `<kind>-<name>.json`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._held: dict[tuple[Kind, str], _Loaded] = {}

    def make(self, kind: Kind, name: str) -> int:
        try:
            return self._load(kind, name).newest
        except FileNotFoundError:
            # Locked: whoever rotates a key that is not there yet makes its first version too, and two would be one too many.
            with private.locked(self._root):
                private.make_once(self._path(kind, name), _written({1: _fresh(kind)}))
            return self._load(kind, name).newest

    def rotate(self, kind: Kind, name: str) -> int:
        with private.locked(self._root):
            try:
                told = self._load(kind, name).told
            except FileNotFoundError:
                told = {}
            version = max(told, default=0) + 1
            private.replace(self._path(kind, name), _written({**told, version: _fresh(kind)}))
        return version

    def destroy(self, kind: Kind, name: str, version: int) -> None:
        with private.locked(self._root):
            try:
                told = dict(self._load(kind, name).told)
                entry = dict(told[version])
            except (FileNotFoundError, KeyError) as error:
                raise NoKey(f"{kind} {name} {version}") from error
            if entry.pop("key", None) is not None:
                told[version] = {**entry, "destroyed": _now()}
                private.replace(self._path(kind, name), _written(told), shred=True)

    def versions(self, kind: Kind, name: str) -> tuple[int, ...]:
        try:
            return tuple(sorted(self._load(kind, name).usable))
        except FileNotFoundError:
            return ()

    def wrap(self, name: str, content: bytes, aad: bytes) -> tuple[int, bytes]:
        version, nonce = self.make(Kind.WRAP, name), secrets.token_bytes(_NONCE)
        return version, nonce + AESGCM(self._key(Kind.WRAP, name, version)).encrypt(nonce, content, aad)

    def unwrap(self, name: str, version: int, wrapped: bytes, aad: bytes) -> bytes:
        try:
            return AESGCM(self._key(Kind.WRAP, name, version)).decrypt(
                wrapped[:_NONCE], wrapped[_NONCE:], aad
            )
        except (InvalidTag, ValueError) as error:
            raise Unopened(f"{name} {version}") from error

    def hmac(self, name: str, messages: Iterable[bytes], version: int, size: int = 32) -> list[bytes]:
        key, digest = self._key(Kind.MAC, name, version), hmac.digest
        return [digest(key, message, hashlib.sha256)[:size] for message in messages]

    def sign(self, name: str, message: bytes, version: int) -> bytes:
        return Ed25519PrivateKey.from_private_bytes(self._key(Kind.SIGN, name, version)).sign(message)

    def public(self, name: str, version: int) -> bytes:
        try:
            return bytes.fromhex(self._load(Kind.SIGN, name).told[version]["public"])
        except (FileNotFoundError, KeyError) as error:
            raise NoKey(f"sign {name} {version}") from error

    def inventory(self) -> list[Held]:
        found = []
        for path in sorted(self._root.glob("*-*.json")):
            kind, _, name = path.stem.partition("-")
            if kind in set(Kind):
                told = self._load(Kind(kind), name).told
                found.append(Held(Kind(kind), name, tuple(_version(n, told[n]) for n in sorted(told))))
        return found

    def health(self) -> Health:
        return Health(SAME_MACHINE, str(self._root), True, tuple(self._problems()))

    def _problems(self) -> Iterable[str]:
        for path in (self._root, *self._root.glob("*-*.json")) if self._root.is_dir() else ():
            if stat.S_IMODE(path.stat().st_mode) & 0o077:
                yield f"{path}: ほかの利用者も開けます。chmod go= で閉じてください。"
            if path.suffix == ".json":
                try:
                    _read(path.read_bytes())
                except (ValueError, KeyError, TypeError):
                    yield f"{path}: 壊れています。鍵の控えから戻してください。"

    def _key(self, kind: Kind, name: str, version: int) -> bytes:
        try:
            return self._load(kind, name).usable[version]
        except (FileNotFoundError, KeyError) as error:
            raise NoKey(f"{kind} {name} {version}") from error

    def _path(self, kind: Kind, name: str) -> Path:
        return self._root / f"{kind}-{plain(name)}.json"

    def _load(self, kind: Kind, name: str) -> _Loaded:
        held = self._held.get((kind, name))
        # Asked for every digest and every value: a look at the file must cost next to nothing.
        path = held.path if held else str(self._path(kind, name))
        found = os.stat(path)
        stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
        if held is None or held.stamp != stamp:
            told = _again(Path(path))
            usable = {number: bytes.fromhex(one["key"]) for number, one in told.items() if "key" in one}
            held = self._held[kind, name] = _Loaded(path, stamp, told, usable, max(told))
        return held


def _fresh(kind: Kind) -> dict[str, str]:
    if kind is not Kind.SIGN:
        return {"made": _now(), "key": secrets.token_bytes(_SIZE).hex()}
    made = Ed25519PrivateKey.generate()
    return {
        "made": _now(),
        "key": made.private_bytes_raw().hex(),
        "public": made.public_key().public_bytes_raw().hex(),
    }


def _again(path: Path) -> dict[int, dict[str, str]]:
    """A file opened just before a version in it was shredded reads as zeros: it is opened once more."""
    try:
        return _read(path.read_bytes())
    except ValueError:
        return _read(path.read_bytes())


def _read(content: bytes) -> dict[int, dict[str, str]]:
    found = {int(number): dict(one) for number, one in json.loads(content).items()}
    if not found or any("made" not in one for one in found.values()):
        raise ValueError("not a file of keys")
    return found


def _written(told: dict[int, dict[str, str]]) -> bytes:
    return json.dumps({str(number): one for number, one in told.items()}).encode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _version(number: int, one: dict[str, str]) -> Version:
    gone = one.get("destroyed")
    return Version(
        number, datetime.fromisoformat(one["made"]), datetime.fromisoformat(gone) if gone else None
    )
