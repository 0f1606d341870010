"""Files as they were: content-addressed, compressed, encrypted, written once.

The name of a file is the sha256 of its content. On disk: AES-256-GCM over zlib, the digest as associated data, so
that one file cannot be put in place of another. The key lies outside the data folder (secrets/files.key).
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


class FileDamaged(RuntimeError):
    """The kept bytes are not the bytes that were put in."""


def put(content: bytes) -> str:
    """Keep the bytes and return their sha256 (hex). Keeping the same bytes again changes nothing."""
    digest = hashlib.sha256(content).hexdigest()
    path = _path(digest)
    if path.exists():
        return digest
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    nonce = secrets.token_bytes(12)
    sealed = nonce + AESGCM(_key()).encrypt(nonce, zlib.compress(content, 1), bytes.fromhex(digest))
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as out:
        out.write(sealed)
        out.flush()
        os.fsync(out.fileno())
    os.replace(temporary, path)
    return digest


def get(digest: str) -> bytes:
    """The bytes of a digest. KeyError when it is not kept here, FileDamaged when it was touched."""
    path = _path(digest)
    if not path.exists():
        raise KeyError(digest)
    sealed = path.read_bytes()
    try:
        content = zlib.decompress(AESGCM(_key()).decrypt(sealed[:12], sealed[12:], bytes.fromhex(digest)))
    except (InvalidTag, zlib.error) as error:
        raise FileDamaged(digest) from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise FileDamaged(digest)
    return content


def _path(digest: str) -> Path:
    if len(digest) != 64 or not all(c in "0123456789abcdef" for c in digest):
        raise KeyError(digest)
    return Path(settings.FILES_ROOT) / digest[:2] / digest


def _key() -> bytes:
    path = Path(settings.FILES_ROOT).parent / "secrets" / "files.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_bytes()
        with os.fdopen(handle, "wb") as out:
            out.write(secrets.token_bytes(32))
    return path.read_bytes()
