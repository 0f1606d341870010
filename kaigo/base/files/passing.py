"""Files that are kept only until they are handed over, then erased: each sealed with a key of its own.

A name says which file (`export:12`). Its key lies outside the data folder and goes first: what a copy of the data
folder still holds of an erased file opens no more.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
import zlib
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from kaigo.base.files.store import FileDamaged


def put(name: str, content: bytes) -> None:
    """Keep the bytes under a name; what was kept under it before is gone."""
    key, nonce = secrets.token_bytes(32), secrets.token_bytes(12)
    erase(name)
    _write(_key(name), key)
    _write(_file(name), nonce + AESGCM(key).encrypt(nonce, zlib.compress(content, 1), name.encode()))


def get(name: str) -> bytes:
    """The bytes of a name. KeyError when nothing is kept under it (any more), FileDamaged when it was touched."""
    try:
        key, sealed = _key(name).read_bytes(), _file(name).read_bytes()
    except FileNotFoundError as gone:
        raise KeyError(name) from gone
    try:
        return zlib.decompress(AESGCM(key).decrypt(sealed[:12], sealed[12:], name.encode()))
    except (InvalidTag, zlib.error, ValueError) as error:
        raise FileDamaged(name) from error


def erase(name: str) -> None:
    """Nothing is kept under this name any more. Erasing what is not there changes nothing."""
    _key(name).unlink(missing_ok=True)
    _file(name).unlink(missing_ok=True)


def erase_before(moment: float) -> int:
    """Erase what was put before this moment (seconds since 1970); returns how many. Also what nobody ever waited for:
    put by work that was rolled back afterwards."""
    paths = [path for root in (_keys(), _files()) if root.is_dir() for path in root.iterdir()]
    old = {path.name for path in paths if path.stat().st_mtime < moment}
    for name in old:
        (_keys() / name).unlink(missing_ok=True)
        (_files() / name).unlink(missing_ok=True)
    return len(old)


def _files() -> Path:
    return Path(settings.FILES_ROOT).parent / "passing"


def _keys() -> Path:
    return Path(settings.FILES_ROOT).parent / "secrets" / "passing"


def _file(name: str) -> Path:
    return _files() / hashlib.sha256(name.encode()).hexdigest()


def _key(name: str) -> Path:
    return _keys() / _file(name).name


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    os.replace(temporary, path)
