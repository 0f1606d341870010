"""What is kept until it is handed over: sealed under a key of its own, and gone with it."""

import os
import shutil

import pytest

from kaigo.base.files import passing
from kaigo.base.files.store import FileDamaged

TEXT = "見本 花子".encode()


@pytest.fixture
def kept(settings):
    """Where files and keys lie."""
    root = settings.FILES_ROOT.parent
    return root / "passing", root / "secrets" / "passing"


def test_what_is_put_is_got_until_it_is_erased(kept):
    passing.put("export:1", TEXT)
    passing.put("export:2", b"other")
    assert passing.get("export:1") == TEXT
    passing.erase("export:1")
    passing.erase("export:1")
    with pytest.raises(KeyError):
        passing.get("export:1")
    assert passing.get("export:2") == b"other" and [len(list(folder.iterdir())) for folder in kept] == [1, 1]


def test_nobody_else_of_the_machine_reads_it(kept):
    passing.put("export:1", TEXT)
    for folder in kept:
        (path,) = folder.iterdir()
        assert (
            TEXT not in path.read_bytes()
            and path.stat().st_mode & 0o077 == folder.stat().st_mode & 0o077 == 0
        )


def test_a_copy_of_the_data_opens_no_more_once_the_key_is_gone(kept, tmp_path):
    passing.put("export:1", TEXT)
    shutil.copytree(kept[0], tmp_path / "copy")
    passing.put("export:1", TEXT)
    shutil.copytree(tmp_path / "copy", kept[0], dirs_exist_ok=True)
    with pytest.raises(FileDamaged):
        passing.get("export:1")


def test_a_file_in_the_place_of_another_is_found(kept):
    passing.put("export:1", TEXT)
    passing.put("export:2", b"other")
    for folder in kept:
        one, two = sorted(folder.iterdir())
        two.write_bytes(one.read_bytes())
    with pytest.raises(FileDamaged):
        [passing.get(f"export:{number}") for number in (1, 2)]


def test_only_what_is_too_old_is_erased(kept):
    assert passing.erase_before(1e12) == 0
    passing.put("export:1", TEXT)
    before = {path for folder in kept for path in folder.iterdir()}
    passing.put("export:2", b"other")
    for path in before:
        os.utime(path, (1000, 1000))
    assert passing.erase_before(1000) == 0
    assert passing.erase_before(1000.5) == 1
    assert passing.get("export:2") == b"other" and not [path for path in before if path.exists()]
