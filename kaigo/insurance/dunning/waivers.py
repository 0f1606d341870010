"""延滞金の減免: asked for by one person with a reason, decided by another human being, booked against the charge."""

from __future__ import annotations

from django.db.models import Sum

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.base.staff.who import same_person
from kaigo.insurance.dunning.locks import alone
from kaigo.insurance.dunning.models import LateCharge, Waiver, WaiverRequest
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.post import Line, post
from kaigo.law.dates import fiscal_year as fiscal_year_of

LONGEST = 400


def left(charge: LateCharge) -> int:
    """What of a charge is not waived yet, also by waivers of the charges before it."""
    waived = Waiver.objects.filter(
        charge__person_id=charge.person_id,
        charge__fiscal_year=charge.fiscal_year,
        charge__number=charge.number,
    ).aggregate(yen=Sum("yen"))["yen"]
    return max(0, charge.yen - (waived or 0))


def ask(ctx: Context, charge: int, yen: int, reason: str) -> WaiverRequest:
    """Ask that `yen` of a charge be waived. Refused without reason, for more than is left, and while one waits."""
    alone("late")
    row = _in_force(charge)
    if not reason.strip() or len(reason.strip()) > LONGEST:
        raise Refused(f"減免の理由を{LONGEST}字までで書いてください。")
    if not 0 < yen <= left(row):
        raise Refused(f"減免する額は、1円から {left(row):,}円までで書いてください。")
    if WaiverRequest.objects.filter(charge=row, state="requested").exists():
        raise Refused("この延滞金の減免は、もう決裁を待っています。")
    return WaiverRequest.objects.create(
        person_id=row.person_id,
        charge=row,
        yen=yen,
        reason=reason.strip(),
        state="requested",
        requested_by=ctx.actor,
    )


def grant(ctx: Context, request: WaiverRequest) -> Waiver:
    """By a second person: the decision and its entry. Refused for the one who asked, and when the charge changed since."""
    alone("late")
    _waiting(request)
    if same_person(request.requested_by, ctx.actor):
        raise Refused("申請した本人は決裁できません。別の職員が決裁してください。")
    charge = _in_force(request.charge_id)
    if request.yen > left(charge):
        raise Refused(f"減免できる額は {left(charge):,}円になっています。申請し直してください。")
    made = Waiver.objects.create(
        person_id=charge.person_id, charge=charge, yen=request.yen, reason=request.reason,
        requested_by=request.requested_by, decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip
    source = f"late_waiver:{made.id}"
    post(
        ctx,
        [
            Line(
                charge.person_id, source, source, -made.yen, charge.fiscal_year, fiscal_year_of(ctx.on), "late_levy",
                _way(charge), charge.number, "waiver",
            )
        ],
    )  # fmt: skip
    _answer(ctx, request, "granted")
    return made


def refuse(ctx: Context, request: WaiverRequest) -> None:
    """Not granted: by a second person; the one who asked takes it back with `withdraw`."""
    alone("late")
    _waiting(request)
    if same_person(request.requested_by, ctx.actor):
        raise Refused("申請した本人は決裁できません。取り下げるときは「取り下げる」を押してください。")
    _answer(ctx, request, "refused")


def withdraw(ctx: Context, request: WaiverRequest) -> None:
    """The one who asked takes it back."""
    alone("late")
    _waiting(request)
    if not same_person(request.requested_by, ctx.actor):
        raise Refused("取り下げられるのは、申請した本人だけです。")
    _answer(ctx, request, "withdrawn")


def _in_force(charge: int) -> LateCharge:
    row = LateCharge.objects.filter(id=charge, superseded_by__isnull=True).first()
    if row is None:
        raise Refused("この延滞金は後の決定に替わっています。画面を開き直してください。")
    return row


def _way(charge: LateCharge) -> str:
    """The way under which the charge is booked."""
    found = rows(
        f"SELECT way FROM ({ledger.entries_sql()}) e WHERE person_id = %(person)s AND fiscal_year = %(year)s "
        "AND number = %(number)s AND sort = 'late_levy' AND way <> 'deduction' ORDER BY id DESC LIMIT 1",
        {"person": charge.person_id, "year": charge.fiscal_year, "number": charge.number},
    )
    return found[0][0]


def _waiting(request: WaiverRequest) -> None:
    request.refresh_from_db()
    if request.state != "requested":
        raise Refused("この申請は決裁を待っていません。画面を開き直してください。")


def _answer(ctx: Context, request: WaiverRequest, state: str) -> None:
    request.state, request.answered_by = state, ctx.actor
    request.save(update_fields=["state", "answered_by"])
