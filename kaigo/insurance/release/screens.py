"""Pages of the gate: compare, ask, approve, print, take out, post. Acts that need two persons have two pages."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.nav import Nav
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import Title
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.base.staff.who import same_person
from kaigo.insurance.collection.request import NOTICES
from kaigo.insurance.ledger import finance
from kaigo.insurance.notices import read as notices
from kaigo.insurance.refunds import transfers
from kaigo.insurance.release import (
    debit_files,
    exchange_files,
    gate,
    printing,
    read,
    requests,
    transfer_files,
    welfare_files,
)
from kaigo.insurance.release.leaving import KINDS
from kaigo.insurance.release.models import GateReport, OutgoingFile, Request
from kaigo.insurance.release.screens_exports import export_nav, export_urls
from kaigo.insurance.release.screens_runs import run_urls
from kaigo.insurance.release.subjects import HANDED
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, fiscal_year_name

# More than this are printed by the job release.print, not while somebody waits for a page.
AT_ONCE = 300


class Gate(Page):
    """What waits to go out, what was asked, what went out."""

    permission = "release.runs"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest):
        return "release/gate.html", {
            "title": "発出",
            "waiting": _waiting(ctx),
            "requests": [(r, read.what_of(r), read.STATES[r.state]) for r in read.recent_requests(ctx)],
            "runs": read.runs(ctx, 20),
            "files": read.files(ctx, 20),
            "reports": [(r, read.subject_of(r)) for r in read.reports(ctx, 10)],
            "codes": NOTICES.items(),
            "debits": list(debit_files.days(ctx, fiscal_year(ctx.on)).items()),
            "substitutes": list(welfare_files.months(ctx, fiscal_year(ctx.on)).items()),
            "hosts": exchange_files.hosts(ctx, fiscal_year(ctx.on)),
            "refunds": len(transfers.ready(ctx)),
            "days": transfer_files.days(ctx, fiscal_year(ctx.on)).items(),
            "year": fiscal_year(ctx.on),
            "year_name": fiscal_year_name(fiscal_year(ctx.on)),
        }


def _waiting(ctx: Context) -> list[dict]:
    """One line per kind, year and date: letters that may go, letters that are held."""
    lines: dict[tuple, dict] = {}
    for letter, year, dated, held, people, yen in notices.counts(ctx):
        line = lines.setdefault(
            (letter, year, dated),
            {
                "letter": letter, "label": notices.LETTERS[letter], "year": year, "year_name": fiscal_year_name(year),
                "dated": dated, "letters": 0, "yen": 0, "held": 0,
            },
        )  # fmt: skip
        if held:
            line["held"] += people
        else:
            line["letters"] += people
            line["yen"] += yen
    return list(lines.values())


class Compare(Page):
    """Run the comparison of a kind of letters, or of a file, now; the report is kept."""

    permission = "release.request"
    purpose = "release"

    def post(self, ctx: Context, request: HttpRequest):
        subject, what, year = _asked(ctx, request)
        if subject == "letters":
            report = gate.compare_letters(ctx, what, year)
        else:
            report = KINDS[subject].compare(ctx, settings.INSURER, year, what)
        return go(f"/release/report/{ref('report', report.id)}/")


def _asked(ctx: Context, request: HttpRequest) -> tuple[str, str, int]:
    subject, what = request.POST.get("subject", ""), request.POST.get("what", "")
    year = request.POST.get("year", "")
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        raise Refused("年度を選び直してください。")
    known = KINDS[subject].what(ctx, int(year)) if subject in KINDS else notices.LETTERS
    if subject not in ("letters", *KINDS) or what not in known:
        raise Refused("何を照合するかを選び直してください。")
    return subject, what, int(year)


class Report(Page):
    """A comparison: totals side by side, and every difference."""

    permission = "release.view"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, report: int):
        found = get_object_or_404(GateReport, id=report)
        lines = read.difference_lines(found)
        page = Pages(lines, request)
        names = residents.names(ctx, [line["person"] for line in page])
        totals = found.totals
        held = totals.get("held", 0)
        return "release/report.html", {
            "title": f"照合の結果 {read.subject_of(found)}({fiscal_year_name(found.fiscal_year)})",
            "report": found,
            "totals": totals,
            "held": [(notices.HOLDS.get(code, code), count) for code, count in held.items()]
            if isinstance(held, dict)
            else [],
            "held_count": sum(held.values()) if isinstance(held, dict) else held,
            "page": page,
            "lines": [(line, names.get(line["person"], "")) for line in page],
            "kept": gate.KEPT,
            "amounts": any(line[side] is not None for line in lines for side in gate.SIDES),
        }


class Ask(Page):
    """Ask for a print run or a file. With a difference the report is shown and nothing is asked."""

    permission = "release.request"
    purpose = "release"

    def post(self, ctx: Context, request: HttpRequest):
        subject, what, year = _asked(ctx, request)
        try:
            if subject == "letters":
                made = requests.request_run(ctx, what, year, _dated(request))
            else:
                made = KINDS[subject].request(ctx, settings.INSURER, year, what)
        except requests.Differs as differs:
            return go(f"/release/report/{ref('report', differs.report.id)}/")
        return go(f"/release/request/{ref('release_request', made.id)}/")


def _dated(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.POST.get("dated", ""))
    except ValueError as wrong:
        raise Refused("通知の日付を選び直してください。") from wrong


class Asked(Page):
    """A request: what it will do, its comparison, who asked, who approved."""

    permission = "release.view"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, asked: int):
        found = _request(asked)
        return "release/request.html", {
            "title": f"発行の依頼 {read.what_of(found)}",
            "asked": found,
            "what": read.what_of(found),
            "state": read.STATES[found.state],
            "year_name": fiscal_year_name(found.fiscal_year),
            "totals": found.gate.totals,
            "mine": same_person(found.requested_by, ctx.actor),
            "small": found.subject in KINDS or found.gate.compared <= AT_ONCE,
            "at_once": AT_ONCE,
        }


def _request(asked: int) -> Request:
    return get_object_or_404(Request.objects.select_related("gate", "run", "file"), id=asked)


class Approve(Page):
    """By a second person. With a difference the report is shown and the request stays as it is."""

    permission = "release.approve"
    purpose = "release"

    def post(self, ctx: Context, request: HttpRequest, asked: int):
        try:
            requests.approve(ctx, _request(asked))
        except requests.Differs as differs:
            return go(f"/release/report/{ref('report', differs.report.id)}/")
        return go(f"/release/request/{ref('release_request', asked)}/")


class Abandon(Page):
    """Give a request up."""

    permission = "release.request"
    purpose = "release"

    def post(self, ctx: Context, request: HttpRequest, asked: int):
        requests.abandon(ctx, _request(asked))
        return go(f"/release/request/{ref('release_request', asked)}/")


class Print(Page):
    """Print a small approved run now, or let an approved file out."""

    permission = "release.approve"
    purpose = "release"

    def post(self, ctx: Context, request: HttpRequest, asked: int):
        found = _request(asked)
        try:
            if found.subject in KINDS:
                made = KINDS[found.subject].let_out(ctx, settings.INSURER, found)
                return go(f"/release/file/{ref('release_file', made.id)}/")
            if found.gate.compared > AT_ONCE:
                raise Refused(f"{AT_ONCE}通を超える印刷は、処理「承認された印刷とファイル」で行います。")
            return go(f"/release/run/{ref('run', printing.print_run(ctx, found).id)}/")
        except requests.Differs as differs:
            return go(f"/release/report/{ref('report', differs.report.id)}/")


class File(Page):
    """A file that went out."""

    permission = "release.view"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, file: int):
        found = get_object_or_404(OutgoingFile.objects.select_related("gate"), id=file)
        return "release/file.html", {
            "title": f"出したファイル {found.name}",
            "file": found,
            "totals": found.totals,
            "gate": found.gate,
            "listed": found.layout == exchange_files.LAYOUT,
            "handed": found.layout in HANDED,
            "sums": [(finance.KINDS[kind], yen) for kind, yen in found.totals.get("sums", {}).items()],
        }


class Content(Page):
    """A file that is handed over: a list to another municipality, one to the banks or the finance system."""

    permission = "release.approve"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, file: int):
        found = get_object_or_404(OutgoingFile, id=file, layout__in=HANDED)
        answer = HttpResponse(store.get(found.digest), content_type=HANDED[found.layout])
        answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
        return answer


class History(Page):
    """帳票発行履歴: every letter drafted, printed, pulled, posted about a person."""

    permission = "release.view"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        who = residents.one_or_404(ctx, person)
        return "release/history.html", {
            "title": Title("通知の履歴", f"{who.name} さんへの通知"),
            "who": who,
            "letters": read.history(ctx, person),
            "drafts": [d for d in notices.of_person(ctx, person) if d.standing != "issued"],
        }


urls = [
    path("", Gate.view(), name="gate"),
    path("compare/", Compare.view(), name="compare"),
    path("report/<report:report>/", Report.view(), name="report"),
    path("ask/", Ask.view(), name="ask"),
    path("request/<release_request:asked>/", Asked.view(), name="asked"),
    path("request/<release_request:asked>/approve/", Approve.view(), name="approve"),
    path("request/<release_request:asked>/abandon/", Abandon.view(), name="abandon"),
    path("request/<release_request:asked>/print/", Print.view(), name="print"),
    path("file/<release_file:file>/", File.view(), name="file"),
    path("file/<release_file:file>/content/", Content.view(), name="content"),
    path("person/<person:person>/", History.view(), name="history"),
    *run_urls,
    *export_urls,
]
nav = (Nav("発出", "/release/", "release.runs", read.waiting), export_nav)
