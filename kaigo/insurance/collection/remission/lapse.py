"""A remission stands on one assessment and, by cuts, on the terms it took yen off. When either is made anew, it lapses.

Never silently: a Decision says so, its entries are taken back in the transaction that books the new plan, and a task
asks a clerk whether it is to be decided again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.gather import Gathered
from kaigo.insurance.collection.in_force import remissions_in_force_sql
from kaigo.insurance.collection.models import Task
from kaigo.insurance.collection.remission.entries import back
from kaigo.insurance.collection.remission.models import Remission
from kaigo.insurance.collection.save import Judged, levied
from kaigo.insurance.ledger.post import post
from kaigo.law.dates import fiscal_year_name

REVISED = "賦課が更正され、減免のもとの賦課の決定がなくなりました。"
MOVED = "期別が決め直され、減免した期の調定が変わりました。"
TASK = "{year}の減免({yen:,}円)が失効しました。{why}減免を見直し、要るときは新しい申請として決めてください。"


class Lapsed(NamedTuple):
    """A remission that no longer holds, and why."""

    row: Remission
    why: str


def lapse(ctx: Context, fiscal_year: int, judged: Sequence[Judged]) -> int:
    """Take back what lapses with these plans, just saved. Returns how many remissions lapsed."""
    planned = {j.gathered.person: j for j in judged}
    held = rows(
        f"SELECT r.id FROM ({remissions_in_force_sql(ctx)}) r WHERE r.fiscal_year = %(year)s "
        "AND r.person_id = ANY(%(persons)s::bigint[])",
        {"year": fiscal_year, "persons": id_array(planned), "known_at": ctx.known_at},
    )
    standing = Remission.objects.filter(id__in=[number for (number,) in held]).order_by("id")
    found = [Lapsed(row, why) for row in standing if (why := _why(row, planned[row.person_id]))]
    record(ctx, found)
    return len(found)


def record(ctx: Context, found: Sequence[Lapsed]) -> None:
    """Decision, reversing entries of cuts, and task for each. Entries of a remission by stage go with the plan."""
    if not found:
        return
    Remission.objects.bulk_create(
        [
            Remission(
                person_id=row.person_id, supersedes=row, fiscal_year=row.fiscal_year, assessment_id=row.assessment_id,
                what="lapsed", ground=row.ground, manner=row.manner, yen=row.yen, after_yen=row.after_yen, cuts=row.cuts,
                facts=[], reasons=[], law=row.law, note=why, asked_by="", decided_on=ctx.on, actor=ctx.actor,
            )
            for row, why in found
        ],
        batch_size=1000,
    )  # fmt: skip
    post(ctx, [line for row, _ in found for line in back(row, ctx.on, "lapsed")])
    Task.objects.bulk_create(
        [
            Task(
                person_id=row.person_id, sort="remission", what=f"remission:{row.id}", state="open",
                message=TASK.format(year=fiscal_year_name(row.fiscal_year), yen=row.yen, why=why),
            )
            for row, why in found
        ],
        batch_size=1000,
    )  # fmt: skip


def _why(row: Remission, judged: Judged) -> str:
    if row.assessment_id != judged.gathered.assessment:
        return REVISED
    return MOVED if row.manner == "cuts" and _moved(row, judged) else ""


def _moved(row: Remission, judged: Judged) -> bool:
    """Whether a term that was cut is levied otherwise now. Another way of paying leaves the term as it is."""
    before, after = _before(judged.gathered), _after(judged)
    return any(
        before.get(term) != after.get(term) for term in (_term(way, number) for way, number, _ in row.cuts)
    )


def _before(gathered: Gathered) -> dict[tuple[str, int], int]:
    found: dict[tuple[str, int], int] = {}
    for key, yen in gathered.booked:
        found[_term(*key)] = found.get(_term(*key), 0) + yen
    return {term: yen for term, yen in found.items() if yen}


def _after(judged: Judged) -> dict[tuple[str, int], int]:
    now = levied(judged.parts, judged.finding.value.refund_yen)
    return {_term(*key): yen for key, yen in now.items() if yen}


def _term(way: str, number: int) -> tuple[str, int]:
    return ("deduction" if way == "deduction" else "direct", number)
