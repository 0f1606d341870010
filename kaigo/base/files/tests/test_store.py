"""Files kept for good: sealed each with its own key, which moves when the installation's key changes."""

from __future__ import annotations

import os
import random
from pathlib import Path
from threading import Event, Thread

import pytest

from kaigo.base.files import passing, store
from kaigo.base.keys import rotation
from kaigo.base.keys.store import Kind, NoKey
from kaigo.base.keys.store import store as keys
from kaigo.base.records.refusal import Refused

TEXT = "見本 花子".encode() * 50
ME = "account:1"


def kept(settings) -> list[Path]:
    return sorted(settings.FILES_ROOT.glob("*/*"))


def test_what_is_put_is_got_and_kept_once(settings):
    digest = store.put(TEXT)
    (path,) = kept(settings)
    before = path.read_bytes()
    assert store.put(TEXT) == digest and path.read_bytes() == before
    assert store.get(digest) == TEXT and "花子".encode() not in before
    assert path.stat().st_mode & 0o077 == path.parent.stat().st_mode & 0o077 == 0
    for wrong in ("0" * 64, "../../x", digest[:-1], ""):
        with pytest.raises(KeyError):
            store.get(wrong)
    assert store.get(store.put(b"")) == b""


def test_every_touched_byte_is_found(settings):
    digest = store.put(TEXT)
    (path,) = kept(settings)
    whole, seed = path.read_bytes(), random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    for place in range(len(whole)):
        touched = bytearray(whole)
        touched[place] ^= 1 << chance.randrange(8)
        path.write_bytes(touched)
        with pytest.raises((store.FileDamaged, NoKey)):
            store.get(digest)
    for cut in (b"", whole[:2], whole[:50], whole[:-1]):
        path.write_bytes(cut)
        with pytest.raises(store.FileDamaged):
            store.get(digest)


def test_a_file_in_the_place_of_another_is_found(settings):
    one, _ = store.put(TEXT), store.put(b"other")
    first, second = kept(settings)
    a, b = first.read_bytes(), second.read_bytes()
    first.write_bytes(b)
    second.write_bytes(a)
    with pytest.raises(store.FileDamaged):
        store.get(one)


def test_a_damaged_file_stops_nobody_who_changes_keys(settings):
    whole, broken = store.put(TEXT), store.put(b"other")
    store._path(broken).write_bytes(b"?")
    keys().rotate(Kind.WRAP, store.KEY)
    assert store.counts() == {1: 1, 0: 1} and store.renew() == 1 and store.counts() == {2: 1, 0: 1}
    assert store.get(whole) == TEXT


@pytest.mark.django_db
def test_the_key_changes_and_copies_from_before_open_no_more(settings):
    digests = [store.put(TEXT + bytes([n])) for n in range(20)]
    passing.put("export:1", TEXT)
    before = {path: path.read_bytes() for path in kept(settings)}
    waiting = next((settings.FILES_ROOT.parent / "secrets" / "passing").iterdir())
    held = waiting.read_bytes()
    assert store.counts() == {1: 20} and passing.counts() == {1: 1}
    keys().rotate(Kind.WRAP, store.KEY)
    digests.append(store.put(b"new"))
    with pytest.raises(Refused, match="20 件"):
        rotation.destroy(ME, Kind.WRAP, store.KEY, 1)
    for name in (store.KEY, passing.KEY):
        rotation.rotate(ME, Kind.WRAP, name)
    assert store.counts() == {3: 21} and passing.counts() == {2: 1}
    for name, versions in ((store.KEY, (1, 2)), (passing.KEY, (1,))):
        for version in versions:
            rotation.destroy(ME, Kind.WRAP, name, version)
    assert [store.get(digest) for digest in digests[:2]] == [TEXT + b"\0", TEXT + b"\1"]
    assert store.get(digests[-1]) == b"new" and passing.get("export:1") == TEXT
    for path, content in before.items():
        path.write_bytes(content)
        with pytest.raises(NoKey):
            store.get(path.name)
    waiting.write_bytes(held)
    with pytest.raises(KeyError):
        passing.get("export:1")


def test_who_puts_the_same_while_its_key_changes_damages_nothing(settings, monkeypatch):
    """Two put the same at once; the second comes while a renewal is between the key and the content of the first."""
    digest = store.put(TEXT)
    (path,) = kept(settings)
    first = path.read_bytes()
    path.unlink()
    store.put(TEXT)
    second = path.read_bytes()
    path.write_bytes(first)
    keys().rotate(Kind.WRAP, store.KEY)
    opened = store.wrapped.opened

    def slow(*values):
        path.write_bytes(second)
        return opened(*values)

    monkeypatch.setattr(store.wrapped, "opened", slow)
    assert store.renew() == 1
    monkeypatch.undo()
    assert store.get(digest) == TEXT


@pytest.mark.django_db
def test_files_come_and_go_while_the_key_changes(settings):
    """Threads put, get and erase; the keys are rotated and the old ones destroyed beside them."""
    stop, wrong, done = Event(), [], []
    seed = random.randrange(1 << 32)
    print("seed", seed)

    def busy(number: int) -> None:
        chance, mine = random.Random(seed + number), []
        while not stop.is_set():
            try:
                content = chance.randbytes(200)
                # Every round moves every file: without a bound each would be longer than the one before.
                if len(mine) < 40:
                    mine.append((store.put(content), content))
                digest, was = chance.choice(mine)
                assert store.get(digest) == was
                name = f"export:{number}:{chance.randrange(4)}"
                passing.put(name, content)
                assert passing.get(name) == content
                if chance.random() < 0.5:
                    passing.erase(name)
                done.append(1)
            except Exception as error:
                wrong.append(repr(error))

    threads = [Thread(target=busy, args=(n,), daemon=True) for n in range(3)]
    for thread in threads:
        thread.start()
    rounds = 30 if os.environ.get("KAIGO_LONG") else 8
    destroyed = 0
    for _ in range(rounds):
        for name in (store.KEY, passing.KEY):
            rotation.rotate(ME, Kind.WRAP, name)
            for version in keys().versions(Kind.WRAP, name)[:-1]:
                try:
                    rotation.destroy(ME, Kind.WRAP, name, version)
                    destroyed += 1
                except Refused:
                    pass
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong and len(done) > 10 and destroyed > rounds / 2
    # What was erased has not come back with a renewed key.
    folders = [settings.FILES_ROOT.parent / "passing", settings.FILES_ROOT.parent / "secrets" / "passing"]
    assert len({frozenset(path.name for path in folder.iterdir()) for folder in folders}) == 1
