"""Nothing in the log can be bent unseen (security.md E-6): mutations of every kind, also by who holds the log's key.

500 in every run; KAIGO_LONG=1 tries ten thousand.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys

import pytest

from kaigo.base.audit.tests.logs import ORIGIN, Signed, leaf, written
from kaigo.base.audit.tiles import Log
from kaigo.witness import note, tree
from kaigo.witness.verify import Bent, key, verify

TRIES = 10_000 if os.environ.get("KAIGO_LONG") else 500
SIZE = 600
SIGNED = Signed()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A log, and what the witness remembers of it."""
    root = tmp_path_factory.mktemp("whole")
    written(root / "log", SIZE, SIGNED, seen=root / "seen")
    return root


def found(folder, seen=None, keys=SIGNED.keys):
    """What the verifier says; None when it finds nothing."""
    try:
        verify(folder, keys, seen)
    except (Bent, ValueError, OSError) as bent:
        return bent
    return None


def test_a_whole_log_is_whole(whole):
    newest, last = verify(whole / "log", SIGNED.keys, whole / "seen")
    assert (newest.size, last.size) == (600, 514) and last.seconds == 1_795_000_000 + 514


# What is done to one of the log's files; each changes it.


def flip(source, content):
    at = source.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << source.randrange(8)]) + content[at + 1 :]


def cut(source, content):
    return content[: source.randrange(len(content))]


def add(source, content):
    at = source.randrange(len(content) + 1)
    return content[:at] + source.randbytes(source.randrange(1, 40)) + content[at:]


def swap(source, content):
    half = source.randrange(1, 33)
    at = source.randrange(max(1, len(content) - 2 * half))
    return (
        content[:at] + content[at + half : at + 2 * half] + content[at : at + half] + content[at + 2 * half :]
    )


# What is done to the leaves of a bundle.


def gone(source, bundle):
    del bundle[source.randrange(len(bundle))]


def twice(source, bundle):
    at = source.randrange(len(bundle))
    bundle.insert(source.randrange(len(bundle) + 1), bundle[at])


def inserted(source, bundle):
    bundle.insert(source.randrange(len(bundle) + 1), leaf(source.randrange(10**6, 10**7)))


def changed(source, bundle):
    bundle[source.randrange(len(bundle))] = leaf(source.randrange(10**6, 10**7))


def exchanged(source, bundle):
    one, other = source.sample(range(len(bundle)), 2)
    bundle[one], bundle[other] = bundle[other], bundle[one]


IN_FILE = [flip, cut, add, swap]
IN_BUNDLE = [gone, twice, inserted, changed, exchanged]


def test_whatever_is_done_to_the_files_is_found_and_the_first_bad_leaf_named(whole, tmp_path):
    seed = int(os.environ.get("KAIGO_SEED") or random.randrange(1 << 32))
    print("seed", seed)
    source = random.Random(seed)
    paths = sorted(path.relative_to(whole / "log") for path in (whole / "log").rglob("*") if path.is_file())
    exact = 0
    for number in range(TRIES):
        folder = tmp_path / str(number)
        shutil.copytree(whole / "log", folder, copy_function=os.link)
        path = folder / source.choice(paths)
        content = path.read_bytes()
        path.unlink()
        if "entries" in path.parts and source.random() < 0.7:
            how, bundle = source.choice(IN_BUNDLE), taken(content)
            before = list(bundle)
            how(source, bundle)
            bad = next(
                (n for n, (a, b) in enumerate(zip(before, bundle, strict=False)) if a != b),
                min(len(before), len(bundle)),
            )
            fresh = packed(bundle)
            first = (
                256 * int(path.name if path.parent.name == "entries" else path.parent.name.removesuffix(".p"))
                + bad
            )
        else:
            how, first = source.choice(IN_FILE), None
            fresh = how(source, content)
        whole_lines = (
            path.name == "cosigned" and content.startswith(fresh) and (not fresh or fresh[-1:] == b"\n")
        )
        if fresh != content:
            path.write_bytes(fresh)
        if whole_lines:
            # Fewer lines of the witness are no other log: what it signed stands in what it remembers.
            assert found(folder, whole / "seen") is None
        elif fresh != content:
            bent = found(folder, whole / "seen")
            assert bent is not None, (seed, number, how.__name__, path)
            if first is not None:
                assert isinstance(bent, Bent) and bent.leaf == first, (
                    seed,
                    number,
                    how.__name__,
                    first,
                    str(bent),
                )
                exact += 1
        shutil.rmtree(folder)
    assert exact > TRIES // 20


def taken(content: bytes) -> list[bytes]:
    bundle = []
    while content:
        end = 2 + int.from_bytes(content[:2], "big")
        bundle.append(content[2:end])
        content = content[end:]
    return bundle


def packed(bundle: list[bytes]) -> bytes:
    return b"".join(len(one).to_bytes(2, "big") + one for one in bundle)


@pytest.mark.parametrize("name", ["checkpoint", "cosigned"])
def test_what_is_signed_is_written_in_one_way_only(whole, tmp_path, name):
    """Every end cut off, every bit turned, every blank put in: nothing is read as what it is not."""
    folder = tmp_path / "log"
    shutil.copytree(whole / "log", folder)
    content = (folder / name).read_bytes()
    bent = [
        content[:at] + sign + content[at:]
        for at in range(len(content) + 1)
        for sign in (b" ", b"\r", b"\n", b"0")
    ]
    bent += [
        content[:at]
        for at in range(len(content))
        if name == "checkpoint" or content[at - 1 : at] not in (b"", b"\n")
    ]
    # Of each line the last signs of its signatures, where base64 has bits to spare.
    ends = [at for at in range(len(content)) if content[at : at + 1] == b"="]
    bent += [
        content[: at - 1] + bytes([content[at - 1] ^ 1 << bit]) + content[at:]
        for at in ends
        for bit in range(8)
    ]
    for one in bent:
        (folder / name).write_bytes(one)
        assert found(folder, whole / "seen") is not None, one
    (folder / name).write_bytes(content)
    for text in ("[1]", '{"a": 1}', "1", "null"):
        (folder / "cosigned").write_text(f"{text}\n")
        assert "checkpoint" in str(found(folder, whole / "seen"))


def test_files_that_are_gone_are_missed(whole, tmp_path):
    for number, path in enumerate(sorted(p for p in (whole / "log").rglob("*") if p.is_file())):
        folder = tmp_path / str(number)
        shutil.copytree(whole / "log", folder)
        (folder / path.relative_to(whole / "log")).unlink()
        assert found(folder, whole / "seen") is not None, path


def rewritten(folder, leaves, *, by=SIGNED, points=()):
    """A log made anew by whoever holds the log's key, with checkpoints of its own below which no witness signs."""
    log = Log(folder)
    for upto in [*points, len(leaves)]:
        log.append(leaves[log.size : upto])
        by.publish(log, upto)
    return log


def test_a_whole_rewrite_with_the_logs_own_key_is_found_by_what_the_witness_signed(whole, tmp_path):
    """The superuser has every file and the log's key, and makes everything anew; only the witness's key he has not."""
    leaves = [leaf(number) for number in range(SIZE)]
    attempts = {
        "changed": [*leaves[:300], leaf(10**6), *leaves[301:]],
        "deleted": [*leaves[:300], *leaves[301:]],
        "inserted": [*leaves[:300], leaf(10**6), *leaves[300:]],
        "from the beginning": [leaf(10**6), *leaves[1:]],
        "cut back": leaves[:300],
    }
    for name, bent in attempts.items():
        log = rewritten(tmp_path / name, bent)
        # Without what the witness signed nothing speaks for it at all.
        assert found(log.folder) is not None, name
        (log.folder / "cosigned").write_text((whole / "log" / "cosigned").read_text())
        seen = found(log.folder)
        assert isinstance(seen, Bent), name
        first = {"from the beginning": 0}.get(name, 300)
        assert seen.leaf <= first < seen.until, (name, str(seen))
        # The file of cosigned checkpoints can be cut too; what the witness itself remembers cannot.
        lines = (whole / "log" / "cosigned").read_text().splitlines(keepends=True)
        (log.folder / "cosigned").write_text(
            "".join(line for line in lines if note.parse(json.loads(line))[0].size < 300)
        )
        assert isinstance(found(log.folder, whole / "seen"), Bent), name


def test_what_the_witness_did_not_sign_is_not_taken_for_its_word(whole, tmp_path):
    own = Signed()
    forged = Signed()
    forged.log, forged.log_key, forged.witness_key = SIGNED.log, SIGNED.log_key, SIGNED.witness_key
    forged.witness = own.witness
    log = written(tmp_path / "forged", SIZE, forged)
    assert "does not fit" in str(found(log.folder))
    # With keys of his own he convinces only whoever takes the keys from him.
    log = written(tmp_path / "other", SIZE, own)
    assert found(log.folder, keys=own.keys) is None and found(log.folder) is not None


def test_keys_are_read_with_care(whole):
    log, witness = SIGNED.keys.split()
    assert key(log)[2] == 1 and key(witness)[2] == 4
    assert found(whole / "log", keys=f"{witness}\n{log}\n{Signed().log_key}") is None
    for keys in (log, witness, "", "x+y+z\na+b+c", f"{log[:-4]}AAAA\n{witness}"):
        assert found(whole / "log", keys=keys) is not None


def test_the_program(whole, tmp_path):
    (tmp_path / "keys").write_text(SIGNED.keys)

    def run(*words):
        done = subprocess.run(
            [sys.executable, "-m", "kaigo.witness.verify", *map(str, words)],
            check=False,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout

    code, said = run(whole / "log", "--keys", tmp_path / "keys", "--seen", whole / "seen")
    assert code == 0 and "WHOLE 600 leaves" in said and "514 of them" in said
    shutil.copytree(whole / "log", tmp_path / "log")
    bundle = tmp_path / "log/tile/entries/001"
    bundle.write_bytes(bundle.read_bytes().replace(b'"id": 300', b'"id": 301'))
    code, said = run(tmp_path / "log", "--keys", tmp_path / "keys")
    assert code == 1 and "leaf 300:" in said
    assert run(whole / "log")[0] == 2 and run()[0] == 2 and run(whole / "log", "--key", "x")[0] == 2


def test_the_verifier_needs_nothing_of_ours():
    """It is handed to auditors as one file."""
    import ast
    from pathlib import Path

    import kaigo.witness.verify as module

    nodes = ast.walk(ast.parse(Path(module.__file__).read_text()))
    names = {
        n.module if isinstance(n, ast.ImportFrom) else n.names[0].name
        for n in nodes
        if isinstance(n, ast.Import | ast.ImportFrom)
    }
    used = {name.partition(".")[0] for name in names}
    assert used - set(sys.stdlib_module_names) == {"cryptography"}


def test_two_statements_of_one_tree(whole):
    """The log's tree and the verifier's stack were written apart; they agree at every size."""
    from kaigo.witness.verify import Stack

    stack, hashes = Stack(), [tree.leaf_hash(leaf(number)) for number in range(SIZE)]
    read = tree.reader(hashes)
    for size, hashed in enumerate(hashes):
        assert stack.root() == tree.root(size, read)
        stack.add(hashed)
    assert ORIGIN in SIGNED.keys
