"""`kaigo migrate DIR [--on DATE]`: take over from a former system: its files, then the opening decisions of every room.
`kaigo migrate compare [--json]`: what was handed over against what is here. 1 = a difference.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path

from kaigo.site.commands.setup import django_ready

ACTOR = "job:migrate"
# Facilities and people first: a line about somebody whom nobody knows would be refused. Then in the order of the street.
ORDER = (
    "ward.facility", "ward.resident", "ward.nonresident", "ward.relationship", "ward.tax", "ward.welfare",
    "ward.old_age_pension", "ward.medical", "ward.facility_stay", "ward.address_exception", "ward.mailing_address",
    "ward.bank_account", "ward.borderline", "migrate.person", "migrate.qualification", "migrate.assessment",
    "migrate.instalment", "migrate.year_total", "migrate.february",
)  # fmt: skip
JOBS = (
    "registers.take", "residents.take", "qualification.opening", "premium.opening", "premium.take_february",
    "collection.opening",
)  # fmt: skip
_SHOWN = 20


def main(argv: list[str]) -> int:
    """0 ok · 1 a file or a line was refused, or compare found a difference · 2 usage · 3 input missing."""
    parser = argparse.ArgumentParser(
        prog="kaigo migrate",
        description="前のシステムから移る。DIR: 移行のファイルのあるフォルダー。compare: 移した結果を比べる",
    )
    parser.add_argument("what", metavar="DIR | compare")
    parser.add_argument("--on", type=date.fromisoformat, help="移行の日(業務日)。省けばファイルの作成日")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    if options.what == "compare":
        django_ready()
        return _compare(options.on, options.json)
    folder = Path(options.what)
    if not folder.is_dir():
        print(f"フォルダー「{folder}」がありません。", file=sys.stderr)
        return 2
    files = wanted(folder)
    if not any(layout.startswith("migrate.") for _, layout in files):
        print(f"「{folder}」に移行のファイル(様式 migrate.…)がありません。", file=sys.stderr)
        return 3
    lacking = [path for path, _ in files if not path.is_file()]
    if lacking:
        print(f"一覧にあるファイル「{lacking[0].name}」がありません。", file=sys.stderr)
        return 3
    django_ready()
    return _take_over(files, options.on or _made_on(files), options.json)


def wanted(folder: Path) -> list[tuple[Path, str]]:
    """(file, layout) in the order in which they are read. With a manifest: its opening day's full files and those of the
    former system; else every CSV of the folder, by the layout that its head line names."""
    manifest = folder / "manifest.json"
    if manifest.is_file():
        told = json.loads(manifest.read_text(encoding="utf-8"))
        first = min((entry["date"] for entry in told["files"]), default="")
        entries = [e for e in told["files"] if e["date"] == first and e.get("mode") == "full"]
        found = [(folder / e["file"], e["layout"]) for e in (*entries, *told.get("former", ()))]
    else:
        found = [(path, _head(path)[1]) for path in sorted(folder.glob("*.csv"))]
    return sorted((pair for pair in found if pair[1] in ORDER), key=lambda pair: ORDER.index(pair[1]))


def _head(path: Path) -> list[str]:
    """H, layout, edition, insurer, day, …; empty texts when it is no such file."""
    with path.open("rb") as file:
        words = file.readline().decode("utf-8", "replace").strip().split(",")
    return words if words[0] == "H" and len(words) > 4 else ["", "", "", "", ""]


def _made_on(files: list[tuple[Path, str]]) -> date:
    """The day on which the former system made its files."""
    days = [_head(path)[4] for path, layout in files if layout.startswith("migrate.")]
    return max(date.fromisoformat(f"{d[:4]}-{d[4:6]}-{d[6:]}") for d in days)


def _take_over(files: list[tuple[Path, str]], on: date, as_json: bool) -> int:
    from kaigo.base.jobs.registry import NotReady, Progress, jobs
    from kaigo.base.jobs.run import run
    from kaigo.base.records.context import Context
    from kaigo.site.commands.setup import bar

    known = jobs()
    lacks = known["qualification.opening"].ready(Context(ACTOR, "operations", on))
    if lacks:
        print("\n".join(lacks), file=sys.stderr)
        return 3
    received = [_receive(path, layout, on) for path, layout in files]
    bad = [one for one in received if one["state"] in ("refused", "waiting")]
    if bad:
        return _told({"files": received, "jobs": {}}, as_json)
    done = {}
    for name in JOBS:
        try:
            with bar(known[name].title) as show:
                done[name] = run(Context(ACTOR, known[name].purpose, on), name, Progress(show)).result
        except NotReady as lack:
            print("\n".join(lack.missing), file=sys.stderr)
            return 3
    return _told({"files": received, "jobs": done}, as_json)


def _receive(path: Path, layout: str, on: date) -> dict:
    from django.conf import settings

    from kaigo.base.audit.write import record
    from kaigo.base.feeds import read
    from kaigo.base.feeds.decide import receive
    from kaigo.base.records.context import Context, acting

    print(f"・{path.name}", file=sys.stderr)
    ctx = Context(ACTOR, "intake", on)
    with acting(ctx):
        outcome = receive(ctx, settings.INSURER, path.name, path.read_bytes(), layout)
        record(ctx, "feeds.load", f"delivery:{outcome.delivery_id}", state=outcome.state)
    view = read.delivery(ctx, outcome.delivery_id)
    return {
        "file": path.name, "layout": layout, "state": view.state, "lines": view.lines, "new_lines": view.new_lines,
        "refused_lines": view.refused_lines, "problems": view.problems,
    }  # fmt: skip


def _told(found: dict, as_json: bool) -> int:
    refused = sum(one["refused_lines"] for one in found["files"])
    refused += sum(done.get("refused", 0) for name, done in found["jobs"].items() if name != "registers.take")
    wrong = [one for one in found["files"] if one["state"] in ("refused", "waiting")]
    if as_json:
        print(json.dumps(found | {"refused": refused}, ensure_ascii=False, default=str))
    else:
        for one in found["files"]:
            words = {"accepted": "受け入れました", "repeated": "同じファイルです", "refused": "断りました"}
            state = words.get(one["state"], "待っています")
            print(f"{one['file']}: {state}。{one['lines']:,} 行、うち断った行 {one['refused_lines']:,}")
            for problem in one["problems"] if one in wrong else ():
                print(f"  {problem['where']}: {problem['message']}。{problem['remedy']}。")
        for name, done in found["jobs"].items():
            told = "、".join(f"{key} {value:,}" for key, value in done.items() if isinstance(value, int))
            print(f"{name}: {told}")
        if refused:
            print(
                f"使えない行が {refused:,} 行あります。画面「ファイルと直すべき行」で直して再読込できます。"
            )
    return 1 if wrong or refused else 0


def _compare(on: date | None, as_json: bool) -> int:
    from django.conf import settings

    from kaigo.base.desk.day import business_date
    from kaigo.base.jobs.registry import Progress
    from kaigo.base.jobs.run import run
    from kaigo.base.records.context import Context
    from kaigo.insurance.counter.former import COMPARE, last
    from kaigo.site.commands.setup import bar

    ctx = Context(ACTOR, "operations", on or business_date())
    from kaigo.base.jobs.registry import NotReady

    try:
        with bar("移行の比較") as show:
            run(ctx, COMPARE, Progress(show))
    except NotReady as lack:
        print("\n".join(lack.missing), file=sys.stderr)
        return 3
    found = last(ctx)
    if as_json:
        print(json.dumps(found.told() | {"insurer": settings.INSURER}, ensure_ascii=False, default=str))
    else:
        for line in found.lines(_SHOWN):
            print(line)
    return 1 if found.differs else 0
