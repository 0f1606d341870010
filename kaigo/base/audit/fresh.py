"""Has the witness signed lately? What must not happen unwatched (持出し, 個人番号, 情報提供) asks here first.

The witness's own line is checked, not what a table says about it: whoever can write the table cannot make it look fresh.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from kaigo.base.audit.models import Cosigned
from kaigo.base.audit.sealing import limits, own_keys, waiting
from kaigo.base.records.refusal import Refused
from kaigo.witness import note


class Watch(NamedTuple):
    """at: when the witness signed last, None = never; size: how many events it had seen; stale: too long ago, or held; held: an
    event waits too long for its place, so that what the witness signs says nothing of the newest."""

    at: datetime | None
    size: int
    stale: bool
    held: bool = False


def watch() -> Watch:
    """How far the witness has come, by the server's clock."""
    last = Cosigned.objects.order_by("-id").first()
    if last is None or not settings.WITNESS_KEY:
        return Watch(None, 0, True)
    try:
        point, lines = note.parse(last.note)
        # The same keys sign the logs of all systems: what was signed for another one says nothing of this.
        if point.origin != settings.AUDIT_ORIGIN or not note.signed_by_any(point, lines, own_keys()):
            return Watch(None, 0, True)
        at = datetime.fromtimestamp(note.check(point, lines, note.key(settings.WITNESS_KEY)), UTC)
    except note.NoteWrong:
        return Watch(None, 0, True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now = cursor.fetchone()[0]
    since = waiting()
    held = since is not None and now - since > timedelta(minutes=limits()["waiting_minutes"])
    # A clock that runs far ahead would look recent for as long.
    old = abs(now - at) > timedelta(minutes=limits()["stale_minutes"])
    return Watch(at, point.size, old or held, held)


def require_witness() -> None:
    """Refused when nobody outside has watched the log lately."""
    found = watch()
    if found.held:
        raise Refused(
            f"アクセス記録に{limits()['waiting_minutes']}分を超えて綴じられていない出来事があるため、今は持ち出しなどができません。"
            "長い処理が続いているか、記録を綴じる仕組みが止まっています。ふだんの業務は続けられます。システムの担当者に連絡してください。"
        )
    if found.stale:
        since = (
            f"最後の立会は{found.at.astimezone():%Y年%-m月%-d日 %-H時%-M分}です"
            if found.at
            else "立会がまだ一度もありません"
        )
        raise Refused(
            f"アクセス記録の立会が止まっているため、今は持ち出しなどができません({since}。{limits()['stale_minutes']}分を超えると止まります)。"
            "ふだんの業務は続けられます。システムの担当者に連絡してください。"
        )
