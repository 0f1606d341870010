"""Chance that is the same on every machine: tables picked from by one random number."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent


class Table:
    """Items with weights. pick(r): the item at r in [0, 1)."""

    __slots__ = ("cumulated", "items")

    def __init__(self, items: Sequence, weights: Sequence[float]) -> None:
        total = sum(weights)
        self.items = list(items)
        self.cumulated = [part / total for part in accumulate(weights)]
        self.cumulated[-1] = 1.0

    def pick(self, r: float) -> Any:
        return self.items[bisect_right(self.cumulated, r)]


def data(name: str) -> dict:
    """A data file beside this module."""
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def generator(seed: int, part: str) -> Random:
    """The random numbers of one part of the world; parts do not disturb each other."""
    return Random(f"{seed}:{part}")


def interpolated(points: dict[int, float], upto: int = 120) -> list[float]:
    """A value per year of age from a few points."""
    ages = sorted(points)
    values = []
    for age in range(upto):
        below = max((a for a in ages if a <= age), default=ages[0])
        above = min((a for a in ages if a >= age), default=ages[-1])
        share = (age - below) / (above - below) if above > below else 0
        values.append(points[below] + (points[above] - points[below]) * share)
    return values
