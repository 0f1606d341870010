"""Files as they were: content-addressed, compressed, encrypted, written once.

The name of a file is the sha256 of its content. On disk: one byte of format, the length of the wrapped key, the key of
this file wrapped by the installation's key "files" (base/keys), a nonce, AES-256-GCM over zlib. Key and content are bound
to the digest, so that one file cannot be put in place of another.
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

from kaigo.base.keys import private, wrapped
from kaigo.base.keys.store import Kind, NoKey, Unopened
from kaigo.base.keys.store import store as keys
from kaigo.base.keys.uses import Use, using

KEY = "files"
_FORMAT, _LENGTH, _NONCE = b"\x01", 2, 12
_LONGEST_KEY = 1000


class FileDamaged(RuntimeError):
    """The kept bytes are not the bytes that were put in."""


def put(content: bytes) -> str:
    """Keep the bytes and return their sha256 (hex). Keeping the same bytes again changes nothing. StoreDown: the store of
    the keys does not answer."""
    digest = hashlib.sha256(content).hexdigest()
    path = _path(digest)
    if path.exists():
        return digest
    with _writing():
        key, packed = wrapped.fresh(KEY, _bound(digest))
        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(key).encrypt(nonce, zlib.compress(content, 1), bytes.fromhex(digest))
        private.replace(path, _head(packed) + nonce + sealed)
    return digest


def get(digest: str) -> bytes:
    """The bytes of a digest. KeyError when it is not kept here, FileDamaged when it was touched, NoKey when its key was
    destroyed, StoreDown when the store of the keys does not answer."""
    try:
        return _opened(digest)
    except NoKey:
        # Between reading the file and asking the store its key may have moved to another version.
        return _opened(digest)


def _opened(digest: str) -> bytes:
    path = _path(digest)
    if not path.exists():
        raise KeyError(digest)
    packed, sealed = _parts(digest, path.read_bytes())
    try:
        key = wrapped.opened(KEY, packed, _bound(digest))
        content = zlib.decompress(
            AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bytes.fromhex(digest))
        )
    except (InvalidTag, Unopened, zlib.error, ValueError) as error:
        raise FileDamaged(digest) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise FileDamaged(digest)
    return content


def counts() -> Counter[int]:
    """version of the key "files" → how many files lie under it; 0: files that are damaged where that should stand."""
    found: Counter[int] = Counter()
    for path in _paths():
        packed = _packed(path)
        found[wrapped.version(packed) if packed else 0] += 1
    return found


def renew() -> int:
    """Put the keys of all files under the newest version; the content is copied, not encrypted again. Returns how many.
    What is damaged or lost its key stays as it is."""
    done, newest = 0, keys().make(Kind.WRAP, KEY)
    for path in _paths():
        packed = _packed(path)
        if packed is None or wrapped.version(packed) == newest:
            continue
        try:
            # Read once: of two who put the same at once the second may come in between with a key of its own.
            packed, sealed = _parts(path.name, path.read_bytes())
            fresh = wrapped.renewed(KEY, packed, _bound(path.name))
        except (NoKey, Unopened, FileDamaged):
            continue
        if fresh is not None:
            private.replace(path, _head(fresh) + sealed)
            done += 1
    return done


def _packed(path: Path) -> bytes | None:
    """The wrapped key of a file, None when it is damaged."""
    with path.open("rb") as file:
        try:
            return _parts(path.name, file.read(_LONGEST_KEY))[0]
        except FileDamaged:
            return None


def declare() -> None:
    """What uses the key "files", for whoever rotates it."""
    using(Use(Kind.WRAP, KEY, "ファイル", counts, renew, lambda: _writing(alone=True), quick=False))


def _writing(alone: bool = False) -> AbstractContextManager[None]:
    """Between taking the newest key and the file being there, nobody decides that an old one is used by nothing."""
    return private.locked(Path(settings.KEYS_ROOT), "-files", shared=not alone)


def _paths() -> Iterator[Path]:
    for folder in sorted(Path(settings.FILES_ROOT).glob("[0-9a-f][0-9a-f]")):
        yield from (path for path in sorted(folder.iterdir()) if not path.name.startswith("."))


def _head(packed: bytes) -> bytes:
    return _FORMAT + len(packed).to_bytes(_LENGTH) + packed


def _parts(digest: str, content: bytes) -> tuple[bytes, bytes]:
    """(wrapped key, the rest)."""
    begin = len(_FORMAT) + _LENGTH
    end = begin + int.from_bytes(content[len(_FORMAT) : begin])
    if content[: len(_FORMAT)] != _FORMAT or end > min(len(content), _LONGEST_KEY):
        raise FileDamaged(digest)
    return content[begin:end], content[end:]


def _bound(digest: str) -> bytes:
    return b"file:" + digest.encode()


def _path(digest: str) -> Path:
    if len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
        raise KeyError(digest)
    return Path(settings.FILES_ROOT) / digest[:2] / digest
