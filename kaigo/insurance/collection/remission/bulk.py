"""特例減免 without application: a shadow list of everybody whom the law lowers, a second person, then all decisions.

What is decided is what was shown: the second judges everybody again and is refused when the list is another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from kaigo.base.records.bulk import copy_rows, reserve_ids, to_json
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import locked, rows
from kaigo.base.staff.who import same_person
from kaigo.insurance.collection.in_force import plans_in_force_sql, remissions_in_force_sql
from kaigo.insurance.collection.locks import remitting
from kaigo.insurance.collection.remission.decide import replan, settle_lapsed, values_of
from kaigo.insurance.collection.remission.gather import SPECIAL
from kaigo.insurance.collection.remission.models import ReliefBulk, ReliefLine, Remission
from kaigo.insurance.premium import read as premium
from kaigo.insurance.premium.read import Raised
from kaigo.law.digest import law_version
from kaigo.law.income import of_year
from kaigo.law.reasons import Finding, Unclear, pack
from kaigo.law.special_remission import SpecialFacts, special
from kaigo.law.values import NoValue, ValueMissing, Values

CHANGED = (
    "一覧を作った後に賦課・期別・減免が変わり、減免する人または額が変わりました。"
    "取りやめて、一覧から作り直してください。"
)


class Line(NamedTuple):
    """One person of the list: the law's answer on what is known of him."""

    about: Raised
    facts: SpecialFacts
    found: Finding | Unclear

    @property
    def granted(self) -> bool:
        return isinstance(self.found, Finding) and self.found.value.granted


def shadow(ctx: Context, insurer: str, fiscal_year: int) -> ReliefBulk:
    """List whom a remission of all would lower, from which stage to which, by how many yen. Decides nothing.

    Refused where the insurer has not said whether and how he does it, or where it is done on application only.
    """
    values = values_of(insurer, fiscal_year)
    require_bulk(values, fiscal_year)
    # Two who begin at once make one list.
    remitting(fiscal_year)
    if ReliefBulk.objects.filter(fiscal_year=fiscal_year, state="shadowed").exists():
        raise Refused("この年度の特例減免の一覧がもうあります。決裁するか、取りやめてから作ってください。")
    found = lines(ctx, values, fiscal_year)
    kept = [line for line in found if line.granted or isinstance(line.found, Unclear)]
    if not kept:
        raise Refused(
            "特例減免に当たる人はいません(前の年度より段階の高い月があり、期別の決まった人を見ました)。"
        )
    granted = [line for line in kept if line.granted]
    made = ReliefBulk.objects.create(
        fiscal_year=fiscal_year, on=ctx.on, state="shadowed", law=law_version(values.digest), digest=digest(kept),
        requested_by=ctx.actor,
        totals={
            "people": len(granted), "yen": sum(line.found.value.yen for line in granted),
            "unclear": len(kept) - len(granted), "looked_at": len(found), "insurer": insurer,
        },
    )  # fmt: skip
    copy_rows(
        ReliefLine._meta.db_table,
        ("bulk_id", "person_id", "assessment_id", "outcome", "from_stage", "to_stage", "annual_yen", "yen", "after_yen",
         "facts", "reasons"),
        ((made.id, *_kept(line)) for line in kept),
    )  # fmt: skip
    return made


def approve(ctx: Context, bulk: ReliefBulk) -> dict:
    """By a second human being: decisions and new plans for everybody on the list. Returns counts and yen."""
    locked(bulk)
    if bulk.state != "shadowed":
        raise Refused("この一覧は決裁を待っていません。")
    if same_person(bulk.requested_by, ctx.actor):
        raise Refused("一覧を作った本人は決裁できません。別の職員が決裁してください。")
    if not bulk.totals["people"]:
        raise Refused(
            "この一覧には決定する人がいません。足りないものを確かめ、本人ごとの申請で決めてください。"
        )
    remitting(bulk.fiscal_year)
    insurer = bulk.totals["insurer"]
    values = values_of(insurer, bulk.fiscal_year)
    if law_version(values.digest) != bulk.law:
        raise Refused(CHANGED)
    found = [
        line
        for line in lines(ctx, values, bulk.fiscal_year)
        if line.granted or isinstance(line.found, Unclear)
    ]
    if digest(found) != bulk.digest:
        raise Refused(CHANGED)
    granted = [line for line in found if line.granted]
    people = [line.about.person for line in granted]
    _record(ctx, bulk, granted)
    settle_lapsed(people, bulk.fiscal_year)
    replan(ctx, insurer, bulk.fiscal_year, people)
    bulk.state, bulk.approved_by = "done", ctx.actor
    bulk.totals = bulk.totals | {"decided_on": ctx.on.isoformat()}
    bulk.save(update_fields=["state", "approved_by", "totals"])
    return {"decisions": len(granted), "yen": sum(line.found.value.yen for line in granted)}


def abandon(ctx: Context, bulk: ReliefBulk) -> None:
    """Give a list up before it is decided."""
    locked(bulk)
    if bulk.state != "shadowed":
        raise Refused("終わった一覧は取りやめられません。")
    bulk.state = "abandoned"
    bulk.save(update_fields=["state"])


def require_bulk(values: Values, fiscal_year: int) -> None:
    """Refused unless the insurer's value says that the year's special remission is also done without application."""
    try:
        way = of_year(values, fiscal_year).get("remission.special")
    except ValueMissing as lack:
        raise Refused(
            f"{lack.what}が値に入っていません(値 remission.special)。保険者の決定を値に入れてから始めてください。"
        ) from lack
    except NoValue as lack:
        raise Refused(f"{fiscal_year}年度の特例減免の値がありません(値 remission.special)。") from lack
    if way == "none":
        raise Refused(f"{fiscal_year}年度に特例減免はありません(令和8年度だけ、介護保険最新情報Vol.1459)。")
    if way != "bulk":
        raise Refused(
            "この保険者の特例減免は申請によります(値 remission.special)。本人の画面から申請を入れてください。"
        )


_READY = """
SELECT p.person_id FROM ({plans}) p WHERE p.fiscal_year = %(year)s AND p.assessment_id = ANY(%(assessments)s)
AND NOT EXISTS (SELECT 1 FROM ({remissions}) r WHERE r.person_id = p.person_id AND r.fiscal_year = p.fiscal_year)"""


def lines(ctx: Context, values: Values, fiscal_year: int) -> list[Line]:
    """Everybody with a month in a higher stage than the year before, whose plan follows the assessment and who has no
    remission yet, as the law judges him."""
    raised = premium.raised(ctx, fiscal_year)
    ready = {
        person
        for (person,) in rows(
            _READY.format(plans=plans_in_force_sql(ctx), remissions=remissions_in_force_sql(ctx)),
            {
                "year": fiscal_year,
                "assessments": [one.assessment for one in raised],
                "known_at": ctx.known_at,
            },
        )
    }
    found = []
    for one in raised:
        if one.person in ready:
            facts = SpecialFacts(fiscal_year, *one[2:])
            found.append(Line(one, facts, special(facts, values)))
    return found


def digest(found: Iterable[Line]) -> str:
    """Who, on which decision, by how many yen, in one line."""
    total = hashlib.sha256()
    for line in found:
        yen = line.found.value.yen if isinstance(line.found, Finding) else -1
        total.update(f"{line.about.person} {line.about.assessment} {yen}\n".encode())
    return total.hexdigest()


def _kept(line: Line) -> tuple:
    about = line.about
    stage = max(about.stages)
    if isinstance(line.found, Unclear):
        why = to_json([list(missing) for missing in line.found.missing])
        shown = ("unclear", stage, about.previous_stage or 0, about.annual_yen, 0, about.annual_yen)
        return about.person, about.assessment, *shown, to_json(line.facts), why
    value = line.found.value
    shown = ("granted", stage, about.previous_stage, about.annual_yen, value.yen, value.after_yen)
    return about.person, about.assessment, *shown, to_json(line.facts), to_json(pack(line.found.reasons))


def _record(ctx: Context, bulk: ReliefBulk, granted: list[Line]) -> None:
    ids = reserve_ids(Remission, len(granted))
    copy_rows(
        Remission._meta.db_table,
        ("id", "person_id", "fiscal_year", "assessment_id", "bulk_id", "what", "ground", "manner", "yen", "after_yen",
         "cuts", "facts", "reasons", "law", "note", "asked_by", "decided_on", "actor"),
        (
            (number, line.about.person, bulk.fiscal_year, line.about.assessment, bulk.id, "granted", SPECIAL, "stage",
             line.found.value.yen, line.found.value.after_yen, "[]", to_json(line.facts),
             to_json(pack(line.found.reasons)), bulk.law, "", bulk.requested_by, ctx.on, ctx.actor)
            for number, line in zip(ids, granted, strict=True)
        ),
    )  # fmt: skip


def unclear_of(line: ReliefLine) -> str:
    """What lacks to judge a line, in words."""
    return "、".join(why for _, why in line.reasons)
