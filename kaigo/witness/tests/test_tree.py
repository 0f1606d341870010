"""The tree against the published roots of RFC 6962's reference tree, and proofs of every pair of sizes."""

from __future__ import annotations

import random

import pytest

from kaigo.witness import tree

# The inputs and roots that implementations of Certificate Transparency test with.
INPUTS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = 34
HASHES = [tree.leaf_hash(b"leaf %d" % n) for n in range(SIZES)]
READ = tree.reader(HASHES)


def test_the_roots_are_the_published_ones():
    read = tree.reader([tree.leaf_hash(leaf) for leaf in INPUTS])
    assert [tree.root(size, read).hex() for size in range(9)] == ROOTS


def test_every_leaf_of_every_tree_is_proven_and_at_no_other_place():
    for size in range(1, SIZES):
        expected = tree.root(size, READ)
        for leaf in range(size):
            proof = tree.inclusion(leaf, size, READ)
            tree.check_inclusion(leaf, size, HASHES[leaf], proof, expected)
            for wrong in {(leaf + 1) % size, leaf ^ 1, 0} - {leaf}:
                with pytest.raises(tree.ProofWrong):
                    tree.check_inclusion(wrong, size, HASHES[leaf], proof, expected)
    with pytest.raises(ValueError):
        tree.inclusion(3, 3, READ)


def test_every_smaller_tree_is_the_beginning_of_every_larger_one():
    for size in range(SIZES):
        for old in range(size + 1):
            proof = tree.consistency(old, size, READ)
            before, now = tree.root(old, READ), tree.root(size, READ)
            tree.check_consistency(old, size, proof, before, now)
            if old > 0:
                with pytest.raises(tree.ProofWrong):
                    tree.check_consistency(old, size, proof, tree.leaf_hash(b"other"), now)
            if 0 < old < size:
                with pytest.raises(tree.ProofWrong):
                    tree.check_consistency(old, size, proof, before, tree.leaf_hash(b"other"))
    with pytest.raises(ValueError):
        tree.consistency(4, 3, READ)


def test_a_bent_proof_proves_nothing():
    seed = random.randrange(1 << 32)
    print("seed", seed)
    source = random.Random(seed)
    for _ in range(2000):
        size = source.randrange(2, SIZES)
        old = source.randrange(1, size)
        proof = tree.consistency(old, size, READ)
        bent = list(proof)
        match source.randrange(4):
            case 0:
                bent.pop(source.randrange(len(bent)))
            case 1:
                bent.insert(source.randrange(len(bent) + 1), HASHES[source.randrange(size)])
            case 2:
                at = source.randrange(len(bent))
                bent[at] = bytes([bent[at][0] ^ 1]) + bent[at][1:]
            case 3:
                bent = bent[::-1]
        if bent == proof:
            continue
        with pytest.raises(tree.ProofWrong):
            tree.check_consistency(old, size, bent, tree.root(old, READ), tree.root(size, READ))


def test_a_history_that_was_rewritten_is_no_continuation():
    for old in range(1, SIZES - 1):
        for changed in range(old):
            other = list(HASHES)
            other[changed] = tree.leaf_hash(b"rewritten")
            read = tree.reader(other)
            with pytest.raises(tree.ProofWrong):
                tree.check_consistency(
                    old,
                    SIZES,
                    tree.consistency(old, SIZES, read),
                    tree.root(old, READ),
                    tree.root(SIZES, read),
                )


@pytest.mark.parametrize(
    ("old", "size", "proof"), [(3, 2, []), (-1, 2, []), (0, 2, [b"x" * 32]), (2, 2, [b"x" * 32]), (1, 2, [])]
)
def test_what_no_proof_can_show(old, size, proof):
    with pytest.raises(tree.ProofWrong):
        tree.check_consistency(old, size, proof, tree.root(1, READ), tree.root(2, READ))
