"""What a witness remembers of each log: the largest checkpoint it has signed below, and every earlier one.

A folder: the witness's own key, and for each log its key, `latest`, and `seen`: every checkpoint with the witness's
line, one JSON text a line. Whoever holds this folder can prove later what the log said at which moment.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kaigo.witness import disk, note, tree

MOST = 63  # lines of a proof: what a log of 2^63 leaves needs


class Refuses(Exception):
    """The witness does not sign. status: what HTTP answers; body: what it says, `size` lines for 409."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(body)
        self.status, self.body = status, body


class Book:
    """The witness of a folder. now: seconds since 1970."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        self.folder, self.now = folder, now
        name, private = (folder / "witness.key").read_text().split()
        self._private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(private))
        self.key = note.Key(name, note.TIMED, self._private.public_key().public_bytes_raw())

    def know(self, origin: str, written: str, *, also: bool = False) -> None:
        """Watch this log from now on; its key as it was handed over. also: a further key of a log that is known already,
        after its rotation. Refuses another key for a known log otherwise: somebody must have looked."""
        given, place = note.key(written), self._place(origin)
        if given.kind != note.PLAIN:
            raise Refuses(400, "これは記録の署名の鍵ではありません。")
        held = self._keys(place)
        if given in held:
            return
        if held and not also:
            raise Refuses(
                409,
                f"{origin} の鍵は別のものを覚えています。鍵の更新なら、人が確かめて renew で足してください。",
            )
        if also and not held:
            raise Refuses(404, f"{origin} はまだ知りません。")
        disk.write(place / "log.key", "".join(f"{key}\n" for key in [*held, given]).encode())
        disk.write(place / "origin", f"{origin}\n".encode())

    def add(self, body: bytes) -> str:
        """The answer to add-checkpoint (C2SP tlog-witness): the witness's line. Refuses whatever does not fit."""
        old, proof, written = _asked(body)
        try:
            point, lines = note.parse(written)
        except note.NoteWrong as wrong:
            raise Refuses(400, str(wrong)) from wrong
        place = self._place(point.origin)
        keys = self._keys(place)
        if not keys:
            raise Refuses(404, "この記録は知りません。")
        own = [line for line in lines if note.signed_by_any(point, [line], keys)]
        if not own or not note.signed_by_any(point, lines, keys):
            raise Refuses(403, "知っている鍵の署名がありません。")
        if old > point.size:
            raise Refuses(400, "前の大きさが、今の大きさを超えています。")
        with _alone(place):
            self._judge(self.latest(point.origin), old, proof, point)
            line = note.cosign(point, self.key, self._private.sign, int(self.now()))
            self._keep(place, f"{point.text}\n{own[0]}\n{line}")
        return line

    def latest(self, origin: str) -> note.Checkpoint:
        """The largest checkpoint of a log so far; of size 0 when there is none."""
        path = self._place(origin) / "latest"
        return note.parse(path.read_text())[0] if path.exists() else note.Checkpoint(origin, 0, tree.EMPTY)

    def seen(self, origin: str) -> Iterator[str]:
        """Every checkpoint of a log with this witness's line, oldest first."""
        path = self._place(origin) / "seen"
        if path.exists():
            with path.open() as lines:
                yield from (json.loads(line) for line in lines if line.endswith("\n"))

    def _judge(self, held: note.Checkpoint, old: int, proof: list[bytes], point: note.Checkpoint) -> None:
        if old != held.size:
            raise Refuses(409, f"{held.size}\n")
        if old == point.size and held.root != point.root:
            raise Refuses(409, f"{held.size}\n")
        try:
            tree.check_consistency(old, point.size, proof, held.root, point.root)
        except tree.ProofWrong as wrong:
            raise Refuses(422, str(wrong)) from wrong

    def _keep(self, place: Path, signed: str) -> None:
        """On disk before anybody gets the line: a witness that forgets would sign two histories."""
        disk.append(place / "seen", json.dumps(signed, ensure_ascii=False))
        disk.write(place / "latest", signed.encode())

    def _keys(self, place: Path) -> list[note.Key]:
        path = place / "log.key"
        return [note.key(line) for line in path.read_text().splitlines()] if path.exists() else []

    def _place(self, origin: str) -> Path:
        return self.folder / "logs" / sha256(origin.encode()).hexdigest()


def found(folder: Path, name: str) -> note.Key:
    """Make a new witness in a folder; returns its key. FileExistsError when there is one already."""
    if (folder / "witness.key").exists():
        raise FileExistsError(folder / "witness.key")
    private = Ed25519PrivateKey.generate()
    public = note.Key(name, note.TIMED, private.public_key().public_bytes_raw())
    note.key(str(public))  # a name that cannot be read again is none
    disk.write(folder / "witness.key", f"{name} {private.private_bytes_raw().hex()}\n".encode())
    return public


def _asked(body: bytes) -> tuple[int, list[bytes], str]:
    """The old size, the proof and the checkpoint of a request."""
    try:
        head, gap, written = body.decode().partition("\n\n")
        first, *lines = head.split("\n")
        word, _, size = first.partition(" ")
        proof = [note.unpacked(line) for line in lines]
    except (UnicodeDecodeError, note.NoteWrong) as wrong:
        raise Refuses(400, "依頼の形が違います。") from wrong
    whole = word == "old" and note.counted(size)
    if not gap or not whole or len(proof) > MOST or any(len(step) != 32 for step in proof):
        raise Refuses(400, "依頼の形が違います。")
    return int(size), proof, written


@contextmanager
def _alone(place: Path):
    """One request at a time about one log, also of several processes."""
    with os.fdopen(os.open(place / "lock", os.O_RDWR | os.O_CREAT, 0o600), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
