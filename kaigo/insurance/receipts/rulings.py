"""What a clerk decides about one payment: whose term it pays, or that it goes back. A later ruling takes an earlier back."""

from __future__ import annotations

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.receipts.models import Receipt, Ruling
from kaigo.insurance.receipts.term import accounting_year, exists, open_year

LONGEST = 200


def pay(
    ctx: Context, receipt: int, person: int, fiscal_year: int, kind: str, number: int, reason: str,
    seen: int | None = None,
) -> Ruling:  # fmt: skip
    """A payment is for this term: what was booked from it before is reversed, and it is booked there.

    kind: deduction | direct. seen: how many rulings the clerk was shown. Refused without reason, for a preliminary report,
    where the term was never levied, and when somebody else has ruled since.
    """
    row, before = _begin(receipt, reason, seen)
    way = exists(person, fiscal_year, kind, number)
    if way is None:
        raise Refused("この人のこの期は調定されていません。年度と期を確かめてください。")
    made = Ruling.objects.create(
        receipt=row, what="paid", person_id=person, fiscal_year=fiscal_year, way=way, number=number,
        reason=reason.strip(), decided_on=ctx.on, actor=ctx.actor, supersedes=before,
    )  # fmt: skip
    year = accounting_year(ctx, row.settled_on, person, fiscal_year, kind, number)
    fresh = Line(
        person,
        row.source,
        f"{row.source}:{made.id}",
        row.yen,
        fiscal_year,
        year,
        "receipt",
        way,
        number,
        row.channel,
    )
    post(ctx, [*_back(ctx, row, made), fresh])
    return made


def send_back(ctx: Context, receipt: int, reason: str, seen: int | None = None) -> Ruling:
    """A payment is nobody's of ours and goes back to who paid it; what was booked from it is reversed."""
    row, before = _begin(receipt, reason, seen)
    made = Ruling.objects.create(
        receipt=row, what="returned", person=None, fiscal_year=None, way="", number=None, reason=reason.strip(),
        decided_on=ctx.on, actor=ctx.actor, supersedes=before,
    )  # fmt: skip
    post(ctx, _back(ctx, row, made))
    return made


def of_receipt(receipt: int) -> list[Ruling]:
    """All rulings about a payment, the one that holds last."""
    return list(Ruling.objects.filter(receipt_id=receipt).order_by("id"))


def _begin(receipt: int, reason: str, seen: int | None) -> tuple[Receipt, Ruling | None]:
    if not reason.strip():
        raise Refused("理由を書いてください。")
    if len(reason.strip()) > LONGEST:
        raise Refused(f"理由は{LONGEST}字までです。")
    # Two clerks decide one after the other.
    rows("SELECT pg_advisory_xact_lock(hashtext('receipts.ruling'), %(id)s::int)", {"id": receipt % 2**31})
    row = Receipt.objects.filter(id=receipt).first()
    if row is None or row.stage != "final":
        raise Refused("速報は消し込めません。確報を待ってください。")
    before = of_receipt(receipt)
    if seen is not None and len(before) != seen:
        raise Refused("この収納は、ほかの職員が先に決めました。ページを開き直して、今の決定を見てください。")
    return row, before[-1] if before else None


def _back(ctx: Context, row: Receipt, ruling: Ruling) -> list[Line]:
    """Reversing entries for what is booked from a receipt now, premium and 延滞金 each as it was booked."""
    booked = rows(
        "SELECT person_id, fiscal_year, way, number, sort, min(accounting_year), sum(yen)::int FROM "
        f"({ledger.entries_sql()}) e WHERE source = %(source)s AND person_id = ANY(%(people)s::bigint[]) "
        "GROUP BY person_id, fiscal_year, way, number, sort HAVING sum(yen) <> 0",
        {"source": row.source, "people": _people(row)},
    )
    return [
        Line(
            person, row.source, f"{row.source}:{ruling.id}:back:{sort}:{way}:{number}", -yen, fiscal_year,
            open_year(ctx, year), sort, way, number, "ruling",
        )
        for person, fiscal_year, way, number, sort, year, yen in booked
    ]  # fmt: skip


def _people(row: Receipt) -> list[int]:
    """Everybody to whom a receipt was ever booked."""
    found = {row.person_id} | set(Ruling.objects.filter(receipt=row).values_list("person_id", flat=True))
    return sorted(person for person in found if person is not None)
