"""An approved request → PDFs in chunks, letters with number, sheet and digest, manifest. In the caller's transaction."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import deque
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from django.db import connection

from kaigo.base.audit.seen import saw
from kaigo.base.files import store
from kaigo.base.jobs.registry import Progress
from kaigo.base.paper import qr
from kaigo.base.paper.press import PagesWrong, Press, render
from kaigo.base.records.bulk import copy_rows, reserve_ids
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import locked
from kaigo.insurance.notices import decide as notices_decide
from kaigo.insurance.notices import read as notices
from kaigo.insurance.release import gate
from kaigo.insurance.release.models import Letter, PrintRun, Request
from kaigo.insurance.release.requests import clean
from kaigo.law.dates import fiscal_year, fiscal_year_name

WORKERS = 2
_LETTER = (
    "person_id", "draft_id", "run_id", "letter", "fiscal_year", "number", "dated", "sequence", "sheet", "pages",
    "annual_yen", "content",
)  # fmt: skip
_READ = 1000


class Waiting(NamedTuple):
    """A draft in the order of printing: by postal code, then address, so that the post takes it sorted."""

    draft: int
    person: int
    common: str
    annual_yen: int


class Sheet(NamedTuple):
    """One sheet of the manifest."""

    sequence: int
    draft: int
    person: int
    annual_yen: int
    number: str
    sheet: str
    pages: int
    digest: str


def print_run(ctx: Context, request: Request, progress: Progress | None = None) -> PrintRun:
    """Print what was approved. Compared once more: between approval and print nothing may have changed."""
    locked(request)
    if request.state != "approved" or request.subject != "letters":
        raise Refused("承認されていない依頼は印刷できません。")
    report = clean(gate.compare_letters(ctx, request.what, request.fiscal_year))
    waiting = _waiting(request)
    if not waiting:
        raise Refused("印刷する通知がありません。")
    saw(w.person for w in waiting)
    (run,) = reserve_ids(PrintRun, 1)
    files, sheets = _print(request, run, waiting, (progress or Progress()).step)
    manifest = {
        "run": f"R{run}",
        "letter": request.what,
        "fiscal_year": request.fiscal_year,
        "dated": request.dated.isoformat(),
        "letters": len(sheets),
        "pages": sum(sheet.pages for sheet in sheets),
        "files": files,
        "sheets": [[s.sequence, s.sheet, s.number, s.pages, s.digest] for s in sheets],
    }
    made = PrintRun.objects.create(
        id=run,
        letter=request.what,
        fiscal_year=request.fiscal_year,
        on=ctx.on,
        gate=report,
        letters=len(sheets),
        pages=manifest["pages"],
        files=files,
        manifest=store.put(json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode()),
        manifest_csv=store.put(_as_csv(manifest)),
        requested_by=request.requested_by,
        approved_by=request.approved_by,
    )
    copy_rows(
        "release_letter",
        _LETTER,
        (
            (s.person, s.draft, run, request.what, request.fiscal_year, s.number, request.dated, s.sequence, s.sheet,
             s.pages, s.annual_yen, s.digest)
            for s in sheets
        ),
    )  # fmt: skip
    notices_decide.note_issued(ctx, ((s.draft, s.number, request.dated) for s in sheets))
    request.state, request.run = "done", made
    request.save(update_fields=["state", "run"])
    return made


def _waiting(request: Request) -> list[Waiting]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT q.id, q.person_id, c.common, q.annual_yen FROM ({notices.QUEUED}) q "
            f"JOIN ({notices.CONTENTS}) c ON c.draft_id = q.id "
            "WHERE q.letter = %s AND q.fiscal_year = %s AND q.dated = %s AND q.held = '' "
            "ORDER BY c.common, c.data->>'postal_code', c.data->>'address', c.data->>'building', q.id",
            [request.what, request.fiscal_year, request.dated],
        )
        return [Waiting(*row) for row in cursor.fetchall()]


def _print(request: Request, run: int, waiting: list[Waiting], step) -> tuple[list[dict], list[Sheet]]:
    template, pages = notices.TEMPLATES[request.what]
    created = datetime.combine(request.dated, time(0), UTC)
    files: list[dict] = []
    sheets: list[Sheet] = []
    for digest in dict.fromkeys(w.common for w in waiting):
        common = notices.kept(digest)
        mine = [w for w in waiting if w.common == digest]
        numbers = _Numbers(request.dated, common["numbering"])
        made: deque[Sheet] = deque()
        letters = _letters(numbers, run, mine, len(sheets), pages, made)
        try:
            for printed in Press(WORKERS).run(template, letters, created, common, pages):
                begin, count = len(sheets), len(printed.pages)
                sheets += [made.popleft() for _ in range(count)]
                files.append(
                    {
                        "digest": store.put(printed.pdf),
                        "letters": count,
                        "pages": sum(printed.pages),
                        "first": begin + 1,
                        "template": notices.template_digest(request.what),
                    }
                )
                step(len(sheets), len(waiting), "印刷")
        except PagesWrong as wrong:
            raise Refused(
                f"ページ数の合わない通知があります({wrong})。その下書きを取り下げてください。"
            ) from wrong
    return files, sheets


def _letters(
    numbers: _Numbers, run: int, mine: list[Waiting], before: int, pages: int, made: deque[Sheet]
) -> Iterator[dict]:
    """The words of each letter with its number and sheet; notes its sheet in `made`."""
    for place in range(0, len(mine), _READ):
        part = mine[place : place + _READ]
        words = notices.contents([w.draft for w in part])
        for offset, w in enumerate(part):
            sequence = before + place + offset + 1
            sheet, number = qr.sheet_id(f"R{run}", sequence), numbers.following()
            data = words[w.draft][0] | {"document_number": number, "sheet": sheet}
            said = json.dumps([w.common, data], ensure_ascii=False, sort_keys=True).encode()
            digest = hashlib.sha256(said).hexdigest()
            made.append(Sheet(sequence, w.draft, w.person, w.annual_yen, number, sheet, pages, digest))
            yield data


class _Numbers:
    """Document numbers of a fiscal year without gaps: 令8見介納第1号, 令8見介納第2号 …"""

    def __init__(self, dated: date, numbering: str) -> None:
        era = fiscal_year_name(fiscal_year(dated)).removesuffix("年度")
        self._head = f"{era[0]}{era[2:]}{numbering}第"
        with connection.cursor() as cursor:
            # Two runs at once would take the same numbers.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"numbers:{self._head}"])
            cursor.execute("SELECT count(*) FROM release_letter WHERE starts_with(number, %s)", [self._head])
            self._last = cursor.fetchone()[0]

    def following(self) -> str:
        """The next number."""
        self._last += 1
        return f"{self._head}{self._last}号"


def _as_csv(manifest: dict) -> bytes:
    """The manifest for the machine that folds and inserts: one line per sheet, no personal data."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["run", "sequence", "sheet", "number", "pages", "sha256"])
    writer.writerows([manifest["run"], *row] for row in manifest["sheets"])
    return out.getvalue().encode()


def reprint(letter: Letter) -> bytes:
    """One letter again, byte for byte as it went out. Refused when its template is another one since."""
    file = next(f for f in reversed(letter.run.files) if f["first"] <= letter.sequence)
    if file["template"] != notices.template_digest(letter.letter):
        number = letter.run.files.index(file) + 1
        page = (letter.sequence - file["first"]) * letter.pages + 1
        raise Refused(
            "印刷の後に様式が変わったため、同じ紙を作り直せません。"
            f"印刷用のPDF R{letter.run_id}-{number} の {page} ページから見てください。"
        )
    data, digest = notices.contents([letter.draft_id])[letter.draft_id]
    template, pages = notices.TEMPLATES[letter.letter]
    words = data | {"document_number": letter.number, "sheet": letter.sheet}
    created = datetime.combine(letter.dated, time(0), UTC)
    return render(template, [words], created, notices.kept(digest), pages).pdf
