"""How much of what was planted the engine finds, and how often it asks (security.md E-13)."""

from __future__ import annotations

import time
from typing import NamedTuple

from kaigo.base.misuse.engine import judge
from kaigo.base.misuse.frames import Alert
from kaigo.base.misuse.tests.log import FIRST, Log, Planted
from kaigo.base.misuse.values import values


class Measured(NamedTuple):
    """per_ten_thousand: questions; ordinary: those of them in which nothing was planted."""

    accesses: int
    planted: int
    recall: float
    per_ten_thousand: float
    ordinary: float
    seconds: float
    alerts: list[Alert]

    def __str__(self) -> str:
        return (
            f"{self.accesses:,} accesses, {self.planted} planted, recall {self.recall:.1%}, {self.per_ten_thousand:.2f} alerts "
            f"per 10,000 accesses ({self.ordinary:.2f} of ordinary work), {self.seconds:.1f} s"
        )


def measure(log: Log) -> Measured:
    """One run over the whole log."""
    frames = log.frames()
    begun = time.perf_counter()
    alerts = judge(frames, values(FIRST))
    seconds = time.perf_counter() - begun
    guilty = [alert for alert in alerts if any(_about(p, alert) for p in log.planted)]
    share = 10_000 / len(log.rows)
    recall = sum(caught(p, alerts) for p in log.planted) / len(log.planted)
    return Measured(
        len(log.rows), len(log.planted), recall, len(alerts) * share, (len(alerts) - len(guilty)) * share, seconds, alerts
    )  # fmt: skip


def _about(planted: Planted, alert: Alert) -> bool:
    here = (alert.member, alert.day) == (planted.member, planted.day)
    return here and not planted.events.isdisjoint(alert.events)


def caught(planted: Planted, alerts: list[Alert]) -> bool:
    """A question about this member and day names one of the accesses and the rule that was broken: not any question."""
    return any(_about(planted, a) and planted.rule in {r.rule for r in a.reasons} for a in alerts)
