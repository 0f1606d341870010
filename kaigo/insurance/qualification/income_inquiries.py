"""所得照会: asking, that the letter went out, the reply. A reply becomes a tax fact; without a record 照会中 stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification.models import IncomeInquiry, IncomeReply
from kaigo.insurance.qualification.read import guarded
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import taxation

LIVE = ("asked", "sent")
STATES = {
    "asked": ("照会票を作る前・発送前", "neutral"),
    "sent": ("回答待ち", "warn"),
    "answered": ("回答済み", "good"),
    "no_record": ("記録なしと回答", "warn"),
    "dropped": ("取りやめ", "neutral"),
}


def ask(
    ctx: Context,
    fiscal_year: int,
    municipality: str,
    persons: Iterable[int],
    reply_by: date,
    reason: str = "",
) -> list[IncomeInquiry]:
    """Ask a municipality about people. reason: why also those under 支援措置; without it they are refused."""
    persons = list(dict.fromkeys(persons))
    if not persons:
        raise Refused("照会する人がいません。")
    if registers.insurer_name(ctx, municipality) is None:
        raise Refused(f"団体コード「{municipality}」の市区町村は台帳にありません。")
    if reply_by <= ctx.on:
        raise Refused("回答の期限は今日より後の日にしてください。")
    without_my_number(reason)
    if guarded(ctx, persons) and not reason.strip():
        raise Refused(
            "支援措置対象者またはその世帯員が含まれます。照会してよい理由を書いて、一人ずつ照会してください。"
        )
    if IncomeInquiry.objects.filter(person_id__in=persons, fiscal_year=fiscal_year, state__in=LIVE).exists():
        raise Refused("もう照会している人が含まれます。画面を開き直してください。")
    return IncomeInquiry.objects.bulk_create(
        [
            IncomeInquiry(
                person_id=person,
                fiscal_year=fiscal_year,
                municipality=municipality,
                state="asked",
                asked_on=ctx.on,
                asked_by=ctx.actor,
                reply_by=reply_by,
                reason=reason.strip(),
            )
            for person in persons
        ]
    )


def note_sent(ctx: Context, inquiries: Iterable[int]) -> int:
    """Their letter went to the post on ctx.on. From now on the tax of those without a record is 照会中.

    Called by release. Returns how many.
    """
    rows = list(IncomeInquiry.objects.filter(id__in=list(inquiries), state="asked").order_by("id"))
    for row in rows:
        row.state, row.sent_on = "sent", ctx.on
        row.save(update_fields=["state", "sent_on"])
    for year in {row.fiscal_year for row in rows}:
        taxation.inquiring(ctx, [(r.person_id, source(r)) for r in rows if r.fiscal_year == year], year)
    return len(rows)


def source(inquiry: IncomeInquiry) -> str:
    """出所 of 照会中."""
    return f"inquiry:{inquiry.id}"


def reply(
    ctx: Context, inquiry: IncomeInquiry, replied_on: date, told: Mapping[str, str], remark: str = ""
) -> IncomeReply:
    """The items of a tax record, as the municipality answered on a day: believed like a line of ward.tax.

    A second reply to the same inquiry corrects the first. Raises Refused with what is wrong.
    """
    _may_answer(ctx, inquiry, replied_on, remark)
    told = {key: told.get(key, "").strip() for key in taxation.TOLD}
    taxation.enter(
        ctx,
        inquiry.person_id,
        inquiry.fiscal_year,
        told,
        f"reply:{inquiry.municipality}:{replied_on:%Y-%m-%d}",
        replied_on,
    )
    return _keep(ctx, inquiry, "answered", replied_on, told, remark)


def reply_no_record(ctx: Context, inquiry: IncomeInquiry, replied_on: date, remark: str = "") -> IncomeReply:
    """It has no record: kept, and the person stays 照会中, which the ordinance's setting judges by."""
    _may_answer(ctx, inquiry, replied_on, remark)
    if inquiry.state == "answered":
        raise Refused("所得の回答が登録されています。誤りなら、正しい回答を登録してください。")
    taxation.inquiring(ctx, [(inquiry.person_id, source(inquiry))], inquiry.fiscal_year)
    return _keep(ctx, inquiry, "no_record", replied_on, {}, remark)


def drop(ctx: Context, inquiry: IncomeInquiry, reason: str) -> None:
    """No longer needed: the record came otherwise, or the person is not ours. 照会中 that only we said is taken back."""
    if inquiry.state not in (*LIVE, "no_record"):
        raise Refused("この照会はもう終わっています。")
    if not reason.strip():
        raise Refused("取りやめる理由を書いてください。")
    without_my_number(reason)
    taxation.not_inquiring(ctx, inquiry.person_id, inquiry.fiscal_year, source(inquiry))
    inquiry.state, inquiry.reason = "dropped", reason.strip()
    inquiry.save(update_fields=["state", "reason"])


def _may_answer(ctx: Context, inquiry: IncomeInquiry, replied_on: date, remark: str) -> None:
    if inquiry.state == "dropped":
        raise Refused("取りやめた照会です。照会し直してから回答を登録してください。")
    if not inquiry.asked_on <= replied_on <= ctx.on:
        raise Refused("回答の日は、照会した日から今日までの日にしてください。")
    later = IncomeInquiry.objects.filter(
        person_id=inquiry.person_id, fiscal_year=inquiry.fiscal_year, id__gt=inquiry.id
    ).exclude(state="dropped")
    if later.exists():
        raise Refused("この人のこの年度には新しい照会があります。そちらに登録してください。")
    without_my_number(remark)


def _keep(
    ctx: Context, inquiry: IncomeInquiry, state: str, replied_on: date, told: Mapping[str, str], remark: str
) -> IncomeReply:
    inquiry.state = state
    inquiry.save(update_fields=["state"])
    return IncomeReply.objects.create(
        inquiry=inquiry,
        person_id=inquiry.person_id,
        replied_on=replied_on,
        found=state == "answered",
        told=dict(told),
        remark=remark.strip(),
        actor=ctx.actor,
    )
