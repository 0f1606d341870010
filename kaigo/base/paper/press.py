"""The press: letters as JSON go in, tagged PDF comes out. Data never becomes markup."""

import json
import multiprocessing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import typst

from kaigo.base.paper import fonts

ROOT = Path(__file__).resolve().parents[2]
STANDARDS = ("a-3a", "ua-1")
# Typst keeps what it compiled: memory of a worker grows with each chunk.
CHUNKS_PER_WORKER = 2


@dataclass(frozen=True)
class Printed:
    """One PDF and how many pages each letter has in it, in the order of the data."""

    pdf: bytes
    pages: tuple[int, ...]


def render(template: Path, data: list[dict], created: datetime, standards=STANDARDS) -> Printed:
    """Print letters into one PDF. Same arguments, same bytes.

    template: .typ file inside the package; data: one JSON object per letter, not empty;
    created: time with zone that the PDF names as its own. Errors: typst.TypstError, ValueError.
    """
    if not data:
        raise ValueError("印刷する通知がありません。")
    compiler = typst.Compiler(
        input=str(template),
        root=str(ROOT),
        font_paths=sorted({str(path.parent) for path in fonts.chain()}),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, sort_keys=True)},
    )
    pdf = compiler.compile(format="pdf", pdf_standards=list(standards), timestamp=created)
    starts = json.loads(compiler.query("<letter>", field="value"))
    last = json.loads(compiler.query("<end>", field="value"))[0]
    if len(starts) != len(data):
        raise ValueError(f"通知{len(data)}件に対し{len(starts)}件しか印刷されていません。")
    return Printed(pdf, tuple(after - at for at, after in zip(starts, [*starts[1:], last + 1], strict=True)))


def _print(job: tuple) -> Printed:
    return render(*job)


class Press:
    """Worker processes that print chunks in order and are replaced before they grow."""

    def __init__(self, workers: int = 2, chunk: int = 250):
        self.workers, self.chunk = workers, chunk

    def run(
        self, template: Path, letters: Iterable[dict], created: datetime, standards=STANDARDS
    ) -> Iterator[Printed]:
        """Yield one Printed per chunk, in the order of the letters."""
        fonts.chain()  # unpack once, before two workers would do it at the same time
        spawn = multiprocessing.get_context("spawn")
        letters = iter(letters)
        chunks = iter(lambda: list(islice(letters, self.chunk)), [])
        jobs = ((template, part, created, standards) for part in chunks)
        with spawn.Pool(self.workers, maxtasksperchild=CHUNKS_PER_WORKER) as pool:
            yield from pool.imap(_print, jobs)
