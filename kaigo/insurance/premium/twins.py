"""The second statement of the assessment (kaigo.law.twin), asked beside the first in every shadow run (N-16)."""

from __future__ import annotations

from kaigo.law.premium_facts import AssessFacts, Assessment
from kaigo.law.reasons import Finding, Unclear
from kaigo.law.values import Values

# People compared at once: enough for columns to pay, few enough not to hold a ward twice in memory.
TOGETHER = 20_000


class Twins:
    """Sees every judgement of a run; `differing` are [person, yen of the rule, yen of the twin], None = unclear."""

    def __init__(self, values: Values) -> None:
        self.differing: list[list[int | None]] = []
        self._values = values
        self._seen: list[tuple[int, AssessFacts, Finding[Assessment] | Unclear]] = []

    def see(self, person: int, facts: AssessFacts, found: Finding[Assessment] | Unclear) -> None:
        """One judgement."""
        self._seen.append((person, facts, found))
        if len(self._seen) >= TOGETHER:
            self._compare()

    def done(self) -> list[list[int | None]]:
        """All differences, after the last judgement."""
        self._compare()
        return self.differing

    def _compare(self) -> None:
        from kaigo.law import twin  # columns are heavy: only a batch loads them, no page

        persons = [person for person, _, _ in self._seen]
        found = twin.compare([f for _, f, _ in self._seen], [r for _, _, r in self._seen], self._values)
        self.differing += [[persons[d.place], d.rule_yen, d.twin_yen] for d in found]
        self._seen = []
