"""Moving over from a former system: what it handed over against what is here and what our law says (移行の比較)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.conf import settings

from kaigo.base.desk.refs import ref
from kaigo.base.feeds import read as feeds
from kaigo.base.files import store
from kaigo.base.jobs.models import Run
from kaigo.base.jobs.registry import Progress
from kaigo.base.records.context import Context
from kaigo.insurance.collection import compared as ledger
from kaigo.insurance.premium import compared as premium
from kaigo.insurance.qualification import compared as qualification
from kaigo.law.dates import fiscal_year_name
from kaigo.layouts.model import get

COMPARE = "counter.compare_former"
LAYOUTS = (
    "migrate.person", "migrate.qualification", "migrate.assessment", "migrate.instalment", "migrate.year_total",
)  # fmt: skip
WHAT = {
    "qualification": "資格の期間",
    "stage": "所得段階",
    "yen": "年額",
    "interim": "確定か暫定か",
    "missing": "前のシステムに賦課がない",
    "balance": "残高",
    "levied": "調定の合計",
}


class FileLine(NamedTuple):
    """A layout: what its files say at their ends, and what stands in our books. yen 0: a layout without amounts."""

    layout: str
    title: str
    files: int
    lines: int
    yen: int
    taken: int
    taken_yen: int
    to_repair: int

    @property
    def differs(self) -> bool:
        return (self.lines, self.yen) != (self.taken, self.taken_yen)


class Row(NamedTuple):
    """A difference of a person. fiscal_year 0: of the whole life. was: the former system; now: here or by our law."""

    person: int
    fiscal_year: int
    what: str
    was: str
    now: str

    @property
    def label(self) -> str:
        return WHAT[self.what]

    @property
    def year(self) -> str:
        return fiscal_year_name(self.fiscal_year) if self.fiscal_year else "–"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A finished comparison. unclear: person-years that the law cannot judge; they are counted, not compared."""

    on: date
    files: tuple[FileLine, ...]
    compared: int
    unclear: int
    rows: tuple[Row, ...]

    @property
    def differs(self) -> bool:
        return bool(self.rows) or any(line.differs for line in self.files)

    def told(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "on": self.on.isoformat(),
            "files": [line._asdict() | {"differs": line.differs} for line in self.files],
            "compared": self.compared,
            "unclear": self.unclear,
            "differences": [row._asdict() for row in self.rows],
        }

    def lines(self, shown: int) -> Iterator[str]:
        """For people at a command line; persons by the address of their page."""
        for f in self.files:
            yen = f" {f.yen:,}円" if f.yen or f.taken_yen else ""
            taken_yen = f" {f.taken_yen:,}円" if yen else ""
            mark = "相違あり" if f.differs else "一致"
            yield f"{f.title}: ファイル {f.lines:,}件{yen} / 引継ぎ {f.taken:,}件{taken_yen} {mark}"
        yield f"比べた人 {self.compared:,}、規則で判定できない {self.unclear:,}、相違 {len(self.rows):,}"
        for row in self.rows[:shown]:
            yield f"  /person/{ref('person', row.person)}/ {row.year} {row.label}: 前のシステム {row.was} / 判定 {row.now}"


def compare(ctx: Context, progress: Progress) -> dict:
    """Compare everything; nothing is decided. The differences are kept as a file, their number in the result."""
    insurer = settings.INSURER
    progress.step(0, 4, "資格")
    periods, unclear = qualification.differences(ctx, insurer)
    rows = [Row(d.person, 0, "qualification", d.was, d.now) for d in periods]
    people = 0
    for year in premium.years(ctx):
        progress.step(1, 4, "賦課")
        found, unknown = premium.differences(ctx, insurer, year)
        rows += [_premium_row(d) for d in found]
        unclear += unknown
        people += premium.taken_count(ctx, year)
    progress.step(2, 4, "台帳")
    rows += [Row(d.person, d.fiscal_year, d.what, _yen(d.was), _yen(d.now)) for d in ledger.differences(ctx)]
    progress.step(3, 4, "ファイル")
    files = _files(ctx)
    kept = store.put(json.dumps(rows, ensure_ascii=False).encode())
    progress.step(4, 4, "")
    return {
        "compared": people,
        "unclear": len(unclear),
        "differences": len(rows),
        "by_what": dict(Counter(row.what for row in rows)),
        "files": [list(line) for line in files],
        "rows": kept,
    }


def last(ctx: Context) -> Comparison | None:
    """The newest comparison."""
    run = Run.objects.filter(job=COMPARE, state="done").order_by("id").last()
    if run is None:
        return None
    told = run.result
    rows = tuple(Row(*row) for row in json.loads(store.get(told["rows"])))
    files = tuple(FileLine(*line) for line in told["files"])
    return Comparison(run.on, files, told["compared"], told["unclear"], rows)


def ready(ctx: Context) -> list[str]:
    """There is something to compare."""
    if any(feeds.delivery_count(ctx, layout, "accepted") for layout in LAYOUTS):
        return []
    return ["前のシステムから引き継いだファイルがまだありません(kaigo migrate)"]


def _premium_row(d: premium.Compared) -> Row:
    if d.what == "stage":
        return Row(d.person, d.fiscal_year, d.what, _both(d.stage, d.yen), _both(d.stage_now, d.yen_now))
    if d.what == "missing":
        return Row(d.person, d.fiscal_year, d.what, "なし", _both(d.stage_now, d.yen_now))
    if d.what == "interim":
        return Row(d.person, d.fiscal_year, d.what, _both(d.stage, d.yen), "段階と年額は同じ")
    return Row(d.person, d.fiscal_year, d.what, _yen(d.yen), _yen(d.yen_now))


def _both(stage: int, yen: int) -> str:
    return f"第{stage}段階 {_yen(yen)}" if stage else _yen(yen)


def _yen(yen: int) -> str:
    return f"{yen:,}円"


def _files(ctx: Context) -> list[FileLine]:
    taken = qualification.counts(ctx) | premium.counts(ctx) | ledger.counts(ctx)
    found = []
    for layout in LAYOUTS:
        accepted = feeds.deliveries(ctx, layout, "accepted", limit=1000)
        ends = [_trailer(view.digest) for view in accepted]
        count, yen = taken[layout]
        found.append(
            FileLine(
                layout,
                get(layout).title,
                len(accepted),
                sum(lines for lines, _ in ends),
                sum(total for _, total in ends),
                count,
                int(yen),
                sum(view.open_repairs for view in accepted),
            )
        )
    return found


def _trailer(digest: str) -> tuple[int, int]:
    """(count, total) of the last line of a file, which its reader has checked."""
    words = store.get(digest).rstrip().rsplit(b"\n", 1)[-1].decode().split(",")
    return int(words[1]), int(words[2])
