"""The press: letters as JSON go in, tagged PDF comes out. Data never becomes markup."""

import json
import multiprocessing
import resource
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import typst

from kaigo.base.paper import fonts

ROOT = Path(__file__).resolve().parents[2]
STANDARDS = ("a-3a", "ua-1")
# Typst keeps what it compiled: a worker prints one chunk and is replaced, so that memory stays flat.
CHUNKS_PER_WORKER = 1
# Chunks that wait beyond those being printed: enough that no worker idles, few enough that memory stays flat.
AHEAD = 2


@dataclass(frozen=True)
class Printed:
    """One PDF and how many pages each letter has in it, in the order of the data. peak_kb: memory of the process."""

    pdf: bytes
    pages: tuple[int, ...]
    peak_kb: int = field(default=0, compare=False)


class PagesWrong(ValueError):
    """A letter did not come out with its number of pages. place: its place in the data from 0."""

    def __init__(self, place: int, pages: int, expected: int) -> None:
        super().__init__(f"{place + 1}通目が{expected}ページに収まりません({pages}ページ)。")
        self.place = place


def render(
    template: Path,
    letters: list[dict],
    created: datetime,
    common: dict | None = None,
    pages: int | None = None,
    standards=STANDARDS,
) -> Printed:
    """Print letters into one PDF. Same arguments, same bytes.

    template: .typ file inside the package, reads {common, letters}; letters: one JSON object each, not empty;
    created: time with zone that the PDF names as its own; pages: how many each letter must have (None = any).
    Errors: typst.TypstError, PagesWrong, ValueError.
    """
    if not letters:
        raise ValueError("印刷する通知がありません。")
    data = {"common": common or {}, "letters": letters}
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
    if len(starts) != len(letters):
        raise ValueError(f"通知{len(letters)}件に対し{len(starts)}件しか印刷されていません。")
    counted = tuple(after - at for at, after in zip(starts, [*starts[1:], last + 1], strict=True))
    for place, found in enumerate(counted):
        if pages is not None and found != pages:
            raise PagesWrong(place, found, pages)
    return Printed(pdf, counted, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _print(job: tuple) -> Printed:
    return render(*job)


class Press:
    """Worker processes that print chunks in order and are replaced before they grow."""

    def __init__(self, workers: int = 2, chunk: int = 200):
        self.workers, self.chunk = workers, chunk

    def run(
        self,
        template: Path,
        letters: Iterable[dict],
        created: datetime,
        common: dict | None = None,
        pages: int | None = None,
        standards=STANDARDS,
    ) -> Iterator[Printed]:
        """Yield one Printed per chunk, in the order of the letters. Letters are taken only as they are needed."""
        fonts.chain()  # unpack once, before two workers would do it at the same time
        letters = iter(letters)
        chunks = iter(lambda: list(islice(letters, self.chunk)), [])
        # Workers are forked from a clean server that has only loaded the press: they start at once and inherit
        # neither the caller's memory nor his database connection.
        server = multiprocessing.get_context("forkserver")
        server.set_forkserver_preload([__name__])
        with server.Pool(self.workers, maxtasksperchild=CHUNKS_PER_WORKER) as pool:
            waiting: deque = deque()
            for part in chunks:
                waiting.append(
                    pool.apply_async(_print, ((template, part, created, common, pages, standards),))
                )
                if len(waiting) >= self.workers + AHEAD:
                    yield waiting.popleft().get()
            while waiting:
                yield waiting.popleft().get()
