"""Saving plans in bulk: plan, finding, instalments, ledger entries by COPY, in the caller's transaction.

Most people share what they owe with many others. What the rows of equal plans have in common is written as text once
(the lines after the numbers of plan and person); per person only the numbers go before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from kaigo.base.records.bulk import NULL, copy_lines, line_text, reserve_ids, to_json
from kaigo.base.records.context import Context
from kaigo.insurance.collection.gather import NOTHING_LESS, Gathered, Less
from kaigo.insurance.collection.known import Booked, Key
from kaigo.insurance.collection.models import Plan as PlanRow
from kaigo.insurance.ledger.post import levied_in, post_text
from kaigo.law.instalment_facts import Plan, PlanFacts
from kaigo.law.reasons import Finding, Reason

_PLAN = (
    "id", "person_id", "assessment_id", "supersedes_id", "remission_id", "fiscal_year", "cause", "way", "refund_yen",
    "request", "decided_on", "actor",
)  # fmt: skip
_FINDING = ("decision_id", "facts", "reasons", "law")
_INSTALMENT = ("plan_id", "person_id", "yen", "fiscal_year", "way", "number", "due_on", "provisional")


class Part(NamedTuple):
    """One due part: (way, number) with due date and yen."""

    way: str
    number: int
    due_on: date
    yen: int
    provisional: bool


class Judged(NamedTuple):
    """A person-year as the law judged it."""

    gathered: Gathered
    finding: Finding[Plan]
    parts: tuple[Part, ...]


class Entry(NamedTuple):
    """What the ledger gets: sort levy | adjust | remission, the signed difference in yen."""

    sort: str
    way: str
    number: int
    yen: int


class _Booking(NamedTuple):
    """The entries of a plan: their yen, and each line from the end of the plan's number on."""

    yen: int
    lines: tuple[str, ...]


def save(ctx: Context, fiscal_year: int, judged: Sequence[Judged], law: str) -> dict:
    """COPY everything; returns counts and yen booked."""
    pairs = list(zip(reserve_ids(PlanRow, len(judged)), judged, strict=True))
    tail = f"{ctx.on}\t{line_text(ctx.actor)}"
    copy_lines("collection_plan", _PLAN, _plans(fiscal_year, pairs, tail))
    copy_lines("collection_finding", _FINDING, _findings(pairs, law))
    instalments = copy_lines("collection_instalment", _INSTALMENT, _instalments(fiscal_year, pairs))
    yen: list[int] = []
    count = post_text(_entries(fiscal_year, levied_in(fiscal_year, ctx.on), pairs, tail, yen))
    return {"plans": len(pairs), "instalments": instalments, "entries": count, "booked_yen": sum(yen)}


Pairs = list[tuple[int, Judged]]  # id of the plan, what was judged


def _plans(fiscal_year: int, pairs: Pairs, tail: str) -> Iterator[str]:
    for number, (gathered, finding, _) in pairs:
        found = finding.value
        before = (gathered.before.plan if gathered.before else None) or NULL
        yield (
            f"{number}\t{gathered.person}\t{gathered.assessment}\t{before}\t{gathered.less.remission or NULL}\t"
            f"{fiscal_year}\t{gathered.cause}\t"
            f"{found.way}\t{found.refund_yen}\t{found.request}\t{tail}"
        )


def _findings(pairs: Pairs, law: str) -> Iterator[str]:
    @cache
    def text(facts: PlanFacts, reasons: tuple[Reason, ...]) -> str:
        return f"\t{line_text(to_json(facts))}\t{line_text(to_json(reasons))}\t{law}"

    for number, (gathered, finding, _) in pairs:
        yield f"{number}{text(gathered.facts, finding.reasons)}"


def _instalments(fiscal_year: int, pairs: Pairs) -> Iterator[str]:
    @cache
    def lines(parts: tuple[Part, ...]) -> tuple[str, ...]:
        return tuple(
            f"\t{p.yen}\t{fiscal_year}\t{p.way}\t{p.number}\t{p.due_on}\t{'t' if p.provisional else 'f'}"
            for p in parts
        )

    for number, (gathered, _, parts) in pairs:
        head = f"{number}\t{gathered.person}"
        for line in lines(parts):
            yield head + line


def _entries(
    fiscal_year: int, accounting_year: int, pairs: Pairs, tail: str, yen: list[int]
) -> Iterator[str]:
    """yen: gets the yen of each plan."""

    @cache
    def booking(
        is_new: bool,
        cause: str,
        booked: Booked,
        refund: int,
        parts: tuple[Part, ...],
        less: Less,
        stays: bool,
    ) -> _Booking:
        found = entries(is_new, booked, refund, parts, less, stays)
        return _Booking(
            sum(e.yen for e in found),
            tuple(
                f":{e.way}:{e.number}{':remission' if e.sort == 'remission' else ''}\t{e.yen}\t{fiscal_year}\t{accounting_year}\t{e.sort}\t{e.way}\t{e.number}\t{cause}\t{tail}"
                for e in found
            ),
        )

    for number, (gathered, finding, parts) in pairs:
        cause = gathered.cause
        is_new = gathered.before is None or cause == "main"
        stays = gathered.before is None or gathered.before.remission == gathered.less.remission
        found = booking(is_new, cause, gathered.booked, finding.value.refund_yen, parts, gathered.less, stays)
        yen.append(found.yen)
        head = f"{gathered.person}\tplan:{number}\tplan:{number}"
        for line in found.lines:
            yield head + line


def entries(
    is_new: bool,
    booked: Booked,
    refund: int,
    parts: Sequence[Part],
    less: Less = NOTHING_LESS,
    stays: bool = True,
) -> list[Entry]:
    """調定 for what is new, adjusting entries for the difference to what is booked already.

    What will be paid beyond the annual amount is not levied: the excess is taken off the last parts, so that the
    levy of the year always equals the assessment. is_new: parts that were not booked are levied, not adjusted.

    less: what the plan is less by is no change of the levy but a remission, so that Σ levy and adjust stays the assessment
    and Σ remission is what is remitted. stays: the plan before was less by the same remission.
    """
    if not booked and not refund:
        return [Entry("levy", way, number, yen) for way, number, _, yen, _ in parts]
    new, old = levied(parts, refund), dict(booked)
    off: dict[Key, int] = {}
    if stays:
        for key, yen in less.booked:
            old[key] = old.get(key, 0) + yen
    else:
        off = {key: -yen for key, yen in less.booked}
        for key, yen in _lowered(new, old, less.yen).items():
            off[key] = off.get(key, 0) - yen
            old[key] -= yen
    fresh = "levy" if is_new else "adjust"
    found = []
    for key, yen in new.items():
        before = old.get(key)
        if before is None:
            if yen:
                found.append(Entry(fresh, *key, yen))
        elif yen != before:
            found.append(Entry("adjust", *key, yen - before))
    found += [Entry("adjust", *key, -yen) for key, yen in old.items() if yen and key not in new]
    found += [Entry("remission", *key, yen) for key, yen in off.items() if yen]
    return found


def _lowered(new: dict[Key, int], old: dict[Key, int], yen: int) -> dict[Key, int]:
    """What of the terms that become less is remitted: yen in all, the last directly paid terms first.

    ValueError when the terms do not become less by so much: then the plan is not that of the remission.
    """
    found: dict[Key, int] = {}
    for key in sorted(old, key=lambda k: (k[0] != "deduction", k[1]), reverse=True):
        less = min(yen, old[key] - new.get(key, 0))
        if less > 0:
            found[key] = less
            yen -= less
    if yen:
        raise ValueError(f"{yen} yen of a remission are off no term")
    return found


def levied(parts: Sequence[Part], refund: int) -> dict[Key, int]:
    """(way, number) → yen levied: the parts less what will be paid too much, directly paid parts first."""
    new = {(p.way, p.number): p.yen for p in parts}
    if refund:
        for key in sorted(new, key=lambda k: (k[0] != "deduction", k[1]), reverse=True):
            off = min(refund, new[key])
            new[key] -= off
            refund -= off
    return new
