"""Notes, checkpoints, cosignatures: published examples, and what is none."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kaigo.witness import note

# The example of the Go package golang.org/x/mod/sumdb/note.
PUBLISHED = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
SIGNED = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
POINT = note.Checkpoint("openkaigo.example/131997/insurance", 20852163, b"\x0a" * 32)
LOG, WITNESS = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
LOG_KEY = note.Key(POINT.origin, note.PLAIN, LOG.public_key().public_bytes_raw())
WITNESS_KEY = note.Key("witness.example/joho", note.TIMED, WITNESS.public_key().public_bytes_raw())


def signed() -> str:
    return note.sign(POINT, LOG_KEY, LOG.sign) + note.cosign(POINT, WITNESS_KEY, WITNESS.sign, 1_679_315_147)


def test_a_published_key_and_signature_are_read_as_their_maker_meant_them():
    read = note.key(PUBLISHED)
    assert (read.name, read.id.hex(), str(read)) == ("PeterNeumann", "c74f20a3", PUBLISHED)
    blob = base64.b64decode(SIGNED)
    assert blob[:4] == read.id
    Ed25519PublicKey.from_public_bytes(read.public).verify(blob[4:], TEXT.encode())


def test_a_checkpoint_is_three_lines_and_lines_of_signatures():
    assert POINT.text == f"{POINT.origin}\n20852163\nCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgo=\n"
    point, lines = note.parse(signed())
    assert point == POINT and len(lines) == 2 and all(line.startswith("\u2014 ") for line in lines)


def test_a_cosignature_signs_the_moment_with_the_checkpoint():
    point, lines = note.parse(signed())
    assert note.check(point, lines, WITNESS_KEY) == 1_679_315_147
    # As the specification writes the message out.
    said = f"cosignature/v1\ntime 1679315147\n{POINT.text}".encode()
    blob = base64.b64decode(lines[1].rpartition(" ")[2])
    WITNESS.public_key().verify(blob[12:], said)


def test_a_log_signs_its_checkpoint():
    point, lines = note.parse(signed())
    assert note.check(point, lines, LOG_KEY) == 0


@pytest.mark.parametrize(
    "other",
    [
        POINT._replace(size=20852164),
        POINT._replace(root=b"\x0b" * 32),
        POINT._replace(origin="another.example/log"),
    ],
)
def test_a_signature_fits_nothing_else(other):
    lines = note.parse(signed())[1]
    for key in (LOG_KEY, WITNESS_KEY):
        with pytest.raises(note.NoteWrong):
            note.check(other, lines, key)


def test_a_moment_cannot_be_exchanged():
    point, lines = note.parse(signed())
    blob = bytearray(base64.b64decode(lines[1].rpartition(" ")[2]))
    blob[11] ^= 1
    bent = f"\u2014 {WITNESS_KEY.name} {base64.b64encode(bytes(blob)).decode()}"
    with pytest.raises(note.NoteWrong, match="does not fit"):
        note.check(point, [bent], WITNESS_KEY)


def test_who_did_not_sign_is_not_believed():
    point, lines = note.parse(signed())
    stranger = note.Key(WITNESS_KEY.name, note.TIMED, LOG.public_key().public_bytes_raw())
    with pytest.raises(note.NoteWrong, match="not signed"):
        note.check(point, lines, stranger)


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", "origin\n1\n", signed().replace("20852163", "020852163"), signed().replace("20852163", "-1"),
        signed().replace("20852163", "1" * 19), signed().replace("CgoK", "Cg\rK"), signed().replace("\n\n", "\n"),
        signed().rstrip("\n"), signed() + "x", signed().replace("CgoKCgo=", "CgoKCgp="), signed().replace("CgoKCgo=", "CgoK"),
        signed().replace("\n\n", "\nextension\n\n"), "\n" + signed(), "x" * (1 << 17), signed().replace("20852163", "２"),
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(note.NoteWrong):
        note.parse(text)


@pytest.mark.parametrize("text", ["", "a", "a+b", "a+c74f20a3+x", PUBLISHED.replace("c74f", "c74e"), PUBLISHED[:-4] + "AAAA",
                                  PUBLISHED.replace("PeterNeumann", "Peter Neumann"), "+" + PUBLISHED])  # fmt: skip
def test_what_is_no_key_is_refused(text):
    with pytest.raises(note.NoteWrong):
        note.key(text)
