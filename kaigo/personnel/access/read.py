"""What the pages of access read: applications with what became of them. Emergencies and reviews: watched.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.base.staff import enrolment

# Whom an address is about (base/desk/things.py): staff are nobody of the insured.
SUBJECTS = {
    "account": "",
    "application": "",
    "declaration": "",
    "watched": "",
    "emergency": "",
    "enrolment": "",
    "grant": "",
    "member": "",
    "passkey": "",
}
OUTCOMES = {
    "": ("承認待ち", "warn"),
    "approved": ("承認", "good"),
    "rejected": ("却下", "bad"),
    "withdrawn": ("取下げ", "neutral"),
}


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """What was asked for whom by whom, and its ruling ("" = waits)."""

    id: int
    form: str
    kind: str
    role: str
    section: str
    begins: date
    until: date | None
    reason: str
    account: int
    login: str
    member: int
    member_name: str
    asker: int
    asked_by: str
    asked_on: date
    outcome: str
    ruled_by: str
    ruled_on: date | None
    ruling_reason: str


def name_of(member: str) -> str:
    """SQL: the newest name of a member, by the column that holds his id."""
    return (
        "coalesce((SELECT n.name FROM staff_member_profile n WHERE n.member_id = "
        f"{member} AND upper_inf(n.known) ORDER BY lower(n.effective) DESC LIMIT 1), '')"
    )


_APPLICATION = f"""
SELECT s.id, s.form_number, s.kind, s.role, s.section, s.wanted_from, s.wanted_until, s.reason, s.account_id, a.login,
  s.member_id, {name_of("s.member_id")}, s.requested_by_id, {name_of("s.requested_by_id")}, s.requested_on,
  coalesce(r.outcome, ''), {name_of("r.ruled_by_id")}, r.ruled_on, coalesce(r.reason, '')
FROM staff_application s JOIN staff_account a ON a.id = s.account_id LEFT JOIN staff_ruling r ON r.application_id = s.id"""
_OF = (
    "(%(outcome)s = 'all' OR coalesce(r.outcome, '') = %(outcome)s) "
    "AND (%(member)s::bigint IS NULL OR %(member)s IN (s.member_id, s.requested_by_id))"
)


def applications(
    ctx: Context, outcome: str = "all", member: int | None = None, limit: int = 50, offset: int = 0
) -> list[ApplicationView]:
    """Those that wait first (the oldest of them first), then the newest; of one outcome, or about or by one member."""
    query = (
        f"{_APPLICATION} WHERE {_OF} ORDER BY r.id IS NOT NULL, CASE WHEN r.id IS NULL THEN s.id END, s.id DESC "
        "LIMIT %(limit)s OFFSET %(offset)s"
    )
    found = rows_at(ctx, query, outcome=outcome, member=member, limit=limit, offset=offset)
    return [ApplicationView(*row) for row in found]


def application_count(ctx: Context, outcome: str = "all", member: int | None = None) -> int:
    """How many `applications` would list without limit."""
    query = f"SELECT count(*) FROM staff_application s LEFT JOIN staff_ruling r ON r.application_id = s.id WHERE {_OF}"
    return rows_at(ctx, query, outcome=outcome, member=member)[0][0]


def application(ctx: Context, id: int) -> ApplicationView | None:
    """One application."""
    found = rows_at(ctx, f"{_APPLICATION} WHERE s.id = %(id)s", id=id)
    return ApplicationView(*found[0]) if found else None


@dataclass(frozen=True, slots=True)
class WordView:
    """A word that waits for another person: whose account, on which form, by whom. sections: of the owner."""

    id: int
    form: str
    reason: str
    login: str
    member: int
    member_name: str
    issuer: int
    issued_by: str
    issued_at: datetime
    valid_until: datetime
    sections: tuple[str, ...]


_WORD = f"""
SELECT e.id, e.form_number, e.reason, a.login, e.member_id, {name_of("e.member_id")}, e.issued_by_id,
  {name_of("e.issued_by_id")}, e.created_at, e.valid_until,
  (SELECT array_agg(p.section ORDER BY p.section) FROM staff_post p WHERE p.member_id = e.member_id
   AND upper_inf(p.known) AND coalesce(upper(p.effective), 'infinity') > %(on)s)
FROM staff_enrolment e JOIN staff_account a ON a.id = e.account_id WHERE e.id = ANY(%(ids)s) ORDER BY e.id"""


def words(ctx: Context, limit: int = 50, offset: int = 0) -> list[WordView]:
    """Words that wait for another person, the oldest first; never the word itself."""
    ids = list(enrolment.waiting(ctx.on).values_list("id", flat=True)[offset : offset + limit])
    return [
        WordView(*head, tuple(dict.fromkeys(sections or ())))
        for *head, sections in rows_at(ctx, _WORD, ids=ids)
    ]


def words_waiting(ctx: Context) -> int:
    """How many. Cheap."""
    return enrolment.waiting(ctx.on).count()
