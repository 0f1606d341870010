"""The press: letters as JSON go in, tagged PDF comes out. Data never becomes markup."""

import ctypes
import gc
import json
import multiprocessing
import os
import re
import resource
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import typst

from kaigo.base.paper import fonts, qr

ROOT = Path(__file__).resolve().parents[2]
STANDARDS = ("a-3a", "ua-1")
# Typst keeps what it compiled: a worker prints one chunk and is replaced, so that memory stays flat.
CHUNKS_PER_WORKER = 1
# Chunks that wait beyond those being printed: enough that no worker idles, few enough that memory stays flat.
AHEAD = 2
_PAGES = re.compile(rb"/Type */Pages */Count +([0-9]+)")


@dataclass(frozen=True)
class Printed:
    """One PDF and how many pages each letter has in it, in the order of the data.

    peak_kb, cpu: memory and CPU seconds of the process so far.
    """

    pdf: bytes
    pages: tuple[int, ...]
    peak_kb: int = field(default=0, compare=False)
    cpu: float = field(default=0.0, compare=False)


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

    template: .typ file inside the package, reads {common, letters}; letters: one JSON object each, not empty; a
    `sheet` (id of the sheet) is drawn as QR code, what stays in the house has none; created: time with zone that the
    PDF names as its own; pages: how many each letter must have (None = any).
    Errors: typst.TypstError, PagesWrong, ValueError.
    """
    if not letters:
        raise ValueError("印刷する通知がありません。")
    drawn = [each | {"qr": qr.pixels(each["sheet"])} if "sheet" in each else each for each in letters]
    data = json.dumps({"common": common or {}, "letters": drawn}, ensure_ascii=False, sort_keys=True)
    pdf, marks = _compile(template, {"data": data}, created, standards)
    if len(marks) != len(letters):
        raise ValueError(f"通知{len(letters)}件に対し{len(marks)}件しか印刷されていません。")
    # No letter can be shorter than its template's page breaks make it: a right total means that each is right.
    if pages is None or _count(pdf) != pages * len(letters):
        _, marks = _compile(template, {"data": data, "counted": "yes"}, created, standards)
        starts, last = marks[:-1], marks[-1]
        counted = tuple(after - at for at, after in zip(starts, [*starts[1:], last + 1], strict=True))
        for place, found in enumerate(counted):
            if pages is not None and found != pages:
                raise PagesWrong(place, found, pages)
    else:
        counted = (pages,) * len(letters)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Printed(pdf, counted, used.ru_maxrss, used.ru_utime + used.ru_stime)


def _compile(template: Path, inputs: dict, created: datetime, standards) -> tuple[bytes, list[int]]:
    """(PDF, values of its marks)."""
    compiler = typst.Compiler(
        input=str(template),
        root=str(ROOT),
        font_paths=sorted({str(path.parent) for path in fonts.chain()}),
        ignore_system_fonts=True,
        sys_inputs=inputs,
    )
    pdf = compiler.compile(format="pdf", pdf_standards=list(standards), timestamp=created)
    return pdf, json.loads(compiler.query("<letter>", field="value"))


def _count(pdf: bytes) -> int:
    """Pages of a PDF, as the root of its page tree says; 0 = it does not say."""
    return max((int(found) for found in _PAGES.findall(pdf)), default=0)


# glibc's mallopt: keep freed memory, grow in large steps, one arena (numbers of malloc.h: trim, top pad, mmap, arenas).
_MALLOC = ((-1, 2**31 - 1), (-2, 64 << 20), (-3, 32 << 20), (-8, 1))


def _alone() -> None:
    """Prepare a worker that prints one chunk and ends: nothing need be tidied up, nothing given back."""
    # As many workers as cores print side by side: a worker's own threads would only wait for each other.
    os.environ["RAYON_NUM_THREADS"] = "1"
    gc.disable()
    if hasattr(libc := ctypes.CDLL(None), "mallopt"):
        for option, value in _MALLOC:
            libc.mallopt(option, value)


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
        with server.Pool(self.workers, _alone, maxtasksperchild=CHUNKS_PER_WORKER) as pool:
            waiting: deque = deque()
            for part in chunks:
                waiting.append(
                    pool.apply_async(_print, ((template, part, created, common, pages, standards),))
                )
                if len(waiting) >= self.workers + AHEAD:
                    yield waiting.popleft().get()
            while waiting:
                yield waiting.popleft().get()
