"""The ledger is below all that books into it: what they book has a word there."""

from __future__ import annotations

from kaigo.insurance.arrears.write_offs import GROUNDS
from kaigo.insurance.collection.read import CAUSES
from kaigo.insurance.ledger import words
from kaigo.insurance.receipts.channels import CHANNELS


def test_every_reason_that_a_room_books_has_a_word():
    booked = {*CAUSES, *CHANNELS, *GROUNDS, "lapsed", "revoked", "income", "expenditure", "offset", "late", "waiver", "ruling",
              "reversal"}  # fmt: skip
    assert [reason for reason in sorted(booked) if words.reason(reason) == reason] == []
