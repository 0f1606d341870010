"""What the resident register does with an event: change the record, write the new line, find the new head."""

from __future__ import annotations

from bisect import bisect_left
from random import Random

from world.town import days
from world.town.files import resident_line
from world.town.places import ABROAD
from world.town.records import Home, Person
from world.town.ward import Ward

_KEPT = (
    "birth", "event", "event_on", "history", "home", "joined_on", "kana", "name", "notified_on", "relation",
    "removed_on", "removed_reason", "removed_told", "settled_on", "state", "became_on", "became_reason", "became_told",
)  # fmt: skip
_ADDRESS = ("postal", "town_code", "address", "building", "kana_address", "phone")


class Register:
    """lines: the lines of ward.resident of the day. A method returns False when the event cannot be any more."""

    def __init__(self, ward: Ward) -> None:
        self.ward = ward
        self.lines: list[str] = []

    # -- the record ------------------------------------------------------------------------------------

    def happen(self, person: Person, event: str, on: int, told: int) -> None:
        """A new line of a person; a day before his last event becomes the day of that event."""
        spent = person.extra.pop("spent", 0)
        person.history = max(person.history, int(spent)) + 1
        person.event, person.event_on, person.notified_on = event, max(on, person.event_on), told
        self.lines.append(resident_line(person))

    def correct(self, person: Person, history: int, back: int) -> bool:
        """訂正: the newest line was wrong by some days (correction 1, the same history)."""
        if person.history != history or person.event not in ("01", "02", "04"):
            return False
        before, on = person.event_on, person.event_on - back
        if person.event == "01":
            person.became_on = person.settled_on = person.joined_on = on
        else:
            if on < person.became_on + 30:
                return False
            person.removed_on = on
            if "taken_on" in person.extra:
                person.extra["taken_on"] = max(on, int(person.extra["taken_on"]) - back)
        person.event_on = on
        self.lines.append(resident_line(person, "1"))
        return before != on

    def snapshot(self, person: Person) -> dict:
        """What cancelling the coming event must bring back; only for people who live alone."""
        kept = {name: getattr(person, name) for name in _KEPT}
        return {
            "kept": kept,
            "extra": dict(person.extra),
            "address": {name: getattr(person.home, name) for name in _ADDRESS},
        }

    def cancel(self, person: Person, before: dict, history: int) -> bool:
        """取消: that history never happened (correction 2); the record before it is in force again."""
        if person.history != history:
            return False
        self.lines.append(resident_line(person, "2"))
        came_back = person.state != "1" and before["kept"]["state"] == "1"
        for name, value in before["kept"].items():
            setattr(person, name, value)
        for name, value in before["address"].items():
            setattr(person.home, name, value)
        person.extra = dict(before["extra"]) | {"spent": history}
        if came_back:
            self.ward.gone.remove(person)
            person.home.members.append(person)
        return True

    # -- who goes --------------------------------------------------------------------------------------

    def die(self, person: Person, on: int, told: int) -> bool:
        if person.state != "1" or on < person.became_on:
            return False
        person.extra.pop("move_planned_on", None)
        person.state = "3"
        self._removed(person, "04", on, told)
        self._go(person, on, told)
        return True

    def erase(self, person: Person, on: int, told: int) -> bool:
        """職権消除: nobody lives there."""
        if person.state != "1":
            return False
        person.state = "4"
        self._removed(person, "09", on, told)
        self._go(person, on, told)
        return True

    def plan(self, person: Person, on: int, planned: int, to: tuple[str, str]) -> bool:
        """転出予定: still a resident."""
        if person.state != "1" or "move_planned_on" in person.extra:
            return False
        person.extra["to_code"], person.extra["to_address"] = to
        person.extra["move_planned_on"] = planned
        self.happen(person, "10", on, on)
        return True

    def stay_after_all(self, person: Person, on: int) -> bool:
        """転出取消."""
        if person.state != "1" or "move_planned_on" not in person.extra:
            return False
        for name in ("move_planned_on", "to_code", "to_address"):
            person.extra.pop(name, None)
        self.happen(person, "11", on, on)
        return True

    def leave(
        self, person: Person, on: int, told: int, taken: int, to: tuple[str, str] | None = None
    ) -> bool:
        """転出. taken: the day on which the other town registered him (0: abroad)."""
        if person.state != "1" or on < person.became_on:
            return False
        extra = person.extra
        extra.pop("move_planned_on", None)
        if to:
            extra["to_code"], extra["to_address"] = to
        if taken and extra["to_code"] != ABROAD:
            extra["taken_on"] = max(taken, on, person.event_on)
        person.state = "2"
        self._removed(person, "02", on, told)
        self._go(person, on, told)
        return True

    def _removed(self, person: Person, reason: str, on: int, told: int) -> None:
        on = max(on, person.event_on)
        person.removed_on, person.removed_told, person.removed_reason = on, told, reason
        self.happen(person, reason, on, told)

    def _go(self, person: Person, on: int, told: int) -> None:
        home = person.home
        home.members.remove(person)
        self.ward.gone.append(person)
        if person.relation == "世帯主":
            self.rehead(home, on, told)

    def rehead(self, home: Home, on: int, told: int) -> None:
        """Somebody else becomes the head; everybody's 続柄 is told anew."""
        if not home.members:
            return
        head = min(home.members, key=lambda p: _claim(p, on))
        words = {person: relation_to(head, person) for person in home.members}
        for person, word in words.items():
            person.relation = word
            self.happen(person, "17", on, told)

    # -- who comes -------------------------------------------------------------------------------------

    def come(self, person: Person, on: int, told: int, origin: tuple[str, str], event: str = "01") -> None:
        """転入 of a person whose home is set already."""
        person.became_on = person.settled_on = person.joined_on = on
        person.became_told, person.became_reason = told, event
        person.extra["from_code"], person.extra["from_address"] = origin
        person.history, person.event_on = 0, 0
        self.happen(person, event, on, told)

    def born(self, person: Person, told: int) -> None:
        on = person.birth
        person.became_on = person.settled_on = person.joined_on = on
        person.became_told, person.became_reason = told, "05"
        person.history, person.event_on = 0, 0
        self.happen(person, "05", on, told)

    def come_back(self, person: Person, home: Home, on: int, told: int) -> bool:
        """Somebody who left is a resident again, under the same 宛名番号."""
        if person.state != "2" or on <= person.event_on:
            return False
        origin = (str(person.extra.get("to_code", "")), str(person.extra.get("to_address", "")))
        for name in ("to_code", "to_address", "taken_on", "move_planned_on"):
            person.extra.pop(name, None)
        person.extra["from_code"], person.extra["from_address"] = origin
        self.ward.gone.remove(person)
        self._live(person, home, on)
        person.state, person.relation = "1", "世帯主"
        person.removed_on = person.removed_told = 0
        person.removed_reason = ""
        person.became_on, person.became_told, person.became_reason = on, told, "01"
        self.happen(person, "01", on, told)
        return True

    def _live(self, person: Person, home: Home, on: int) -> None:
        person.home = home
        person.settled_on = person.joined_on = on
        home.members.append(person)
        if len(home.members) == 1:
            self.ward.homes.append(home)

    # -- who moves inside the ward ---------------------------------------------------------------------

    def move(self, home: Home, to: Home, on: int, told: int) -> bool:
        """転居 of a whole household: the number stays, the address changes."""
        if not home.members:
            return False
        for name in _ADDRESS:
            setattr(home, name, getattr(to, name))
        for person in home.members:
            person.settled_on = max(on, person.event_on)
            self.happen(person, "03", on, told)
        return True

    def move_apart(self, person: Person, home: Home, on: int, told: int, event: str = "03") -> bool:
        """One member begins a household of his own: elsewhere (03) or at the same address (06 世帯分離)."""
        old = person.home
        if person.state != "1" or len(old.members) < 2:
            return False
        was_head = person.relation == "世帯主"
        old.members.remove(person)
        settled = person.settled_on
        self._live(person, home, max(on, person.event_on))
        if event == "06":
            person.settled_on = settled
        person.relation = "世帯主"
        self.happen(person, event, on, told)
        if was_head:
            self.rehead(old, on, told)
        return True

    def join(self, person: Person, home: Home, relation: str, on: int, told: int, event: str) -> bool:
        """A person who lives alone joins another household."""
        if person.state != "1" or len(person.home.members) != 1 or not home.members or person.home is home:
            return False
        person.home.members.clear()
        settled = person.settled_on
        self._live(person, home, max(on, person.event_on))
        if event == "06":
            person.settled_on = settled
        person.relation = relation
        self.happen(person, event, on, told)
        return True


def _claim(person: Person, on: int) -> tuple:
    """Who becomes head: a spouse, then grown children and brothers, then the old, last children."""
    adult = on - person.birth >= 18 * 365
    order = 0 if person.relation in ("夫", "妻") else 1 if person.relation not in ("父", "母") else 2
    return (not adult, order, person.birth, person.number)


def relation_to(head: Person, person: Person) -> str:
    """続柄 towards a new head, from the 続柄 that both had towards the old one."""
    if person is head:
        return "世帯主"
    old, new, male = person.relation, head.relation, person.male
    by_age = ("兄" if male else "姉") if person.birth < head.birth else ("弟" if male else "妹")
    parent = "父" if male else "母"
    siblings = ("兄", "弟", "姉", "妹")
    if new in ("夫", "妻"):
        other = "妻" if new == "夫" else "夫"
        return "子" if old == "子" else f"{other}の{parent}" if old in ("父", "母") else "縁故者"
    if new == "子":
        return by_age if old == "子" else parent if old in ("夫", "妻") else "縁故者"
    if new in ("父", "母"):
        return (
            "子"
            if old in siblings
            else "孫"
            if old == "子"
            else ("夫" if male else "妻")
            if old in ("父", "母")
            else "縁故者"
        )
    if new in siblings:
        return by_age if old in siblings else parent if old in ("父", "母") else "縁故者"
    return "同居人"


def office_day(offices: list[int], on: int) -> int:
    """The first day of files on or after a day; 0 when the year ends before."""
    place = bisect_left(offices, on)
    return offices[place] if place < len(offices) else 0


def weighted_day(rng: Random, fiscal_year: int, month: int) -> int:
    """Some day of a month of the fiscal year."""
    year = fiscal_year + (month < 4)
    first = days.day(year, month, 1)
    return first + int(rng.random() * (days.month_end(year, month) - first + 1))
