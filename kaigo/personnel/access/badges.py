"""What waits for the one who is asked: only what he himself may rule, confirm, review or look into. Cheap counts."""

from __future__ import annotations

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.base.staff import enrolment
from kaigo.base.staff.can import Reach, Staff, reach
from kaigo.base.staff.tables import roles
from kaigo.personnel.access import watched

# Of the sections that he may rule for; what names no section is of the person's own.
_WITHIN = """(%(everywhere)s OR {section} = ANY(%(sections)s) OR {section} = '' AND EXISTS (
  SELECT 1 FROM staff_post p WHERE p.member_id = {member} AND p.section = ANY(%(sections)s)
  AND upper_inf(p.known) AND coalesce(upper(p.effective), 'infinity') > %(on)s))"""
_APPLICATIONS = f"""
SELECT count(*) FROM staff_application s WHERE NOT EXISTS (SELECT 1 FROM staff_ruling r WHERE r.application_id = s.id)
  AND %(member)s NOT IN (s.member_id, s.requested_by_id) AND {_WITHIN.format(section="s.section", member="s.member_id")}
  AND (%(everywhere)s OR s.kind <> 'grant' OR s.role <> ALL(%(wide)s))"""
_WORDS = f"""
SELECT count(*) FROM staff_enrolment e WHERE e.id = ANY(%(ids)s) AND %(member)s NOT IN (e.member_id, e.issued_by_id)
  AND {_WITHIN.format(section="''", member="e.member_id")}"""


def applications(ctx: Context, staff: Staff) -> int:
    """Applications that he may rule."""
    within = reach(staff, "staff.approve", "staff", ctx.on)
    wide = [name for name, role in roles().items() if (given := role.on(ctx.on)) and given.everywhere]
    return _count(ctx, _APPLICATIONS, staff, within, wide=wide)


def words(ctx: Context, staff: Staff) -> int:
    """Words for keys that he may confirm."""
    within = reach(staff, "staff.approve", "staff", ctx.on)
    ids = list(enrolment.waiting(ctx.on).values_list("id", flat=True))
    return _count(ctx, _WORDS, staff, within, ids=ids)


def sections(ctx: Context, staff: Staff) -> int:
    """Sections that are late and that he may review."""
    within = reach(staff, "staff.review", "staff", ctx.on)
    return sum(one.overdue(ctx.on) and within.covers({one.section}) for one in watched.sections(ctx))


def emergencies(ctx: Context, staff: Staff) -> int:
    """Emergencies of others that nobody has looked into."""
    return watched.emergencies_waiting(ctx, staff.member)


def _count(ctx: Context, query: str, staff: Staff, within: Reach, **more: object) -> int:
    return rows_at(
        ctx,
        query,
        member=staff.member,
        everywhere=within.everywhere,
        sections=sorted(within.sections),
        **more,
    )[0][0]
