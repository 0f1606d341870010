"""督促 of many: a shadow that everybody can look at, a second person, then the same terms judged once more.

shadow  → Batch(state=shadowed) with a Candidate for every open term: what goes, what does not, and why
approve → Batch(state=approved) by another human being
execute → a Demand for each term that was shown and still is open; what was paid in between is left out, and kept with its reason
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol, TypeVar

from kaigo.base.jobs.registry import Progress
from kaigo.base.records.bulk import copy_rows, reserve_ids, to_json
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.base.staff.who import same_person
from kaigo.insurance.dunning.gather import Key, Open, open_terms
from kaigo.insurance.dunning.judge import Judged, judge, values_on
from kaigo.insurance.dunning.locks import alone
from kaigo.insurance.dunning.models import Batch, Demand
from kaigo.law.digest import law_version
from kaigo.law.reasons import Reason, pack
from kaigo.law.values import Values

_CANDIDATE = (
    "batch_id", "person_id", "stage", "fiscal_year", "number", "way", "due_on", "part", "yen", "goes", "why", "reasons",
)  # fmt: skip
_DEMAND = (
    "id", "person_id", "batch_id", "fiscal_year", "number", "part", "due_on", "yen", "dated", "deadline_on", "fee_yen",
    "why", "decided_on", "actor",
)  # fmt: skip
_FINDING = ("decision_id", "facts", "reasons", "law")
WAITING = ("shadowed", "approved")


def shadow(
    ctx: Context, insurer: str, dated: date, since: date | None = None, least_yen: int = 0,
    progress: Progress | None = None,
) -> Batch:  # fmt: skip
    """Judge every open term due before `dated`, the day of the letters. Decides nothing.

    since: only terms due from then on; least_yen: below it nothing is demanded. Raises Refused, NotReady.
    """
    begin("demand", ctx, dated)
    values = values_on(insurer, dated)
    step = (progress or Progress()).step
    terms = open_terms(ctx, dated, since)
    step(1, 3, "納められていない期")
    found = judge(ctx, values, terms, dated, least_yen)
    step(2, 3, "督促するかの判定")
    _no_fee(found)
    made = shadowed(
        ctx, "demand", dated, values, found, insurer=insurer, since=since and since.isoformat(), least_yen=least_yen
    )  # fmt: skip
    step(3, 3, "影の一覧")
    return made


def begin(sort: str, ctx: Context, dated: date) -> None:
    """Refused for a day that is over, and while another batch of the sort waits. Only one shadow is made at a time."""
    alone("batch")
    if dated < ctx.on:
        raise Refused("発行日は、業務日より前にできません。")
    if Batch.objects.filter(sort=sort, state__in=WAITING).exists():
        raise Refused("前の影の一覧が承認か実行を待っています。先にそれを実行するか、取りやめてください。")


class Answer(Protocol):
    """What was found out about a term: whether it goes, why, and the reasons of the law."""

    @property
    def term(self) -> Open: ...
    @property
    def why(self) -> str: ...
    @property
    def goes(self) -> bool: ...
    @property
    def reasons(self) -> tuple[Reason, ...]: ...


A = TypeVar("A", bound=Answer)


def totals(found: Sequence[Answer]) -> dict:
    """{terms, people, yen} of what goes, {left: {why: [terms, yen]}} of the rest, {late} past the statutory days."""
    goes = [a for a in found if a.goes]
    left: dict[str, list[int]] = {}
    for a in found:
        if not a.goes:
            count = left.setdefault(a.why, [0, 0])
            count[0] += 1
            count[1] += a.term.yen
    return {
        "terms": len(goes),
        "people": len({a.term.person for a in goes}),
        "yen": sum(a.term.yen for a in goes),
        "late": sum(a.why == "late" for a in goes),
        "left": dict(sorted(left.items())),
    }


def shadowed(
    ctx: Context, sort: str, dated: date, values: Values, found: Sequence[Answer], **asked: str | int | None
) -> Batch:
    """What was found, kept for everybody to look at. asked: with what it was asked for; it is executed with the same."""
    made = Batch.objects.create(
        sort=sort, on=ctx.on, dated=dated, state="shadowed", law=law_version(values.digest), requested_by=ctx.actor,
        totals=totals(found) | asked,
    )  # fmt: skip
    keep(made.id, "shadow", found)
    return made


def _no_fee(found: Iterable[Judged]) -> None:
    if any(j.finding.value.fee_yen for j in found if j.goes):
        raise Refused(
            "督促手数料のある条例ですが、手数料を調定する科目が台帳にありません。収納の担当に知らせてください。"
        )


def keep(batch: int, stage: str, found: Iterable[Answer]) -> int:
    """Candidates of a batch; returns how many."""
    return copy_rows(
        "dunning_candidate",
        _CANDIDATE,
        (
            (
                batch, t.person, stage, t.fiscal_year, t.number, t.way, t.due_on, t.part, t.yen, a.goes, a.why,
                to_json(pack(a.reasons)),
            )
            for a in found
            for t in (a.term,)
        ),
    )  # fmt: skip


def approve(ctx: Context, batch: Batch) -> None:
    """By a second person. Refused when it is the same one, or when the batch is not waiting."""
    locked(batch)
    if batch.state != "shadowed":
        raise Refused("この一覧は承認待ちではありません。")
    if same_person(batch.requested_by, ctx.actor):
        raise Refused("影の一覧を作った本人は承認できません。別の職員が承認してください。")
    batch.state, batch.approved_by = "approved", ctx.actor
    batch.save(update_fields=["state", "approved_by"])


def abandon(ctx: Context, batch: Batch) -> None:
    """Give a batch up before it is done."""
    locked(batch)
    if batch.state not in WAITING:
        raise Refused("終わった一覧は取りやめられません。")
    batch.state = "abandoned"
    batch.save(update_fields=["state"])


def execute(ctx: Context, batch: Batch) -> dict:
    """Demand what was shown, as far as it still is open. Returns the totals. Raises Refused."""

    def found(values: Values, people: Sequence[int]) -> list[Judged]:
        terms = open_terms(ctx, batch.dated, None, people)
        return judge(ctx, values, terms, batch.dated, batch.totals["least_yen"])

    def saved(goes: Sequence[Judged]) -> None:
        _no_fee(goes)
        save(ctx, batch, goes)

    return executed(ctx, batch, found, saved)


def executed(
    ctx: Context, batch: Batch, judged: Callable[[Values, Sequence[int]], Sequence[A]],
    saved: Callable[[Sequence[A]], object],
) -> dict:  # fmt: skip
    """What was shown is judged once more and saved as far as it still goes; what changed is left out and kept.

    Same law room, on a day that has not passed, or nothing: Refused says what is in the way. Returns the totals.
    """
    alone("batch")
    locked(batch)
    if batch.state != "approved":
        raise Refused("承認されていない一覧は実行できません。")
    if ctx.on > batch.dated:
        raise Refused(
            "発行日を過ぎました。発行日の決まった期限は変えられません。影の一覧からやり直してください。"
        )
    values = values_on(batch.totals["insurer"], batch.dated)
    if law_version(values.digest) != batch.law:
        raise Refused("影の一覧の後に条文室の版が変わりました。影の一覧からやり直してください。")
    shown = shown_terms(batch.id)
    now = {answer.term.key: answer for answer in judged(values, sorted({key[0] for key in shown}))}
    goes = [now[key] for key in shown if key in now and now[key].goes]
    saved(goes)
    return finish(ctx, batch, shown, now, goes)


class Shown(NamedTuple):
    """A term that the shadow said would get a letter."""

    way: str
    due_on: date
    part: int
    yen: int


def shown_terms(batch: int) -> dict[Key, Shown]:
    """What the shadow said would go, in its order."""
    return {
        (person, year, number): Shown(*about)
        for person, year, number, *about in rows(
            "SELECT person_id, fiscal_year, number, way, due_on, part, yen FROM dunning_candidate "
            "WHERE batch_id = %(batch)s AND stage = 'shadow' AND goes ORDER BY id",
            {"batch": batch},
        )
    }


def finish(
    ctx: Context, batch: Batch, shown: Mapping[Key, Shown], now: Mapping[Key, Answer], goes: Sequence[Answer]
) -> dict:
    """Keep what was shown and gets no letter now, with why, and close the batch. Returns its totals.

    A term that is no longer among the open ones was paid, or its levy is gone.
    """
    changed = [now[key] for key in shown if key in now and not now[key].goes]
    keep(batch.id, "executed", changed)
    gone = [(key, about) for key, about in shown.items() if key not in now]
    copy_rows(
        "dunning_candidate",
        _CANDIDATE,
        (
            (batch.id, key[0], "executed", *key[1:], s.way, s.due_on, s.part, 0, False, "paid", "[]")
            for key, s in gone
        ),
    )
    dropped = Counter(a.why for a in changed) + Counter(paid=len(gone))
    batch.state = "done"
    batch.totals = batch.totals | {
        "saved": len(goes), "saved_yen": sum(a.term.yen for a in goes), "dropped": dict(sorted(dropped.items())),
        "executed_on": ctx.on.isoformat(),
    }  # fmt: skip
    batch.save(update_fields=["state", "totals"])
    return batch.totals


def save(ctx: Context, batch: Batch, goes: Sequence[Judged]) -> list[int]:
    """Demands with their findings; returns the ids. The database refuses a second demand of a term."""
    ids = reserve_ids(Demand, len(goes))
    pairs = list(zip(ids, goes, strict=True))
    copy_rows(
        "dunning_demand",
        _DEMAND,
        (
            (
                i, j.term.person, batch.id, j.term.fiscal_year, j.term.number, j.term.part, j.term.due_on, j.term.yen,
                batch.dated, j.finding.value.deadline_on, j.finding.value.fee_yen, j.why, ctx.on, ctx.actor,
            )
            for i, j in pairs
        ),
    )  # fmt: skip
    copy_rows(
        "dunning_demand_finding",
        _FINDING,
        ((i, to_json(j.facts), to_json(pack(j.reasons)), batch.law) for i, j in pairs),
    )
    return ids


def locked(batch: Batch) -> None:
    """Two people who press at once act one after the other; the second sees what the first did."""
    Batch.objects.select_for_update().filter(id=batch.id).first()
    batch.refresh_from_db()
