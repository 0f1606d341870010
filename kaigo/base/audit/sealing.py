"""The log is closed: events get their places, go to disk, are signed, and the witness signs below.

An event gets its place once no transaction that began before it can still write one (watermark): neither ids nor clocks
order what commits late. What has a place can be written to disk again at any time and is the same bytes.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path

import yaml
from django.conf import settings
from django.db import connection, transaction

from kaigo.base.audit import archive, leaves
from kaigo.base.audit.models import Cosigned
from kaigo.base.audit.tiles import Log
from kaigo.base.audit.witnessing import Witness
from kaigo.base.keys import private
from kaigo.base.keys.signing import Signer, publics, signer
from kaigo.witness import note, tree

KEY = "audit"  # the signing key of the installation's logs

_KEEP = "記録のフォルダーとデータベースを保全し、監査の担当者に連絡してください。"
# Places were given in the order of transactions, to all that were below the watermark then: what has none yet was written by
# a transaction after that of the last place.
_PLACES = """
INSERT INTO audit_leaf (number, event_id)
SELECT %(last)s + row_number() OVER (ORDER BY tx, id), id
FROM audit_event WHERE tx > %(after)s::text::xid8 AND tx < pg_snapshot_xmin(pg_current_snapshot())"""
_LAST = """
SELECT l.number, e.tx::text FROM audit_leaf l LEFT JOIN audit_event e ON e.id = l.event_id ORDER BY l.number DESC LIMIT 1"""


class LogAhead(RuntimeError):
    """The log has leaves that the database does not know, or knows otherwise: it was set back to an earlier state."""


@cache
def limits() -> dict[str, int]:
    """What sealing.yaml says: name → value."""
    text = Path(__file__).with_name("sealing.yaml").read_text(encoding="utf-8")
    return {name: told["value"] for name, told in yaml.safe_load(text).items()}


def log() -> Log:
    """The log of this system."""
    return Log(Path(settings.AUDIT_LOG_ROOT))


def own_key() -> note.Key:
    """The key of this log, to be handed to the witness and to auditors."""
    return note.Key(settings.AUDIT_ORIGIN, note.PLAIN, signer(KEY).public)


def own_keys() -> list[note.Key]:
    """Every key that this log ever signed with."""
    return [note.Key(settings.AUDIT_ORIGIN, note.PLAIN, public) for public in publics(KEY).values()]


def give_places() -> int:
    """Every event that nothing can come before any more gets the next number; returns how many did. One at a time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('audit.sealing'))")
        cursor.execute(_LAST)
        last, after = cursor.fetchone() or (-1, "0")
        if after is None:
            raise leaves.Missing(f"記録の{last:,}番の出来事がデータベースにありません。")
        cursor.execute("SELECT %s::text::xid8 >= pg_snapshot_xmax(pg_current_snapshot())", [after])
        if cursor.fetchone()[0]:
            # Its transactions are counted from a lower number again: all that is new would be passed over.
            raise LogAhead(
                f"データベースのトランザクション番号が、記録の{last:,}番の出来事より前に戻っています(別のサーバーへ移したときなど)。{_KEEP}"
            )
        cursor.execute(_PLACES, {"last": last, "after": after})
        return cursor.rowcount


def seal() -> note.Checkpoint:
    """Bring the log up to the events that have a place, and sign how far it has come. One at a time in the installation."""
    with _alone():
        kept = log()
        sealed, size = kept.checkpoint(), kept.size
        # Before anything new gets a place: it could get one that the log gave to what is gone now.
        _continues(kept, size)
        give_places()
        end = _places()
        while size < end or sealed is None:
            upto = min(end, size - size % limits()["segment_leaves"] + limits()["segment_leaves"])
            size = kept.append(leaves.leaves(size, upto))
            sealed = _publish(kept, size)
            archive.close(kept, limits()["segment_leaves"])
        return sealed[0]


def _continues(kept: Log, size: int) -> None:
    """Does the database still have what the log has last?"""
    end = _places()
    if size > end:
        raise LogAhead(
            f"記録は{size:,}件まで署名されていますが、データベースには{end:,}件しかありません。データベースが前の状態に戻されています。{_KEEP}"
        )
    if size and list(kept.leaves(size - 1, size)) != [one for _, one in leaves.known(size - 1, size)]:
        raise LogAhead(
            f"記録の{size - 1:,}番の出来事が、データベースでは違うか、ありません。前の状態に戻されたか、書き換えられています。{_KEEP}"
        )


def show(witness: Witness) -> note.Checkpoint:
    """Let the witness sign the newest checkpoint. Raises what Witness.sign raises; then nothing is kept."""
    with _alone():
        kept = log()
        sealed = kept.checkpoint() or _publish(kept, kept.append(()))
        point, signed = sealed[0], _own(sealed[1])
        line, moment = witness.sign(point, signed, kept.reading(point.size), _shown())
        whole = signed + line
        kept.cosigned(whole)
        kept.publish(whole)
        Cosigned.objects.create(size=point.size, root=point.root, signed_at=moment, note=whole)
        return point


def unsealed() -> int:
    """Events that have no place in the log yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM audit_event e WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.event_id = e.id)"
        )
        return cursor.fetchone()[0]


def waiting() -> datetime | None:
    """Since when the oldest event waits for its place; None = none waits."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        _, after = cursor.fetchone() or (-1, "0")
        cursor.execute("SELECT min(created_at) FROM audit_event WHERE tx > %s::text::xid8", [after or "0"])
        return cursor.fetchone()[0]


def _alone():
    """One writer of the log at a time."""
    return private.locked(Path(settings.AUDIT_LOG_ROOT))


def _own(signed: str) -> str:
    """The note with the log's own line alone: a witness signs anew."""
    text, _, lines = signed.partition("\n\n")
    return f"{text}\n\n{lines.splitlines()[0]}\n"


def _shown() -> int:
    """How many leaves the witness saw last, as far as we know."""
    last = Cosigned.objects.order_by("-id").values_list("size", flat=True).first()
    return last or 0


def _publish(kept: Log, size: int) -> tuple[note.Checkpoint, str]:
    own: Signer = signer(KEY)
    point = note.Checkpoint(settings.AUDIT_ORIGIN, size, tree.root(size, kept.reading(size)))
    # The key that signs, whatever is rotated meanwhile.
    signed = note.sign(point, note.Key(settings.AUDIT_ORIGIN, note.PLAIN, own.public), own.sign)
    kept.publish(signed)
    return point, signed


def _places() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(number) + 1, 0) FROM audit_leaf")
        return cursor.fetchone()[0]
