"""Signatures that everybody can check and only this installation can make."""

from __future__ import annotations

import pytest

from kaigo.base.keys.signing import NoKey, publics, rotate, signed, signer
from kaigo.base.keys.store import Kind, store


def test_what_was_signed_is_told_from_what_was_not():
    audit = signer("audit")
    signature = audit.sign(b"checkpoint 7")
    assert len(signature) == 64 and len(audit.public) == 32
    assert signed(audit.public, b"checkpoint 7", signature)
    assert not signed(audit.public, b"checkpoint 8", signature)
    assert not signed(audit.public, b"checkpoint 7", signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not signed(signer("other").public, b"checkpoint 7", signature)
    assert not signed(b"short", b"checkpoint 7", signature)


def test_a_signer_keeps_its_version_and_old_signatures_can_always_be_checked():
    old = signer("audit")
    first = old.sign(b"a")
    assert rotate("audit") == 2
    assert signer("audit").version == 2 and signer("audit").public != old.public
    assert signed(old.public, b"b", old.sign(b"b"))
    store().destroy(Kind.SIGN, "audit", 1)
    with pytest.raises(NoKey):
        old.sign(b"c")
    assert publics("audit") == {1: old.public, 2: signer("audit").public}
    assert signed(publics("audit")[1], b"a", first)
    assert publics("never") == {}
