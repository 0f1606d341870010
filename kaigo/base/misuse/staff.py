"""What the staff database says about members: posts, who leads, who leaves, whose duty is at night. Never names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from django.db import connections

from kaigo.base.misuse.values import Values
from kaigo.base.staff.tables import roles
from kaigo.base.staff.who import alias

REVIEW = "misuse.review"


class Post(NamedTuple):
    """Where a member worked, from a day until a day (exclusive, None = open)."""

    member: int
    section: str
    begins: date | None
    ends: date | None
    contract: str


class Held(NamedTuple):
    """A role that a member held in a section."""

    member: int
    role: str
    section: str
    begins: date
    ends: date | None


class Staff:
    """Posts and grants of everybody, asked once for a run."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.posts = [Post(*row) for row in _ask(_POSTS)]
        self.held = [Held(*row) for row in _ask(_HELD)]
        self.revoked = _ask(_REVOKED)
        self.account = dict(_ask("SELECT 'account:' || id, member_id FROM staff_account"))
        self._of = defaultdict(list)
        for post in self.posts:
            self._of[post.member].append(post)

    def post(self, member: int, day: date) -> Post | None:
        """The post of a day; else the newest that there was."""
        mine = self._of[member]
        return next((p for p in mine if _in(p, day)), mine[-1] if mine else None)

    def owner(self, member: int, day: date, near: Collection[int] = ()) -> tuple[str, str]:
        """(section, owner) of a question about a member, never himself: the head of his section; of heads and of
        contractors, and where the head is `near` to whom was looked at, the privacy office; of the privacy office
        another of it, and where there is none any head."""
        post = self.post(member, day)
        section = post.section if post else ""
        office = self._who("", everywhere=True)
        if member in office:
            return section, "office" if office - {member} else "heads"
        led = self._who(section, everywhere=False) - {member}
        leads = any(h.member == member and self._reviews(h, everywhere=False) for h in self.held)
        other = leads or bool(post and post.contract) or not led.isdisjoint(near)
        return section, "head" if led and not other else "office"

    def _who(self, section: str, everywhere: bool) -> set[int]:
        """Members who may review today: in a section, or everywhere."""
        return {
            h.member for h in self.held
            if self._reviews(h, everywhere) and _in(h, self.day) and (everywhere or h.section == section)
        }  # fmt: skip

    def _reviews(self, held: Held, everywhere: bool) -> bool:
        gives = roles()[held.role].on(self.day) if held.role in roles() else None
        return gives is not None and REVIEW in gives.permissions and gives.everywhere == everywhere

    def colleagues(self) -> list[tuple[int, int]]:
        """(member, other) who have or had a post in one section."""
        sections = defaultdict(set)
        for post in self.posts:
            sections[post.section].add(post.member)
        return sorted({(a, b) for members in sections.values() for a in members for b in members if a != b})

    def leaving(self) -> list[tuple[int, date | None, date | None, date | None]]:
        """(member, first day without the post, day on which the end of a permission was asked for, day of that end,
        None = nobody has ruled on it)."""
        ends = [
            (p.member, p.ends, None, None) for p in self.posts
            if p.ends is not None and not any(o.section == p.section and _in(o, p.ends) for o in self._of[p.member])
        ]  # fmt: skip
        return ends + [(member, None, asked, ended) for member, asked, ended in self.revoked]

    def night(self, values: Values, days: Collection[date]) -> list[int]:
        """Members whose duty is at night too, on one of these days."""
        duty = (h for h in self.held if h.role in values["night_roles"])
        return sorted({h.member for h in duty if any(_in(h, day) for day in days)})


def marks() -> dict[bytes, list[int]]:
    """Digest (index "self") → members: who staff are among the insured."""
    return _members("SELECT digest, member_id FROM staff_self_mark")


def declared(since: date) -> dict[bytes, list[int]]:
    """Digest (index "misuse") → members who declared him a relative and had not taken that back before `since`."""
    return _members(
        "SELECT d.digest, d.member FROM misuse_declaration d "
        "WHERE NOT EXISTS (SELECT 1 FROM misuse_declaration_end e WHERE e.declaration_id = d.id AND e.ended_on < %s)",
        [since],
    )


def watched(since: date) -> set[bytes]:
    """Digests (index "misuse") of those on the list, confirmed by another and not taken off before `since`."""
    found = _ask(
        "SELECT w.digest FROM misuse_watched w JOIN misuse_watched_confirmation c ON c.watched_id = w.id "
        "WHERE NOT EXISTS (SELECT 1 FROM misuse_watched_end e WHERE e.watched_id = w.id AND e.ended_on < %s)",
        [since],
    )
    return {bytes(digest) for (digest,) in found}


def _members(query: str, values: Sequence[object] = ()) -> dict[bytes, list[int]]:
    found = defaultdict(list)
    for digest, member in _ask(query, values):
        found[bytes(digest)].append(member)
    return dict(found)


def _in(span: Post | Held, day: date) -> bool:
    return (span.begins is None or span.begins <= day) and (span.ends is None or day < span.ends)


_POSTS = """
SELECT member_id, section, lower(effective), upper(effective), contract FROM staff_post WHERE upper_inf(known)
ORDER BY member_id, lower(effective), section"""
_HELD = """
SELECT a.member_id, g.role, g.section, g.given_from, least(g.given_until, e.ended_on)
FROM staff_grant g JOIN staff_account a ON a.id = g.account_id LEFT JOIN staff_grant_end e ON e.grant_id = g.id"""
_REVOKED = """
SELECT DISTINCT s.member_id, s.requested_on, CASE WHEN r.id IS NOT NULL THEN greatest(s.requested_on, s.wanted_from) END
FROM staff_application s LEFT JOIN staff_ruling r ON r.application_id = s.id
WHERE s.kind = 'grant_end' AND coalesce(r.outcome, 'approved') = 'approved'"""


def _ask(query: str, values: Sequence[object] = ()) -> list[tuple]:
    with connections[alias()].cursor() as cursor:
        cursor.execute(query, values)
        return cursor.fetchall()
