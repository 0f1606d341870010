"""Row numbers as addresses and forms carry them: sealed, so that nobody reads, counts or guesses them.

A reference is one block of AES-256: 8 bytes that name the kind of thing, 8 bytes of row number, 22 characters of
base64url. What opens to another kind is no reference: the one of a batch opens no person, and a guess is right once
in 2^64. One block per reference, so ECB is the permutation itself and reveals nothing but "the same thing again".
Whoever holds a reference still needs the permission of the page.
"""

from __future__ import annotations

import re
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from django.conf import settings
from django.urls import register_converter

# Everything that an address or a form names by its row. In a path: <kind:parameter>, as in <person:person>.
KINDS = (
    "person",
    # traces
    "event",
    # misuse
    "alert", "declaration", "watched",
    # feeds
    "delivery", "repair",
    # registers
    "facility",
    # qualification
    "deemed", "inquiry", "notification", "period", "qualification_task", "telling",
    # premium
    "assessment", "batch", "premium_task",
    # collection
    "deferral", "plan", "relief", "relief_bulk", "remission", "target",
    # receipts
    "receipt",
    # dunning
    "demand", "dunning_batch", "late_charge", "public_notice", "returned", "stay", "waiver_request",
    # refunds
    "proposal", "transfer",
    # arrears
    "agreement", "measure", "property_inquiry", "visit", "write_off", "write_off_request",
    # notices
    "draft",
    # release
    "export", "letter", "release_file", "release_request", "report", "run",
    # counter
    "ticket", "work_list",
    # personnel
    "account", "application", "emergency", "enrolment", "grant", "member", "passkey",
    # the way in
    "session",
)  # fmt: skip
# 132 bits for 128: the last character carries two.
PATTERN = "[A-Za-z0-9_-]{21}[AQgw]"
_WRITTEN = re.compile(PATTERN)
_MARKS = {kind: sha256(kind.encode()).digest()[:8] for kind in KINDS}


class Seal:
    """The permutation of one key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = Cipher(AES256(key), ECB())
        # Making a cipher context costs more than using it; a context is used by one thread at a time.
        self._own = threading.local()

    def close(self, kind: str, row: int) -> str:
        """The reference of a row. Raises KeyError for a kind that is not listed, OverflowError below 0."""
        block = _MARKS[kind] + row.to_bytes(8, "big")
        return urlsafe_b64encode(self._contexts()[0].update(block))[:-2].decode()

    def open(self, kind: str, text: str) -> int | None:
        """The row; None for what this key never made for this kind."""
        if not _WRITTEN.fullmatch(text):
            return None
        plain = self._contexts()[1].update(urlsafe_b64decode(f"{text}=="))
        return int.from_bytes(plain[8:], "big") if plain[:8] == _MARKS[kind] else None

    def _contexts(self) -> tuple:
        try:
            return self._own.pair
        except AttributeError:
            self._own.pair = self._cipher.encryptor(), self._cipher.decryptor()
            return self._own.pair


@lru_cache(maxsize=1)
def _seal() -> Seal:
    return Seal(settings.REFERENCE_KEY)


def ref(kind: str, row: int) -> str:
    """How addresses and forms name a row of a kind, in this installation."""
    return _seal().close(kind, row)


def unref(kind: str, text: str) -> int | None:
    """The row behind a reference; None for anything else."""
    return _seal().open(kind, text)


class Reference:
    """A part of a path. Views receive the row number; what does not open is an address that does not exist."""

    regex = PATTERN
    kind = ""

    def to_python(self, value: str) -> int:
        row = unref(self.kind, value)
        if row is None:
            raise ValueError
        return row

    def to_url(self, value: int) -> str:
        return ref(self.kind, value)


def register() -> None:
    """One converter per kind: a converter does not learn the name of its parameter. Once, when the desk is set up."""
    for kind in KINDS:
        register_converter(type("Reference", (Reference,), {"kind": kind}), kind)
