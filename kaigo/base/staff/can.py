"""May he? The one decision about access: a pure function of what is known of the person, the thing and the moment.

It is asked anew at every request and its answer is kept nowhere but in the audit event.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from kaigo.base.staff.tables import OWN, Permission, Role, contracts, limits, permissions

NO_FIELDS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Posted:
    """A post from a day until a day (exclusive, None = open)."""

    section: str
    title: str
    begins: date
    ends: date | None = None
    contract: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A grant from a day until a day (exclusive, None = open; an early end already counted)."""

    id: int
    role: Role
    section: str
    begins: date
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is asking: an account, the person behind it, his posts and grants, and how he came in.

    marks: digests of who he is among the insured. proved: seconds since he last proved himself, by the server's clock.
    emergency: id of a 緊急閲覧 that is running now, None = none.
    """

    account: int
    member: int
    name: str
    kind: str
    posts: tuple[Posted, ...] = ()
    grants: tuple[Held, ...] = ()
    marks: frozenset[bytes] = frozenset()
    session: int | None = None
    method: str = "passkey"
    proved: float | None = None
    emergency: int | None = None
    open_from: date = date.min
    open_until: date | None = None
    day: date = date.min

    @property
    def actor(self) -> str:
        return f"account:{self.account}"

    @property
    def post(self) -> Posted | None:
        """The post that screens name: the first in force on the day of the request."""
        return next((p for p in self.posts if _in_force(p.begins, p.ends, self.day)), None)

    @property
    def section(self) -> str:
        return self.post.section if self.post else ""

    @property
    def title(self) -> str:
        return self.post.title if self.post else ""

    @property
    def permissions(self) -> frozenset[str]:
        """Which links and buttons to draw. What lies behind them asks `can` again, for its own purpose."""
        return frozenset(name for name in permissions() if self.may(name))

    @property
    def purposes(self) -> frozenset[str]:
        """For what any of his roles may look at people today."""
        return frozenset().union(*(g.role.on(self.day).purposes for g in _grants(self, "", "", self.day)))

    def may(self, permission: str) -> bool:
        """The same for one of them."""
        return bool(_grants(self, permission, "", self.day)) or (permission == OWN and self.post is not None)


@dataclass(frozen=True, slots=True)
class Thing:
    """What is looked at or changed. people: ids of the people it is about; marks: digests of them and their households.

    guarded: one of them is under 支援措置. Who is, only the system that knows people can say.
    """

    kind: str = ""
    id: str = ""
    people: tuple[int, ...] = ()
    marks: frozenset[bytes] = frozenset()
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """why: "" | nobody | closed | no_post | permission | guarded | self | step_up. grants: the ids that allowed it."""

    allowed: bool
    why: str = ""
    grants: tuple[int, ...] = ()
    fields: frozenset[str] = field(default=NO_FIELDS)
    emergency: int | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """For which sections somebody may rule and review."""

    sections: frozenset[str] = frozenset()
    everywhere: bool = False

    def covers(self, sections: Iterable[str]) -> bool:
        return self.everywhere or not self.sections.isdisjoint(sections)


NOTHING = Thing()
EVERYWHERE = Reach(everywhere=True)


def can(actor: Staff | None, permission: str, thing: Thing | None, purpose: str, at: date) -> Answer:
    """Whether `actor` may do what `permission` names with `thing`, for `purpose`, on the business date `at`.

    Default deny: no grant in force of a role that has the permission and the purpose, given for a section where the
    person has a post that day, is a refusal. Whoever is among the people of the thing, or of their household, may look
    but never act (自分・世帯への書込み禁止).
    """
    known = permissions().get(permission)
    if actor is None:
        return Answer(False, "nobody")
    if known is None or not purpose:
        return Answer(False, "permission")
    if not _in_force(actor.open_from, actor.open_until, at):
        return Answer(False, "closed")
    if not any(_in_force(p.begins, p.ends, at) for p in actor.posts):
        return Answer(False, "no_post")
    used = _grants(actor, permission, purpose, at)
    emergency = None
    if not used and permission != OWN:
        emergency = actor.emergency if _looks_at_people(permission) else None
        if emergency is None:
            return Answer(False, "permission")
        if thing is not None and thing.guarded:
            return Answer(False, "guarded", emergency=emergency)
    if known.acts and thing is not None and thing.marks & actor.marks:
        return Answer(False, "self", _ids(used))
    if _must_prove(actor, known):
        return Answer(False, "step_up", _ids(used))
    seen = frozenset().union(*(g.role.on(at).fields for g in used))
    return Answer(True, "", _ids(used), EVERYTHING if emergency else seen, emergency)


def reach(actor: Staff, permission: str, purpose: str, at: date) -> Reach:
    """The sections of the grants that give him the permission; all, when a role of his says so (roles.yaml)."""
    used = _grants(actor, permission, purpose, at)
    if any(grant.role.on(at).everywhere for grant in used):
        return EVERYWHERE
    return Reach(frozenset(grant.section for grant in used))


# In an emergency everything of the person is seen, but nobody under 支援措置; another person looks into it afterwards.
EVERYTHING = frozenset({"*"})


def _looks_at_people(permission: str) -> bool:
    """What an emergency opens: looking at the insured. Not the records of accesses, not who may do what."""
    return permission.endswith(".view") and not permission.startswith(("audit.", "staff."))


def _grants(actor: Staff, permission: str, purpose: str, at: date) -> list[Held]:
    """The grants in force that give the permission ("" = any) for the purpose ("" = any)."""
    places = {p.section: p for p in actor.posts if _in_force(p.begins, p.ends, at)}
    found = []
    for grant in actor.grants:
        place = places.get(grant.section)
        gives = grant.role.on(at)
        if place is None or gives is None or not _in_force(grant.begins, grant.ends, at):
            continue
        if actor.kind not in gives.kinds or (permission and permission not in gives.permissions):
            continue
        if purpose and purpose not in gives.purposes:
            continue
        # Whoever is lent by a contract is bound by its item, whatever kind of account somebody opened for him.
        if (actor.kind == "contractor" or place.contract) and not _contracted(
            place.contract, grant.role.name
        ):
            continue
        found.append(grant)
    return found


def _contracted(item: str, role: str) -> bool:
    contract = contracts().get(item)
    return contract is not None and role in contract.roles


def _must_prove(actor: Staff, permission: Permission) -> bool:
    return permission.step_up and (actor.proved is None or actor.proved > limits()["step_up_minutes"] * 60)


def _ids(grants: list[Held]) -> tuple[int, ...]:
    return tuple(grant.id for grant in grants)


def _in_force(begins: date, ends: date | None, at: date) -> bool:
    return begins <= at and (ends is None or at < ends)
