"""The order of files: numbered per layout from 1 without gaps; what is missing is named, what came too early waits."""

from __future__ import annotations

from django.db import connection

from kaigo.base.feeds.models import Delivery
from kaigo.law.dates import wareki
from kaigo.layouts.reading import FileError

_STATES = """
SELECT d.id, d.sequence, d.received_on, s.state FROM feeds_delivery d
JOIN LATERAL (SELECT state FROM feeds_outcome o WHERE o.delivery_id = d.id ORDER BY o.id DESC LIMIT 1) s ON true
WHERE d.layout = %s AND d.sequence > 0 AND s.state <> 'repeated' ORDER BY d.id"""


def place_in_sequence(delivery: Delivery) -> FileError | None:
    """A number that is already taken by another file, accepted or waiting."""
    for id, sequence, received_on, state in _states(delivery.layout):
        if id == delivery.id or sequence != delivery.sequence or state not in ("accepted", "waiting"):
            continue
        what = "受け入れています" if state == "accepted" else "受け取り、前の連番を待っています"
        return FileError(
            "sequence",
            "1行目",
            f"連番 {sequence} の別のファイルを{wareki(received_on)}に{what}",
            "送り手に連番を確かめてください。訂正のファイルなら、次の連番で送ってもらってください"
            if state == "accepted"
            else "どちらを使うかを送り手に確かめ、待っているほうが違えば取り下げてから、もう一度受け入れてください",
        )
    return None


def missing_before(delivery: Delivery) -> list[FileError]:
    """The numbers before this one that are neither in nor waiting, named; refused ones are named as such."""
    if not delivery.sequence:
        return []
    states: dict[int, set[str]] = {}
    for id, sequence, _, state in _states(delivery.layout):
        if id != delivery.id:
            states.setdefault(sequence, set()).add(state)
    accepted = max((s for s, found in states.items() if "accepted" in found), default=0)
    waiting = [s for s, found in states.items() if "waiting" in found and s < delivery.sequence]
    problems = []
    begin = accepted + 1
    for end in [*sorted(waiting), delivery.sequence]:
        if begin < end:
            problems.append(_gap(begin, end - 1, "refused" in states.get(begin, ())))
        begin = end + 1
    return problems


def _gap(first: int, last: int, refused: bool) -> FileError:
    numbers = f"{first}" if first == last else f"{first}〜{last}"
    what = "断られたままで、送り直しが届いていません" if refused and first == last else "まだ届いていません"
    return FileError(
        "sequence",
        "1行目",
        f"連番 {numbers} が{what}",
        f"送り手に連番 {numbers} を頼んでください。届くと、このファイルは自動で受け入れられます",
    )


def _states(layout: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(_STATES, [layout])
        return cursor.fetchall()
