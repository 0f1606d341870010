"""The accounting file to the finance system: what stands in it, with all files before it, = the ledger to the yen.

It names nobody. Asked for by one, approved by another; what is booked after the asking goes with the next file.
"""

from __future__ import annotations

from datetime import date

from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.ledger import finance
from kaigo.insurance.release import gate, outgoing
from kaigo.insurance.release.models import GateReport, OutgoingFile, Request
from kaigo.insurance.release.requests import WAITING

SUBJECT, ENTRIES = "finance", "entries"


def what(ctx: Context, fiscal_year: int) -> dict[str, str]:
    """What can be asked for: everything booked and not handed over yet."""
    return {ENTRIES: "台帳の記帳"}


def compare(
    ctx: Context, insurer: str, fiscal_year: int, upto: int | None = None, made_on: date | None = None
) -> tuple[GateReport, finance.Prepared]:
    """Prepare the file, read it back and hold it against the ledger. Saves a report; Refused where they differ.

    totals: {records, entries, upto, digest, sums {kind: yen}, left_out {sort: yen}}.
    """
    made = finance.prepare(ctx, insurer, upto or finance.waiting().upto, made_on or ctx.on)
    wrong = finance.differences(ctx, insurer, made)
    if wrong:
        booked, told = wrong[0]
        raise Refused(
            f"財務会計へのファイルが台帳と合いません({booked.accounting_year}年度 {finance.KINDS[booked.kind]}: "
            f"台帳 {booked.yen:,}円 {booked.count:,}件、これまでのファイルとの計 {told.yen:,}円 {told.count:,}件)。"
            "何も出していません。システムの担当に知らせてください。"
        )
    totals = {
        "records": len(made.lines),
        "entries": sum(line.count for line in made.lines),
        "upto": made.span.upto,
        "sums": {kind: sum(line.yen for line in made.lines if line.kind == kind) for kind in finance.KINDS},
        "left_out": finance.left_out(ctx, made.span),
        "digest": store.put(made.content),
    }
    return gate.save(ctx, f"file:{finance.LAYOUT}", fiscal_year, totals, []), made


def request(ctx: Context, insurer: str, fiscal_year: int, what: str) -> Request:
    """Ask that the file goes out. What is booked until now is in it; only one waits at a time."""
    if Request.objects.filter(subject=SUBJECT, state__in=WAITING).exists():
        raise Refused("財務会計へのファイルの依頼がすでにあります。先にそれを承認するか取りやめてください。")
    report, made = compare(ctx, insurer, fiscal_year)
    return outgoing.ask(ctx, SUBJECT, str(made.span.upto), fiscal_year, report)


def let_out(ctx: Context, insurer: str, request: Request) -> OutgoingFile:
    """The approved file leaves, byte for byte, and what stands in it is kept as handed over."""
    outgoing.approved(request, SUBJECT)
    report, made = compare(ctx, insurer, request.fiscal_year, int(request.what), request.dated)
    name = f"{insurer}_finance_{request.dated:%Y%m%d}_{made.first}.csv"
    totals = {"entries": report.totals["entries"], "sums": report.totals["sums"]}
    file = outgoing.leave(
        ctx, request, outgoing.Made(report, finance.LAYOUT, name, len(made.lines), totals, ())
    )
    finance.note_sent(ctx, file.id, made)
    return file
