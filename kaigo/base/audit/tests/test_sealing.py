"""Events get their places and the log its signatures, with a real witness over HTTP; the database against the log."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection, transaction

from kaigo.base.audit import archive, leaves, sealing
from kaigo.base.audit.compare import compare, slipped
from kaigo.base.audit.models import BulkSubjects, Cosigned, Event, Segment, Subject
from kaigo.base.audit.tests.logs import asked, some
from kaigo.base.audit.witnessing import WitnessRefuses
from kaigo.base.audit.write import record
from kaigo.witness import tree

pytestmark = pytest.mark.witness
# Places are given by what is committed, so every test has a database of its own.
SERVER: list = []


@pytest.fixture(autouse=True)
def own_database(street):
    SERVER[:] = [street]


def kept() -> list[dict]:
    log = sealing.log()
    return [json.loads(one) for one in log.leaves(0, log.size)]


def as_owner(statement: str, *values) -> None:
    """What only an administrator of the database can do: triggers and grants do not hold him."""
    with psycopg.connect(dsn(), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute(statement, values)


def dsn() -> str:
    return SERVER[0].dsn(connection.settings_dict["NAME"])


def test_every_event_is_in_the_log_with_its_people(ctx):
    ids = some(ctx, 5)
    record(ctx, "page.read", "page:many", people=range(1000))
    point = sealing.seal()
    read = kept()
    assert point.size == len(read) == 6 and [one["id"] for one in read[:5]] == ids
    digests = [
        bytes(digest).hex()
        for digest in Subject.objects.filter(event=ids[3]).values_list("digest", flat=True)
    ]
    assert read[3]["people"] == sorted(digests) and len(digests) == 2
    assert read[3]["details"] == {"count": 3} and read[3]["actor"] == ctx.actor and "why" not in read[3]
    assert read[5]["people"][0].startswith("sha256:") and read[5]["subjects"] == 1000
    assert sealing.unsealed() == 0


def test_nothing_new_changes_nothing(ctx):
    some(ctx, 3)
    first = sealing.seal()
    before = (sealing.log().folder / "checkpoint").read_text()
    assert sealing.seal() == first and (sealing.log().folder / "checkpoint").read_text() == before


def test_an_empty_log_is_signed_too():
    point = sealing.seal()
    assert (point.size, point.root) == (0, tree.EMPTY)


def test_the_newest_events_are_found_without_reading_all(ctx):
    """The sealer asks every two seconds, also when there are millions."""
    some(ctx, 3)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sealing._PLACES}", {"last": 0, "after": "1"})
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "audit_event_tx" in plan, plan


def test_whoever_commits_late_is_not_passed_over(ctx):
    """40 writers at once, 1,600 events, some of them slow to commit, while the log is sealed all the time."""
    writers, each, going = 40, 40, threading.Event()

    def write(writer: int) -> None:
        with psycopg.connect(dsn()) as own:
            for number in range(each):
                own.execute(
                    'INSERT INTO audit_event (event, outcome, why, actor, permission, grants, purpose, "case", unexplained,'
                    " place, object, fields, subject_key, subjects, opened, trace, program, details) VALUES ('page.read',"
                    " 'done', '', %s, '', '{}', 'test', '', false, '', %s, '{}', 0, 0, '{}', '', '', '{}')",
                    [f"account:{writer}", f"page:{writer}-{number}"],
                )
                if number % 3 == 0:
                    own.execute("SELECT pg_sleep(0.002)")
                own.commit()

    def seal_on() -> None:
        while not going.is_set():
            sealing.seal()
        connection.close()

    sealer = threading.Thread(target=seal_on)
    sealer.start()
    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    going.set()
    sealer.join()
    sealing.seal()
    read = kept()
    assert sorted(one["object"] for one in read) == sorted(
        f"page:{w}-{n}" for w in range(writers) for n in range(each)
    )
    assert sealing.unsealed() == 0 and sealing.log().size == writers * each


def test_an_open_transaction_holds_back_only_what_could_still_come_before(ctx):
    some(ctx, 2)
    with psycopg.connect(dsn()) as other:
        other.execute("SELECT pg_current_xact_id()")
        record(ctx, "page.read", "page:after")
        assert sealing.seal().size == 2 and sealing.unsealed() == 1
    assert sealing.seal().size == 3


def test_a_crash_between_places_and_disk_loses_nothing(ctx):
    some(ctx, 4)
    sealing.seal()
    some(ctx, 300)
    sealing.give_places()
    log = sealing.log()
    log.append(leaves.leaves(4, 200))
    assert sealing.seal().size == 304 and len(kept()) == 304
    assert not list(compare(sealing.log()))


def test_a_rewritten_log_gets_no_line(ctx, witness, settings, tmp_path):
    some(ctx, 20)
    sealing.seal()
    sealing.show(asked(settings))
    as_owner("UPDATE audit_event SET object = 'page:bent' WHERE object = 'page:7'")
    # Made anew from the bent rows, signed with the log's own key.
    settings.AUDIT_LOG_ROOT = tmp_path / "anew"
    sealing.seal()
    with pytest.raises(WitnessRefuses):
        sealing.show(asked(settings))
    some(ctx, 20)
    sealing.seal()
    with pytest.raises(WitnessRefuses):
        sealing.show(asked(settings))
    assert Cosigned.objects.count() == 1


def test_a_database_set_back_is_noticed(ctx):
    some(ctx, 5)
    sealing.seal()
    as_owner("DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE number >= 3)")
    as_owner("DELETE FROM audit_leaf WHERE number >= 3")
    with pytest.raises(sealing.LogAhead, match="3件しかありません"):
        sealing.seal()
    # It is not forgotten when more happened since than was lost: what is new must not get the places of what is gone.
    some(ctx, 10)
    for _ in range(2):
        with pytest.raises(sealing.LogAhead, match="3件しかありません"):
            sealing.seal()


def test_a_database_set_back_that_has_gone_on_is_noticed(ctx):
    some(ctx, 5)
    sealing.seal()
    as_owner("DELETE FROM audit_event WHERE id IN (SELECT event_id FROM audit_leaf WHERE number >= 3)")
    as_owner("DELETE FROM audit_leaf WHERE number >= 3")
    some(ctx, 10)
    sealing.give_places()
    with pytest.raises(sealing.LogAhead, match="4番の出来事が、データベースでは違う"):
        sealing.seal()
    assert sealing.log().size == 5


def test_a_database_that_counts_transactions_anew_is_noticed(ctx):
    """Copied by a dump into another server its new events have lower transactions than the last place: none would be found."""
    some(ctx, 5)
    sealing.seal()
    as_owner("UPDATE audit_event SET tx = '900000000000' WHERE id = (SELECT max(event_id) FROM audit_leaf)")
    some(ctx, 1)
    with pytest.raises(sealing.LogAhead, match="番号が"):
        sealing.give_places()


# Each is done to an event of its own: page:0, page:1 …
BENDING = [
    ("UPDATE audit_event SET actor = 'account:9' WHERE object = %s", "changed"),
    ("UPDATE audit_event SET created_at = created_at - interval '1 day' WHERE object = %s", "changed"),
    ("UPDATE audit_event SET details = '{\"count\": 77}' WHERE object = %s", "changed"),
    ("UPDATE audit_event SET purpose = '' WHERE object = %s", "changed"),
    ("DELETE FROM audit_event WHERE object = %s", "missing"),
    ("DELETE FROM audit_leaf l USING audit_event e WHERE e.id = l.event_id AND e.object = %s", "missing"),
    ("DELETE FROM audit_subject s USING audit_event e WHERE e.id = s.event_id AND e.object = %s", "changed"),
    ("UPDATE audit_subject s SET digest = substr(sha256('x'), 1, 16) FROM audit_event e WHERE e.id = s.event_id AND e.object = %s", "changed"),
    ("INSERT INTO audit_subject (event_id, digest) SELECT id, substr(sha256('y'), 1, 16) FROM audit_event WHERE object = %s", "changed"),
]  # fmt: skip


def test_rows_bent_afterwards_differ_from_the_log(ctx):
    some(ctx, len(BENDING) + 1)
    sealing.seal()
    assert not list(compare(sealing.log()))
    for number, (statement, _) in enumerate(BENDING):
        as_owner(statement, f"page:{number}")
    differences = [(difference.number, difference.what) for difference in compare(sealing.log())]
    assert differences == [(number, what) for number, (_, what) in enumerate(BENDING)]


def test_an_event_put_in_among_the_sealed_ones_is_found(ctx):
    """Dated back by an administrator with the transaction of an earlier one, so that the sealer never asks for it."""
    ids = some(ctx, 4)
    sealing.seal()
    some(ctx, 1)
    assert not slipped()
    columns = ", ".join(f'"{name}"' for name in leaves.columns())
    as_owner(f"INSERT INTO audit_event ({columns}) SELECT {columns} FROM audit_event WHERE id = %s", ids[1])
    sealing.seal()
    forged = Event.objects.latest("id").id
    assert not list(compare(sealing.log())) and slipped() == [forged]


def test_of_an_event_about_many_nobody_can_be_taken(ctx):
    record(ctx, "page.read", "page:many", people=range(1000))
    sealing.seal()
    assert not list(compare(sealing.log()))
    one = BulkSubjects.objects.order_by("id").first()
    as_owner("UPDATE audit_bulk_subjects SET digests = substr(digests, 17) WHERE id = %s", one.id)
    assert [difference.what for difference in compare(sealing.log())] == ["changed"]


def test_closed_segments_are_kept_encrypted_and_held_against_the_log(ctx, settings, monkeypatch):
    monkeypatch.setitem(sealing.limits(), "segment_leaves", 100)
    some(ctx, 250)
    sealing.seal()
    assert list(Segment.objects.order_by("first").values_list("first", "end")) == [(0, 100), (100, 200)]
    assert not list(archive.bent(sealing.log()))
    kept = [path.read_bytes() for path in settings.FILES_ROOT.rglob("*") if path.is_file()]
    assert len(kept) == 2 and not any(b"page.read" in content for content in kept)
    bundle = next(sealing.log().folder.glob("tile/entries/000.p/*"))
    content = bundle.read_bytes()
    bundle.write_bytes(content.replace(b"page:150", b"page:151"))
    assert [segment.first for segment in archive.bent(sealing.log())] == [100]
    bundle.write_bytes(content)
    some(ctx, 60)
    sealing.seal()
    assert Segment.objects.count() == 3 and not list(archive.bent(sealing.log()))


def test_the_program_itself_cannot_change_a_place(ctx):
    some(ctx, 2)
    sealing.seal()
    for table in ("audit_leaf", "audit_cosigned", "audit_segment", "audit_event"):
        with (
            pytest.raises(Exception, match=r"permission denied|権限|変更できません|Document"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(f"UPDATE {table} SET id = id + 1000")
