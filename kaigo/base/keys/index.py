"""Keyed digests: the same text gives the same digest, and without the key nobody can tell which text it was.

The texts are few (numbers of people), so a digest without a key could be tried out in seconds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

SIZE = 16  # bytes of a digest: two of a billion people share one with a chance of about one in 10^20


class Index:
    """The versions of one index key."""

    def __init__(self, keys: dict[int, bytes]) -> None:
        self.keys = keys
        self.version = max(keys)

    def digest(self, text: str, version: int | None = None) -> bytes:
        """16 bytes under a version (None = the newest)."""
        return hmac.digest(self.keys[version or self.version], text.encode(), hashlib.sha256)[:SIZE]

    def digests(self, texts: Iterable[str]) -> list[bytes]:
        """Many at once, under the newest version."""
        key, begun = self.keys[self.version], hmac.digest
        return [begun(key, text.encode(), hashlib.sha256)[:SIZE] for text in texts]

    def every(self, text: str) -> list[bytes]:
        """Under every version there ever was: what a search looks for."""
        return [self.digest(text, version) for version in sorted(self.keys)]


_loaded: dict[Path, tuple[int, Index]] = {}


def index(name: str) -> Index:
    """The index key of a name; made when there is none. Reads the file again when it changed (rotation)."""
    path = _path(name)
    try:
        stamp = path.stat().st_mtime_ns
    except FileNotFoundError:
        _write(path, {1: secrets.token_bytes(32)}, new=True)
        stamp = path.stat().st_mtime_ns
    held = _loaded.get(path)
    if held is None or held[0] != stamp:
        held = (stamp, Index(_read(path)))
        _loaded[path] = held
    return held[1]


def rotate(name: str) -> int:
    """A new version from now on; returns its number. Old versions stay for search."""
    keys = _read(_path(name)) if _path(name).exists() else {}
    version = max(keys, default=0) + 1
    _write(_path(name), keys | {version: secrets.token_bytes(32)}, new=False)
    return version


def _path(name: str) -> Path:
    return Path(settings.KEYS_ROOT) / f"index-{name}.json"


def _read(path: Path) -> dict[int, bytes]:
    return {int(version): bytes.fromhex(key) for version, key in json.loads(path.read_text()).items()}


def _write(path: Path, keys: dict[int, bytes], new: bool) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump({str(version): key.hex() for version, key in keys.items()}, out)
        out.flush()
        os.fsync(out.fileno())
    try:
        if new:
            # Two processes may make the first key at once: one of them wins, the other uses that one.
            os.link(fresh, path)
        else:
            os.replace(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)
