"""The witness over HTTP: it signs, refuses, goes and comes; what is recent; keys of the log that rotate."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from kaigo.base.audit import keeper, sealing
from kaigo.base.audit.fresh import require_witness, watch
from kaigo.base.audit.models import Cosigned, Event
from kaigo.base.audit.tests.logs import asked, some
from kaigo.base.audit.witnessing import Witness, WitnessSilent
from kaigo.base.keys import signing
from kaigo.base.records.refusal import Refused
from kaigo.witness import note, tree
from kaigo.witness.book import found
from kaigo.witness.verify import verify

pytestmark = [pytest.mark.witness, pytest.mark.usefixtures("street")]


def test_the_witness_signs_and_auditors_can_check_it(ctx, witness, settings):
    some(ctx, 10)
    sealing.seal()
    sealing.show(asked(settings))
    some(ctx, 300)
    sealing.seal()
    sealing.show(asked(settings))
    some(ctx, 2)
    sealing.seal()
    newest, last = verify(sealing.log().folder, f"{sealing.own_key()}\n{settings.WITNESS_KEY}")
    assert (newest.size, last.size) == (312, 310)
    assert [row.size for row in Cosigned.objects.order_by("id")] == [10, 310]
    assert witness.latest(settings.AUDIT_ORIGIN).size == 310


def test_a_witness_who_has_seen_more_than_we_remember_is_asked_again(ctx, witness, settings):
    some(ctx, 10)
    sealing.seal()
    point, signed = sealing.log().checkpoint()
    asked(settings).sign(point, signed, sealing.log().reading(10), 0)
    some(ctx, 3)
    sealing.seal()
    sealing.show(asked(settings))
    assert witness.latest(settings.AUDIT_ORIGIN).size == 13


def test_a_witness_whose_line_was_lost_signs_once_more(ctx, witness, settings):
    """It signed and the answer did not reach our tables: nobody has rewritten anything."""
    some(ctx, 10)
    sealing.seal()
    point, signed = sealing.log().checkpoint()
    asked(settings).sign(point, signed, sealing.log().reading(10), 0)
    assert sealing.show(asked(settings)).size == 10
    assert Cosigned.objects.get().size == 10


def test_a_checkpoint_fits_its_key_also_when_that_is_rotated_meanwhile(ctx, monkeypatch):
    some(ctx, 3)
    root = tree.root

    def slow(*values):
        signing.rotate(sealing.KEY)
        return root(*values)

    monkeypatch.setattr(sealing.tree, "root", slow)
    sealing.seal()
    point, lines = note.parse(sealing.log().checkpoint()[1])
    assert note.signed_by_any(point, lines, sealing.own_keys())


def test_what_is_recent_is_what_the_witness_itself_has_signed(ctx, witness, settings):
    with pytest.raises(Refused, match="立会がまだ一度もありません"):
        require_witness()
    some(ctx, 2)
    sealing.seal()
    sealing.show(asked(settings))
    require_witness()
    assert watch().size == 2 and not watch().stale
    # Sixteen minutes later.
    real = witness.now
    witness.now = lambda: real() - 16 * 60
    sealing.show(asked(settings))
    assert watch().stale
    with pytest.raises(Refused, match="15分を超えると"):
        require_witness()
    # Nor does a witness whose clock runs ahead by as much look recent until then.
    witness.now = lambda: real() + 16 * 60
    sealing.show(asked(settings))
    assert watch().stale
    # Whoever can write the table makes nothing fresh.
    point, lines = note.parse(Cosigned.objects.order_by("-id").first().note)
    forged = note.cosign(point, note.key(settings.WITNESS_KEY), lambda said: b"\0" * 64, int(real()))
    last = Cosigned.objects.order_by("-id").first()
    Cosigned.objects.create(
        size=2, root=last.root, signed_at=last.signed_at, note=f"{point.text}\n{lines[0]}\n{forged}"
    )
    assert watch().stale and watch().at is None
    witness.now = real
    sealing.show(asked(settings))
    require_witness()
    settings.WITNESS_KEY = ""
    assert watch().stale


def test_what_the_witness_signed_for_another_log_makes_nothing_fresh(ctx, witness, settings):
    """One key signs the logs of all systems; the line of another log under this one's name is still of the other."""
    own, other = settings.AUDIT_ORIGIN, "openkaigo.example/131997/other"
    witness.know(other, str(note.Key(other, note.PLAIN, sealing.own_key().public)))
    settings.AUDIT_ORIGIN = other
    sealing.seal()
    sealing.show(asked(settings))
    last = Cosigned.objects.get()
    require_witness()
    settings.AUDIT_ORIGIN = own
    point, lines = note.parse(last.note)
    blob = note.unpacked(lines[0].rpartition(" ")[2])
    renamed = note.sign(point, sealing.own_key(), lambda said: blob[4:])
    Cosigned.objects.create(size=0, root=last.root, signed_at=last.signed_at, note=f"{renamed}{lines[1]}\n")
    assert watch().stale and watch().at is None


def test_a_witness_that_is_shown_nothing_new_makes_nothing_fresh(ctx, street, witness, settings, monkeypatch):
    """An open transaction holds every later event back; meanwhile the witness signs the same tree again and again."""
    monkeypatch.setitem(sealing.limits(), "waiting_minutes", 0)
    some(ctx, 2)
    sealing.seal()
    sealing.show(asked(settings))
    require_witness()
    with psycopg.connect(street.dsn(connection.settings_dict["NAME"])) as other:
        other.execute("SELECT pg_current_xact_id()")
        some(ctx, 1)
        sealing.seal()
        sealing.show(asked(settings))
        assert watch().held and watch().stale
        with pytest.raises(Refused, match="綴じられていない"):
            require_witness()
    sealing.seal()
    require_witness()


def test_the_keeper_tells_once_when_the_witness_goes_and_comes(ctx, witness, settings):
    words: list[str] = []
    own = keeper.Keeper(ctx, words.append)
    some(ctx, 2)
    own.turn(0)
    assert not words and Cosigned.objects.count() == 1
    own.turn(200)
    assert Cosigned.objects.count() == 1
    own.witness.url = "http://127.0.0.1:1"
    own.turn(400)
    own.turn(430)
    assert len(words) == 1 and "届きません" in words[0]
    own.witness.url = settings.WITNESS_URL
    own.turn(460)
    assert len(words) == 2 and Cosigned.objects.count() == 2
    written = Event.objects.filter(event="audit.witness").order_by("id").values_list("outcome", "why")
    assert list(written) == [("failed", "witness_failed"), ("done", "")]


def test_the_key_of_the_log_rotates_while_it_is_watched(ctx, witness, settings):
    some(ctx, 3)
    sealing.seal()
    sealing.show(asked(settings))
    first = sealing.own_key()
    signing.rotate(sealing.KEY)
    some(ctx, 3)
    sealing.seal()
    assert sealing.own_key() != first and set(sealing.own_keys()) == {first, sealing.own_key()}
    # What was signed before still counts; the witness signs on once somebody has handed it the new key.
    require_witness()
    with pytest.raises(WitnessSilent, match="HTTP 403"):
        sealing.show(asked(settings))
    witness.know(settings.AUDIT_ORIGIN, str(sealing.own_key()), also=True)
    sealing.show(asked(settings))
    keys = "\n".join(map(str, [*sealing.own_keys(), settings.WITNESS_KEY]))
    newest, last = verify(sealing.log().folder, keys)
    assert (newest.size, last.size) == (6, 6)


def test_a_witness_with_another_key_is_not_believed(ctx, witness, settings):
    stranger = found(witness.folder.parent / "stranger", "witness.example/joho")
    some(ctx, 2)
    sealing.seal()
    with pytest.raises(WitnessSilent, match="鍵に合いません"):
        sealing.show(Witness(settings.WITNESS_URL, str(stranger)))
    with pytest.raises(note.NoteWrong):
        Witness(settings.WITNESS_URL, str(sealing.own_key()))
    with pytest.raises(WitnessSilent, match="HTTP 404"):
        sealing.show(Witness(f"{settings.WITNESS_URL}/x", settings.WITNESS_KEY))
    assert not Cosigned.objects.exists()
