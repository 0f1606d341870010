"""What ends with a post: the grants for its section, and the open sessions of whoever has no post left."""

from __future__ import annotations

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.base.staff.applications import end_grant
from kaigo.base.staff.models import Grant
from kaigo.base.staff.sessions import end_sessions

_LOST = """
SELECT g.id FROM staff_grant g JOIN staff_account a ON a.id = g.account_id
LEFT JOIN staff_grant_end e ON e.grant_id = g.id
WHERE e.id IS NULL AND g.given_from <= %(on)s AND coalesce(g.given_until, 'infinity') > %(on)s
  AND NOT EXISTS (SELECT 1 FROM staff_post p WHERE p.member_id = a.member_id AND p.section = g.section
                  AND upper_inf(p.known) AND coalesce(upper(p.effective), 'infinity') > %(on)s)
ORDER BY g.id"""
_NOWHERE = """
SELECT a.id FROM staff_account a WHERE NOT EXISTS (
  SELECT 1 FROM staff_post p WHERE p.member_id = a.member_id AND upper_inf(p.known) AND p.effective @> %(on)s::date)"""


def end_what_lost_its_post(ctx: Context, name: str) -> int:
    """End every grant whose person has no post in its section on ctx.on or later; returns how many.

    Nobody could use them any more since the first moment of that day (can.py); this is what the record says of it.
    """
    grants = [number for (number,) in rows_at(ctx, _LOST)]
    for grant in Grant.objects.filter(id__in=grants).order_by("id"):
        end_grant(ctx, grant, f"職員異動 {name}"[:60], "所属の終わり")
    end_sessions(account for (account,) in rows_at(ctx, _NOWHERE))
    return len(grants)
