"""交渉経過, 訪問, 財産調査: what people of the section did about a debt, in their own words. Work: every change is kept."""

from __future__ import annotations

from datetime import date

from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.insurance.arrears.models import Contact, Inquiry, Visit

HOW = {"phone": "電話", "counter": "窓口", "visit": "訪問", "letter": "文書", "other": "そのほか"}
RESULTS = {
    "met": "会えた",
    "absent": "不在",
    "moved": "住んでいない",
    "refused": "話に応じない",
    "dropped": "取りやめ",
}
INQUIRED = {
    "bank": "金融機関",
    "employer": "勤務先",
    "pension": "年金の支払者",
    "insurer": "生命保険会社",
    "register": "登記・登録",
    "office": "ほかの官公署",
    "person": "本人",
}


def write_contact(
    ctx: Context, person: int, on: date, how: str, whom: str, text: str, promise_on: date | None = None,
    promise_yen: int | None = None,
) -> Contact:  # fmt: skip
    """Keep a talk. Refused on a day to come, without words, with a 個人番号, with a promise of no day."""
    if how not in HOW:
        raise Refused("どのように話したか(電話・窓口など)を選んでください。")
    _past(ctx, on, "話した日")
    _words(text, "内容")
    without_my_number(whom, text)
    if promise_yen and promise_on is None:
        raise Refused("納める約束の額だけで日がありません。いつ納める約束かを書いてください。")
    return Contact.objects.create(
        person_id=person, on=on, how=how, whom=whom.strip(), text=text.strip(), promise_on=promise_on,
        promise_yen=promise_yen, written_by=ctx.actor,
    )  # fmt: skip


def plan_visit(ctx: Context, person: int, on: date) -> Visit:
    """Put somebody on the list of a day. Refused for a day that is past, and twice on one day."""
    if on < ctx.on:
        raise Refused("訪問の予定は今日から後の日にしてください。済んだ訪問は交渉経過に書いてください。")
    if Visit.objects.filter(person_id=person, on=on).exists():
        raise Refused("この人のこの日の訪問は、もう予定にあります。訪問の一覧で確かめてください。")
    return Visit.objects.create(person_id=person, on=on, result="", note="", written_by=ctx.actor)


def note_visit(ctx: Context, visit: int, result: str, note: str) -> Visit:
    """What came of a visit. Refused before its day, except that it is dropped."""
    row = Visit.objects.select_for_update().filter(id=visit).first()
    if row is None:
        raise Refused("この訪問はありません。訪問の一覧を開き直してください。")
    if result not in RESULTS:
        raise Refused("訪問の結果を選んでください。")
    if row.on > ctx.on and result != "dropped":
        raise Refused("まだ来ていない日の訪問です。その日の後に結果を書くか、取りやめてください。")
    without_my_number(note)
    row.result, row.note, row.written_by = result, note.strip(), ctx.actor
    row.save(update_fields=["result", "note", "written_by"])
    return row


def ask_property(ctx: Context, person: int, kind: str, whom: str, asked_on: date) -> Inquiry:
    """財産調査(国税徴収法の例): somebody was asked."""
    if kind not in INQUIRED:
        raise Refused("だれに照会したか(金融機関・勤務先など)を選んでください。")
    _past(ctx, asked_on, "照会した日")
    _words(whom, "照会先の名")
    without_my_number(whom)
    return Inquiry.objects.create(
        person_id=person,
        kind=kind,
        whom=whom.strip()[:80],
        asked_on=asked_on,
        answer="",
        written_by=ctx.actor,
    )


def note_answer(ctx: Context, inquiry: int, answered_on: date, answer: str) -> Inquiry:
    """What was answered. Refused before the question; a later answer replaces an earlier, which stays in the history."""
    row = Inquiry.objects.select_for_update().filter(id=inquiry).first()
    if row is None:
        raise Refused("この照会はありません。人の画面を開き直してください。")
    _past(ctx, answered_on, "回答の日")
    if answered_on < row.asked_on:
        raise Refused("回答の日が照会した日より前です。日を確かめてください。")
    _words(answer, "回答")
    without_my_number(answer)
    row.answered_on, row.answer, row.written_by = answered_on, answer.strip(), ctx.actor
    row.save(update_fields=["answered_on", "answer", "written_by"])
    return row


def _past(ctx: Context, on: date, what: str) -> None:
    if on > ctx.on:
        raise Refused(f"{what}がまだ来ていない日です。今日までの日を書いてください。")


def _words(text: str, what: str) -> None:
    if not text.strip():
        raise Refused(f"{what}を書いてください。")
