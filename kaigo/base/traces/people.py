"""Who did it: the staff behind events, with the post that they held on the day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db import connections

from kaigo.base.staff.who import alias


class Person(NamedTuple):
    """A member of staff on a day."""

    member: int
    number: str
    name: str
    section: str = ""
    title: str = ""


class Given(NamedTuple):
    """A grant that an event used."""

    id: int
    role: str
    section: str
    begins: date
    ends: date | None
    form_number: str
    asked_by: str
    ruled_by: str


_NAMES = """
SELECT m.id, m.staff_number, coalesce(n.name, '') FROM staff_member m
LEFT JOIN LATERAL (SELECT p.name FROM staff_member_profile p WHERE p.member_id = m.id AND upper_inf(p.known)
                   ORDER BY lower(p.effective) DESC LIMIT 1) n ON true
"""


class Staff:
    """The members behind some events; asked once for all of them."""

    def __init__(self, members: Iterable[int | None], actors: Iterable[str]) -> None:
        accounts = sorted({int(a[8:]) for a in actors if a.startswith("account:") and a[8:].isdigit()})
        self.member_of = dict(_ask("SELECT id, member_id FROM staff_account WHERE id = ANY(%s)", [accounts]))
        wanted = sorted({m for m in members if m is not None} | set(self.member_of.values()))
        self._known = {
            member: (number, name)
            for member, number, name in _ask(f"{_NAMES} WHERE m.id = ANY(%s)", [wanted])
        }
        self._posts: dict[int, list[tuple]] = {}
        for member, *post in _ask(
            "SELECT member_id, lower(effective), upper(effective), section, title FROM staff_post "
            "WHERE member_id = ANY(%s) AND upper_inf(known) ORDER BY lower(effective), section",
            [wanted],
        ):
            self._posts.setdefault(member, []).append(tuple(post))

    def on(self, member: int | None, actor: str, day: date) -> Person | None:
        """The person with his post on a day; None = no member of staff: a job, or nobody yet."""
        if member is None and actor.startswith("account:") and actor[8:].isdigit():
            member = self.member_of.get(int(actor[8:]))
        if member not in self._known:
            return None
        for begins, ends, section, title in self._posts.get(member, ()):
            if (begins is None or begins <= day) and (ends is None or day < ends):
                return Person(member, *self._known[member], section, title)
        return Person(member, *self._known[member])


def accounts_of(member: int) -> list[str]:
    """All accounts of a member, as events name actors."""
    return [f"account:{id}" for (id,) in _ask("SELECT id FROM staff_account WHERE member_id = %s", [member])]


def members(ids: Iterable[int]) -> list[Person]:
    """By their row."""
    return [Person(*row) for row in _ask(f"{_NAMES} WHERE m.id = ANY(%s) ORDER BY m.id", [list(ids)])]


def found(words: str, most: int = 50) -> list[Person]:
    """Members whose staff number or log-in is this, or whose name or kana contains it."""
    part = f"%{words.replace('%', '').replace('_', '')}%"
    return [
        Person(*row)
        for row in _ask(
            f"{_NAMES} WHERE m.staff_number = %(words)s "
            "OR EXISTS (SELECT 1 FROM staff_account a WHERE a.member_id = m.id AND a.login = %(words)s) "
            "OR EXISTS (SELECT 1 FROM staff_member_profile p WHERE p.member_id = m.id AND upper_inf(p.known) "
            "AND (replace(p.name, ' ', '') LIKE replace(%(part)s, ' ', '') "
            "OR replace(p.kana, ' ', '') LIKE replace(%(part)s, ' ', ''))) "
            "ORDER BY m.staff_number LIMIT %(most)s",
            {"words": words, "part": part, "most": most},
        )
    ]


def grants(ids: Iterable[int]) -> list[Given]:
    """Grants with who asked for them and who ruled."""
    found = _ask(
        "SELECT g.id, g.role, g.section, g.given_from, least(g.given_until, e.ended_on), a.form_number, "
        "r.requested_by_id, r.ruled_by_id FROM staff_grant g JOIN staff_ruling r ON r.id = g.ruling_id "
        "JOIN staff_application a ON a.id = r.application_id "
        "LEFT JOIN staff_grant_end e ON e.grant_id = g.id WHERE g.id = ANY(%s) ORDER BY g.id",
        [list(ids)],
    )
    members = sorted({member for row in found for member in row[6:]})
    name = {member: name for member, _, name in _ask(f"{_NAMES} WHERE m.id = ANY(%s)", [members])}
    return [Given(*row[:6], *(name.get(member, "") for member in row[6:])) for row in found]


def _ask(query: str, params) -> list[tuple]:
    with connections[alias()].cursor() as cursor:
        cursor.execute(query, params)
        return cursor.fetchall()
