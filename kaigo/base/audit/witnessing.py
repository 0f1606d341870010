"""Asking the witness for its line (C2SP tlog-witness), and whether what it signed is recent."""

from __future__ import annotations

import base64
import http.client
from datetime import UTC, datetime
from urllib.parse import urlsplit

from kaigo.witness import note, tree

PATIENCE = 10  # seconds


class WitnessSilent(RuntimeError):
    """The witness did not answer, or with something that is no answer."""


class WitnessRefuses(RuntimeError):
    """The witness knows another history of this log: somebody has rewritten or cut it."""


class Witness:
    """The witness at an address, whose key was handed over apart from it."""

    def __init__(self, url: str, key: str) -> None:
        self.url, self.key = url, note.key(key)
        if self.key.kind != note.TIMED:
            raise note.NoteWrong("not the key of a witness")

    def sign(self, point: note.Checkpoint, signed: str, read: tree.Read, shown: int) -> tuple[str, datetime]:
        """The witness's line below this checkpoint and when it signed. shown: the size that it saw last, as we believe.

        WitnessRefuses when it knows another history, WitnessSilent when it cannot be asked.
        """
        old = min(shown, point.size)
        status, body = self._ask(point, signed, read, old)
        if status == 409:
            old = _size(body)
            # It has seen a larger one: ours is not the one that it knows. One of this size may be ours: its line was lost.
            if old > point.size:
                raise WitnessRefuses(f"立会は{old:,}件の別の記録を知っています(こちらは{point.size:,}件)。")
            status, body = self._ask(point, signed, read, old)
        if status in (409, 422):
            raise WitnessRefuses(f"立会は、{old:,}件から{point.size:,}件への続きを認めませんでした。")
        if status != 200:
            raise WitnessSilent(f"立会が署名しませんでした(HTTP {status})。")
        try:
            line = next(line for line in body.splitlines() if line.startswith(f"{note.DASH}{self.key.name} "))
            seconds = note.check(point, [line], self.key)
        except (StopIteration, note.NoteWrong) as wrong:
            raise WitnessSilent("立会の署名が、知っている鍵に合いません。") from wrong
        return f"{line}\n", datetime.fromtimestamp(seconds, UTC)

    def _ask(self, point: note.Checkpoint, signed: str, read: tree.Read, old: int) -> tuple[int, str]:
        proof = tree.consistency(old, point.size, read)
        lines = "".join(base64.b64encode(step).decode() + "\n" for step in proof)
        there = urlsplit(self.url)
        kind = http.client.HTTPSConnection if there.scheme == "https" else http.client.HTTPConnection
        connection = kind(there.hostname or "", there.port, timeout=PATIENCE)
        try:
            connection.request(
                "POST", f"{there.path}/add-checkpoint", f"old {old}\n{lines}\n{signed}".encode()
            )
            answer = connection.getresponse()
            return answer.status, answer.read(note.LARGEST).decode(errors="replace")
        except (OSError, http.client.HTTPException) as silent:
            raise WitnessSilent("立会に届きません。") from silent
        finally:
            connection.close()


def _size(body: str) -> int:
    written = body.strip()
    if not (written.isascii() and written.isdigit() and len(written) <= 18):
        raise WitnessSilent("立会の答えが読めません。")
    return int(written)
