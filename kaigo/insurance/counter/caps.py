"""How many people somebody opens and lists on a day: at the limit he is stopped (security.md T-24).

Counted from the access record, for the human being behind all his accounts, by the server's clock. People of an
approved work list are not counted.
"""

from __future__ import annotations

from kaigo.base.audit.write import KEY
from kaigo.base.keys.index import index
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.base.staff.can import Staff
from kaigo.base.staff.tables import limits

WORK_LIST = "worklist:"
_TODAY = "date_trunc('day', now() AT TIME ZONE 'Asia/Tokyo') AT TIME ZONE 'Asia/Tokyo'"
# How many people pages named today, and which of those asked for are among them, as digests; who was shown beside them
# is not counted. Lists have no case.
_OPENED = f"""
    SELECT count(*), coalesce(array_agg(o.d) FILTER (WHERE o.d = ANY(%(asked)s::bytea[])), '{{}}') FROM (
        SELECT DISTINCT d FROM audit_event e CROSS JOIN unnest(e.opened) d
        WHERE e.member = %(member)s AND e.created_at >= {_TODAY} AND e.outcome = 'done'
          AND e.event IN ('page.read', 'page.act') AND e."case" <> '' AND e."case" NOT LIKE '{WORK_LIST}%%') o"""
_LISTED = f"""
    SELECT coalesce(sum(e.subjects), 0) FROM audit_event e
    WHERE e.member = %(member)s AND e.created_at >= {_TODAY} AND e.outcome = 'done'
      AND e.event IN ('page.read', 'page.act') AND e."case" = ''"""


def spent(ctx: Context, staff: Staff, people: tuple[int, ...]) -> str:
    """Why these people may not be opened today any more; "" = they may. Whom he opened today he may open again."""
    if ctx.case.startswith(WORK_LIST):
        return ""
    most, key = limits()["opened_per_day"], index(KEY)
    of = {one: key.every(f"person:{one}") for one in people}
    asked = [digest for every in of.values() for digest in every]
    ((opened, known),) = rows(_OPENED, {"member": staff.member, "asked": asked})
    again = {bytes(digest) for digest in known}
    more = [one for one in people if again.isdisjoint(of[one])]
    if not more or opened + len(more) <= most:
        return ""
    return (
        f"今日開いた人が上限の{most:,}人に達しました(一日に開ける人数の上限)。"
        "まとめて点検する仕事は、作業一覧を作り、係長か課長の承認を受けてください。承認された一覧の人は上限に数えません。"
    )


def listed(ctx: Context, staff: Staff, people: frozenset[int]) -> str:
    """The same for a list that is about to be answered."""
    most = limits()["listed_per_day"]
    ((before,),) = rows(_LISTED, {"member": staff.member})
    if before + len(people) <= most:
        return ""
    return (
        f"今日一覧に出した人が、のべ上限の{most:,}人に達しました(一日に一覧できる人数の上限)。"
        "一人ずつ番号や氏名で探すか、明日続けてください。まとまった名簿が要るときは、持出しを申請してください。"
    )
