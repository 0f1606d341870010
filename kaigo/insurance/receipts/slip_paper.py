"""納付書 for the counter: what is open of a person's terms, on paper that banks and stores can scan.

Number, OCR rows and barcode come from kaigo/layouts; who agreed on what comes from its dated `agreed` values. A slip
names no address: it is handed to whoever stands there.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.paper import barcode, qr
from kaigo.base.paper.press import Printed, render
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read as collection
from kaigo.insurance.collection.read import part_label
from kaigo.insurance.collection.slips import instalments_sql, reference_of
from kaigo.insurance.ledger import read as ledger
from kaigo.law.dates import fiscal_year_name, wareki
from kaigo.layouts import barcode as barcodes
from kaigo.layouts import ocr, slip
from kaigo.layouts.agreed import NotAgreed, agreed

TEMPLATE = Path(__file__).with_name("slip.typ")
ON_A_PAGE = 3
_LATE = "納期限を過ぎているため、コンビニエンスストアでは納められません。"


class OpenPart(NamedTuple):
    """A part of a plan in force whose term is open; yen: what is open of it."""

    part: int
    fiscal_year: int
    way: str
    number: int
    due_on: date
    yen: int

    @property
    def reference(self) -> str:
        """納付書番号: a slip, however the term was to be paid before."""
        return reference_of(self.fiscal_year, "slip", self.part, self.number)


_OPEN = """
SELECT i.id, p.fiscal_year, i.way, i.number, i.due_on, t.balance
FROM ({plans}) p JOIN ({parts}) i ON i.plan_id = p.id AND i.way <> 'deduction'
JOIN ({terms}) t ON t.fiscal_year = p.fiscal_year AND t.number = i.number AND t.kind = 'direct' AND t.balance > 0
WHERE p.person_id = %(person)s ORDER BY i.due_on, p.fiscal_year, i.number"""


def open_parts(ctx: Context, person: int) -> list[OpenPart]:
    """What a person can pay by slip today, in the order of the due dates."""
    saw([person])
    query = _OPEN.format(
        plans=collection.plans_in_force_sql(ctx),
        parts=instalments_sql(),
        terms=ledger.terms_sql(ctx, "person_id = %(person)s"),
    )
    return [OpenPart(*row) for row in rows(query, {"person": person, "known_at": ctx.known_at})]


def words(ctx: Context, insurer: str, name: str, insured_number: str, part: OpenPart) -> dict:
    """One slip for the press. NotAgreed where the insurer has no agreement with its bank on ctx.on."""
    parsed = slip.parse(part.reference)
    payee = agreed("payee_number", insurer, ctx.on).value
    upper, lower = ocr.encode(ocr.OcrRows(payee, parsed, part.yen, part.due_on))
    return {
        "name": name,
        "insured_number": insured_number,
        "year": fiscal_year_name(part.fiscal_year),
        "term": part_label("slip", part.number),
        "due": wareki(part.due_on),
        "yen": part.yen,
        "reference": slip.shown(part.reference),
        "payee": payee,
        "ocr": [upper, lower],
        "square": qr.pixels(part.reference),
        **_store(ctx, insurer, parsed, part),
    }


def _store(ctx: Context, insurer: str, parsed: slip.Slip, part: OpenPart) -> dict:
    """The store's barcode, or why there is none. Until when a store takes an overdue slip no agreement of ours says."""
    if part.due_on < ctx.on:
        return {"bars": None, "no_store": _LATE}
    try:
        company = agreed("store_company_code", insurer, ctx.on).value
        most = agreed("store_limit_yen", insurer, ctx.on).value
    except NotAgreed:
        return {"bars": None, "no_store": "コンビニエンスストアでは納められません。"}
    if part.yen > most:
        return {"bars": None, "no_store": f"{most:,}円を超えるため、コンビニエンスストアでは納められません。"}
    digits = barcodes.of_slip(company, parsed, part.due_on, part.yen, most=most)
    return {"bars": barcode.bars(digits), "digits": list(barcodes.printed(digits)), "no_store": ""}


def sheets(found: list[dict], common: dict, created: datetime) -> Printed:
    """Slips → PDF, three on a page. common: {insurer, head}. ValueError without a slip."""
    pages = [{"slips": found[place : place + ON_A_PAGE]} for place in range(0, len(found), ON_A_PAGE)]
    return render(TEMPLATE, pages, created.replace(microsecond=0), common, 1)
