"""What left the house: runs, letters, files, comparisons, for pages and for rooms above."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.notices import read as notices
from kaigo.insurance.registers import read as registers
from kaigo.insurance.release.gate import SIDES, WHAT
from kaigo.insurance.release.models import Export, GateReport, OutgoingFile, PrintRun, Request
from kaigo.law.dates import wareki

# Whom an address is about (base/desk/things.py).
SUBJECTS = {
    "asked": "",
    "export": "",
    "file": "",
    "letter": "SELECT person_id FROM release_letter WHERE id = %s AND person_id IS NOT NULL",
    "report": "",
    "run": "",
}
CODES = {
    "protected": "支援措置",
    "dead": "死亡",
    "address": "宛先・宛名",
    "stopped": "処理停止",
    "unprintable": "印刷できない文字",
    "superseded": "決定の変更",
    "hand": "職員の判断",
}
STATES = {"requested": "承認待ち", "approved": "承認済み", "done": "済み", "abandoned": "取りやめ"}


@dataclass(frozen=True, slots=True)
class LetterView:
    """A letter as it went out. pulled: why it was taken out, "" = it was not; posted_on: None = not posted."""

    id: int
    person: int | None
    draft: int
    run: int
    letter: str
    fiscal_year: int
    number: str
    dated: date
    sequence: int
    sheet: str
    pages: int
    annual_yen: int
    content: str
    printed_at: datetime
    pull_code: str
    pulled: str
    posted_on: date | None
    name: str

    @property
    def letter_label(self) -> str:
        return notices.LETTERS.get(self.letter, self.letter)

    @property
    def standing(self) -> str:
        """Where the letter is, Japanese."""
        if self.pulled:
            return "抜取り"
        return "発送済み" if self.posted_on else "印刷済み"

    @property
    def pull_label(self) -> str:
        return CODES.get(self.pull_code, self.pull_code)


@dataclass(frozen=True, slots=True)
class RunView:
    """A print run with what became of it."""

    row: PrintRun
    pulled: int
    posted_on: date | None

    @property
    def label(self) -> str:
        return notices.LETTERS.get(self.row.letter, self.row.letter)

    @property
    def code(self) -> str:
        return f"R{self.row.id}"

    @property
    def standing(self) -> str:
        return "発送済み" if self.posted_on else "抜取り・発送待ち"


_LETTER = f"""
SELECT l.id, l.person_id, l.draft_id, l.run_id, l.letter, l.fiscal_year, l.number, l.dated, l.sequence, l.sheet, l.pages,
       l.annual_yen, l.content, l.created_at, coalesce(x.code, ''), coalesce(x.reason, ''), p.on, c.data->>'name'
FROM release_letter l JOIN ({notices.CONTENTS}) c ON c.draft_id = l.draft_id
LEFT JOIN release_pull x ON x.letter_id = l.id LEFT JOIN release_posting p ON p.run_id = l.run_id"""


def letter(ctx: Context, letter: int) -> LetterView | None:
    """By id."""
    found = rows(f"{_LETTER} WHERE l.id = %(letter)s", {"letter": letter})
    return LetterView(*found[0]) if found else None


def letters(
    ctx: Context, run: int, limit: int = 50, offset: int = 0, pulled: bool = False
) -> list[LetterView]:
    """Letters of a run in the order of the pile; pulled: only those taken out."""
    condition = "AND x.id IS NOT NULL" if pulled else ""
    return [
        LetterView(*row)
        for row in rows(
            f"{_LETTER} WHERE l.run_id = %(run)s {condition} ORDER BY l.sequence LIMIT %(limit)s OFFSET %(offset)s",
            {"run": run, "limit": limit, "offset": offset},
        )
    ]


def history(ctx: Context, person: int) -> list[LetterView]:
    """帳票発行履歴: every letter and certificate that was printed for a person, newest first."""
    return [
        LetterView(*row)
        for row in rows(
            f"{_LETTER} WHERE l.person_id = %(person)s "
            "AND (%(known_at)s::timestamptz IS NULL OR l.created_at <= %(known_at)s) ORDER BY l.id DESC",
            {"person": person, "known_at": ctx.known_at},
        )
    ]


def runs(ctx: Context, limit: int = 50) -> list[RunView]:
    """Newest first."""
    found = list(PrintRun.objects.select_related("posting", "gate").order_by("-id")[:limit])
    pulled = dict(
        rows(
            "SELECT l.run_id, count(*) FROM release_pull x JOIN release_letter l ON l.id = x.letter_id "
            "WHERE l.run_id = ANY(%(runs)s::bigint[]) GROUP BY l.run_id",
            {"runs": [run.id for run in found]},
        )
    )
    return [_run(row, pulled.get(row.id, 0)) for row in found]


def run(ctx: Context, run: int) -> RunView | None:
    """By id."""
    row = PrintRun.objects.select_related("posting", "gate").filter(id=run).first()
    if row is None:
        return None
    ((pulled,),) = rows(
        "SELECT count(*) FROM release_pull x JOIN release_letter l ON l.id = x.letter_id WHERE l.run_id = %(run)s",
        {"run": run},
    )
    return _run(row, pulled)


def open_requests(ctx: Context) -> list[Request]:
    """Requests that wait for approval or for their print."""
    return list(
        Request.objects.filter(state__in=("requested", "approved")).select_related("gate").order_by("id")
    )


def recent_requests(ctx: Context, limit: int = 20) -> list[Request]:
    """Newest first, whatever became of them."""
    return list(Request.objects.select_related("gate", "run", "file").order_by("-id")[:limit])


def waiting(ctx: Context) -> int:
    """How many requests wait for a second person."""
    return Request.objects.filter(state="requested").count()


def files(ctx: Context, limit: int = 50) -> list[OutgoingFile]:
    """Files that went out, newest first."""
    return list(OutgoingFile.objects.select_related("gate").order_by("-id")[:limit])


def reports(ctx: Context, limit: int = 20) -> list[GateReport]:
    """Comparisons, newest first."""
    return list(GateReport.objects.defer("differences").order_by("-id")[:limit])


def what_of(request: Request) -> str:
    """The thing a request is about, Japanese."""
    if request.subject == "file":
        from kaigo.insurance.collection.request import NOTICES

        return f"年金保険者へのファイル {request.what}({NOTICES.get(request.what, '')})"
    if request.subject == "exchange":
        return f"住所地特例の一覧(団体コード {request.what} へ)"
    if request.subject == "finance":
        return "財務会計へのファイル"
    if request.subject == "debit":
        return f"口座振替の依頼({wareki(date.fromisoformat(request.what))}引落し)"
    if request.subject == "transfer":
        return f"還付の総合振込({wareki(date.fromisoformat(request.what))}に振込み)"
    return notices.LETTERS.get(request.what, request.what)


# Of files that name no single receiver.
_RECEIVERS = {
    "pension.special_collection": "年金保険者",
    "bank.debit": "金融機関",
    "bank.transfer": "指定金融機関",
    "finance.entries": "財務会計",
}


def recipients(ctx: Context, objects: Iterable[str]) -> dict[str, str]:
    """`export:12`, `release_file:7` → who received it. A payer of pensions is told by the kind of file alone."""
    numbers: dict[str, set[int]] = {"export": set(), "release_file": set()}
    for text in objects:
        kind, _, number = text.partition(":")
        if kind in numbers and number.isdigit():
            numbers[kind].add(int(number))
    found = {
        f"export:{id}": to
        for id, to in Export.objects.filter(id__in=numbers["export"]).values_list("id", "handed_to")
    }
    for file in OutgoingFile.objects.filter(id__in=numbers["release_file"]):
        municipality = file.totals.get("municipality")
        to = (
            registers.insurer_name(ctx, municipality) or municipality
            if municipality
            else _RECEIVERS.get(file.layout, "")
        )
        found[f"release_file:{file.id}"] = to
    return found


def subject_of(report: GateReport) -> str:
    """What a report compared, Japanese."""
    kind, _, what = report.subject.partition(":")
    if kind == "letters":
        return notices.LETTERS.get(what, what)
    if what == "finance.entries":
        return "財務会計へのファイル"
    layout, _, code = what.rpartition(":")
    if layout == "ward.exception_exchange":
        return f"住所地特例の一覧(団体コード {code} へ)"
    if layout == "bank.debit":
        return f"口座振替の依頼({wareki(date.fromisoformat(code))}引落し)"
    if layout == "bank.transfer":
        return f"還付の総合振込({wareki(date.fromisoformat(code))}に振込み)"
    return f"年金保険者へのファイル {code}"


def difference_lines(report: GateReport) -> list[dict]:
    """The kept differences with their meaning in Japanese."""
    blank = dict.fromkeys(SIDES)
    return [blank | found | {"meaning": WHAT[found["what"]]} for found in report.differences]


def _run(row: PrintRun, pulled: int) -> RunView:
    posting = getattr(row, "posting", None)
    return RunView(row, pulled, posting.on if posting else None)
