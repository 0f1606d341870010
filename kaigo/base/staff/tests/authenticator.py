"""An authenticator in software: makes and uses passkeys as a browser would hand them over, also as it never should."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field, replace

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40
MODEL = bytes(range(16))


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One key. flags, origin, rp_id, counter: what it will say next, whether true or not."""

    origin: str = "http://localhost:8001"
    rp_id: str = "localhost"
    flags: int = UP | UV
    counter: int = 0
    named: bytes | None = None
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    private: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))

    def but(self, **told) -> Authenticator:
        """The same key, saying something else."""
        return replace(self, **told)

    def make(self, options: dict) -> str:
        """The answer to navigator.credentials.create."""
        self.named = unb64(options["user"]["id"])
        client = self._client("webauthn.create", options["challenge"])
        told = MODEL + struct.pack(">H", len(self.credential)) + self.credential + self._public()
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(AT) + told})
        return self._answer(
            {"clientDataJSON": b64(client), "attestationObject": b64(made), "transports": ["usb"]}
        )

    def use(self, options: dict) -> str:
        """The answer to navigator.credentials.get; counts one up."""
        self.counter += 1
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(0)
        signature = self.private.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        answer = {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}
        return self._answer(answer | ({"userHandle": b64(self.named)} if self.named is not None else {}))

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _data(self, more: int) -> bytes:
        rp = hashlib.sha256(self.rp_id.encode()).digest()
        return rp + bytes([self.flags | more]) + struct.pack(">I", self.counter)

    def _public(self) -> bytes:
        numbers = self.private.public_key().public_numbers()
        return cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )

    def _answer(self, response: dict) -> str:
        told = {"id": b64(self.credential), "rawId": b64(self.credential), "type": "public-key"}
        return json.dumps(
            told
            | {
                "response": response,
                "clientExtensionResults": {},
                "authenticatorAttachment": "cross-platform",
            }
        )
