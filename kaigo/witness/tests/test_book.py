"""The witness: what it signs, what it refuses with which answer, what it remembers; over HTTP as a program of its own."""

from __future__ import annotations

import base64
import http.client
import socket
import subprocess
import sys
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kaigo.witness import note, tree
from kaigo.witness.book import Book, Refuses, found
from kaigo.witness.service import LARGEST, server

ORIGIN = "openkaigo.example/131997/insurance"
LOG = Ed25519PrivateKey.generate()
KEY = note.Key(ORIGIN, note.PLAIN, LOG.public_key().public_bytes_raw())
HASHES = [tree.leaf_hash(b"%d" % n) for n in range(100)]
READ = tree.reader(HASHES)
NOW = 1_795_000_000


@pytest.fixture
def book(tmp_path):
    found(tmp_path, "witness.example/joho")
    made = Book(tmp_path, lambda: NOW)
    made.know(ORIGIN, str(KEY))
    return made


def asked(old: int, size: int, *, read=READ, proof=None, private=LOG, key=KEY, point=None) -> bytes:
    point = point or note.Checkpoint(key.name, size, tree.root(size, read))
    steps = tree.consistency(old, size, read) if proof is None else proof
    lines = "".join(base64.b64encode(step).decode() + "\n" for step in steps)
    return f"old {old}\n{lines}\n{note.sign(point, key, private.sign)}".encode()


def refused(book, body: bytes) -> tuple[int, str]:
    with pytest.raises(Refuses) as error:
        book.add(body)
    return error.value.status, error.value.body


def test_what_continues_is_signed_with_the_moment(book):
    for old, size in ((0, 3), (3, 3), (3, 8), (8, 100)):
        line = book.add(asked(old, size))
        point = note.Checkpoint(ORIGIN, size, tree.root(size, READ))
        assert note.check(point, [line.rstrip("\n")], book.key) == NOW
        assert book.latest(ORIGIN) == point
    assert [note.parse(signed)[0].size for signed in book.seen(ORIGIN)] == [3, 3, 8, 100]
    for signed in book.seen(ORIGIN):
        point, lines = note.parse(signed)
        assert note.check(point, lines, KEY) == 0 and note.check(point, lines, book.key) == NOW


def test_a_rewritten_history_is_not_signed(book):
    book.add(asked(0, 8))
    other = [*HASHES[:2], tree.leaf_hash(b"rewritten"), *HASHES[3:]]
    rewritten = tree.reader(other)
    assert refused(book, asked(8, 20, read=rewritten))[0] == 422
    assert refused(book, asked(8, 8, read=rewritten)) == (409, "8\n")
    # Nor one that begins again from nothing, nor a shorter one.
    assert refused(book, asked(0, 20, read=rewritten)) == (409, "8\n")
    assert refused(book, asked(0, 5)) == (409, "8\n")
    assert book.latest(ORIGIN).root == tree.root(8, READ)


def test_what_is_refused_with_which_answer(book):
    stranger = Ed25519PrivateKey.generate()
    unknown = note.Key("another.example/log", note.PLAIN, KEY.public)
    assert refused(book, asked(0, 3, key=unknown))[0] == 404
    assert refused(book, asked(0, 3, private=stranger))[0] == 403
    own = note.Key(ORIGIN, note.PLAIN, stranger.public_key().public_bytes_raw())
    assert refused(book, asked(0, 3, private=stranger, key=own))[0] == 403
    assert refused(book, asked(4, 3, proof=[]))[0] == 400
    assert refused(book, asked(2, 3, proof=[b"x" * 32])) == (409, "0\n")
    for body in (
        b"", b"old", b"old 0", b"\xff", b"old x\n\n" + asked(0, 3), asked(0, 3).replace(b"old 0", b"old 00"),
        asked(0, 3).replace(b"old 0", b"new 0"), asked(0, 3)[:-30], asked(0, 3, proof=[b"x" * 31]),
        asked(0, 3, proof=[b"x" * 32] * 64), asked(0, 3).replace(b"old 0", b"old " + b"1" * 5000),
        asked(0, 3).replace(b"\n3\n", b"\n" + b"3" * 5000 + b"\n"), asked(0, 3).replace(b"old 0", "old ０".encode()),
    ):  # fmt: skip
        assert refused(book, body)[0] == 400, body
    empty = note.Checkpoint(ORIGIN, 0, b"x" * 32)
    assert refused(book, asked(0, 0, point=empty, proof=[]))[0] == 409
    assert not list(book.seen(ORIGIN))


def test_of_a_note_the_line_of_the_log_is_kept_wherever_it_stands(book):
    """Else what the witness remembers proves nothing to an auditor."""
    stranger = f"\u2014 somebody {base64.b64encode(b'x' * 68).decode()}\n"
    body = asked(0, 3).replace("\n\n\u2014".encode(), f"\n\n{stranger}\u2014".encode())
    book.add(body)
    (signed,) = book.seen(ORIGIN)
    point, lines = note.parse(signed)
    assert note.check(point, lines, KEY) == 0 and note.check(point, lines, book.key) == NOW


def test_a_witness_remembers_when_it_begins_again(book):
    book.add(asked(0, 8))
    again = Book(book.folder, lambda: NOW + 300)
    assert again.latest(ORIGIN).size == 8 and again.key == book.key
    again.add(asked(8, 9))
    assert refused(book, asked(8, 9)) == (409, "9\n")


def test_a_line_cut_off_by_a_crash_spoils_nothing(book):
    book.add(asked(0, 8))
    log = next(book.folder.glob("logs/*/seen"))
    with log.open("a") as out:
        out.write('"cut off')
    book.add(asked(8, 9))
    assert [note.parse(signed)[0].size for signed in Book(book.folder).seen(ORIGIN)] == [8, 9]


def test_the_key_of_a_known_log_is_not_exchanged(book):
    other = note.Key(ORIGIN, note.PLAIN, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    with pytest.raises(Refuses):
        book.know(ORIGIN, str(other))
    with pytest.raises(Refuses):
        book.know("another.example", str(book.key))
    book.know(ORIGIN, str(KEY))
    # After a rotation somebody looks and adds the new key; the old one is believed on.
    with pytest.raises(Refuses):
        book.know("another.example", str(other), also=True)
    book.know(ORIGIN, str(other), also=True)
    book.add(asked(0, 3))
    assert Book(book.folder).latest(ORIGIN).size == 3
    with pytest.raises(FileExistsError):
        found(book.folder, "witness.example/joho")
    assert (book.folder / "witness.key").stat().st_mode & 0o77 == 0


def post(port: int, body: bytes, path: str = "/add-checkpoint", headers=None) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", path, body, headers or {})
    answer = connection.getresponse()
    return answer.status, answer.headers["Content-Type"], answer.read().decode()


@pytest.fixture
def served(book):
    running = server(book, "127.0.0.1", 0)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running.server_port
    running.shutdown()
    running.server_close()


def test_over_http(book, served):
    status, _, line = post(served, asked(0, 5))
    assert status == 200 and line.startswith("\u2014 witness.example/joho ")
    assert post(served, asked(0, 6)) == (409, "text/x.tlog.size", "5\n")
    assert post(served, asked(5, 6), "/other")[0] == 404
    for length in (str(LARGEST + 1), "1" * 5000, "\u00b2", "-1", ""):
        assert post(served, b"x", headers={"Content-Length": length})[0] == 413, length


def test_what_stands_in_an_unread_request_is_never_another(book, served):
    inner = asked(0, 5)
    smuggled = b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(inner), inner)
    with socket.create_connection(("127.0.0.1", served), timeout=10) as there:
        there.sendall(b"POST /other HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(smuggled), smuggled))
        answer = b""
        while part := there.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 404") and answer.count(b"HTTP/1.1") == 1
    assert book.latest(ORIGIN).size == 0


def test_of_many_at_once_only_one_continues(served):
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(post(served, asked(0, 7))[0])) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [409] * 11


def test_as_a_program_of_its_own(tmp_path):
    def run(*words: str):
        return subprocess.run(
            [sys.executable, "-m", "kaigo.witness.service", *words],
            check=False,
            capture_output=True,
            text=True,
        )

    folder = str(tmp_path / "witness")
    made = run("new", folder, "witness.example/joho")
    assert note.key(made.stdout).kind == note.TIMED
    assert run("know", folder, ORIGIN, str(KEY)).returncode == 0
    assert run("know", folder, ORIGIN, made.stdout.strip()).returncode == 1
    assert run("serve", folder).returncode == 2
    command = [sys.executable, "-m", "kaigo.witness.service", "serve", folder, "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline().rpartition(":")[2])
        assert post(port, asked(0, 5))[0] == 200
        process.kill()
    assert len(run("seen", folder, ORIGIN).stdout.splitlines()) == 1
