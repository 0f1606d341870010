"""What waits for somebody's eye: emergencies without a review, sections whose grants nobody has looked at in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.base.staff.tables import limits
from kaigo.law.dates import add_months
from kaigo.personnel.access.read import name_of


@dataclass(frozen=True, slots=True)
class EmergencyView:
    """An emergency and what was found ("" = nobody has looked)."""

    id: int
    member: int
    name: str
    login: str
    section: str
    case: str
    reason: str
    begun_at: datetime
    ends_at: datetime
    running: bool
    review_by: date
    outcome: str
    remark: str
    reviewed_by: str
    reviewed_on: date | None

    def overdue(self, day: date) -> bool:
        return not self.outcome and self.review_by < day


_EMERGENCY = f"""
SELECT x.id, a.member_id, {name_of("a.member_id")}, a.login,
  coalesce((SELECT string_agg(p.section, '、' ORDER BY p.section) FROM staff_post p WHERE p.member_id = a.member_id
            AND upper_inf(p.known) AND p.effective @> %(on)s::date), ''),
  x."case", x.reason, x.begun_at, x.ends_at, x.ends_at > now(), x.review_by, coalesce(v.outcome, ''),
  coalesce(v.remark, ''),
  coalesce((SELECT {name_of("b.member_id")} FROM staff_account b WHERE 'account:' || b.id = v.actor), ''), v.reviewed_on
FROM staff_emergency x JOIN staff_account a ON a.id = x.account_id
LEFT JOIN staff_emergency_review v ON v.emergency_id = x.id"""


def emergencies(ctx: Context, limit: int = 50, offset: int = 0) -> list[EmergencyView]:
    """Those that wait first, the oldest of them first; then the newest."""
    query = (
        f"{_EMERGENCY} ORDER BY v.id IS NOT NULL, CASE WHEN v.id IS NULL THEN x.id END, x.id DESC "
        "LIMIT %(limit)s OFFSET %(offset)s"
    )
    return [EmergencyView(*row) for row in rows_at(ctx, query, limit=limit, offset=offset)]


def emergency(ctx: Context, id: int) -> EmergencyView | None:
    """One of them."""
    found = rows_at(ctx, f"{_EMERGENCY} WHERE x.id = %(id)s", id=id)
    return EmergencyView(*found[0]) if found else None


def emergency_count(ctx: Context) -> int:
    return rows_at(ctx, "SELECT count(*) FROM staff_emergency")[0][0]


def emergencies_waiting(ctx: Context, member: int) -> int:
    """Begun by others than this member and not yet looked into by anybody. Cheap."""
    query = (
        "SELECT count(*) FROM staff_emergency x JOIN staff_account a ON a.id = x.account_id "
        "WHERE a.member_id <> %(member)s AND NOT EXISTS "
        "(SELECT 1 FROM staff_emergency_review v WHERE v.emergency_id = x.id)"
    )
    return rows_at(ctx, query, member=member)[0][0]


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section with its grants. due: the first day by which one of them must be looked at."""

    section: str
    grants: int
    last: date | None
    due: date

    def overdue(self, day: date) -> bool:
        return self.due < day


# A grant counts from its first day, or from the last look of somebody who does not hold it.
_SECTIONS = """
SELECT g.section, count(*), (SELECT max(r.reviewed_on) FROM staff_recertification r WHERE r.section = g.section),
  min(coalesce((SELECT max(r.reviewed_on) FROM staff_recertification r WHERE r.section = g.section
                AND r.reviewer_id <> a.member_id AND r.reviewed_on >= g.given_from), g.given_from))
FROM staff_grant g JOIN staff_account a ON a.id = g.account_id LEFT JOIN staff_grant_end e ON e.grant_id = g.id
WHERE coalesce(least(g.given_until, e.ended_on), 'infinity') > %(on)s GROUP BY g.section ORDER BY g.section"""


def sections(ctx: Context) -> list[SectionView]:
    """Every section with grants on ctx.on or later."""
    months = limits()["recertification_months"]
    return [
        SectionView(section, grants, last, add_months(since, months))
        for section, grants, last, since in rows_at(ctx, _SECTIONS)
    ]


def reviews(ctx: Context, section: str) -> list[tuple[date, int, int, str]]:
    """(day, looked at, ended, by whom) of a section, the newest first."""
    query = (
        f"SELECT r.reviewed_on, r.reviewed, r.ended, {name_of('r.reviewer_id')} FROM staff_recertification r "
        "WHERE r.section = %(section)s ORDER BY r.id DESC LIMIT 20"
    )
    return rows_at(ctx, query, section=section)
