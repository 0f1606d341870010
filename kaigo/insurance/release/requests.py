"""Two persons: one asks that letters or a file go out, another approves. Both see the same comparison."""

from __future__ import annotations

from datetime import date

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import locked
from kaigo.base.staff.who import same_person
from kaigo.insurance.notices import read as notices
from kaigo.insurance.release import gate
from kaigo.insurance.release.models import GateReport, Request

# A request that somebody still has to act on.
WAITING = ("requested", "approved")


def request_run(ctx: Context, letter: str, fiscal_year: int, dated: date) -> Request:
    """Compare and ask for a print run of the waiting letters of a kind, year and date. Raises Differs."""
    only_one("letters", letter, fiscal_year)
    report = clean(gate.compare_letters(ctx, letter, fiscal_year))
    if not report.compared:
        raise Refused("発行を待っている通知がありません。")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM ({notices.QUEUED}) q "
            "WHERE q.letter = %s AND q.fiscal_year = %s AND q.dated = %s AND q.held = ''",
            [letter, fiscal_year, dated],
        )
        if not cursor.fetchone()[0]:
            raise Refused(f"発行日が {dated} の通知はありません。発行日を選び直してください。")
    return Request.objects.create(
        subject="letters",
        what=letter,
        fiscal_year=fiscal_year,
        dated=dated,
        state="requested",
        gate=report,
        requested_by=ctx.actor,
    )


def approve(ctx: Context, request: Request) -> Request:
    """By another person than the one who asked; everything is compared again. Raises Refused, Differs."""
    locked(request)
    if request.state != "requested":
        raise Refused("この依頼は承認待ちではありません。")
    if same_person(request.requested_by, ctx.actor):
        raise Refused("依頼した本人は承認できません。別の職員が承認してください。")
    if request.subject == "letters":
        request.gate = clean(gate.compare_letters(ctx, request.what, request.fiscal_year))
    request.state, request.approved_by = "approved", ctx.actor
    request.save(update_fields=["state", "approved_by", "gate"])
    return request


def abandon(ctx: Context, request: Request) -> None:
    """Give a request up before it is done."""
    locked(request)
    if request.state not in WAITING:
        raise Refused("終わった依頼は取りやめられません。")
    request.state = "abandoned"
    request.save(update_fields=["state"])


class Differs(Refused):
    """The gate found differences; `report` names them."""

    def __init__(self, report: GateReport) -> None:
        first = report.differences[0]
        super().__init__(
            f"照合で{report.difference_count:,}人に差がありました(初めの差: {gate.WHAT[first['what']]})。"
            "差がなくなるまで何も発行できません。"
        )
        self.report = report


def clean(report: GateReport) -> GateReport:
    """The report, if nothing differs."""
    if report.difference_count:
        raise Differs(report)
    return report


def only_one(subject: str, what: str, fiscal_year: int) -> None:
    """Refused while another request for the same thing waits."""
    if Request.objects.filter(
        subject=subject, what=what, fiscal_year=fiscal_year, state__in=WAITING
    ).exists():
        raise Refused("同じものの依頼がすでにあります。先にそれを承認するか取りやめてください。")
