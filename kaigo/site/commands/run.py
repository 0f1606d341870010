"""`kaigo run JOB --on DATE`: one job, with progress. `kaigo run --list` names them.

A job that fails says which job, which kind of error, which run and where in the program; never the words of the error,
which may name a person.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date

from kaigo.site.commands.setup import django_ready


def main(argv: list[str]) -> int:
    """0 done · 1 failed · 2 usage · 3 not ready."""
    parser = argparse.ArgumentParser(prog="kaigo run")
    parser.add_argument("job", nargs="?")
    parser.add_argument("--on", type=date.fromisoformat)
    parser.add_argument("--actor", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    django_ready()
    from kaigo.base.jobs.registry import jobs

    if options.list or not options.job:
        for work in jobs().values():
            print(f"{work.name:40} {work.title}")
        return 0 if options.list else 2
    if options.job not in jobs() or options.on is None:
        print(f"業務「{options.job}」はないか、--on の日付がありません。", file=sys.stderr)
        return 2
    return _run(options)


def _run(options) -> int:
    from kaigo.base.jobs.registry import NotReady, Progress, jobs
    from kaigo.base.jobs.run import number_of, run
    from kaigo.base.records.context import Context
    from kaigo.site.commands.setup import bar

    ctx = Context(options.actor or f"job:{options.job}", jobs()[options.job].purpose, options.on)
    try:
        with bar(jobs()[options.job].title) as show:
            done = run(ctx, options.job, Progress(show))
    except NotReady as lacks:
        for line in lacks.missing:
            print(line, file=sys.stderr)
        return 3
    except Exception as error:
        _tell(options.job, error, number_of(error))
        return 1
    print(json.dumps(done.result, ensure_ascii=False, default=str) if options.json else _plain(done.result))
    return 0


def _tell(job: str, error: Exception, number: int | None) -> None:
    from kaigo.base.desk.logs import Wordless

    run = f"実行番号 {number}" if number else "実行の記録より前"
    print(
        f"業務「{job}」が失敗しました: {type(error).__name__}({run})。何も保存していません。", file=sys.stderr
    )
    print(Wordless().formatException((type(error), error, error.__traceback__)), file=sys.stderr)


def _plain(result: dict) -> str:
    return "\n".join(
        f"{key}: {value:,}" if isinstance(value, int) else f"{key}: {value}" for key, value in result.items()
    )
