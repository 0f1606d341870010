"""Signing keys (Ed25519): who holds the public half can tell what this installation said, and nobody else can say it."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kaigo.base.keys.store import Kind, NoKey, store


class Signer:
    """One version of a signing key: what it signs, its `public` half checks, whatever is rotated meanwhile."""

    def __init__(self, name: str, version: int) -> None:
        self.name, self.version = name, version
        self.public = store().public(name, version)

    def sign(self, message: bytes) -> bytes:
        """64 bytes (RFC 8032). NoKey: this version was destroyed."""
        return store().sign(self.name, message, self.version)


def signer(name: str, version: int | None = None) -> Signer:
    """The newest version of a signing key, made when there is none; or one version (NoKey: there never was)."""
    return Signer(name, version or store().make(Kind.SIGN, name))


def publics(name: str) -> dict[int, bytes]:
    """version → 32 bytes, of every version there ever was: what it signed can always be checked."""
    for held in store().inventory():
        if (held.kind, held.name) == (Kind.SIGN, name):
            return {one.number: store().public(name, one.number) for one in held.versions}
    return {}


def rotate(name: str) -> int:
    """A new version from now on; returns its number."""
    return store().rotate(Kind.SIGN, name)


def signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Did the owner of this public key sign these bytes?"""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


__all__ = ["NoKey", "Signer", "publics", "rotate", "signed", "signer"]
