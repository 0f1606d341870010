"""E-17: keys change while everybody works; what an old key sealed is moved, and copies from before open no more."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from kaigo.base.keys import envelope, ring, rotation
from kaigo.base.keys.models import KeyAct
from kaigo.base.keys.store import Kind, NoKey, store
from kaigo.base.records.refusal import Refused

LONG = bool(os.environ.get("KAIGO_LONG"))
SECONDS, PROCESSES, PER_SECOND = (120 if LONG else 6), 3, 100
ME = "account:1"


def fill(column, number: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for row in range(1, number + 1):
            cursor.execute(
                f"INSERT INTO {column.table} (id, secret) VALUES (%s, %s)",
                [row, envelope.seal(column, row, f"{row}:0")],
            )


def kept(column) -> list[tuple[int, bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id, secret FROM {column.table} ORDER BY id")
        return cursor.fetchall()


@contextmanager
def in_the_copy(name: str):
    """Inside, this process looks at another database."""
    mine = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = mine


def test_a_value_is_sealed_inside_a_transaction_only(notes):
    with pytest.raises(TransactionManagementError):
        envelope.seal(notes[0], 1, "a")
    with transaction.atomic():
        envelope.seal(notes[0], 1, "a")


def test_the_kek_changes_and_copies_from_before_open_no_more(notes, street):
    from kaigo.site.databases import clone

    note, other = notes
    fill(note, 300)
    fill(other, 10)
    name = connection.settings_dict["NAME"]
    connection.close()
    clone(street, name, f"{name}_copy")
    with in_the_copy(f"{name}_copy"):
        assert len(list(envelope.open_many(note, kept(note)))) == 300
    before = ring.rows(note)[1]
    with pytest.raises(Refused, match="いちばん新しい版"):
        rotation.destroy(ME, Kind.WRAP, ring.kek(), 1)
    store().rotate(Kind.WRAP, ring.kek())
    with pytest.raises(Refused, match="2 件"):
        rotation.destroy(ME, Kind.WRAP, ring.kek(), 1)
    assert rotation.renew() == {"wrapped": 2, "sealed": 0}
    after = ring.rows(note)[1]
    assert (after.kek_version, before.kek_version) == (2, 1) and after.wrapped != before.wrapped
    rotation.destroy(ME, Kind.WRAP, ring.kek(), 1)
    assert [told.text() for told in envelope.open_many(note, kept(note))] == [f"{n}:0" for n in range(1, 301)]
    with in_the_copy(f"{name}_copy"):
        for column in notes:
            for row, one in kept(column):
                with pytest.raises(NoKey):
                    envelope.open(column, row, one)
    # What the database remembers of the wrapping before opens as little as the copy.
    with pytest.raises(NoKey):
        store().unwrap(ring.kek(), 1, before.wrapped, b"")


def test_a_column_gets_a_new_key_and_the_old_goes_when_nothing_needs_it(notes):
    note, _ = notes
    fill(note, 250)
    assert rotation.rotate_column(ME, note) == 2
    assert rotation.counts(note) == {1: 250}
    with pytest.raises(Refused, match="250 件"):
        rotation.destroy_column(ME, note, 1)
    with pytest.raises(Refused, match="いちばん新しい版"):
        rotation.destroy_column(ME, note, 2)
    shown = []
    assert rotation.reseal(note, lambda *told: shown.append(told), chunk=100) == 250
    assert shown == [(100, 250, note.label), (200, 250, note.label), (250, 250, note.label)]
    assert rotation.reseal(note) == 0 and rotation.counts(note) == {2: 250}
    rotation.destroy_column(ME, note, 1)
    assert [told.text() for told in envelope.open_many(note, kept(note))] == [f"{n}:0" for n in range(1, 251)]
    with pytest.raises(Refused, match="この版の鍵はありません"):
        rotation.destroy_column(ME, note, 1)
    rotation.destroy_column(ME, note, 2, reason="漏れたため")
    with pytest.raises(NoKey):
        envelope.open(note, *kept(note)[0])
    # The number of a destroyed key never comes back: what it sealed must not meet another key.
    assert ring.make(note).version == 3
    assert list(KeyAct.objects.order_by("id").values_list("act", "version", "reason", "actor")) == [
        ("rotate", 2, "", ME), ("destroy", 1, "", ME), ("destroy", 2, "漏れたため", ME),
    ]  # fmt: skip


def test_what_somebody_changes_meanwhile_is_his(notes):
    note, _ = notes
    fill(note, 5)
    rotation.rotate_column(ME, note)
    found = rotation._chunk(note, 2, 0, 10)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE keys_note SET secret = %s WHERE id = 3", [envelope.seal(note, 3, "his")])
    with transaction.atomic():
        fresh = list(envelope.seal_many(note, zip(range(1, 6), envelope.open_many(note, found), strict=True)))
        assert rotation._put(note, found, fresh) == 4
    assert envelope.open(note, 3, kept(note)[2][1]).text() == "his"


def test_a_key_is_not_destroyed_under_the_hands_of_a_transaction(notes):
    """Sealed, not yet committed: the count does not see the row, the lock does."""
    import psycopg

    note, _ = notes
    fill(note, 3)
    rotation.rotate_column(ME, note)
    rotation.reseal(note)
    settings_ = connection.settings_dict
    beside = psycopg.connect(
        dbname=settings_["NAME"],
        user=settings_["USER"],
        password=settings_["PASSWORD"],
        host=settings_["HOST"],
    )
    beside.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 7411))", [f"data:{note.place}"])
    patience, rotation.PATIENCE = rotation.PATIENCE, 0.2
    try:
        with pytest.raises(Refused, match="前から続いている処理"):
            rotation.destroy_column(ME, note, 1)
        rotation.PATIENCE = patience
        beside.rollback()
        beside.execute("SELECT pg_advisory_lock_shared(hashtextextended(%s, 7411))", [f"data:{note.place}"])
        beside.execute("SELECT pg_advisory_lock_shared(hashtextextended(%s, 7411))", [f"wrap:{ring.kek()}"])
        beside.commit()
        with pytest.raises(Refused, match="いま使われています"):
            rotation.destroy_column(ME, note, 1)
        store().rotate(Kind.WRAP, ring.kek())
        rotation.renew()
        with pytest.raises(Refused, match="いま使われています"):
            rotation.destroy(ME, Kind.WRAP, ring.kek(), 1)
    finally:
        rotation.PATIENCE = patience
        beside.close()
    rotation.destroy_column(ME, note, 1)
    rotation.destroy(ME, Kind.WRAP, ring.kek(), 1)


@pytest.mark.django_db
def test_a_key_that_nobody_counts_is_destroyed_with_a_reason_only():
    store().make(Kind.MAC, "elsewhere")
    store().rotate(Kind.MAC, "elsewhere")
    with pytest.raises(Refused, match="数えられません"):
        rotation.destroy(ME, Kind.MAC, "elsewhere", 1)
    rotation.destroy(ME, Kind.MAC, "elsewhere", 1, "試験のため")
    assert store().versions(Kind.MAC, "elsewhere") == (2,)
    # Signatures of before can be checked with the public half, which stays.
    assert store().make(Kind.SIGN, "audit") == 1 and rotation.rotate(ME, Kind.SIGN, "audit") == 2
    rotation.destroy(ME, Kind.SIGN, "audit", 1)
    with pytest.raises(NoKey):
        rotation.destroy(ME, Kind.SIGN, "never", 1, "x")


def test_keys_change_under_load_without_an_error(notes):
    """KEK and data key rotated, moved and destroyed again and again, while processes seal and open."""
    note, _ = notes
    fill(note, 400)
    seed = random.randrange(1 << 30)
    print("seed", seed)
    name = connection.settings_dict["NAME"]
    env = os.environ | {
        "KAIGO_DB_SUFFIX": name.removeprefix(f"{settings.SYSTEM}_{settings.INSURER}"),
        "KAIGO_KEYS_ROOT": str(settings.KEYS_ROOT),
    }
    busy = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "kaigo.base.keys.tests.load",
                str(SECONDS),
                str(PER_SECOND / PROCESSES),
                str(seed + n),
            ],
            env=env,
            stdout=subprocess.PIPE,
        )
        for n in range(PROCESSES)
    ]
    rounds = destroyed = 0
    while any(process.poll() is None for process in busy):
        rounds += 1
        rotation.rotate(ME, Kind.WRAP, ring.kek())
        rotation.rotate_column(ME, note)
        rotation.renew()
        destroyed += _destroy_old(note)
    told = [json.loads(process.communicate()[0]) for process in busy]
    print(rounds, destroyed, told)
    assert [one["wrong"] for one in told] == [[]] * PROCESSES
    assert rounds > 1 and destroyed > 1
    assert sum(one["done"] for one in told) > SECONDS * PER_SECOND / 3
    assert len(set().union(*(one["versions"] for one in told))) > 1
    found = kept(note)
    for (row, _), value in zip(found, envelope.open_many(note, found), strict=True):
        assert value.text().split(":")[0] == str(row)


def _destroy_old(note) -> int:
    """Whatever may go now; what is refused is tried in the next round."""
    done = 0
    wanted = [(rotation.destroy_column, (note,), v) for v in list(ring.rows(note))[:-1]]
    wanted += [
        (rotation.destroy, (Kind.WRAP, ring.kek()), v) for v in store().versions(Kind.WRAP, ring.kek())[:-1]
    ]
    for act, of, version in wanted:
        try:
            act(ME, *of, version)
            done += 1
        except Refused:
            pass
    return done
