"""Writing what must be there after a crash: whole or not at all, readable by nobody else."""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection
from pathlib import Path

MANY = 32  # files: from here on one sync of everything is faster than one of each


def write(path: Path, content: bytes) -> None:
    """Put this content in place of what was there; whoever reads, also after a crash, reads one of the two."""
    _put(path, content, firm=True)
    settle([path])


def put(path: Path, content: bytes) -> None:
    """A file that is not there yet or that nobody needs any more: a crash may lose it until `settle`."""
    _put(path, content, firm=False)


def _put(path: Path, content: bytes, firm: bool) -> None:
    _folder(path.parent)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(16)}")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            if firm:
                # Before it gets its name: a crash would else leave the name with nothing behind it.
                out.flush()
                os.fsync(out.fileno())
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _folder(folder: Path) -> None:
    """Each folder that is missing, for us alone, and on the disk: a file is lost with the folder above it."""
    if folder.is_dir():
        return
    _folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    settle([folder])


def settle(paths: Collection[Path]) -> None:
    """These files and their folders are on the disk before this returns."""
    if len(paths) > MANY:
        os.sync()
        return
    for path in {*paths, *(path.parent for path in paths)}:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def append(path: Path, line: str, longest: int = 1 << 16) -> None:
    """A line more. What a crash cut off before it was never used, and goes. longest: bytes of a line."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "ab+") as out:
        end = out.seek(0, os.SEEK_END)
        out.seek(max(0, end - longest))
        tail = out.read()
        out.truncate(end - len(tail) + tail.rfind(b"\n") + 1)
        out.write(f"{line}\n".encode())
        out.flush()
        os.fsync(out.fileno())
