"""Files that are kept only until they are handed over, then erased: each sealed with a key of its own.

A name says which file (`export:12`). Its key lies outside the data folder, wrapped by the installation's key "passing"
(base/keys), and goes first: what a copy of the data folder still holds of an erased file opens no more.
"""

from __future__ import annotations

import hashlib
import secrets
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from kaigo.base.files.store import FileDamaged
from kaigo.base.keys import private, wrapped
from kaigo.base.keys.store import Kind, NoKey, Unopened
from kaigo.base.keys.uses import Use, using

KEY = "passing"


def put(name: str, content: bytes) -> None:
    """Keep the bytes under a name; what was kept under it before is gone. StoreDown: the store of the keys does not answer."""
    with _writing():
        key, packed = wrapped.fresh(KEY, _bound(_file(name).name))
        nonce = secrets.token_bytes(12)
        _erase(_file(name).name)
        private.replace(_key(name), packed)
        private.replace(
            _file(name), nonce + AESGCM(key).encrypt(nonce, zlib.compress(content, 1), name.encode())
        )


def get(name: str) -> bytes:
    """The bytes of a name. KeyError when nothing is kept under it (any more), FileDamaged when it was touched, StoreDown
    when the store of the keys does not answer."""
    try:
        try:
            return _opened(name)
        except NoKey:
            # Between reading the key and asking the store it may have moved to another version.
            return _opened(name)
    except (FileNotFoundError, NoKey) as gone:
        raise KeyError(name) from gone
    except (InvalidTag, Unopened, zlib.error, ValueError) as error:
        raise FileDamaged(name) from error


def _opened(name: str) -> bytes:
    packed, sealed = _key(name).read_bytes(), _file(name).read_bytes()
    key = wrapped.opened(KEY, packed, _bound(_file(name).name))
    return zlib.decompress(AESGCM(key).decrypt(sealed[:12], sealed[12:], name.encode()))


def erase(name: str) -> None:
    """Nothing is kept under this name any more. Erasing what is not there changes nothing."""
    with _writing():
        _erase(_file(name).name)


def erase_before(moment: float) -> int:
    """Erase what was put before this moment (seconds since 1970); returns how many. Also what nobody ever waited for:
    put by work that was rolled back afterwards."""
    paths = [path for root in (_keys(), _files()) if root.is_dir() for path in root.iterdir()]
    old = {path.name for path in paths if path.stat().st_mtime < moment}
    with _writing():
        for name in old:
            _erase(name)
    return len(old)


def counts() -> Counter[int]:
    """version of the key "passing" → how many files lie under it."""
    return Counter(wrapped.version(path.read_bytes()) for path in _kept())


def renew() -> int:
    """Put the keys of all files under the newest version; returns how many."""
    done = 0
    for path in _kept():
        # Alone: an erased key must not come back.
        with _writing(alone=True):
            try:
                fresh = wrapped.renewed(KEY, path.read_bytes(), _bound(path.name))
            except (FileNotFoundError, NoKey, Unopened):
                continue
            if fresh is not None:
                private.replace(path, fresh)
                done += 1
    return done


def declare() -> None:
    """What uses the key "passing", for whoever rotates it."""
    using(Use(Kind.WRAP, KEY, "受け渡しを待つファイル", counts, renew, lambda: _writing(alone=True)))


def _writing(alone: bool = False) -> AbstractContextManager[None]:
    return private.locked(Path(settings.KEYS_ROOT), "-passing", shared=not alone)


def _kept() -> Iterator[Path]:
    if _keys().is_dir():
        yield from (path for path in sorted(_keys().iterdir()) if not path.name.startswith("."))


def _erase(name: str) -> None:
    """The key first."""
    (_keys() / name).unlink(missing_ok=True)
    (_files() / name).unlink(missing_ok=True)


def _bound(name: str) -> bytes:
    return b"passing:" + name.encode()


def _files() -> Path:
    return Path(settings.FILES_ROOT).parent / "passing"


def _keys() -> Path:
    return Path(settings.FILES_ROOT).parent / "secrets" / "passing"


def _file(name: str) -> Path:
    return _files() / hashlib.sha256(name.encode()).hexdigest()


def _key(name: str) -> Path:
    return _keys() / _file(name).name
