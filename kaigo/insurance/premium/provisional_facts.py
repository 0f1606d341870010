"""The facts of a provisional decision as stored: [year, February's yen] and, once something changed, what changed."""

from __future__ import annotations

from datetime import date

from kaigo.law.instalment_facts import Paid
from kaigo.law.provisional import ProvisionalFacts


def pack_facts(facts: ProvisionalFacts, why: str = "") -> list:
    """As the finding keeps them; why: the section's reason."""
    return [
        facts.fiscal_year,
        facts.february_yen,
        {
            "changed": [list(paid) for paid in facts.changed],
            "ended_on": facts.ended_on.isoformat() if facts.ended_on else None,
            "stopped_from": facts.stopped_from,
            "decided_on": facts.decided_on.isoformat() if facts.decided_on else None,
            "why": why.strip(),
        },
    ]


def unpack_facts(packed: list) -> tuple[ProvisionalFacts, str]:
    """The law's facts, and the section's reason."""
    year, february, *more = packed
    if not more:
        return ProvisionalFacts(year, february), ""
    said = more[0]
    return ProvisionalFacts(
        year,
        february,
        tuple(Paid(*paid) for paid in said["changed"]),
        _day(said["ended_on"]),
        said["stopped_from"],
        _day(said["decided_on"]),
    ), said["why"]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
