"""A fiscal year, office day by office day: what happened, when it was told, which files tell it."""

from __future__ import annotations

from collections.abc import Callable

from world.town import days
from world.town.circumstances import Circumstances
from world.town.expected import counts
from world.town.files import Folder
from world.town.register import Register, office_day
from world.town.ward import Ward

# Small files after the register's, in the order in which the offices send them; facilities go before everything.
AFTER = (
    "ward.nonresident", "ward.relationship", "ward.welfare", "ward.old_age_pension", "ward.medical", "ward.facility_stay",
    "ward.address_exception", "ward.mailing_address", "ward.bank_account", "ward.borderline", "ward.exception_exchange",
)  # fmt: skip

# These come once a month.
MONTHLY = ("ward.medical", "ward.bank_account")


class Year:
    """The calendar of a year. at(...): something will be told on a day; play(): write the files of every day."""

    def __init__(self, ward: Ward, circumstances: Circumstances, folder: Folder) -> None:
        self.ward, self.circumstances, self.folder = ward, circumstances, folder
        self.register = Register(ward)
        self.offices = days.offices(ward.fiscal_year)
        self.expected: dict[str, dict[str, int]] = {}
        # (layout, day) → lines that nobody can use, on purpose.
        self.refused: dict[tuple[str, int], int] = {}
        self._calendar: dict[int, list[tuple[Callable, tuple]]] = {day: [] for day in self.offices}
        self._small: dict[str, list[str]] = {}
        months = (days.day(ward.fiscal_year + (m > 12), (m - 1) % 12 + 1, 10) for m in range(4, 16))
        self._monthly = {office_day(self.offices, day) for day in months} | {self.offices[-1]}

    def at(self, told: int, act: Callable, *arguments) -> int:
        """act(day, *arguments) on the first office day from `told` on; 0 when the year is over by then."""
        day = office_day(self.offices, max(told, self.offices[0]))
        if day:
            self._calendar[day].append((act, arguments))
        return day

    def tell(self, layout: str, values: tuple[str, ...]) -> None:
        """A line of a small file of the day."""
        self._small.setdefault(layout, []).append(",".join(values))

    def play(self) -> None:
        """Every office day: events, the files of the day, what is expected on 1 July and at the end."""
        july = days.day(self.ward.fiscal_year, 7, 1)
        for day in self.offices:
            if day > july and "july" not in self.expected:
                self.expected["july"] = counts(self.ward, july)
            # An event may call another one of the same day.
            for act, arguments in self._calendar[day]:
                act(day, *arguments)
            self._write("ward.facility", day)
            lines, self.register.lines = self.register.lines, []
            self.folder.write("ward.resident", day, "changes", ((line, 0) for line in lines))
            for layout in AFTER:
                if layout not in MONTHLY or day in self._monthly:
                    self._write(layout, day)
        self.expected["year_end"] = counts(self.ward, days.day(self.ward.fiscal_year + 1, 3, 31))

    def _write(self, layout: str, day: int) -> None:
        lines = self._small.pop(layout, None)
        if lines:
            # The same key twice on one day: the later line is meant.
            width = KEYS[layout]
            newest = {tuple(line.split(",")[place] for place in width): line for line in lines}
            entry = self.folder.write(layout, day, "changes", ((line, 0) for line in newest.values()))
            if (layout, day) in self.refused:
                entry["refused_lines"] = self.refused[layout, day]


# Which values make the key of a layout.
KEYS = {
    "ward.facility": (0, 9), "ward.nonresident": (0, 1), "ward.relationship": (0, 1, 2), "ward.welfare": (0, 1, 5, 2),
    "ward.old_age_pension": (0, 2), "ward.medical": (0, 5), "ward.facility_stay": (0, 2),
    "ward.address_exception": (0, 1, 4), "ward.mailing_address": (0, 1, 7), "ward.bank_account": (0, 1, 7),
    "ward.borderline": (0, 1), "ward.exception_exchange": (0, 1, 4, 5, 7),
}  # fmt: skip
