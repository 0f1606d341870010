"""What the ward keeps of a person and a household. Plain mutable records; days are ordinals, 0 is none."""

from __future__ import annotations

from typing import NamedTuple


class Home:
    """A household of the register: its number, where it lives, who belongs to it."""

    __slots__ = ("address", "building", "kana_address", "members", "number", "phone", "postal", "town_code")

    def __init__(self, number, postal, town_code, address, building, kana_address, phone) -> None:
        self.number, self.postal, self.town_code, self.address = number, postal, town_code, address
        self.building, self.kana_address, self.phone = building, kana_address, phone
        self.members: list[Person] = []


class Person:
    """The newest record of a person. state: 1 resident, 2 left, 3 dead, 4 erased. extra: what few people have."""

    __slots__ = (
        "became_on", "became_reason", "became_told", "birth", "event", "event_on", "extra", "history", "home",
        "joined_on", "kana", "male", "name", "notified_on", "number", "pension", "relation", "removed_on",
        "removed_reason", "removed_told", "settled_on", "state", "tax",
    )  # fmt: skip

    def __init__(self, number: str, home: Home, relation: str, male: bool, birth: int) -> None:
        self.number, self.home, self.relation, self.male, self.birth = number, home, relation, male, birth
        self.name = self.kana = ""
        self.state, self.history, self.event = "1", 1, "00"
        self.event_on = self.notified_on = self.became_on = self.became_told = 0
        self.settled_on = self.joined_on = self.removed_on = self.removed_told = 0
        self.became_reason, self.removed_reason = "01", ""
        self.extra: dict[str, str | int] = {}
        self.pension: Pension | None = None
        self.tax: dict[int, Levied] = {}


class Tax(NamedTuple):
    """市民税 of a fiscal year, yen, as the line of ward.tax wants it."""

    status: str
    per_capita: int
    income_tax: int
    total: int
    pension_revenue: int
    pension_income: int
    salary_revenue: int
    salary_income: int
    adjustment: int
    long_special: int
    short_special: int
    deemed: str
    declared: str


class Levied(NamedTuple):
    """A tax record with its number of revision."""

    history: int
    tax: Tax
    corrected_on: int = 0
    reason: str = ""


class Pension(NamedTuple):
    """annual: what the pension service pays a year (deduction looks at this), code: 年金コード, number: 基礎年金番号."""

    annual: int
    code: str
    number: str


class Line(NamedTuple):
    """A line of a small file, kept so that a later line may replace it. values: in the order of the layout."""

    key: tuple
    values: tuple[str, ...]
