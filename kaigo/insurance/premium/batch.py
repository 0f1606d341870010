"""A batch: frozen inputs, shadow result, second person, then the same work on the same inputs.

shadow  → Batch(state=shadowed): freeze, totals, who changes and by how much, who stands near a boundary
approve → Batch(state=approved) by another person than the one who asked
execute → Batch(state=done): judged again at the cut-off; refused when it would differ from the shadow
"""

from __future__ import annotations

import json

from django.db import connection

from kaigo.base.files import store
from kaigo.base.jobs.registry import Progress
from kaigo.base.records.context import Context
from kaigo.base.records.freeze import freeze
from kaigo.base.records.refusal import Refused
from kaigo.insurance.premium.decide import Judgement, judge, record, require_complete, values_for
from kaigo.insurance.premium.models import Batch
from kaigo.law.digest import law_version

NEAR_PERCENT = 1
SORTS = {"provisional": "仮徴収", "main": "本算定", "monthly": "月次異動", "prior": "過年度更正"}


def shadow(
    ctx: Context, insurer: str, sort: str, fiscal_year: int, persons: list[int] | None = None,
    progress: Progress | None = None,
) -> Batch:  # fmt: skip
    """Freeze the inputs and judge everybody without deciding anything."""
    values = values_for(insurer, fiscal_year)
    require_complete(values)
    taken = freeze(ctx, f"premium:{sort}:{fiscal_year}")
    found = judge(_at(ctx, taken.cutoff), insurer, fiscal_year, sort, persons, progress)
    report = _report(found, values)
    report["persons"] = persons
    digest = store.put(json.dumps(report, ensure_ascii=False).encode())
    return Batch.objects.create(
        sort=sort,
        fiscal_year=fiscal_year,
        on=ctx.on,
        state="shadowed",
        freeze=taken,
        law=law_version(values.digest),
        requested_by=ctx.actor,
        totals=found.totals | {"report": digest, "near": len(report["near"]), "insurer": insurer},
    )


def approve(ctx: Context, batch: Batch) -> None:
    """By a second person. Raises Refused when it is the same one, or when the batch is not waiting."""
    if batch.state != "shadowed":
        raise Refused("この一括処理は承認待ちではありません。")
    if batch.requested_by == ctx.actor:
        raise Refused("影の計算をした本人は承認できません。別の職員が承認してください。")
    batch.state, batch.approved_by = "approved", ctx.actor
    batch.save(update_fields=["state", "approved_by"])


def abandon(ctx: Context, batch: Batch) -> None:
    """Give a batch up before it is done."""
    if batch.state not in ("shadowed", "approved"):
        raise Refused("終わった一括処理は取りやめられません。")
    batch.state = "abandoned"
    batch.save(update_fields=["state"])


def execute(ctx: Context, batch: Batch, progress: Progress | None = None) -> dict:
    """Decide what was shown. The same law room and the same cut-off, or nothing."""
    if batch.state != "approved":
        raise Refused("承認されていない一括処理は実行できません。")
    insurer = batch.totals["insurer"]
    values = values_for(insurer, batch.fiscal_year)
    if law_version(values.digest) != batch.law:
        raise Refused("影の計算の後に条文室の版が変わりました。影の計算からやり直してください。")
    persons = report(batch)["persons"]
    found = judge(_at(ctx, batch.freeze.cutoff), insurer, batch.fiscal_year, batch.sort, persons, progress)
    for key in ("people", "yen", "decisions", "unclear"):
        if found.totals[key] != batch.totals[key]:
            raise Refused(
                f"影の計算と結果が違います({key}: {batch.totals[key]:,} → {found.totals[key]:,})。"
                "影の計算の後に別の決定があったためです。影の計算からやり直してください。"
            )
    sort = {"provisional": "provisional", "main": "main"}.get(batch.sort, "revision")
    ids = record(ctx, insurer, batch.fiscal_year, sort, batch.id, found)
    batch.state = "done"
    batch.totals = batch.totals | {"saved": len(ids)}
    batch.save(update_fields=["state", "totals"])
    return batch.totals


def report(batch: Batch) -> dict:
    """The shadow's report: changed [{person, before, after, stage}], near [{person, income, boundary}], histogram."""
    return json.loads(store.get(batch.totals["report"]))


def _at(ctx: Context, cutoff) -> Context:
    return Context(ctx.actor, ctx.purpose, ctx.on, ctx.case, cutoff)


def _report(found: Judgement, values) -> dict:
    before = _amounts([j.supersedes for j in found.judged if j.supersedes])
    changed = [
        {"person": j.person, "before": before.get(j.supersedes), "after": j.annual_yen, "stage": j.stage}
        for j in found.judged
        if j.supersedes
    ]
    return {
        "changed": changed,
        "near": _near(found, values),
        "unclear": [[p, [list(m) for m in ms]] for p, ms in found.unclear],
    }


def _amounts(ids: list[int]) -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, annual_yen FROM premium_assessment WHERE id = ANY(%s)", [ids])
        return dict(cursor.fetchall())


def _near(found: Judgement, values) -> list[dict]:
    """Everyone whose deciding amount lies within one per cent of a boundary of the table (N-2)."""
    near = []
    for judged in found.judged:
        for reason in judged.reasons:
            for amount, boundary in _amount_and_boundaries(reason):
                if boundary and abs(amount - boundary) * 100 <= boundary * NEAR_PERCENT:
                    near.append({"person": judged.person, "income": amount, "boundary": boundary})
    return near


def _amount_and_boundaries(reason):
    identifier, _, args, parts = reason
    if identifier in ("stage.low", "stage.middle"):
        yield args[1], args[2]
    if identifier == "stage.taxed":
        yield args[1], args[2]
        yield args[1], args[3]
    for part in parts:
        yield from _amount_and_boundaries(part)
