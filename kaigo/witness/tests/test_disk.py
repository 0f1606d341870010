"""What is written is there after a crash, whole, and for nobody else."""

from __future__ import annotations

import os

import pytest

from kaigo.witness import disk


@pytest.fixture
def calls(monkeypatch):
    """What the operating system is asked for, in its order."""
    made: list[tuple[str, str]] = []
    fsync, replace = os.fsync, os.replace

    def synced(handle: int) -> None:
        made.append(("fsync", os.path.basename(os.readlink(f"/proc/self/fd/{handle}"))))
        fsync(handle)

    def replaced(old, new) -> None:
        made.append(("replace", os.path.basename(new)))
        replace(old, new)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    return made


def test_content_is_on_the_disk_before_it_gets_its_name(tmp_path, calls):
    """Else a crash leaves an empty file where the witness remembers, or where the log says how far it is signed."""
    disk.write(tmp_path / "latest", b"one")
    named = calls.index(("replace", "latest"))
    assert calls[0][0] == "fsync" and calls[0][1].startswith(".latest.") and named == 1
    assert ("fsync", tmp_path.name) in calls[named:]


def test_every_folder_that_is_made_is_ours_alone_and_on_the_disk(tmp_path, calls):
    old = os.umask(0)
    try:
        disk.put(tmp_path / "a/b/c/file", b"one")
    finally:
        os.umask(old)
    for folder in ("a", "a/b", "a/b/c"):
        assert (tmp_path / folder).stat().st_mode & 0o777 == 0o700, folder
    assert (tmp_path / "a/b/c/file").stat().st_mode & 0o777 == 0o600
    synced = {name for what, name in calls if what == "fsync"}
    assert synced >= {tmp_path.name, "a", "b", "c"}


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    disk.write(tmp_path / "latest", b"one")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        disk.write(tmp_path / "latest", b"two")
    assert [path.name for path in tmp_path.iterdir()] == ["latest"]
    assert (tmp_path / "latest").read_bytes() == b"one"
