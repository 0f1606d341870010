"""口座振替の依頼 (全銀 91): line by line the open amount of the ledger, two persons, then out. What went out is what banks owe
an answer to.

The bytes are read back with the layout, and what was read is compared with the ledger, term by term.
"""

from __future__ import annotations

from datetime import date
from itertools import groupby
from typing import NamedTuple

from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.receipts import debits
from kaigo.insurance.registers import read as registers
from kaigo.insurance.release import gate, outgoing
from kaigo.insurance.release.models import GateReport, OutgoingFile, Request
from kaigo.insurance.release.requests import only_one
from kaigo.law.dates import wareki
from kaigo.layouts.agreed import NotAgreed, agreed
from kaigo.layouts.reader import read
from kaigo.layouts.writer import DoesNotFit, write_blocks

LAYOUT = "bank.debit"


class Prepared(NamedTuple):
    """The file and the debits on its lines, in their order. unfit: whose line a bank would not take."""

    content: bytes
    asked: list[debits.Wanted]
    unfit: list[debits.Wanted]


def days(ctx: Context, fiscal_year: int) -> dict[str, str]:
    """Due dates to come with terms to debit that no bank was asked for, of any year: ISO day → in words."""
    return {day.isoformat(): f"{wareki(day)}引落し" for day in debits.days(ctx)}


def prepare(ctx: Context, insurer: str, due: date) -> Prepared:
    """One block per bank, in the order of bank, branch and account. Refused when nothing can be asked or written, and for a
    day that is over: the file names month and day alone, and a bank would take it for next year's."""
    if due <= ctx.on:
        raise Refused(
            f"引落日({wareki(due)})が過ぎています。依頼は取りやめ、未納の人には納付書を送ってください。"
        )
    asked = debits.wanted(ctx, due)
    if not asked:
        raise Refused("この日に引き落とす期はありません。")
    try:
        consignor = agreed("debit_consignor", insurer, due).value
    except NotAgreed as lacking:
        raise Refused(f"口座振替の委託者の取決めがありません: {lacking}") from lacking
    head = {"type_code": "91", "code_kind": "0", "debit_on": f"{due:%m%d}"} | consignor
    lines = {one: _line(ctx, one) for one in asked}
    unfit = [one for one, line in lines.items() if not _fits(head, line)]
    fitting = [one for one in asked if one not in set(unfit)]
    blocks = [(head, [lines[one] for one in mine]) for _, mine in groupby(fitting, lambda w: w.bank)]
    try:
        return Prepared(write_blocks(LAYOUT, blocks), fitting, unfit)
    except DoesNotFit as wrong:
        # No line is wrong by itself: the head is, or there are more lines than a block can count.
        raise Refused(f"口座振替のファイルを作れません: {wrong}") from wrong


def _fits(head: dict[str, str], line: dict[str, str]) -> bool:
    try:
        write_blocks(LAYOUT, [(head, [line])])
    except DoesNotFit:
        return False
    return True


def _line(ctx: Context, one: debits.Wanted) -> dict[str, str]:
    bank, branch = registers.bank_kana(one.bank, one.branch)
    return {
        "bank": one.bank, "bank_name": bank, "branch": one.branch, "branch_name": branch,
        "account_kind": one.account_kind, "account": one.account, "holder": one.holder, "yen": str(one.yen),
        "new_code": "1" if one.first else "0", "customer_number": one.reference,
    }  # fmt: skip


def compare(ctx: Context, insurer: str, fiscal_year: int, what: str) -> tuple[GateReport, Prepared]:
    """Prepare the file and compare what a bank would read with the ledger. Saves a report.

    totals: {records, entries_yen, file_yen, banks, digest}.
    """
    due = date.fromisoformat(what)
    made = prepare(ctx, insurer, due)
    reading = read(made.content, LAYOUT, insurer=insurer)
    if reading.problems:
        raise Refused(f"口座振替のファイルを様式で読み返せません: {reading.problems[0].message}")
    said = {row["customer_number"]: int(row["yen"]) for row in reading.rows.iter_rows(named=True)}
    found = [
        gate.Difference(one.person, "amount", None, one.yen, None, said.get(one.reference))
        for one in made.asked
        if said.get(one.reference) != one.yen
    ]
    found += [gate.Difference(one.person, "debit_unfit", None, one.yen, None) for one in made.unfit]
    totals = {
        "records": len(made.asked),
        "entries_yen": sum(one.yen for one in made.asked),
        "file_yen": sum(said.values()),
        "banks": len({one.bank for one in made.asked}),
        "digest": store.put(made.content),
    }
    return gate.save(ctx, f"file:{LAYOUT}:{what}", fiscal_year, totals, found), made


def request(ctx: Context, insurer: str, fiscal_year: int, what: str) -> Request:
    """Ask that the file goes out. Raises Differs when a line says something else than the ledger."""
    only_one("debit", what, fiscal_year)
    report, _ = compare(ctx, insurer, fiscal_year, what)
    return outgoing.ask(ctx, "debit", what, fiscal_year, report)


def let_out(ctx: Context, insurer: str, request: Request) -> OutgoingFile:
    """The approved file leaves: prepared and compared again, byte for byte; every line is remembered as asked."""
    outgoing.approved(request, "debit")
    report, made = compare(ctx, insurer, request.fiscal_year, request.what)
    due = date.fromisoformat(request.what)
    people = tuple(dict.fromkeys(one.person for one in made.asked))
    totals = {"yen": report.totals["file_yen"], "banks": report.totals["banks"], "debit_on": request.what}
    name = f"{insurer}_furikae_{due:%Y%m%d}.txt"
    file = outgoing.leave(ctx, request, outgoing.Made(report, LAYOUT, name, len(made.asked), totals, people))
    debits.note_requested(ctx, due, file.id, made.asked)
    return file
