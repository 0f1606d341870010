"""A batch: frozen inputs, shadow result, second person, then the same work on the same inputs.

shadow  → Batch(state=shadowed): freeze, totals, who changes and by how much, who stands near a boundary
approve → Batch(state=approved) by another person than the one who asked
execute → Batch(state=done): judged again at the cut-off; refused when it would differ from the shadow
"""

from __future__ import annotations

from dataclasses import replace

from kaigo.base.jobs.registry import Progress
from kaigo.base.records.context import Context
from kaigo.base.records.freeze import freeze
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import locked
from kaigo.base.staff.who import same_person
from kaigo.insurance.premium import reports
from kaigo.insurance.premium.decide import judge, record, require_complete, values_for
from kaigo.insurance.premium.models import Batch
from kaigo.insurance.premium.twins import Twins
from kaigo.law.digest import law_version

_COMPARED = ("people", "yen", "decisions", "unclear", "barred", "digest")
_NAMES = {
    "people": "人数", "yen": "賦課額の合計", "decisions": "決定の件数", "unclear": "判定できない件数",
    "barred": "期間制限の件数", "digest": "決定の中身",
}  # fmt: skip


def shadow(
    ctx: Context, insurer: str, sort: str, fiscal_year: int, persons: list[int] | None = None,
    progress: Progress | None = None,
) -> Batch:  # fmt: skip
    """Freeze the inputs and judge everybody without deciding anything."""
    values = values_for(insurer, fiscal_year)
    require_complete(values)
    if Batch.objects.filter(sort=sort, fiscal_year=fiscal_year, state__in=("shadowed", "approved")).exists():
        raise Refused("この年度の影の計算がもうあります。承認して実行するか、取りやめてから始めてください。")
    taken = freeze(ctx, f"premium:{sort}:{fiscal_year}")
    twins = Twins(values)
    found = judge(replace(ctx, known_at=taken.cutoff), insurer, fiscal_year, sort, persons, progress, twins)
    kept = reports.keep(ctx, fiscal_year, found, persons, taken.cutoff)
    return Batch.objects.create(
        sort=sort,
        fiscal_year=fiscal_year,
        on=ctx.on,
        state="shadowed",
        freeze=taken,
        law=law_version(values.digest),
        requested_by=ctx.actor,
        totals=found.totals | kept | {"insurer": insurer, "twin": twins.done()},
    )


def approve(ctx: Context, batch: Batch) -> None:
    """By a second person. Raises Refused when it is the same one, or when the batch is not waiting."""
    locked(batch)
    if batch.state != "shadowed":
        raise Refused("この一括処理は承認待ちではありません。")
    if batch.totals.get("twin"):
        raise Refused(
            f"規則ともう一つの計算(双子)の答えが {len(batch.totals['twin'])} 人で違います。"
            "どちらが正しいかを確かめるまで承認できません。取りやめて、条文室の担当に知らせてください。"
        )
    if same_person(batch.requested_by, ctx.actor):
        raise Refused("影の計算をした本人は承認できません。別の職員が承認してください。")
    batch.state, batch.approved_by = "approved", ctx.actor
    batch.save(update_fields=["state", "approved_by"])


def abandon(ctx: Context, batch: Batch) -> None:
    """Give a batch up before it is done."""
    locked(batch)
    if batch.state not in ("shadowed", "approved"):
        raise Refused("終わった一括処理は取りやめられません。")
    batch.state = "abandoned"
    batch.save(update_fields=["state"])


def execute(ctx: Context, batch: Batch, progress: Progress | None = None) -> dict:
    """Decide what was shown. The same law room and the same cut-off, or nothing."""
    locked(batch)
    if batch.state != "approved":
        raise Refused("承認されていない一括処理は実行できません。")
    insurer = batch.totals["insurer"]
    values = values_for(insurer, batch.fiscal_year)
    if law_version(values.digest) != batch.law:
        raise Refused("影の計算の後に条文室の版が変わりました。影の計算からやり直してください。")
    # The day of the shadow too: what depends on the day (法200条の2) must be what was shown.
    at = replace(ctx, known_at=batch.freeze.cutoff, on=batch.on)
    persons = reports.report(batch)["persons"]
    found = judge(at, insurer, batch.fiscal_year, batch.sort, persons, progress)
    for key in _COMPARED:
        if found.totals[key] != batch.totals[key]:
            raise Refused(
                f"影の計算と結果が違います({_NAMES[key]})。影の計算の後に別の決定があったためです。"
                "影の計算からやり直してください。"
            )
    ids = record(ctx, insurer, batch.fiscal_year, batch.id, found)
    batch.state = "done"
    batch.totals = batch.totals | {"saved": len(ids), "executed_on": ctx.on.isoformat()}
    batch.save(update_fields=["state", "totals"])
    return batch.totals
