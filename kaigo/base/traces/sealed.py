"""How far the log of accesses is sealed and witnessed, in words."""

from __future__ import annotations

from typing import NamedTuple

from django.utils import timezone

from kaigo.base.audit.fresh import Watch, watch
from kaigo.base.audit.models import Leaf
from kaigo.base.audit.sealing import limits
from kaigo.law.dates import wareki


class Log(NamedTuple):
    """words: one line for pages; stale: nobody outside has watched lately."""

    words: str
    stale: bool


def log() -> Log:
    """The state of this system's log."""
    found = watch()
    if found.at is None:
        return Log(
            "この記録には、立会(ほかの課が別の鍵で行う署名)がまだありません。持出しはできません。", True
        )
    words = f"記録は{found.size:,}件まで立会済みです(最後の立会 {_moment(found)})。"
    if found.held:
        words += f"{limits()['waiting_minutes']}分を超えて綴じられていない出来事があるため、持出しは止まっています。システムの担当者に連絡してください。"
    elif found.stale:
        words += f"{limits()['stale_minutes']}分を超えて立会がないため、持出しは止まっています。システムの担当者に連絡してください。"
    return Log(words, found.stale)


def of_event(event: int) -> str:
    """Where an event stands in the log."""
    number = Leaf.objects.filter(event=event).values_list("number", flat=True).first()
    if number is None:
        return "まだ記録に綴じられていません(ふだんは数秒で綴じられます)"
    found = watch()
    return f"記録の{number:,}番" + ("(立会済み)" if number < found.size else "(立会はこれから)")


def _moment(found: Watch) -> str:
    at = timezone.localtime(found.at)
    return f"{wareki(at.date())} {at:%-H時%M分}"
