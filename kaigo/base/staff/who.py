"""Who is behind a request. Read from the staff database by every staff system, at every request anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date

from django.db import connections

from kaigo.base.staff.can import Held, Posted, Staff
from kaigo.base.staff.sql import BY_SESSION, BY_TOKEN, WHO
from kaigo.base.staff.tables import limits, roles

COOKIE = "__Host-staff"


def alias() -> str:
    """The database alias of the staff system: its own default, everybody else's `staff`."""
    return "staff" if "staff" in connections.databases else "default"


def identify(token: str, day: date) -> Staff | None:
    """The person behind a cookie; None when unknown, ended, left alone too long, or without a post on the day."""
    if not token:
        return None
    return _behind(BY_TOKEN, {"token": token_hash(token)}, day)


def still(session: int, day: date) -> Staff | None:
    """Who is behind a session that goes on; asking does not use it. For work that goes on while somebody waits for it:
    what he may, he is asked anew."""
    return _behind(BY_SESSION, {"session": session}, day)


def _behind(session: str, asked: dict, day: date) -> Staff | None:
    with connections[alias()].cursor() as cursor:
        cursor.execute(WHO.format(session=session), {**asked, "idle": limits()["idle_minutes"], "day": day})
        row = cursor.fetchone()
    if row is None:
        return None
    found = _staff(row, day)
    open_today = found.open_from <= day and (found.open_until is None or day < found.open_until)
    return found if found.post and open_today else None


def _staff(row: tuple, day: date) -> Staff:
    account, member, name, kind, opened, until, session, method, proved, posts, grants, marks, emergency = row
    known = roles()
    return Staff(
        account, member, name or "", kind,
        tuple(Posted(section, title, _day(begins) or date.min, _day(ends), contract)
              for section, title, begins, ends, contract in posts or ()),
        tuple(Held(id, known[role], section, _day(begins), _day(ends))
              for id, role, section, begins, ends in grants or () if role in known),
        frozenset(bytes(mark) for mark in marks or ()), session, method, proved, emergency, opened, until, day,
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def lives(session: int) -> bool:
    """Whether a session goes on; asking does not use it. For work that goes on after its request was answered."""
    with connections[alias()].cursor() as cursor:
        cursor.execute(
            "SELECT staff_session_lives(%s, make_interval(mins => %s))", [session, limits()["idle_minutes"]]
        )
        return cursor.fetchone()[0]


def same_person(one: str, other: str) -> bool:
    """Whether two actors (`account:7`) are one human being, also by a second account. Jobs are nobody."""
    if one == other:
        return True
    accounts = [int(actor[8:]) for actor in (one, other) if actor.startswith("account:")]
    if len(accounts) < 2:
        return False
    with connections[alias()].cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT member_id) = 1 AND count(*) = 2 FROM staff_account WHERE id = ANY(%s)",
            [accounts],
        )
        return cursor.fetchone()[0]


def told(actors: Iterable[str]) -> dict[str, str]:
    """`account:7` → the person's name today, for screens that say who did what. Jobs are no people and are left out."""
    wanted = {int(actor[8:]) for actor in actors if actor.startswith("account:") and actor[8:].isdigit()}
    if not wanted:
        return {}
    with connections[alias()].cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (a.id) a.id, n.name FROM staff_account a JOIN staff_member_profile n "
            "ON n.member_id = a.member_id AND upper_inf(n.known) WHERE a.id = ANY(%s) "
            "ORDER BY a.id, lower(n.effective) DESC",
            [sorted(wanted)],
        )
        return {f"account:{account}": name for account, name in cursor.fetchall()}


def colleagues(section: str, day: date) -> dict[str, str]:
    """`account:7` → name, of everybody with a post in a section and an open account on a day."""
    with connections[alias()].cursor() as cursor:
        cursor.execute(
            "SELECT a.id, n.name FROM staff_account a "
            "JOIN staff_post p ON p.member_id = a.member_id AND upper_inf(p.known) AND p.effective @> %(day)s::date "
            "JOIN staff_member_profile n ON n.member_id = a.member_id AND upper_inf(n.known) AND n.effective @> %(day)s::date "
            "WHERE p.section = %(section)s AND a.kind IN ('staff', 'contractor') AND a.open_from <= %(day)s "
            "AND (a.open_until IS NULL OR a.open_until > %(day)s) "
            "AND NOT EXISTS (SELECT 1 FROM staff_account_end e WHERE e.account_id = a.id AND e.ended_on <= %(day)s) "
            "ORDER BY n.kana, a.id",
            {"section": section, "day": day},
        )
        return {f"account:{account}": name for account, name in cursor.fetchall()}


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
