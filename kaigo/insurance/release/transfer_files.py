"""全銀 総合振込 of refunds: what stands in the file = what two persons approved = what is overpaid in the ledger.

The bytes are read back with the layout, line by line; an account that changed after it was approved, a stranger's account
that nobody explained (I27d), a term that was levied again stop the file.
"""

from __future__ import annotations

from datetime import date, timedelta

from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.refunds import transfers
from kaigo.insurance.release import gate, outgoing
from kaigo.insurance.release.models import GateReport, OutgoingFile, Request
from kaigo.law.dates import business_day, wareki

LAYOUT = transfers.LAYOUT
DAYS = 10  # so many bank days can be chosen for the transfer


def days(ctx: Context, fiscal_year: int) -> dict[str, str]:
    """ISO day → what a request can ask for: the transfer of everything that waits, on one of the next bank days."""
    found: dict[str, str] = {}
    day = ctx.on
    while len(found) < DAYS:
        day = business_day(day + timedelta(days=1))
        found[day.isoformat()] = wareki(day)
    return found


def compare(
    ctx: Context, insurer: str, fiscal_year: int, transfer_on: str
) -> tuple[GateReport, transfers.Prepared]:
    """Prepare the file and compare it with decisions and ledger. Saves a report.

    totals: {records, file_yen, decisions_yen, interest_yen, digest}.
    """
    made = transfers.prepare(ctx, insurer, date.fromisoformat(transfer_on))
    found = [
        gate.Difference(wrong.person, wrong.what, wrong.decision, wrong.ledger, None, wrong.file)
        for wrong in transfers.wrong(ctx, made)
    ]
    totals = {
        "records": len(made.lines),
        "file_yen": transfers.total(made.content),
        "decisions_yen": sum(line.yen for line in made.lines),
        "interest_yen": sum(line.interest_yen for line in made.lines),
        "digest": store.put(made.content),
    }
    return gate.save(ctx, f"file:{LAYOUT}:{transfer_on}", fiscal_year, totals, found), made


def request(ctx: Context, insurer: str, fiscal_year: int, transfer_on: str) -> Request:
    """Ask that the file goes out. One at a time: every file takes everything that waits."""
    if transfer_on not in days(ctx, fiscal_year):
        raise Refused("振り込む日は、これからの銀行の営業日から選んでください。")
    if Request.objects.filter(subject="transfer", state__in=("requested", "approved")).exists():
        raise Refused("振込の依頼がすでにあります。先にそれを承認するか取りやめてください。")
    report, _ = compare(ctx, insurer, fiscal_year, transfer_on)
    return outgoing.ask(ctx, "transfer", transfer_on, fiscal_year, report)


def let_out(ctx: Context, insurer: str, request: Request) -> OutgoingFile:
    """The approved file leaves, byte for byte, and its yen are booked as refund in the same transaction."""
    outgoing.approved(request, "transfer")
    transfer_on = date.fromisoformat(request.what)
    if transfer_on <= ctx.on:
        raise Refused(
            f"振り込む日({wareki(transfer_on)})が過ぎています。取りやめて、日を選び直してください。"
        )
    report, made = compare(ctx, insurer, request.fiscal_year, request.what)
    name = f"{insurer}_refunds_{transfer_on:%Y%m%d}.txt"
    totals = {key: report.totals[key] for key in ("file_yen", "interest_yen")}
    people = tuple(line.person for line in made.lines)
    file = outgoing.leave(ctx, request, outgoing.Made(report, LAYOUT, name, len(made.lines), totals, people))
    transfers.note_sent(ctx, file.id, transfer_on, [line.proposal for line in made.lines])
    return file
