"""One proposes, another human being approves. Everything is worked out anew under a lock of the person, so that no yen
is decided twice; an approval that finds other figures than were proposed is refused."""

from __future__ import annotations

from django.conf import settings

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.base.staff.who import same_person
from kaigo.insurance.refunds import book, cases, payees, shared
from kaigo.insurance.refunds.judge import Judged, LineOf, UseOf, judge
from kaigo.insurance.refunds.models import Line, Payee, Proposal, Ruling, Use
from kaigo.law.reasons import pack

LONGEST = 200


def propose(ctx: Context, person: int, payee: int | None) -> Proposal:
    """Propose what is to be done with everything overpaid that goes to this payee: offset first, the rest goes back.

    payee None: all of it is offset. Refused when nothing is left to decide, when the time to claim is over, or when
    money would leave and nobody is to get it.
    """
    lock(person)
    to = _payee(ctx, person, payee)
    found = judge(ctx, settings.INSURER, person, to.kind if to else "", to.claimed_on if to else None)
    _something(found)
    if found.paid_out and to is None:
        raise Refused(
            f"充当の後に {found.paid_out:,} 円を支払うことになります。支払先と口座を先に登録してください。"
        )
    made = Proposal.objects.create(
        person_id=person,
        payee=to if found.paid_out else None,
        payee_kind=to.kind if to else "",
        payee_digest=payees.digest(to) if to and found.paid_out else "",
        yen=found.yen,
        offset_yen=found.offset_yen,
        refund_yen=found.refund_yen,
        interest_yen=found.interest_yen,
        reasons=pack(found.reasons),
        law=found.law,
        decided_on=ctx.on,
        actor=ctx.actor,
    )
    Line.objects.bulk_create(Line(proposal=made, **line._asdict()) for line in found.lines)
    Use.objects.bulk_create(Use(proposal=made, **use._asdict()) for use in found.uses)
    cases.renew(ctx, [person])
    return made


def approve(ctx: Context, proposal: int, shared_why: str = "") -> Ruling:
    """By another human being, also not by a second account of the proposer. Offsets are booked at once; the rest waits
    for its transfer. shared_why: why it is right that strangers have the same account or address (I27d).
    """
    row = _waiting(proposal)
    if not ctx.actor.startswith("account:"):
        raise Refused("承認は職員がします。処理(ジョブ)は承認できません。")
    if same_person(row.actor, ctx.actor):
        raise Refused("提案した本人は承認できません。別の職員が承認してください(二人承認)。")
    _unchanged(ctx, row)
    others = shared.strangers(ctx, [row.payee_id]) if row.payee_id else []
    if others and not shared_why.strip():
        what = "・".join(sorted({shared.WHAT[o.what] for o in others}))
        raise Refused(
            f"関わりのない{len({o.person for o in others})}人と{what}です(取違えの防止)。正しければ、その理由を書いて承認してください。"
        )
    made = _rule(ctx, row, "approved", "", sorted({o.person for o in others}), shared_why if others else "")
    book.offsets(ctx, settings.INSURER, row)
    cases.renew(ctx, [row.person_id])
    return made


def reject(ctx: Context, proposal: int, remark: str) -> Ruling:
    """Not so, says another person, with a reason. What was proposed can be proposed anew."""
    row = _waiting(proposal)
    if same_person(row.actor, ctx.actor):
        raise Refused("自分の提案は差し戻せません。取り下げてください。")
    return _dropped(ctx, row, "rejected", remark)


def withdraw(ctx: Context, proposal: int, remark: str) -> Ruling:
    """Given up before it was approved."""
    return _dropped(ctx, _waiting(proposal), "withdrawn", remark)


def lock(*persons: int) -> None:
    """Whoever decides about these people's overpayments comes after whoever does so now; always in one order."""
    rows(
        "SELECT pg_advisory_xact_lock(hashtext('refunds.person'), x.id) FROM (SELECT DISTINCT "
        "(p %% 2147483648)::int AS id FROM unnest(%(persons)s::bigint[]) p ORDER BY 1) x",
        {"persons": id_array(persons)},
    )


def _payee(ctx: Context, person: int, payee: int | None) -> Payee | None:
    if payee is None:
        return None
    row = Payee.objects.filter(id=payee, person_id=person).first()
    if row is None:
        raise Refused("この人の支払先ではありません。支払先を選び直してください。")
    _fits(ctx, row)
    return row


def _fits(ctx: Context, row: Payee) -> None:
    why = payees.unfit(ctx, row.person_id, row.kind) or payees.moved(ctx, row)
    if why:
        raise Refused(why)


def _something(found: Judged) -> None:
    if found.lines:
        return
    if found.lapsed:
        yen = sum(o.yen for o in found.lapsed)
        raise Refused(
            f"還付を請求できる期間(二年)が過ぎています: {yen:,} 円(法200条1項)。請求が期間内にあったなら、請求のあった日を支払先に入力してください。"
        )
    raise Refused(
        "決められる過誤納がありません。ほかの職員が先に提案したか、過誤納がなくなっています。一覧を開き直してください。"
    )


def _waiting(proposal: int) -> Proposal:
    row = Proposal.objects.filter(id=proposal).select_related("payee").first()
    if row is None:
        raise Refused("この提案はありません。")
    lock(row.person_id)
    if Ruling.objects.filter(proposal=row).exists():
        raise Refused("この提案はもう決まっています。ページを開き直してください。")
    return row


def _unchanged(ctx: Context, row: Proposal) -> None:
    """The figures and the payee are still those that were proposed."""
    if row.payee is not None:
        _fits(ctx, row.payee)
        if payees.digest(row.payee) != row.payee_digest:
            raise Refused("提案の後に支払先が変わりました。取り下げて、提案し直してください。")
    to = Payee.objects.filter(person_id=row.person_id, kind=row.payee_kind).first()
    claimed_on = to.claimed_on if to else None
    now = judge(ctx, settings.INSURER, row.person_id, row.payee_kind, claimed_on, without=row.id)
    if now.figures != figures(row):
        raise Refused(
            f"提案の後に額が変わりました(提案 還付 {row.refund_yen:,} 円・充当 {row.offset_yen:,} 円・加算金 {row.interest_yen:,} 円、"
            f"今日 {now.refund_yen:,} 円・{now.offset_yen:,} 円・{now.interest_yen:,} 円)。取り下げて、提案し直してください。"
        )


def figures(row: Proposal) -> tuple:
    """A proposal as Judged.figures has it."""
    lines = Line.objects.filter(proposal=row).order_by("id").values_list(*LineOf._fields)
    uses = Use.objects.filter(proposal=row).order_by("id").values_list(*UseOf._fields)
    return (
        tuple(LineOf(*line) for line in lines), tuple(UseOf(*use) for use in uses),
        row.offset_yen, row.refund_yen, row.interest_yen,
    )  # fmt: skip


def reason(text: str) -> str:
    """What somebody gives as a reason, as it is kept. Refused with a 個人番号 in it, or when it is too long."""
    without_my_number(text)
    if len(text.strip()) > LONGEST:
        raise Refused(f"理由は{LONGEST}字までです。")
    return text.strip()


def _dropped(ctx: Context, row: Proposal, outcome: str, remark: str) -> Ruling:
    if not remark.strip():
        raise Refused("理由を書いてください。")
    made = _rule(ctx, row, outcome, remark, [], "")
    cases.renew(ctx, [row.person_id])
    return made


def _rule(ctx: Context, row: Proposal, outcome: str, remark: str, others: list[int], why: str) -> Ruling:
    return Ruling.objects.create(
        proposal=row, outcome=outcome, remark=reason(remark), proposed_by=row.actor, shared=others,
        shared_why=reason(why), decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip
