"""代理納付の依頼: the month's open terms of people for whom the welfare office pays, two persons, then out.

The file is read back with its layout, and what was read is compared with the ledger, line by line.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.receipts import substitutes
from kaigo.insurance.release import gate, outgoing
from kaigo.insurance.release.models import GateReport, OutgoingFile, Request
from kaigo.insurance.release.requests import only_one
from kaigo.law.dates import add_months, wareki_month
from kaigo.layouts.reader import read
from kaigo.layouts.writer import DoesNotFit, write_csv

LAYOUT = "welfare.substitute_request"


class Prepared(NamedTuple):
    """The file and the terms on its lines, in their order."""

    content: bytes
    asked: list[substitutes.Wanted]


def months(ctx: Context, fiscal_year: int) -> dict[str, str]:
    """Months with such terms: ISO first day → in words."""
    return {
        month.isoformat(): f"{wareki_month(month)}に納期限の来る期"
        for month in substitutes.months(ctx, fiscal_year)
    }


def prepare(ctx: Context, insurer: str, month: date, made_on: date) -> Prepared:
    """Refused when nobody is meant, or a line does not fit the layout."""
    asked = substitutes.wanted(ctx, month, add_months(month, 1))
    if not asked:
        raise Refused("この月に代理納付を依頼する期はありません。")
    rows = [
        {
            "number": f"{place:012d}", "addressee": one.addressee, "case_number": one.case_number,
            "insured_number": one.insured_number, "name": one.name, "kana": one.kana, "birth": one.birth,
            "fiscal_year": str(one.fiscal_year), "instalment": str(one.number), "yen": str(one.yen),
            "due_on": f"{one.due_on:%Y%m%d}",
        }
        for place, one in enumerate(asked, 1)
    ]  # fmt: skip
    sequence = OutgoingFile.objects.filter(layout=LAYOUT).count() + 1
    try:
        return Prepared(write_csv(LAYOUT, insurer, made_on, sequence, "changes", rows), asked)
    except DoesNotFit as wrong:
        raise Refused(f"代理納付の依頼のファイルを作れません: {wrong}") from wrong


def compare(
    ctx: Context, insurer: str, fiscal_year: int, what: str, made_on: date | None = None
) -> tuple[GateReport, Prepared]:
    """Prepare the file and compare what the welfare office would read with the ledger. Saves a report.

    totals: {records, people, entries_yen, file_yen, digest}.
    """
    made = prepare(ctx, insurer, date.fromisoformat(what), made_on or ctx.on)
    reading = read(made.content, LAYOUT, insurer=insurer)
    if reading.problems:
        raise Refused(f"代理納付の依頼を様式で読み返せません: {reading.problems[0].message}")
    said = {int(row["number"]): int(row["yen"]) for row in reading.rows.iter_rows(named=True)}
    found = [
        gate.Difference(one.person, "welfare_unfit", None, one.yen, None, said.get(place))
        for place, one in enumerate(made.asked, 1)
        if said.get(place) != one.yen
    ]
    totals = {
        "records": len(made.asked),
        "people": len({one.person for one in made.asked}),
        "entries_yen": sum(one.yen for one in made.asked),
        "file_yen": sum(said.values()),
        "digest": store.put(made.content),
    }
    return gate.save(ctx, f"file:{LAYOUT}:{what}", fiscal_year, totals, found), made


def request(ctx: Context, insurer: str, fiscal_year: int, what: str) -> Request:
    """Ask that the file goes out. Raises Differs when a line cannot be read as the ledger has it."""
    only_one("substitute", what, fiscal_year)
    report, _ = compare(ctx, insurer, fiscal_year, what)
    return outgoing.ask(ctx, "substitute", what, fiscal_year, report)


def let_out(ctx: Context, insurer: str, request: Request) -> OutgoingFile:
    """The approved file leaves: prepared and compared again, byte for byte the one that was approved."""
    outgoing.approved(request, "substitute")
    report, made = compare(ctx, insurer, request.fiscal_year, request.what, request.dated)
    name = f"{insurer}_dairi_{request.what[:7].replace('-', '')}_{ctx.on:%Y%m%d}.csv"
    totals = {"people": report.totals["people"], "yen": report.totals["file_yen"], "month": request.what}
    people = tuple(dict.fromkeys(one.person for one in made.asked))
    return outgoing.leave(ctx, request, outgoing.Made(report, LAYOUT, name, len(made.asked), totals, people))
