"""Files for the program alone: 0600, whole or not there at all, whatever happens while they are written.

Knows no Django: the settings themselves are made with it (site/secret.py).
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def make_once(path: Path, content: bytes) -> bytes:
    """Write a file that is not there yet; returns what the file holds. Of many who come at once one wins, and all
    of them get the same."""
    own = _fresh(path, content)
    try:
        # A link is made whole or not at all.
        os.link(own, path)
    except FileExistsError:
        return path.read_bytes()
    finally:
        own.unlink()
    sync_folder(path.parent)
    return content


def replace(path: Path, content: bytes, shred: bool = False) -> None:
    """Write a file anew: whoever reads meets the old content or the new one.

    shred: the old bytes are overwritten where they lay. What a copying file system, a snapshot or a worn flash cell
    still holds of them, no program can reach.
    """
    old = os.open(path, os.O_WRONLY) if shred and path.exists() else None
    own = _fresh(path, content)
    try:
        os.replace(own, path)
        sync_folder(path.parent)
        if old is not None:
            os.write(old, b"\0" * os.fstat(old).st_size)
            os.fsync(old)
    finally:
        own.unlink(missing_ok=True)
        if old is not None:
            os.close(old)


@contextmanager
def locked(folder: Path, name: str = "", shared: bool = False) -> Iterator[None]:
    """One process (and thread) of this machine at a time is inside, or many of those who share. `name` keeps those who
    do different things in one folder from waiting for each other."""
    _folder(folder)
    handle = os.open(folder / f".lock{name}", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """A name survives a loss of power only when its folder was written too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chmod(folder, 0o700)


def _fresh(path: Path, content: bytes) -> Path:
    _folder(path.parent)
    own = path.with_name(f".{path.name}.{secrets.token_hex(16)}")
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    return own
