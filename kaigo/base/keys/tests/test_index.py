"""Digests that only this installation can make, and find again after a change of keys."""

from __future__ import annotations

import pytest

from kaigo.base.keys.index import SIZE, index, rotate


@pytest.fixture(autouse=True)
def _apart(tmp_path, settings):
    settings.KEYS_ROOT = tmp_path / "keys"


def test_the_same_text_gives_the_same_digest_and_another_installation_another(settings, tmp_path):
    one = index("subjects").digest("person:12")
    assert len(one) == SIZE and index("subjects").digest("person:12") == one
    assert index("subjects").digest("person:13") != one and index("self").digest("person:12") != one
    assert index("subjects").digests(["person:12", "person:13"])[0] == one
    settings.KEYS_ROOT = tmp_path / "elsewhere"
    assert index("subjects").digest("person:12") != one


def test_after_a_rotation_new_digests_differ_and_old_ones_are_still_found():
    old = index("subjects").digest("person:12")
    assert rotate("subjects") == 2
    new = index("subjects").digest("person:12")
    assert new != old
    assert index("subjects").every("person:12") == [old, new]
    assert [first for first, _ in index("subjects").each(["person:12", "person:13"])] == [old, new]
