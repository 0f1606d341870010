"""Application → law → what one person puts forward → what another human being decides, with what follows from it.

Between the two nothing may have changed: the second judges again and is refused when the answer is another one.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any, NamedTuple

from kaigo.base.records.bulk import to_json
from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import locked, rows
from kaigo.base.staff.who import same_person
from kaigo.insurance.collection.decide import plan_all
from kaigo.insurance.collection.in_force import remissions_in_force_sql
from kaigo.insurance.collection.locks import remitting
from kaigo.insurance.collection.models import Task
from kaigo.insurance.collection.remission.entries import back, off
from kaigo.insurance.collection.remission.gather import Basis, basis, deferral_facts, remission_facts
from kaigo.insurance.collection.remission.models import Deferral, DeferralTerm, Relief, Remission
from kaigo.insurance.ledger.post import post
from kaigo.law import deferral as law_deferral
from kaigo.law import remission as law_remission
from kaigo.law.digest import law_version
from kaigo.law.reasons import Finding, Unclear, pack
from kaigo.law.special_remission import SpecialFacts, special
from kaigo.law.values import Values, load

LONGEST = 200
CHANGED = "伺いの後に事実(期別、収納、条文室の版など)が変わり、答えが変わりました。もう一度、伺いから行ってください。"


class Answer(NamedTuple):
    """What the law says of an application: facts, finding (or what is missing), on which assessment."""

    facts: Any
    found: Finding | Unclear
    on: Basis | None
    law: str

    @property
    def packed(self) -> dict:
        """As it is kept, and compared."""
        assert isinstance(self.found, Finding)
        kept = {"facts": self.facts, "value": self.found.value, "reasons": pack(self.found.reasons)}
        assessment = self.on.assessment.id if self.on else None
        return json.loads(to_json(kept)) | {"law": self.law, "assessment": assessment}


def values_of(insurer: str, fiscal_year: int) -> Values:
    """The values in force on the first day of the year."""
    return load().values(insurer, date(fiscal_year, 4, 1))


def apply_for(ctx: Context, person: int, kind: str, fiscal_year: int, ground: str, **told: Any) -> Relief:
    """Keep an application; told: columns of Relief. Refused while another one of the same kind and year waits, and with a
    個人番号 in its words."""
    without_my_number(told.get("documents", ""), told.get("note", ""))
    waiting = Relief.objects.filter(
        person_id=person, kind=kind, fiscal_year=fiscal_year, state__in=("open", "proposed")
    )
    if waiting.exists():
        raise Refused("同じ年度の同じ申請が決まらずに残っています。先にそれを決めるか、取り下げてください。")
    return Relief.objects.create(
        person_id=person, kind=kind, fiscal_year=fiscal_year, ground=ground, state="open", **told
    )


def judge(ctx: Context, insurer: str, relief: Relief) -> Answer:
    """The law's answer now, without deciding. Refused where nothing can be decided (no plan, another remission stands)."""
    values = values_of(insurer, relief.fiscal_year)
    law = law_version(values.digest)
    if relief.kind == "deferral":
        facts = deferral_facts(ctx, relief)
        return Answer(facts, law_deferral.decide(facts, values), None, law)
    on = basis(ctx, relief.person_id, relief.fiscal_year)
    if _standing(ctx, relief.person_id, relief.fiscal_year):
        raise Refused(
            "この年度の減免がもう決定されています。改めるときは、先にその減免を取り消してください(一年度に一つ)。"
        )
    about = remission_facts(ctx, relief, on)
    found = special(about, values) if isinstance(about, SpecialFacts) else law_remission.decide(about, values)
    return Answer(about, found, on, law)


def propose(ctx: Context, insurer: str, relief: Relief) -> Relief:
    """The first of two people puts the law's answer forward. Refused where the law cannot answer: it says what lacks."""
    locked(relief)
    if relief.state not in ("open", "proposed") or relief.kind not in ("remission", "deferral"):
        raise Refused("この申請は、もう決まったか取り下げられています。")
    answer = judge(ctx, insurer, relief)
    if isinstance(answer.found, Unclear):
        lacks = "、".join(f"{m.what}({m.why})" for m in answer.found.missing)
        raise Refused(f"決めるのに足りないものがあります: {lacks}。")
    relief.answer, relief.state, relief.asked_by = answer.packed, "proposed", ctx.actor
    relief.save(update_fields=["answer", "state", "asked_by"])
    return relief


def ask_back(ctx: Context, decided: Remission | Deferral, note: str) -> Relief:
    """The first of two people asks that a remission or deferral is taken back, and says why."""
    note = _note(note)
    which = {"remission": decided} if isinstance(decided, Remission) else {"deferral": decided}
    kind = "revocation" if isinstance(decided, Remission) else "ending"
    _in_force(decided)
    if Relief.objects.filter(**which, kind=kind, state="proposed").exists():
        raise Refused("取消しの伺いが、もう出ています。")
    year = decided.fiscal_year if isinstance(decided, Remission) else decided.decided_on.year
    return Relief.objects.create(
        person_id=decided.person_id, kind=kind, fiscal_year=year, ground=decided.ground, applied_on=ctx.on, note=note,
        state="proposed", asked_by=ctx.actor, **which,
    )  # fmt: skip


def withdraw(ctx: Context, relief: Relief) -> None:
    """The application is given up before it is decided."""
    locked(relief)
    if relief.state not in ("open", "proposed"):
        raise Refused("決まった申請は取り下げられません。")
    relief.state = "withdrawn"
    relief.save(update_fields=["state"])


def approve(ctx: Context, insurer: str, relief: Relief) -> Remission | Deferral:
    """The second of two people decides what the first put forward; entries or a new plan follow in this transaction."""
    locked(relief)
    if relief.state != "proposed":
        raise Refused("この申請は決裁を待っていません。")
    if same_person(relief.asked_by, ctx.actor):
        raise Refused("伺いを出した本人は決裁できません。別の職員が決裁してください。")
    remitting(relief.fiscal_year)
    made = _ACTS[relief.kind](ctx, insurer, relief)
    relief.state = "decided"
    if isinstance(made, Remission):
        relief.remission = made
    else:
        relief.deferral = made
    relief.save(update_fields=["state", "remission", "deferral"])
    return made


# -- what is decided --------------------------------------------------------------------------------------


def _again(ctx: Context, insurer: str, relief: Relief) -> Answer:
    answer = judge(ctx, insurer, relief)
    if isinstance(answer.found, Unclear) or answer.packed != relief.answer:
        raise Refused(CHANGED)
    return answer


def _remit(ctx: Context, insurer: str, relief: Relief) -> Remission:
    answer = _again(ctx, insurer, relief)
    assert answer.on is not None and isinstance(answer.found, Finding)
    value, kept = answer.found.value, answer.packed
    cuts = [[way, int(number), cut.yen] for cut in value.cuts for way, number in [cut.key.split(":")]]
    made = Remission.objects.create(
        person_id=relief.person_id, fiscal_year=relief.fiscal_year, assessment_id=answer.on.assessment.id,
        what="granted" if value.granted else "refused", ground=relief.ground,
        manner="none" if not value.granted else "cuts" if cuts else "stage", yen=value.yen, after_yen=value.after_yen,
        cuts=cuts, facts=kept["facts"], reasons=kept["reasons"], law=answer.law, note=relief.note,
        asked_by=relief.asked_by, decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip
    # Before the plan: what lapses with that (a revision came at this moment) waits for somebody.
    settle_lapsed([made.person_id], made.fiscal_year)
    post(ctx, off(made, ctx.on))
    if made.manner == "stage":
        replan(ctx, insurer, made.fiscal_year, [made.person_id])
    return made


def _revoke(ctx: Context, insurer: str, relief: Relief) -> Remission:
    before = relief.remission
    assert before is not None
    _in_force(before)
    made = Remission.objects.create(
        person_id=before.person_id, supersedes=before, fiscal_year=before.fiscal_year,
        assessment_id=before.assessment_id, what="revoked", ground=before.ground, manner=before.manner, yen=before.yen,
        after_yen=before.after_yen, cuts=before.cuts, facts=[], reasons=[], law=before.law, note=relief.note,
        asked_by=relief.asked_by, decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip
    post(ctx, back(before, ctx.on, "revoked"))
    if before.manner == "stage":
        replan(ctx, insurer, before.fiscal_year, [before.person_id])
    return made


def replan(ctx: Context, insurer: str, fiscal_year: int, persons: list[int]) -> None:
    """Plans of people whose remission by stage was decided or taken back. Refused when one of them gets none."""
    plan_all(ctx, insurer, fiscal_year, persons=persons)
    left = rows(
        f"SELECT count(*) FROM collection_plan p LEFT JOIN ({remissions_in_force_sql(ctx)}) r "
        "ON r.person_id = p.person_id AND r.fiscal_year = p.fiscal_year AND r.manner = 'stage' "
        "WHERE p.person_id = ANY(%(persons)s) AND p.fiscal_year = %(year)s AND p.remission_id IS DISTINCT FROM r.id "
        "AND NOT EXISTS (SELECT 1 FROM collection_plan n WHERE n.supersedes_id = p.id)",
        {"persons": persons, "year": fiscal_year, "known_at": ctx.known_at},
    )[0][0]
    if left:
        raise Refused(
            f"減免の後の期別を決められない人が {left} 人います。「期別を決められない人」で訳を確かめてください。"
        )


def _defer(ctx: Context, insurer: str, relief: Relief) -> Deferral:
    answer = _again(ctx, insurer, relief)
    assert isinstance(answer.found, Finding)
    value, kept = answer.found.value, answer.packed
    made = Deferral.objects.create(
        person_id=relief.person_id, what="granted" if value.granted else "refused", ground=relief.ground,
        start_on=value.start, end_on=value.end, facts=kept["facts"], reasons=kept["reasons"], law=answer.law,
        note=relief.note, asked_by=relief.asked_by, decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip
    for key in value.keys:
        year, kind, number = key.split(":")
        DeferralTerm.objects.create(
            deferral=made, person_id=made.person_id, fiscal_year=int(year), kind=kind, number=int(number)
        )
    return made


def _end(ctx: Context, insurer: str, relief: Relief) -> Deferral:
    before = relief.deferral
    assert before is not None
    _in_force(before)
    return Deferral.objects.create(
        person_id=before.person_id, supersedes=before, what="revoked", ground=before.ground, start_on=before.start_on,
        end_on=before.end_on, facts=[], reasons=[], law=before.law, note=relief.note, asked_by=relief.asked_by,
        decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip


_ACTS = {"remission": _remit, "revocation": _revoke, "deferral": _defer, "ending": _end}


# -- small ------------------------------------------------------------------------------------------------


def _standing(ctx: Context, person: int, fiscal_year: int) -> bool:
    return rows(
        f"SELECT EXISTS (SELECT 1 FROM ({remissions_in_force_sql(ctx)}) r WHERE r.person_id = %(person)s "
        "AND r.fiscal_year = %(year)s)",
        {"person": person, "year": fiscal_year, "known_at": ctx.known_at},
    )[0][0]


def _in_force(decided: Remission | Deferral) -> None:
    later = type(decided).objects.filter(supersedes_id=decided.id).exists()
    if decided.what != "granted" or later:
        raise Refused("この決定はもう効いていません(取り消されたか、失効しています)。")


def settle_lapsed(persons: list[int], fiscal_year: int) -> None:
    """A lapsed remission is settled by the decision after it."""
    waiting = {
        int(task.what.removeprefix("remission:")): task
        for task in Task.objects.filter(person_id__in=persons, sort="remission", state="open")
    }
    lapsed = Remission.objects.filter(id__in=list(waiting), fiscal_year=fiscal_year).values_list(
        "id", flat=True
    )
    for number in lapsed:
        waiting[number].state = "settled"
        waiting[number].settled_reason = "減免を改めて決めました。"
    Task.objects.bulk_update(
        [waiting[number] for number in lapsed], ["state", "settled_reason"], batch_size=1000
    )


def settle(ctx: Context, lapsed: Remission, note: str) -> None:
    """A lapsed remission is not decided again, and why."""
    row = Task.objects.select_for_update().filter(sort="remission", what=f"remission:{lapsed.id}").first()
    if row is None or row.state != "open":
        raise Refused("この減免の見直しは、もう済んでいます。")
    row.state, row.settled_reason = "settled", _note(note)
    row.save(update_fields=["state", "settled_reason"])


def _note(text: str) -> str:
    without_my_number(text)
    text = text.strip()
    if not text:
        raise Refused("理由を書いてください。")
    if len(text) > LONGEST:
        raise Refused(f"理由は{LONGEST}字までです。")
    return text


__all__ = ["CHANGED", "LONGEST", "Answer", "apply_for", "approve", "ask_back", "judge", "propose", "replan", "settle", "settle_lapsed", "withdraw"]  # fmt: skip
