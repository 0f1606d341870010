"""Who stands so near a boundary of the stage table that a small error would change the premium (N-2)."""

from __future__ import annotations

from typing import NamedTuple

from kaigo.law.reasons import Reason

PERCENT = 1


class Near(NamedTuple):
    """income: the deciding amount in yen; boundary: the amount at which the stage changes."""

    person: int
    income: int
    boundary: int
    stage: int


def near(person: int, stage: int, reasons: tuple[Reason, ...]) -> list[Near]:
    """The boundaries within one per cent of the deciding amounts in the reasons."""
    found: list[Near] = []
    for reason in reasons:
        _collect(person, stage, reason, found)
    return found


def _collect(person: int, stage: int, reason: Reason, found: list[Near]) -> None:
    kind, args = reason.id, reason.args
    if kind in ("stage.low", "stage.middle"):
        bounds = (args[2],)
    elif kind == "stage.taxed":
        bounds = (args[2], args[3])
    else:
        bounds = ()
    for bound in bounds:
        if bound and abs(args[1] - bound) * 100 <= bound * PERCENT:
            found.append(Near(person, args[1], bound, stage))
    for part in reason.parts:
        _collect(person, stage, part, found)
