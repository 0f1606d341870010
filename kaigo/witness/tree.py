"""The Merkle tree of RFC 9162 (section 2.1; the same as RFC 6962): hashes, roots, proofs and their checks. Pure.

A tree is read through a function `read(level, index) -> bytes`: the hash of the complete subtree over the leaves
index·2^level until (index + 1)·2^level. So the same code serves a list in memory and a log of millions on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

Read = Callable[[int, int], bytes]
EMPTY = sha256(b"").digest()


class ProofWrong(ValueError):
    """What was offered does not prove what it is said to prove."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf."""
    return sha256(b"\0" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\1" + left + right).digest()


def reader(hashes: Sequence[bytes]) -> Read:
    """Read a tree whose leaf hashes are all at hand."""

    def read(level: int, index: int) -> bytes:
        if level == 0:
            return hashes[index]
        return node_hash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))

    return read


def root(size: int, read: Read) -> bytes:
    """The root over the first `size` leaves."""
    return EMPTY if size == 0 else _over(0, size, read)


def inclusion(leaf: int, size: int, read: Read) -> list[bytes]:
    """Proof that the leaf of this number is in the tree of this size. ValueError when it is not."""
    if not 0 <= leaf < size:
        raise ValueError(f"leaf {leaf} is not in a tree of {size}")
    start, end, found = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if leaf < middle:
            found.append(_over(middle, end, read))
            end = middle
        else:
            found.append(_over(start, middle, read))
            start = middle
    return found[::-1]


def consistency(old: int, size: int, read: Read) -> list[bytes]:
    """Proof that the tree of `old` leaves is the beginning of the tree of `size` leaves; empty for 0 and for itself."""
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {old} cannot be the beginning of one of {size}")
    if old in (0, size):
        return []
    start, end, whole, found = 0, size, True, []
    # The old tree ends inside [start, end). `whole`: it fills everything from the left, so its root is known already.
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            found.append(_over(middle, end, read))
            end = middle
        else:
            found.append(_over(start, middle, read))
            start, whole = middle, False
    if not whole:
        found.append(_over(start, end, read))
    return found[::-1]


def check_inclusion(leaf: int, size: int, hashed: bytes, proof: Sequence[bytes], expected: bytes) -> None:
    """RFC 9162, 2.1.3.2. ProofWrong when the leaf with this hash is not at this place under the root `expected`."""
    if not 0 <= leaf < size:
        raise ProofWrong("the leaf lies outside of the tree")
    place, last, seen = leaf, size - 1, hashed
    for step in proof:
        if last == 0:
            raise ProofWrong("the proof is too long")
        if place & 1 or place == last:
            seen = node_hash(step, seen)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            seen = node_hash(seen, step)
        place, last = place >> 1, last >> 1
    if last or seen != expected:
        raise ProofWrong("the proof leads to another root")


def check_consistency(old: int, size: int, proof: Sequence[bytes], before: bytes, now: bytes) -> None:
    """RFC 9162, 2.1.4.2. ProofWrong when the root `before` of `old` leaves is not the beginning of `now` of `size`."""
    if not 0 <= old <= size:
        raise ProofWrong("the tree has become smaller")
    if old in (0, size):
        if proof:
            raise ProofWrong("here no proof belongs")
        if (old == size and before != now) or (old == 0 and before != EMPTY):
            raise ProofWrong("two roots for one size")
        return
    if not proof:
        raise ProofWrong("the proof is missing")
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, before)
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise ProofWrong("the proof is too long")
        if place & 1 or place == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, step)
        place, last = place >> 1, last >> 1
    if last or first != before or second != now:
        raise ProofWrong("the new tree does not begin with the old one")


def complete(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees (level, index), from the left, of which the leaves start ≤ n < end are made."""
    while start < end:
        level = min((start & -start).bit_length() - 1 if start else 64, (end - start).bit_length() - 1)
        yield level, start >> level
        start += 1 << level


def _over(start: int, end: int, read: Read) -> bytes:
    """The root over start ≤ n < end, where start is where such a subtree may begin."""
    parts = [read(level, index) for level, index in complete(start, end)]
    seen = parts.pop()
    while parts:
        seen = node_hash(parts.pop(), seen)
    return seen


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << ((size - 1).bit_length() - 1)
