"""Sealed values: bound to their place, shown to nobody, gone with their key."""

from __future__ import annotations

import pickle
import random

import pytest
from django.db import connection
from django.test import override_settings

from kaigo.base.keys import envelope, ring
from kaigo.base.keys.columns import Column, columns, sealed
from kaigo.base.keys.store import Kind, NoKey, Unopened, store

NOTE, OTHER = Column("people_note", "secret", "値"), Column("people_other", "secret", "値")
pytestmark = pytest.mark.django_db


def test_what_is_sealed_opens_as_it_was_and_shows_itself_to_nobody():
    told = "見本 花子 1234"
    sealed_value = envelope.seal(NOTE, 7, told)
    assert told.encode() not in sealed_value and sealed_value != envelope.seal(NOTE, 7, told)
    opened = envelope.open(NOTE, 7, sealed_value)
    assert opened.text() == told and opened.content() == told.encode()
    shown = f"{opened} {opened!r} {opened:>40} %s %r" % (opened, opened) + str([opened]) + repr({"x": opened})
    assert "花子" not in shown and "***" in shown
    with pytest.raises(TypeError, match="seal it"):
        pickle.dumps(opened)
    assert envelope.open(NOTE, 8, envelope.seal(NOTE, 8, opened)) == opened != told
    assert len({opened, envelope.open(NOTE, 7, sealed_value)}) == 1
    assert envelope.open(NOTE, 1, envelope.seal(NOTE, 1, b"")).content() == b""


def test_of_a_thousand_values_none_opens_in_another_place():
    """Rows, columns, tables, systems, insurers, versions."""
    seed = random.randrange(1 << 32)
    print("seed", seed)
    chance = random.Random(seed)
    kept = dict(enumerate(envelope.seal_many(NOTE, ((row, f"value {row}") for row in range(1000)))))
    beside = Column("people_note", "other", "値")
    opened = 0
    # The other columns have keys of their own; only these places are asked with the very key that sealed.
    version, key = ring.newest(NOTE)
    with override_settings(SYSTEM="other"):
        abroad = [envelope._bound(NOTE, version)]
    with override_settings(INSURER="131130"):
        abroad.append(envelope._bound(NOTE, version))
    for row, one in kept.items():
        another = chance.choice([r for r in kept if r != row])
        for column, there in (
            (NOTE, another),
            (OTHER, row),
            (beside, row),
            (Column("people_note", "secre", ""), row),
        ):
            aad = envelope._bound(column, version) + b"%d" % there
            with pytest.raises(envelope.InvalidTag):
                key.decrypt(one[5:17], one[17:], aad)
        with pytest.raises(Unopened):
            envelope.open(NOTE, another, one)
        for aad in abroad:
            with pytest.raises(envelope.InvalidTag):
                key.decrypt(one[5:17], one[17:], aad + b"%d" % row)
        opened += envelope.open(NOTE, row, one).text() == f"value {row}"
    assert opened == 1000


def test_a_touched_value_does_not_open():
    one = envelope.seal(NOTE, 3, "x" * 20)
    seed = random.randrange(1 << 32)
    print("seed", seed)
    for place in range(len(one)):
        touched = bytearray(one)
        touched[place] ^= 1 << random.Random(seed + place).randrange(8)
        with pytest.raises((Unopened, NoKey)):
            envelope.open(NOTE, 3, bytes(touched))
    for wrong in (b"", one[:-1], one + b"\0", one[:20], b"\x02" + one[1:]):
        with pytest.raises((Unopened, NoKey)):
            envelope.open(NOTE, 3, wrong)


def test_many_come_back_in_their_order_across_versions():
    old = list(envelope.seal_many(NOTE, ((row, f"{row}") for row in range(3000))))
    ring.make(NOTE)
    new = list(envelope.seal_many(NOTE, ((row, f"{row}") for row in range(3000, 4000))))
    assert {envelope.version_of(one) for one in old} == {1} and {envelope.version_of(one) for one in new} == {
        2
    }
    assert len({one[5:17] for one in old + new}) == 4000
    found = [one.text() for one in envelope.open_many(NOTE, enumerate([*old, *new]))]
    assert found == [f"{row}" for row in range(4000)]
    assert list(envelope.open_many(NOTE, [])) == []


def test_a_wrapped_data_key_fits_no_other_column():
    envelope.seal(NOTE, 1, "a")
    envelope.seal(OTHER, 1, "a")
    stolen = ring.rows(NOTE)[1]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE keys_data_key SET wrapped = %s WHERE sealed_column = %s", [stolen.wrapped, OTHER.place]
        )
    with pytest.raises(Unopened):
        envelope.seal(OTHER, 1, "a")


def test_without_the_key_of_the_store_nothing_opens_also_not_in_a_process_that_opened_it_before():
    one = envelope.seal(NOTE, 1, "a")
    assert envelope.open(NOTE, 1, one).text() == "a"
    store().rotate(Kind.WRAP, ring.kek())
    assert envelope.open(NOTE, 1, one).text() == "a"
    store().destroy(Kind.WRAP, ring.kek(), 1)
    with pytest.raises(NoKey):
        envelope.open(NOTE, 1, one)
    with pytest.raises(NoKey):
        envelope.seal(NOTE, 1, "a")


def test_a_column_is_named_once_and_plainly():
    made = sealed("people_x", "secret", "値")
    assert made in columns()
    for wrong in (("people_x", "secret"), ("people x", "a"), ("people", "a;b")):
        with pytest.raises(ValueError, match="sealed column"):
            sealed(*wrong, "値")
    from kaigo.base.keys.columns import forget

    forget(made)


def test_every_named_column_is_a_bytea_of_a_table_of_work():
    """What a room names must be there, and of the one kind whose rows may be sealed anew."""
    for column in columns():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT obj_description(c.oid, 'pg_class'), a.atttypid::regtype::text FROM pg_class c JOIN pg_attribute a "
                "ON a.attrelid = c.oid WHERE c.relname = %s AND a.attname = %s",
                [column.table, column.column],
            )
            assert [(kind.split(" ")[0], of) for kind, of in cursor.fetchall()] == [("Work", "bytea")], column
