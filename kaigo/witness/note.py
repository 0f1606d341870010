"""Signed notes, checkpoints and cosignatures as C2SP writes them (signed-note, tlog-checkpoint, tlog-cosignature v1.0).

A note is text and lines of signatures; a checkpoint is a note of three lines: which log, how many leaves, which root.
A cosignature is a witness's line below it and says when.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PLAIN, TIMED = 1, 4  # signature types: of a log, of a witness
DASH = "\u2014 "
LARGEST = 1 << 16  # bytes of a note: far more than sixteen signatures need


class NoteWrong(ValueError):
    """Not a note, not a checkpoint, or not signed by whom it should be."""


class Key(NamedTuple):
    """Whose signatures are believed. kind: PLAIN or TIMED; public: 32 bytes of Ed25519."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        """As it is handed to others: name+id+key."""
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([self.kind]) + self.public)}"


class Checkpoint(NamedTuple):
    """How far a log has come. root: 32 bytes."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


def key(written: str) -> Key:
    """A key as `str(Key)` wrote it. NoteWrong when it is none or its id does not belong to it."""
    name, id, rest = [*written.strip().split("+", 2), "", ""][:3]
    content = unpacked(rest)
    if len(content) != 33 or content[0] not in (PLAIN, TIMED):
        raise NoteWrong("not an Ed25519 key of a log or a witness")
    found = Key(_named(name), content[0], content[1:])
    if found.id.hex() != id:
        raise NoteWrong("the key's id belongs to another key")
    return found


def parse(note: str) -> tuple[Checkpoint, list[str]]:
    """The checkpoint and its lines of signatures, none of them checked yet. NoteWrong when it is not one."""
    if len(note.encode()) > LARGEST or any(sign < " " and sign != "\n" for sign in note):
        raise NoteWrong("not a note")
    text, gap, signed = note.rpartition("\n\n")
    lines = signed.split("\n")
    if not gap or lines.pop() != "" or not lines or not all(line.startswith(DASH) for line in lines):
        raise NoteWrong("the signatures are missing or cut off")
    return _checkpoint(text + "\n"), lines


def sign(point: Checkpoint, own: Key, seal: Callable[[bytes], bytes]) -> str:
    """The checkpoint as a note of the log. seal: Ed25519 over the bytes that it is given."""
    return f"{point.text}\n{_line(own, seal(point.text.encode()))}"


def cosign(point: Checkpoint, own: Key, seal: Callable[[bytes], bytes], seconds: int) -> str:
    """A witness's line: at this moment (seconds since 1970) this was the largest tree it had seen of this log."""
    return _line(own, seconds.to_bytes(8, "big") + seal(_timed(point, seconds)))


def check(point: Checkpoint, lines: Iterable[str], trusted: Key) -> int:
    """The moment of the cosignature of this key (seconds since 1970), 0 for a log's own signature.

    NoteWrong when it did not sign, or a signature under its name and id does not fit.
    """
    found = None
    for line in lines:
        name, _, written = line.removeprefix(DASH).rpartition(" ")
        blob = unpacked(written)
        if name != trusted.name or blob[:4] != trusted.id:
            continue
        found = _checked(point, blob[4:], trusted)
    if found is None:
        raise NoteWrong(f"not signed by {trusted.name}")
    return found


def signed_by_any(point: Checkpoint, lines: Iterable[str], trusted: Iterable[Key]) -> bool:
    """Whether one of these keys signed: a log whose key was rotated has several."""
    lines = list(lines)
    for one in trusted:
        try:
            check(point, lines, one)
        except NoteWrong:
            continue
        return True
    return False


def _checked(point: Checkpoint, blob: bytes, trusted: Key) -> int:
    seconds, said = 0, point.text.encode()
    if trusted.kind == TIMED:
        seconds, blob = int.from_bytes(blob[:8], "big"), blob[8:]
        said = _timed(point, seconds)
    try:
        Ed25519PublicKey.from_public_bytes(trusted.public).verify(blob, said)
    except InvalidSignature as wrong:
        raise NoteWrong(f"the signature of {trusted.name} does not fit") from wrong
    return seconds


def _timed(point: Checkpoint, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{point.text}".encode()


def _checkpoint(text: str) -> Checkpoint:
    lines = text.split("\n")
    # Further lines may be added by other logs; ours has none, and what nobody checks has no place in it.
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise NoteWrong("a checkpoint has three lines")
    origin, size, written = lines[:3]
    if not counted(size):
        raise NoteWrong("the size is not a number")
    made = unpacked(written)
    if len(made) != 32 or _base64(made) != written:
        raise NoteWrong("the root is not a hash")
    return Checkpoint(origin, int(size), made)


def counted(size: str) -> bool:
    """Is it a number of leaves as it is written: decimal digits, no zero in front, at most 18 (before it is counted)?"""
    return len(size) <= 18 and size.isascii() and size.isdigit() and str(int(size)) == size


def _line(own: Key, blob: bytes) -> str:
    return f"{DASH}{own.name} {_base64(own.id + blob)}\n"


def _named(name: str) -> str:
    if not name or "+" in name or any(sign.isspace() for sign in name):
        raise NoteWrong("a key's name is not empty and has neither spaces nor +")
    return name


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def unpacked(written: str) -> bytes:
    """Base64 read strictly. NoteWrong when it is none."""
    try:
        return base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise NoteWrong("not base64") from wrong
