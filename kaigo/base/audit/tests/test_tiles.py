"""The log on disk: what is appended in any steps is the same, read back, proven, and after a crash written over."""

from __future__ import annotations

import random

import pytest

from kaigo.base.audit.tests.logs import Signed, leaf, written
from kaigo.base.audit.tiles import Log
from kaigo.witness import tree

SIZES = [0, 1, 2, 255, 256, 257, 511, 512, 700, 66_000]
SIGNED = Signed()


def files(log: Log) -> dict[str, bytes]:
    root = log.folder / "tile"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("size", SIZES)
def test_the_root_is_that_of_the_leaves(tmp_path, size):
    log = written(tmp_path, size, SIGNED)
    hashes = [tree.leaf_hash(leaf(number)) for number in range(size)]
    assert log.size == size and log.checkpoint()[0].root == tree.root(size, tree.reader(hashes))
    assert list(log.leaves(0, size)) == [leaf(number) for number in range(size)]
    assert list(log.leaves(200, 300)) == [leaf(number) for number in range(200, min(300, size))]


def test_steps_leave_no_trace(tmp_path):
    seed = random.randrange(1 << 32)
    print("seed", seed)
    source = random.Random(seed)
    at_once = Log(tmp_path / "once")
    SIGNED.publish(at_once, at_once.append(map(leaf, range(1500))))
    steps = Log(tmp_path / "steps")
    while (size := steps.size) < 1500:
        upto = min(1500, size + source.choice([1, 2, 100, 255, 256, 257, 600]))
        SIGNED.publish(steps, steps.append(map(leaf, range(size, upto))))
    assert files(steps) == files(at_once)


def test_what_a_crash_left_beyond_the_checkpoint_is_written_over(tmp_path):
    log = written(tmp_path / "log", 300, SIGNED)
    log.append(b"never published" for _ in range(400))
    assert log.size == 300
    again = Log(log.folder)
    SIGNED.publish(again, again.append(map(leaf, range(300, 1200))))
    other = written(tmp_path / "other", 1200, SIGNED)
    assert again.checkpoint()[0] == other.checkpoint()[0]
    assert files(again).items() >= files(other).items()


def test_what_the_checkpoint_stands_on_is_not_put_anew(tmp_path):
    """A crash right after could lose it, and with it what was signed."""
    log = written(tmp_path, 600, SIGNED)
    top = next((tmp_path / "tile/1").rglob("2"))
    before = top.stat().st_ino
    SIGNED.publish(log, log.append([leaf(600)]))
    assert top.stat().st_ino == before and log.size == 601


def test_proofs_from_the_disk(tmp_path):
    size = 66_000
    log = written(tmp_path, size, SIGNED)
    read, root = log.reading(size), log.checkpoint()[0].root
    for number in (0, 255, 256, 65_535, 65_536, 65_999):
        tree.check_inclusion(
            number, size, tree.leaf_hash(leaf(number)), tree.inclusion(number, size, read), root
        )
    for old in (1, 256, 300, 65_536, 65_537, 65_999):
        hashes = tree.reader([tree.leaf_hash(leaf(number)) for number in range(old)])
        tree.check_consistency(old, size, tree.consistency(old, size, read), tree.root(old, hashes), root)


def test_a_leaf_is_shorter_than_its_length_can_say(tmp_path):
    with pytest.raises(ValueError, match="shorter"):
        Log(tmp_path).append([b"x" * (1 << 16)])
    log = Log(tmp_path)
    SIGNED.publish(log, log.append([b"x" * 65_535, b""]))
    assert list(log.leaves(0, 2)) == [b"x" * 65_535, b""]
