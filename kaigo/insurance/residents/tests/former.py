"""Files of a former system for tests: lines in, by the way that every file takes."""

from __future__ import annotations

from collections.abc import Iterable

from kaigo.base.feeds.decide import receive
from kaigo.base.feeds.models import Outcome
from kaigo.base.records.context import Context, acting
from kaigo.layouts.model import get

INSURER = "131997"


def number_of(person: int) -> str:
    """An addressee number made of the id."""
    return f"{person:015}"


def hand_over(ctx: Context, layout: str, lines: Iterable[str], sequence: int = 1) -> Outcome:
    """A file of these data lines (without their mark), its trailer right."""
    told = list(lines)
    of = get(layout)
    place = [field.key for field in of.columns()].index(of.total) if of.total else None
    total = sum(int(line.split(",")[place]) for line in told) if place is not None else 0
    rows = [f"H,{layout},2026,{INSURER},{ctx.on:%Y%m%d},{sequence},full", *(f"D,{line}" for line in told)]
    content = "".join(f"{row}\r\n" for row in (*rows, f"T,{len(told)},{total}")).encode()
    with acting(ctx):
        found = receive(ctx, INSURER, f"{layout}_{sequence}.csv", content, layout)
    assert found.state == "accepted", found.problems
    return found
