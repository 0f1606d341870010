"""Sealing and opening a short value of everybody, and digests of everybody: what the keys cost a set."""

from __future__ import annotations

import os
import time
from statistics import median

from benchmarks import ward
from benchmarks.measure import report, timed

REACH, DIGESTS = 5.0, 20_000


def run() -> list[dict]:
    ward.open_ward()
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from django.db import transaction

    from kaigo.base.keys import envelope
    from kaigo.base.keys.columns import Column
    from kaigo.base.keys.index import index

    # A column that nobody has: its key is made for this transaction and goes with it.
    column, people = Column("measured", "number", "測定"), range(1, ward.RESIDENTS + 1)
    values = [(row, f"{row:012d}") for row in people]
    bare, nonce = AESGCM(os.urandom(32)), os.urandom(12)
    with transaction.atomic():
        sealed: list[bytes] = []

        def seal() -> None:
            sealed[:] = envelope.seal_many(column, values)

        def opening() -> None:
            for _ in envelope.open_many(column, zip(people, sealed, strict=True)):
                pass

        sealing, opened = timed(seal), timed(opening)
        # What it takes of a processor, also when others use the machine.
        begun = time.process_time()
        seal()
        sealed_at = time.process_time()
        opening()
        cpu = {"seal": round(sealed_at - begun, 2), "open": round(time.process_time() - sealed_at, 2)}
        right = [one.text() for one in envelope.open_many(column, zip(people, sealed, strict=True))]
        assert right == [text for _, text in values]
        transaction.set_rollback(True)
    raw = median(timed(lambda: [bare.encrypt(nonce, text.encode(), b"") for _, text in values]))
    digests = timed(lambda: index("subjects").digests(f"person:{row}" for row in people))
    rate = len(people) / median(digests)
    return [
        report(
            "keys_seal",
            sealing,
            REACH,
            raw=raw,
            raw_name="AES-GCM alone",
            values=len(values),
            cpu=cpu["seal"],
        ),
        report(
            "keys_open", opened, REACH, raw=raw, raw_name="AES-GCM alone", values=len(values), cpu=cpu["open"]
        ),
        report(
            "keys_digests",
            digests,
            DIGESTS,
            unit="1/s",
            value=rate,
            smaller_is_better=False,
            values=len(values),
        ),
    ]
