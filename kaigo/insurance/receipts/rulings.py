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
    ctx: Context, receipt: int, person: int, fiscal_year: int, kind: str, number: int, reason: str
) -> Ruling:
    """A payment is for this term: what was booked from it before is reversed, and it is booked there.

    kind: deduction | direct. Refused without reason, for a preliminary report, and where the term was never levied.
    """
    row, before = _begin(receipt, reason)
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


def send_back(ctx: Context, receipt: int, reason: str) -> Ruling:
    """A payment is nobody's of ours and goes back to who paid it; what was booked from it is reversed."""
    row, before = _begin(receipt, reason)
    made = Ruling.objects.create(
        receipt=row, what="returned", person=None, fiscal_year=None, way="", number=None, reason=reason.strip(),
        decided_on=ctx.on, actor=ctx.actor, supersedes=before,
    )  # fmt: skip
    post(ctx, _back(ctx, row, made))
    return made


def _begin(receipt: int, reason: str) -> tuple[Receipt, Ruling | None]:
    if not reason.strip():
        raise Refused("理由を書いてください。")
    if len(reason.strip()) > LONGEST:
        raise Refused(f"理由は{LONGEST}字までです。")
    # Two clerks decide one after the other.
    rows("SELECT pg_advisory_xact_lock(hashtext('receipts.ruling'), %(id)s::int)", {"id": receipt % 2**31})
    row = Receipt.objects.filter(id=receipt).first()
    if row is None or row.stage != "final":
        raise Refused("速報は消し込めません。確報を待ってください。")
    return row, Ruling.objects.filter(receipt=row, superseded_by__isnull=True).first()


def _back(ctx: Context, row: Receipt, ruling: Ruling) -> list[Line]:
    """Reversing entries for what is booked from a receipt now."""
    booked = rows(
        "SELECT person_id, fiscal_year, way, number, min(accounting_year), sum(yen)::int FROM "
        f"({ledger.entries_sql()}) e WHERE source = %(source)s AND person_id = ANY(%(people)s::bigint[]) "
        "GROUP BY person_id, fiscal_year, way, number HAVING sum(yen) <> 0",
        {"source": row.source, "people": _people(row)},
    )
    return [
        Line(
            person, row.source, f"{row.source}:{ruling.id}:back:{way}:{number}", -yen, fiscal_year,
            open_year(ctx, year), "receipt", way, number, "ruling",
        )
        for person, fiscal_year, way, number, year, yen in booked
    ]  # fmt: skip


def _people(row: Receipt) -> list[int]:
    """Everybody to whom a receipt was ever booked."""
    found = {row.person_id} | set(Ruling.objects.filter(receipt=row).values_list("person_id", flat=True))
    return sorted(person for person in found if person is not None)
