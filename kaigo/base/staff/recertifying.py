"""棚卸し: every grant of a section looked at by somebody who does not hold it; kept or ended, all in one act."""

from __future__ import annotations

from collections.abc import Mapping

from kaigo.base.audit.write import record
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows_at
from kaigo.base.staff.applications import end_grant
from kaigo.base.staff.can import Reach
from kaigo.base.staff.models import Grant, Recertification
from kaigo.base.staff.people import member_of
from kaigo.law.dates import wareki

# His own are another's to look at.
_TO_REVIEW = """
SELECT g.id FROM staff_grant g JOIN staff_account a ON a.id = g.account_id LEFT JOIN staff_grant_end e ON e.grant_id = g.id
WHERE g.section = %(section)s AND a.member_id <> %(member)s
  AND coalesce(least(g.given_until, e.ended_on), 'infinity') > %(on)s ORDER BY g.id"""


def to_review(ctx: Context, section: str) -> set[int]:
    """Grants of a section that this person has to look at, running or still to come."""
    person = member_of(ctx.actor)
    member = person.id if person else 0
    return {grant for (grant,) in rows_at(ctx, _TO_REVIEW, section=section, member=member)}


def recertify(ctx: Context, section: str, keeps: Mapping[int, bool], reach: Reach) -> Recertification:
    """grant → whether it stays; of all that are to be reviewed, no more and no less. reach: see can. Raises Refused."""
    person = member_of(ctx.actor)
    if person is None:
        raise Refused("棚卸しは、アカウントを持つ人だけができます。")
    if not reach.covers({section}):
        raise Refused(
            "ほかの課の棚卸しです。できるのは、その課の権限を棚卸しする人か、すべての課を受け持つ人です。"
        )
    wanted = to_review(ctx, section)
    if not wanted:
        raise Refused("この課に、あなたが確かめる権限はありません。")
    if set(keeps) != wanted:
        raise Refused(
            "確かめていない権限があるか、そのあいだに権限が変わりました。一覧を開き直して、すべてに答えてください。"
        )
    ending = sorted(grant for grant, keep in keeps.items() if not keep)
    for grant in Grant.objects.filter(id__in=ending).order_by("id"):
        end_grant(ctx, grant, f"棚卸し {wareki(ctx.on)}", "棚卸しで不要とされた")
    made = Recertification.objects.create(
        section=section, reviewed_on=ctx.on, reviewed=len(keeps), ended=len(ending), reviewer=person, actor=ctx.actor
    )  # fmt: skip
    record(ctx, "staff.review", reviewed=len(keeps), ended=len(ending))
    return made
