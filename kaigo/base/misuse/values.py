"""The figures of misuse.yaml by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

RULES = tuple(f"R{number}" for number in range(1, 15))
# What is known of a look besides the numbered rules: an emergency that nobody has looked into in time.
EMERGENCY = "E1"


@dataclass(frozen=True, slots=True)
class Rule:
    """points: when nothing explains the look; stays: cause → percent of them that stay."""

    name: str
    title: str
    points: int
    stays: dict[str, int]
    always: bool = False
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Values:
    """One version of the figures."""

    since: date
    rules: dict[str, Rule]
    figures: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.figures[name]

    @property
    def critical(self) -> frozenset[str]:
        """The rules that are asked every few minutes."""
        return frozenset(name for name, rule in self.rules.items() if rule.critical)


@cache
def versions() -> tuple[Values, ...]:
    """All versions, the oldest first. Raises ValueError when one lacks a rule or a figure lacks its source."""
    told = yaml.safe_load(Path(__file__).with_name("misuse.yaml").read_text(encoding="utf-8"))
    made = tuple(_version(one) for one in told)
    if [one.since for one in made] != sorted({one.since for one in made}):
        raise ValueError("versions of misuse.yaml are not in order")
    return made


def values(day: date) -> Values:
    """The version in force on a day; before the first one, the first: the log may be older than the list."""
    return next((one for one in reversed(versions()) if one.since <= day), versions()[0])


def _version(told: dict) -> Values:
    since, rules = told.pop("from"), told.pop("rules")
    told.pop("source")
    if tuple(rules) != RULES:
        raise ValueError(f"misuse.yaml {since}: the rules are {', '.join(RULES)}")
    bare = [name for name, one in told.items() if not one.get("source")]
    if bare:
        raise ValueError(f"misuse.yaml {since}: no source: {', '.join(bare)}")
    return Values(
        since,
        {
            name: Rule(
                name, one["title"], one["points"],
                {"own": one["own"], "queue": one["queue"], "list": one["queue"], "other": one["other"]},
                one.get("always", False), one.get("critical", False),
            )
            for name, one in rules.items()
        },
        {name: one["value"] for name, one in told.items()},
    )  # fmt: skip
