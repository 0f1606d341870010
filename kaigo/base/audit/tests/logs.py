"""A log in a folder with keys and a witness, for tests."""

from __future__ import annotations

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kaigo.base.audit.tiles import Log
from kaigo.base.audit.witnessing import Witness
from kaigo.base.audit.write import record
from kaigo.witness import note, tree

ORIGIN = "openkaigo.example/131997/insurance"
START = 1_795_000_000


class Signed:
    """Who signs: the log and its witness; the same keys for every log that is made with them."""

    def __init__(self) -> None:
        self.log, self.witness = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        self.log_key = note.Key(ORIGIN, note.PLAIN, self.log.public_key().public_bytes_raw())
        self.witness_key = note.Key(
            "witness.example/joho", note.TIMED, self.witness.public_key().public_bytes_raw()
        )

    @property
    def keys(self) -> str:
        return f"{self.log_key}\n{self.witness_key}\n"

    def publish(self, log: Log, size: int, *, cosigned: bool = False) -> str:
        point = note.Checkpoint(ORIGIN, size, tree.root(size, log.reading(size)))
        signed = note.sign(point, self.log_key, self.log.sign)
        if cosigned:
            signed += note.cosign(point, self.witness_key, self.witness.sign, START + size)
            log.cosigned(signed)
        log.publish(signed)
        return signed


def leaf(number: int) -> bytes:
    """Of changing length, as events are."""
    return json.dumps({"id": number, "event": "page.read", "people": ["ab" * 16] * (number % 5)}).encode()


def written(folder: Path, size: int, signed: Signed, *, seen: Path | None = None, steps: int = 7) -> Log:
    """A log of this size, made in steps, the first of them seen by the witness; what it saw also in `seen`."""
    log, lines = Log(folder), []
    for step in range(1, steps + 1):
        upto = size * step // steps
        log.append(map(leaf, range(log.size, upto)))
        # The last step has not been shown yet.
        lines.append(signed.publish(log, upto, cosigned=step < steps))
    if seen is not None:
        seen.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines[:-1]))
    return log


def asked(settings) -> Witness:
    return Witness(settings.WITNESS_URL, settings.WITNESS_KEY)


def some(ctx, many: int, **more) -> list[int]:
    return [record(ctx, "page.read", f"page:{n}", people=[n, n + 1], count=n, **more) for n in range(many)]
