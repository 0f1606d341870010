"""kaigo-audit-verify: was the record of accesses bent? One file, the standard library and Ed25519; nothing of OpenKaigo.

    kaigo-audit-verify FOLDER --keys FILE [--seen FILE]

FOLDER is the log (C2SP tlog-tiles with a `checkpoint`, and `cosigned`: its earlier checkpoints). FILE of --keys has the key
of the log and that of the witness, one a line (several of each after rotations), as both were handed over; never take it
from the log's own machine.
--seen is what the witness remembers (`kaigo-witness seen`): without it a log that was cut back and never shown to the
witness again looks only old. Exit codes: 0 whole, 1 bent (the first bad leaf is named), 2 wrong use.
"""

from __future__ import annotations

import base64
import datetime
import json
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256  # hashes of a tile, leaves of a bundle
MARK = "\u2014 "


class Bent(Exception):
    """leaf: the first that is not what it was; until: it is one of leaf ≤ n < until."""

    def __init__(self, leaf: int, why: str, until: int | None = None) -> None:
        where = (
            f"leaf {leaf}" if until is None or until == leaf + 1 else f"leaf {leaf} ({leaf} <= n < {until})"
        )
        super().__init__(f"{where}: {why}")
        self.leaf, self.until = leaf, leaf + 1 if until is None else until


class Point(NamedTuple):
    """A checkpoint whose signatures fit. seconds: when the witness signed it, 0 = only the log did."""

    size: int
    root: bytes
    seconds: int


def key(line: str) -> tuple[str, bytes, int, Ed25519PublicKey]:
    """name+id+key as the name, the id in its signatures, its kind (1 log, 4 witness) and the key itself."""
    name, id, rest = line.strip().split("+", 2)
    content = unpacked(rest)
    own = sha256(name.encode() + b"\n" + content).digest()[:4]
    if own.hex() != id or content[0] not in (1, 4):
        raise ValueError(f"not a key: {name}")
    return name, own, content[0], Ed25519PublicKey.from_public_bytes(content[1:])


def unpacked(text: str) -> bytes:
    """Base64, written in the one way in which it is written."""
    content = base64.b64decode(text, validate=True)
    if base64.b64encode(content).decode() != text:
        raise ValueError("base64 with something left over")
    return content


def point(note: str, keys: list[tuple]) -> Point:
    """A checkpoint signed by the log. ValueError for anything else; a known key's line that does not fit is an error too."""
    text, _, signed = note.rpartition("\n\n")
    origin, size, root = text.split("\n")
    *lines, rest = signed.split("\n")
    if rest or not all(line.startswith(MARK) for line in lines):
        raise ValueError("the lines of signatures are cut off")
    if not size.isascii() or str(int(size)) != size:
        raise ValueError("the size is not written as a number")
    signatures = [line.removeprefix(MARK).rsplit(" ", 1) for line in lines]
    found = [
        (own[2], _signed(f"{text}\n", signatures, own)) for own in keys if own[2] == 4 or own[0] == origin
    ]
    if not any(kind == 1 and seconds is not None for kind, seconds in found):
        raise ValueError("not signed by this log")
    return Point(int(size), unpacked(root), max(seconds or 0 for _, seconds in found))


def _signed(text: str, signatures: list[list[str]], by: tuple) -> int | None:
    name, id, kind, public = by
    for who, blob in signatures:
        content = unpacked(blob)
        if who != name or content[:4] != id:
            continue
        seconds = int.from_bytes(content[4:12], "big") if kind == 4 else 0
        said = f"cosignature/v1\ntime {seconds}\n{text}" if kind == 4 else text
        try:
            public.verify(content[12:] if kind == 4 else content[4:], said.encode())
        except InvalidSignature as wrong:
            raise ValueError(f"the signature of {name} does not fit") from wrong
        return seconds
    return None


class Stack:
    """The roots of the complete subtrees so far, largest first; the root over all of them at any size."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, bytes]] = []

    def add(self, hashed: bytes) -> None:
        level = 0
        while self.parts and self.parts[-1][0] == level:
            hashed, level = sha256(b"\1" + self.parts.pop()[1] + hashed).digest(), level + 1
        self.parts.append((level, hashed))

    def root(self) -> bytes:
        if not self.parts:
            return sha256(b"").digest()
        seen = self.parts[-1][1]
        for _, part in self.parts[-2::-1]:
            seen = sha256(b"\1" + part + seen).digest()
        return seen


def path(folder: Path, row: str, number: int, width: int) -> Path:
    """Where tlog-tiles keeps tile `number` of a row; a width below 256 is a tile that still grows."""
    words = f"{number % 1000:03d}"
    while number := number // 1000:
        words = f"x{number % 1000:03d}/{words}"
    return folder / "tile" / row / (words if width == WIDTH else f"{words}.p/{width}")


def content(folder: Path, row: str, number: int, width: int, leaf: int) -> bytes:
    try:
        return path(folder, row, number, width).read_bytes()
    except OSError as missing:
        raise Bent(leaf, f"tile {row}/{number} is missing") from missing


def leaves(folder: Path, size: int) -> Iterator[bytes]:
    """The leaves in their order. Bent where one is missing or more are there than there should be."""
    for first in range(0, size, WIDTH):
        width = min(WIDTH, size - first)
        rest = content(folder, "entries", first // WIDTH, width, first)
        at = 0
        for leaf in range(first, first + width):
            begin, at = at + 2, at + 2 + int.from_bytes(rest[at : at + 2], "big")
            if len(rest) < max(begin, at):
                raise Bent(leaf, "the bundle ends before it")
            yield rest[begin:at]
        if rest[at:]:
            raise Bent(first + width, "the bundle goes on")


def check(folder: Path, size: int, points: list[Point]) -> None:
    """Every leaf against its hash at once (so the first bad one is named), every hash against the tiles above, every checkpoint against the leaves before it."""
    due, good, stack = sorted(points), 0, Stack()
    rows: list[list[bytes]] = [[]]

    def reached(now: int) -> None:
        nonlocal good
        while due and due[0].size == now:
            if due.pop(0).root != stack.root():
                raise Bent(good, "the leaves are not those that were signed", max(now, good + 1))
            good = now

    def close(level: int, end: int) -> None:
        """A tile is full, or the row ends: compare it, and give its root to the row above when it is full."""
        row, number = rows[level], (end - 1) // WIDTH ** (level + 1)
        kept = content(folder, str(level), number, len(row), number * WIDTH ** (level + 1))
        for place, hashed in enumerate(row):
            if kept[32 * place : 32 * place + 32] != hashed:
                first = number * WIDTH + place
                raise Bent(
                    first * WIDTH**level,
                    f"it does not fit its hash in tile {level}/{number}",
                    (first + 1) * WIDTH**level,
                )
        if len(kept) != 32 * len(row):
            raise Bent(end, f"tile {level}/{number} goes on")
        if len(row) < WIDTH:
            return
        own = Stack()
        for hashed in row:
            own.add(hashed)
        rows[level] = []
        if level + 1 == len(rows):
            rows.append([])
        rows[level + 1].append(own.root())
        if len(rows[level + 1]) == WIDTH:
            close(level + 1, end)

    reached(0)
    for number, leaf in enumerate(leaves(folder, size)):
        hashed, place = sha256(b"\0" + leaf).digest(), number % WIDTH
        if place == 0:
            tile = content(folder, "0", number // WIDTH, min(WIDTH, size - number), number)
        if tile[32 * place : 32 * place + 32] != hashed:
            raise Bent(number, "it does not fit its hash")
        rows[0].append(hashed)
        if len(rows[0]) == WIDTH:
            close(0, number + 1)
        stack.add(hashed)
        reached(number + 1)
    for level, row in enumerate(rows):
        if row:
            close(level, size)
    if due:
        raise Bent(size, f"the log had {due[-1].size} leaves once", due[-1].size)


def history(source: Path, keys: list[tuple]) -> Iterator[Point]:
    """Checkpoints one a line, as `cosigned` and `kaigo-witness seen` have them, each signed by both."""
    *lines, rest = source.read_bytes().decode().split("\n")
    if rest:
        raise ValueError(f"{source.name}: the last line is cut off")
    for line in lines:
        said = json.loads(line)
        if not isinstance(said, str) or json.dumps(said, ensure_ascii=False) != line:
            raise ValueError(f"{source.name}: not a line of a checkpoint")
        found = point(said, keys)
        if not found.seconds:
            raise ValueError("a checkpoint without the witness's line")
        yield found


def verify(folder: Path, keys: str, seen: Path | None = None) -> tuple[Point, Point]:
    """The newest checkpoint and the newest that the witness signed. Raises Bent; ValueError and OSError when a signature
    does not fit or a file cannot be read."""
    own = [key(line) for line in keys.splitlines() if line.strip()]
    if {kind for _, _, kind, _ in own} != {1, 4}:
        raise ValueError("the key of the log and that of the witness are both needed")
    newest = point((folder / "checkpoint").read_bytes().decode(), own)
    points = [newest, *history(folder / "cosigned", own), *(history(seen, own) if seen else ())]
    check(folder, newest.size, points)
    last = max(
        (known for known in points if known.seconds),
        key=lambda known: (known.size, known.seconds),
        default=None,
    )
    if last is None:
        raise Bent(0, "no witness has signed any of it", newest.size)
    return newest, last


def main(argv: list[str] | None = None) -> int:
    words = sys.argv[1:] if argv is None else argv
    options = dict(zip(words[1::2], words[2::2], strict=False))
    if len(words) % 2 == 0 or "--keys" not in options or options.keys() - {"--keys", "--seen"}:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        seen = Path(options["--seen"]) if "--seen" in options else None
        newest, last = verify(Path(words[0]), Path(options["--keys"]).read_text("utf-8-sig"), seen)
    except (Bent, ValueError, OSError) as bent:
        print(f"BENT  {bent}")
        return 1
    when = datetime.datetime.fromtimestamp(last.seconds, datetime.UTC).isoformat()
    print(f"WHOLE {newest.size} leaves, root {newest.root.hex()}")
    print(f"      {last.size} of them seen by the witness, {when}; {newest.size - last.size} not yet")
    return 0


if __name__ == "__main__":
    sys.exit(main())
