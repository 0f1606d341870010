"""Pages of a print run: sheets, manifest, pull list, posting, one letter."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path

from kaigo.base.desk.pages import Pages
from kaigo.base.desk.refs import ref
from kaigo.base.desk.views import Page, Refused, go
from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.insurance.notices import read as notices
from kaigo.insurance.release import printing, pulls, read
from kaigo.insurance.release.models import Letter as LetterRow
from kaigo.law.dates import fiscal_year_name


def _run(ctx: Context, run: int) -> read.RunView:
    found = read.run(ctx, run)
    if found is None:
        raise Http404
    return found


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


class Run(Page):
    """A print run: its files, its sheets, what must be taken out, whether it was posted."""

    permission = "release.runs"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, run: int):
        found = _run(ctx, run)
        page = Pages(
            None,
            request,
            found.row.letters,
            lambda limit, offset: read.letters(ctx, run, limit, offset),
        )
        return "release/run.html", {
            "title": f"印刷 {found.code} {found.label}",
            "run": found,
            "row": found.row,
            "year_name": fiscal_year_name(found.row.fiscal_year),
            "files": list(enumerate(found.row.files, 1)),
            "pulled": read.letters(ctx, run, 500, 0, True),
            "page": page,
        }


class Manifest(Page):
    """The manifest for the print room."""

    permission = "release.runs"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, run: int, kind: str):
        row = _run(ctx, run).row
        if kind == "json":
            return _file(store.get(row.manifest), "application/json", f"R{run}-manifest.json")
        if kind == "csv":
            return _file(store.get(row.manifest_csv), "text/csv; charset=utf-8", f"R{run}-manifest.csv")
        if kind == "pulls":
            return _file(pulls.pull_csv(run), "text/csv; charset=utf-8", f"R{run}-pulls.csv")
        raise Http404


class Paper(Page):
    """One PDF of a run, for the print room."""

    permission = "release.approve"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, run: int, part: int):
        kept = _run(ctx, run).row.files
        if not 1 <= part <= len(kept):
            raise Http404
        return _file(store.get(kept[part - 1]["digest"]), "application/pdf", f"R{run}-{part:04}.pdf")


class Recheck(Page):
    """Look again whose letter may not be posted, and put it on the pull list."""

    permission = "release.pull"
    purpose = "release"

    def post(self, ctx: Context, request: HttpRequest, run: int):
        pulls.recheck(ctx, _run(ctx, run).row.id)
        return go(f"/release/run/{ref('run', run)}/#pulls")


class Post(Page):
    """Hand a run over to the post."""

    permission = "release.post"
    purpose = "release"

    def post(self, ctx: Context, request: HttpRequest, run: int):
        pulls.post(ctx, _run(ctx, run).row.id)
        return go(f"/release/run/{ref('run', run)}/")


class Letter(Page):
    """One letter that was printed: where it is, what it said."""

    permission = "release.view"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, letter: int):
        found = read.letter(ctx, letter)
        if found is None:
            raise Http404
        data, common = notices.content(ctx, found.draft)
        return "release/letter.html", {
            "title": f"{found.letter_label} {found.number}",
            "letter": found,
            "may_hold": ctx.sees_all(*notices.ON_PAPER),
            "data": data,
            "common": common,
        }


class LetterPaper(Page):
    """The letter again, byte for byte as it was printed."""

    permission = "release.view"
    purpose = "release"

    def get(self, ctx: Context, request: HttpRequest, letter: int):
        row = get_object_or_404(LetterRow, id=letter)
        if not ctx.sees_all(*notices.ON_PAPER):
            raise Refused(
                "紙には、あなたの権限では表示しない項目も載っています。書いてあることは画面で見てください。"
            )
        answer = HttpResponse(printing.reprint(row), content_type="application/pdf")
        answer["Content-Disposition"] = f'inline; filename="letter-{ref("letter", letter)}.pdf"'
        return answer


class PullOne(Page):
    """Take one letter out by hand."""

    permission = "release.pull"
    purpose = "release"

    def post(self, ctx: Context, request: HttpRequest, letter: int):
        if not LetterRow.objects.filter(id=letter).exists():
            raise Http404
        pulls.pull(ctx, letter, request.POST.get("reason", ""))
        return go(f"/release/letter/{ref('letter', letter)}/")


run_urls = [
    path("run/<run:run>/", Run.view(), name="run"),
    path("run/<run:run>/manifest/<slug:kind>/", Manifest.view(), name="manifest"),
    path("run/<run:run>/pdf/<int:part>/", Paper.view(), name="paper"),
    path("run/<run:run>/recheck/", Recheck.view(), name="recheck"),
    path("run/<run:run>/post/", Post.view(), name="post"),
    path("letter/<letter:letter>/", Letter.view(), name="letter"),
    path("letter/<letter:letter>/pdf/", LetterPaper.view(), name="letter_paper"),
    path("letter/<letter:letter>/pull/", PullOne.view(), name="pull"),
]
