"""作業一覧: asked for by one, approved by another human being, good for named people, named staff and at most 31 days."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, timedelta

from django.db import transaction

from kaigo.base.audit.seen import saw
from kaigo.base.audit.write import KEY
from kaigo.base.keys.index import index
from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.base.staff.who import same_person
from kaigo.insurance.counter.models import WorkList, WorkListEnd, WorkListPerson, WorkListRuling, WorkListUser
from kaigo.insurance.qualification import read as qualification

MOST_PEOPLE, MOST_DAYS = 500, 31
NO_USER = "使う人を一人以上選んでください。"
STATES = {
    "asked": ("warn", "承認待ち"),
    "approved": ("good", "承認済み"),
    "rejected": ("bad", "却下"),
    "ended": ("neutral", "終了"),
}
# What explains a look: an approved list that holds the person and may be used by this account on this day.
EXPLAINS = """
    SELECT p.person_id, 'worklist:' || w.id AS "case", 0 AS place FROM counter_work_list_person p
    JOIN counter_work_list w ON w.id = p.work_list_id
    JOIN counter_work_list_ruling r ON r.work_list_id = w.id AND r.outcome = 'approved'
    WHERE p.person_id = ANY(%(people)s::bigint[]) AND w.until > %(on)s::date
      AND EXISTS (SELECT 1 FROM counter_work_list_user u WHERE u.work_list_id = w.id AND u.used_by = %(actor)s)
      AND NOT EXISTS (SELECT 1 FROM counter_work_list_end e WHERE e.work_list_id = w.id)"""


def numbers_in(text: str) -> list[str]:
    """The insured numbers of a pasted text, once each; Refused names what is no number."""
    found = list(dict.fromkeys(re.split(r"[\s,、]+", unicodedata.normalize("NFKC", text).strip())))
    found = [one for one in found if one]
    wrong = [one for one in found if not re.fullmatch(r"[0-9]{10}", one)]
    if wrong:
        raise Refused(f"被保険者番号(10桁)として読めません: {'、'.join(wrong[:10])}")
    if not found:
        raise Refused("被保険者番号を一つ以上書いてください。")
    if len(found) > MOST_PEOPLE:
        raise Refused(
            f"一つの作業一覧は{MOST_PEOPLE}人までです(いま{len(found):,}人)。分けて申請してください。"
        )
    return found


def people_of(ctx: Context, text: str) -> list[int]:
    """The people behind a pasted list of insured numbers; Refused names the unknown ones."""
    numbers = numbers_in(text)
    known = qualification.persons_of(ctx, numbers)
    unknown = [number for number in numbers if number not in known]
    if unknown:
        raise Refused(
            f"この番号の被保険者はいません: {'、'.join(unknown[:10])}{' ほか' if len(unknown) > 10 else ''}"
        )
    return list(dict.fromkeys(known.values()))


def ask(
    ctx: Context,
    name: str,
    purpose: str,
    reason: str,
    last: date,
    people: Iterable[int],
    users: Iterable[str],
) -> WorkList:
    """A list that explains nothing until somebody else approves it. last: its last day."""
    without_my_number(name, reason)
    if not ctx.on <= last < ctx.on + timedelta(days=MOST_DAYS):
        raise Refused(f"いつまで: 今日から{MOST_DAYS}日以内の日を書いてください。")
    people, users = list(people), list(dict.fromkeys(users))
    if not users:
        raise Refused(NO_USER)
    with transaction.atomic():
        made = WorkList.objects.create(
            name=name,
            purpose=purpose,
            reason=reason,
            until=last + timedelta(days=1),
            actor=ctx.actor,
            asked_on=ctx.on,
        )
        WorkListPerson.objects.bulk_create(
            WorkListPerson(work_list=made, person_id=person) for person in people
        )
        WorkListUser.objects.bulk_create(WorkListUser(work_list=made, used_by=user) for user in users)
    saw(people)
    return made


def rule(ctx: Context, asked: WorkList, outcome: str, remark: str) -> WorkListRuling:
    """By another human being than who asked: two accounts of one are one."""
    without_my_number(remark)
    if outcome not in ("approved", "rejected"):
        raise Refused("承認か却下を選んでください。")
    if state(ctx, asked) != "asked":
        raise Refused("この作業一覧は、もう決まっています。")
    if same_person(ctx.actor, asked.actor):
        raise Refused("自分が申請した作業一覧は、自分では承認も却下もできません。ほかの人に頼んでください。")
    return WorkListRuling.objects.create(
        work_list=asked, outcome=outcome, remark=remark, actor=ctx.actor, ruled_on=ctx.on
    )


def end(ctx: Context, asked: WorkList) -> WorkListEnd:
    """From now on it explains nothing more."""
    if state(ctx, asked) not in ("asked", "approved"):
        raise Refused("この作業一覧は、もう終わっています。")
    return WorkListEnd.objects.create(work_list=asked, actor=ctx.actor, ended_on=ctx.on)


def state(ctx: Context, asked: WorkList) -> str:
    """A key of STATES."""
    if WorkListEnd.objects.filter(work_list=asked).exists() or asked.until <= ctx.on:
        return "ended"
    ruling = WorkListRuling.objects.filter(work_list=asked).first()
    return ruling.outcome if ruling else "asked"


def opened(asked: WorkList, people: Iterable[int]) -> dict[int, list[tuple[str, date]]]:
    """person → (actor, day) of everybody who opened him by this list."""
    key = index(KEY)
    digests = {digest: person for person in people for digest in key.every(f"person:{person}")}
    found: dict[int, list[tuple[str, date]]] = {}
    for digest, actor, day in rows(
        "SELECT DISTINCT s.digest, e.actor, (e.created_at AT TIME ZONE 'Asia/Tokyo')::date FROM audit_subject s "
        'JOIN audit_event e ON e.id = s.event_id WHERE s.digest = ANY(%s::bytea[]) AND e."case" = %s '
        "AND e.outcome = 'done' ORDER BY 3, 2",
        [list(digests), f"worklist:{asked.id}"],
    ):
        found.setdefault(digests[bytes(digest)], []).append((actor, day))
    return found
