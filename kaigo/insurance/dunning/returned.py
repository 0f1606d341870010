"""返戻: letters that came back, the search for the address, and 公示送達 of those that cannot be delivered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.conf import settings

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.dunning.judge import values_on
from kaigo.insurance.dunning.locks import alone
from kaigo.insurance.dunning.models import PublicNotice, PublicNoticeLetter, ReturnedMail, Search
from kaigo.insurance.dunning.words import FOUND, LETTERS, RETURNS, SEARCHES
from kaigo.insurance.residents import read as residents
from kaigo.law.digest import law_version
from kaigo.law.public_notice import PublicNoticeFacts, effective
from kaigo.law.reasons import Unclear, pack

LONGEST = 200


def away_sql(known: str = "true") -> str:
    """SQL over a row r of dunning_returned: the last search has not found the address. known: over its steps s."""
    return (
        f"coalesce((SELECT s.found <> 'address' FROM dunning_search s WHERE s.returned_id = r.id AND {known} "
        "ORDER BY s.searched_on DESC, s.id DESC LIMIT 1), true)"
    )


def enter(
    ctx: Context, person: int, letter: str, document_number: str, returned_on: date, why: str, note: str = ""
) -> ReturnedMail:
    """A letter came back. Refused for a day to come, without its number, and twice."""
    number = document_number.strip()
    if letter not in LETTERS:
        raise Refused("戻った通知の種類を選んでください。")
    if why not in RETURNS:
        raise Refused("戻った理由を選んでください。")
    if not number or len(number) > 40:
        raise Refused("封筒の窓または通知の右上の文書番号を、40字までで書いてください。")
    if returned_on > ctx.on:
        raise Refused("戻った日は、業務日より後にできません。")
    _short(note)
    alone("returned")
    if ReturnedMail.objects.filter(document_number=number, returned_on=returned_on).exists():
        raise Refused("この文書番号の返戻は、この日でもう記録されています。")
    return ReturnedMail.objects.create(
        person_id=person, letter=letter, document_number=number, returned_on=returned_on, why=why, note=note.strip(),
        actor=ctx.actor,
    )  # fmt: skip


def search(
    ctx: Context, returned: ReturnedMail, searched_on: date, what: str, found: str, note: str = ""
) -> Search:
    """A step of the search. Refused before the letter came back, and for a day to come."""
    if what not in SEARCHES or found not in FOUND:
        raise Refused("調べた方法と結果を選んでください。")
    if not returned.returned_on <= searched_on <= ctx.on:
        raise Refused("調べた日は、返戻の日から業務日までの日にしてください。")
    _short(note)
    return Search.objects.create(
        person_id=returned.person_id, returned=returned, searched_on=searched_on, what=what, found=found,
        note=note.strip(), actor=ctx.actor,
    )  # fmt: skip


def post_notice(ctx: Context, letters: Sequence[int], posted_on: date) -> PublicNotice:
    """公示送達 of returned letters. Refused when one was not searched for, was found, or has its notice already.

    Raises Refused also when the law room does not know how long a notice is posted.
    """
    alone("returned")
    rows = list(ReturnedMail.objects.filter(id__in=list(letters)).order_by("id"))
    if not rows or len(rows) != len(set(letters)):
        raise Refused("公示送達する返戻を一つ以上選んでください。")
    if posted_on < ctx.on:
        raise Refused("掲示を始める日は、業務日より前にできません。")
    for row in rows:
        _postable(row)
    values = values_on(settings.INSURER, posted_on)
    judged = effective(PublicNoticeFacts(posted_on), values)
    if isinstance(judged, Unclear):
        raise Refused(f"公示送達の効力の日が決められません: {judged.missing[0].what}")
    made = PublicNotice.objects.create(
        posted_on=posted_on, effective_on=judged.value, reasons=pack(judged.reasons),
        law=law_version(values.digest), decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip
    names = residents.names(ctx, [row.person_id for row in rows])
    for row in rows:
        # Name and kind only: a public list says no address and no amount.
        PublicNoticeLetter.objects.create(
            notice=made, person_id=row.person_id, returned=row, name=names.get(row.person_id, "")
        )
    return made


def standing(row: ReturnedMail) -> str:
    """open | searching | found | not_living | posted."""
    if PublicNoticeLetter.objects.filter(returned=row).exists():
        return "posted"
    last = Search.objects.filter(returned=row).order_by("-searched_on", "-id").first()
    if last is None:
        return "open"
    return {"address": "found", "not_living": "not_living"}.get(last.found, "searching")


def _postable(row: ReturnedMail) -> None:
    now = standing(row)
    if now == "posted":
        raise Refused(f"文書番号 {row.document_number} は、もう公示送達しています。")
    if now in ("open", "found"):
        raise Refused(
            f"文書番号 {row.document_number} は"
            + (
                "、住所をまだ調べていません。"
                if now == "open"
                else "、住所が分かっています。送り直してください。"
            )
            + "公示送達は、住所・居所が分からないときに限ります(地方税法20条の2の例)。"
        )


def _short(note: str) -> None:
    if len(note.strip()) > LONGEST:
        raise Refused(f"備考は{LONGEST}字までです。")
