"""The log on disk, in the form of C2SP tlog-tiles: bundles of 256 leaves, tiles of 256 hashes, a signed checkpoint.

Nothing in it is ever changed: a tile that still grows is written anew under its width, and its narrower forms go only
after the checkpoint that no longer needs them. Whatever a crash left beyond the checkpoint is written over.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from kaigo.witness import disk, note, tree

WIDTH = 256
LEAF = 1 << 16  # a leaf is shorter: its length stands in two bytes


class Log:
    """A log in a folder. One writer at a time (the caller's lock); readers as many as they like."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._narrow: set[Path] = set()
        self._fresh: list[Path] = []

    def checkpoint(self) -> tuple[note.Checkpoint, str] | None:
        """The newest checkpoint and the note it stands in; None before the first."""
        try:
            written = (self.folder / "checkpoint").read_text()
        except FileNotFoundError:
            return None
        return note.parse(written)[0], written

    @property
    def size(self) -> int:
        """Leaves below the newest checkpoint."""
        found = self.checkpoint()
        return found[0].size if found else 0

    def append(self, leaves: Iterable[bytes]) -> int:
        """Write leaves behind the newest checkpoint; returns how many there are then. Only `publish` makes them count."""
        size = self.size
        bundle = self._bundle(size // WIDTH, size % WIDTH)
        rows = self._rows(size)
        for leaf in leaves:
            if len(leaf) >= LEAF:
                raise ValueError("a leaf is shorter than 65,536 bytes")
            bundle.append(len(leaf).to_bytes(2, "big") + leaf)
            rows[0].append(tree.leaf_hash(leaf))
            size += 1
            if len(bundle) == WIDTH:
                self._put("entries", size // WIDTH - 1, WIDTH, b"".join(bundle))
                bundle = []
                self._climb(rows, size)
        if bundle:
            self._put("entries", size // WIDTH, len(bundle), b"".join(bundle))
        for level, row in enumerate(rows):
            if row:
                self._put(str(level), (size >> 8 * level) // WIDTH, len(row), b"".join(row))
        return size

    def publish(self, signed: str) -> None:
        """From here on the log has as many leaves as this note says."""
        disk.settle(self._fresh)
        disk.write(self.folder / "checkpoint", signed.encode())
        self._fresh = []
        for path in self._narrow:
            path.unlink(missing_ok=True)
            if path.parent.is_dir() and not any(path.parent.iterdir()):
                shutil.rmtree(path.parent, ignore_errors=True)
        self._narrow = set()

    def cosigned(self, signed: str) -> None:
        """Keep a checkpoint with the witness's line."""
        disk.append(self.folder / "cosigned", json.dumps(signed, ensure_ascii=False))

    def reading(self, size: int) -> tree.Read:
        """The tree of the newest checkpoint's size, for roots and proofs."""

        @lru_cache(maxsize=4096)
        def tile(level: int, number: int) -> bytes:
            full, width = divmod(size >> 8 * level, WIDTH)
            return _path(self.folder, str(level), number, WIDTH if number < full else width).read_bytes()

        def read(level: int, index: int) -> bytes:
            row, depth = divmod(level, 8)
            number, place = divmod(index << depth, WIDTH)
            content = tile(row, number)
            return _over([content[32 * n : 32 * n + 32] for n in range(place, place + (1 << depth))])

        return read

    def leaves(self, start: int, end: int) -> Iterator[bytes]:
        """The leaves start ≤ n < end of the newest checkpoint."""
        size = self.size
        for number in range(start // WIDTH, -(-min(end, size) // WIDTH)):
            width = min(WIDTH, size - number * WIDTH)
            first = number * WIDTH
            for place, leaf in enumerate(self._bundle(number, width)):
                if start <= first + place < end:
                    yield leaf[2:]

    def _climb(self, rows: list[list[bytes]], size: int) -> None:
        """Close the tiles that just became full, from the leaves upwards."""
        level = 0
        while len(rows[level]) == WIDTH:
            self._put(str(level), (size >> 8 * level) // WIDTH - 1, WIDTH, b"".join(rows[level]))
            if level + 1 == len(rows):
                rows.append([])
            rows[level + 1].append(_over(rows[level]))
            rows[level] = []
            level += 1

    def _bundle(self, number: int, width: int) -> list[bytes]:
        """The leaves of a bundle, each with its length in front."""
        content = self._held("entries", number, width)
        found = []
        while content:
            end = 2 + int.from_bytes(content[:2], "big")
            found.append(content[:end])
            content = content[end:]
        return found

    def _rows(self, size: int) -> list[list[bytes]]:
        """Of every level the hashes that fill no tile yet."""
        rows: list[list[bytes]] = []
        while not rows or size >> 8 * len(rows):
            level = len(rows)
            content = self._held(str(level), (size >> 8 * level) // WIDTH, (size >> 8 * level) % WIDTH)
            rows.append([content[at : at + 32] for at in range(0, len(content), 32)])
        return rows

    def _held(self, row: str, number: int, width: int) -> bytes:
        if not width:
            return b""
        path = _path(self.folder, row, number, width)
        if width < WIDTH:
            self._narrow.add(path)
        return path.read_bytes()

    def _put(self, row: str, number: int, width: int, content: bytes) -> None:
        path = _path(self.folder, row, number, width)
        # The form that the checkpoint before stood on has grown or stays as it is.
        self._narrow.discard(path)
        # The same is not put anew: the newest checkpoint stands on it, and a crash could lose it.
        if not (path.exists() and path.read_bytes() == content):
            disk.put(path, content)
        self._fresh.append(path)


def _path(folder: Path, row: str, number: int, width: int) -> Path:
    words = f"{number % 1000:03d}"
    while number := number // 1000:
        words = f"x{number % 1000:03d}/{words}"
    return folder / "tile" / row / (words if width == WIDTH else f"{words}.p/{width}")


def _over(hashes: list[bytes]) -> bytes:
    """The root of a complete subtree."""
    while len(hashes) > 1:
        hashes = [tree.node_hash(hashes[n], hashes[n + 1]) for n in range(0, len(hashes), 2)]
    return hashes[0]
