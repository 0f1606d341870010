"""What stands on a 督促状 and on a 催告書. No rule is applied here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kaigo.insurance.notices.premium.letters import Person

DEMAND, REMINDER = "demand_notice", "reminder_notice"
HERE = Path(__file__).parent
TEMPLATES: dict[str, tuple[Path, int]] = {
    DEMAND: (HERE / "demand.typ", 1),
    REMINDER: (HERE / "reminder.typ", 2),
}


@dataclass(frozen=True, slots=True)
class DemandNotice:
    """督促状 of one term. yen: what was demanded; paid: what came in since; slip: 納付番号."""

    person: Person
    demand: int
    year: str
    term: str
    due: str
    yen: int
    paid: int
    deadline: str
    slip: str
    again: bool
    reasons: list

    def as_json(self) -> dict[str, Any]:
        """The letter for the press. ValueError when nothing is open: nobody is asked for nothing."""
        if not 0 <= self.paid < self.yen:
            raise ValueError("督促状に書く額がありません。")
        return self.person.as_json() | {
            "title": "介護保険料督促状" + ("（再発行）" if self.again else ""),
            "demand": self.demand,
            "year": self.year,
            "term": self.term,
            "due": self.due,
            "yen": self.yen,
            "paid": self.paid,
            "open": self.yen - self.paid,
            "deadline": self.deadline,
            "slip": self.slip,
            "reasons": self.reasons,
        }


@dataclass(frozen=True, slots=True)
class ReminderNotice:
    """催告書. lines: [year, term, due, open yen, late yen or None, slip]; late charges as of the day of the letter."""

    person: Person
    reminder: int
    deadline: str
    as_of: str
    lines: tuple[tuple[str, str, str, int, int | None, str], ...]

    def as_json(self) -> dict[str, Any]:
        """The letter for the press. ValueError without a line."""
        if not self.lines:
            raise ValueError("催告書に書く額がありません。")
        late = [line[4] for line in self.lines]
        return self.person.as_json() | {
            "title": "介護保険料催告書",
            "reminder": self.reminder,
            "deadline": self.deadline,
            "as_of": self.as_of,
            "lines": [list(line) for line in self.lines],
            "open": sum(line[3] for line in self.lines),
            "late": None if None in late else sum(yen or 0 for yen in late),
        }
