"""Members, their names and posts: what the staff list says, restated. Runs in the staff system."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db import connection
from psycopg.types.range import Range

from kaigo.base.keys.index import index
from kaigo.base.records.bulk import copy_rows
from kaigo.base.records.context import Context
from kaigo.base.records.statements import restate, stating
from kaigo.base.staff.marks import MARKS, own_words
from kaigo.base.staff.models import Member, MemberProfile, Post, SelfMark


class Told(NamedTuple):
    """A line of the staff list: who, where, from when until when (exclusive, None = open)."""

    staff_number: str
    name: str
    kana: str
    birth_date: date | None
    employment: str
    section: str
    title: str
    begins: date
    ends: date | None
    contract: str = ""


def believe_people(
    ctx: Context, lines: Iterable[Told], source: str, gone: Iterable[str] = ()
) -> dict[str, Member]:
    """Believe names and posts: the lines are all that the list says about these members; what it said before and says
    no more is over. source: `feed:…`; gone: staff numbers of whom it says nothing any more. Returns the members of
    the lines by staff number. In the caller's transaction.
    """
    lines, gone = list(lines), set(gone)
    known = {line.staff_number for line in lines}
    members = {m.staff_number: m for m in Member.objects.filter(staff_number__in=known | gone)}
    for line in lines:
        if line.staff_number not in members:
            members[line.staff_number] = Member.objects.create(staff_number=line.staff_number)
    newest = {line.staff_number: line for line in sorted(lines, key=lambda line: line.begins)}
    first = {
        line.staff_number: line.begins for line in sorted(lines, key=lambda line: line.begins, reverse=True)
    }
    _subjects(members[number].id for number in known)
    _restate(MemberProfile, ("member_id", "name", "kana", "employment"), source, ctx, (
        ((members[number].id, line.name, line.kana, line.employment), Range(first[number], None))
        for number, line in newest.items()
    ))  # fmt: skip
    # Who has gone keeps his name.
    _subjects(member.id for member in members.values())
    _restate(Post, ("member_id", "section", "title", "contract"), source, ctx, (
        ((members[line.staff_number].id, line.section, line.title, line.contract), Range(line.begins, line.ends))
        for line in lines
    ))  # fmt: skip
    for number, line in newest.items():
        if line.birth_date is not None:
            mark(members[number], own_words(line.kana, line.birth_date))
    return {number: members[number] for number in known}


def _subjects(members: Iterable[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS members_told")
        cursor.execute(
            "CREATE TEMPORARY TABLE members_told ON COMMIT DROP AS SELECT unnest(%s::bigint[]) AS member_id",
            [list(members)],
        )


def _restate(model, columns: tuple[str, ...], source: str, ctx: Context, told: Iterable) -> None:
    table = stating(model)
    copy_rows(
        table,
        (*columns, "effective", "notified_on", "source"),
        ((*row, span, ctx.on, source) for row, span in told),
    )
    restate(model, table, "members_told")


def mark(member: Member, words: str) -> None:
    """Remember who a member is among the insured, as a digest that no other person can be found from."""
    SelfMark.objects.get_or_create(member=member, digest=index(MARKS).digest(words))


def sections_of(member: int, day: date) -> frozenset[str]:
    """Where a member has a post on a day or later."""
    posts = Post.objects.filter(member_id=member, known__upper_inf=True)
    return frozenset(p.section for p in posts if p.effective.upper is None or p.effective.upper > day)


def employment_of(member: int) -> str:
    """staff | contractor, as the staff list says it last; "" for whom it has never named."""
    told = (
        MemberProfile.objects.filter(member_id=member, known__upper_inf=True).order_by("-effective").first()
    )
    return told.employment if told else ""


def member_of(actor: str) -> Member | None:
    """The human being behind `account:7`; None for jobs and unknown accounts."""
    if not actor.startswith("account:"):
        return None
    return Member.objects.filter(accounts__id=int(actor[8:])).first()
