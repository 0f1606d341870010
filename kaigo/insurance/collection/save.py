"""Saving plans in bulk: plan, finding, instalments, ledger entries by COPY, in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import islice
from typing import NamedTuple

from kaigo.base.records.bulk import copy_csv, reserve_ids
from kaigo.base.records.context import Context
from kaigo.insurance.collection.gather import Gathered, Key
from kaigo.insurance.collection.models import Plan as PlanRow
from kaigo.law.instalment_facts import Plan
from kaigo.law.reasons import Finding, pack

_PLAN = (
    "id", "person_id", "fiscal_year", "assessment_id", "cause", "way", "refund_yen", "request", "supersedes_id",
    "decided_on", "actor",
)  # fmt: skip
_FINDING = ("decision_id", "facts", "reasons", "law")
# What is the same for many rows stands last, so that it is written once and joined to the rest.
_INSTALMENT = ("plan_id", "person_id", "yen", "fiscal_year", "way", "number", "due_on", "provisional")
_ENTRY = (
    "person_id", "yen", "source", "key", "fiscal_year", "sort", "way", "number", "reason", "business_date", "actor",
)  # fmt: skip
_CHUNK = 5000


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
    """What the ledger gets: sort levy | adjust, the signed difference in yen."""

    sort: str
    way: str
    number: int
    yen: int


def save(ctx: Context, fiscal_year: int, judged: Sequence[Judged], law: str) -> dict:
    """COPY everything; returns counts and yen booked.

    Text is put together by hand: psycopg adapts value by value, which takes four times as long for rows so small.
    """
    ids = reserve_ids(PlanRow, len(judged))
    tail = f"{ctx.on},{_quoted(ctx.actor)}\n"
    pairs = list(zip(ids, judged, strict=True))
    _copy("collection_plan", _PLAN, (_plan(i, fiscal_year, j, tail) for i, j in pairs))
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
    _copy(
        "collection_finding",
        _FINDING,
        (
            f"{i},{_quoted(dump(j.gathered.facts))},{_quoted(dump(pack(j.finding.reasons)))},{law}\n"
            for i, j in pairs
        ),
    )
    instalments = _copy("collection_instalment", _INSTALMENT, _instalments(fiscal_year, pairs))
    booked = [0]
    count = _copy("collection_entry", _ENTRY, _entries(fiscal_year, pairs, tail, booked))
    return {"plans": len(ids), "instalments": instalments, "entries": count, "booked_yen": booked[0]}


def _instalments(fiscal_year: int, pairs: list[tuple[int, Judged]]) -> Iterator[str]:
    rests: dict[tuple, str] = {}
    for plan, judged in pairs:
        person = judged.gathered.person
        for way, number, due, yen, provisional in judged.parts:
            key = (way, number, due, provisional)
            rest = rests.get(key)
            if rest is None:
                rest = rests[key] = f",{fiscal_year},{way},{number},{due},{provisional}\n"
            yield f"{plan},{person},{yen}{rest}"


def _entries(
    fiscal_year: int, pairs: list[tuple[int, Judged]], tail: str, booked: list[int]
) -> Iterator[str]:
    """booked[0] gets the yen."""
    rests: dict[tuple, str] = {}
    total = 0
    for plan, judged in pairs:
        gathered = judged.gathered
        person, cause, source = gathered.person, gathered.cause, f"plan:{plan}"
        for sort, way, number, yen in entries(gathered, judged.finding.value.refund_yen, judged.parts):
            total += yen
            key = (sort, way, number, cause)
            rest = rests.get(key)
            if rest is None:
                rest = rests[key] = f":{way}:{number},{fiscal_year},{sort},{way},{number},{cause},{tail}"
            yield f"{person},{yen},{source},{source}{rest}"
    booked[0] = total


def _plan(number: int, fiscal_year: int, judged: Judged, tail: str) -> str:
    gathered, found = judged.gathered, judged.finding.value
    before = (gathered.before.plan if gathered.before else None) or ""
    return (
        f"{number},{gathered.person},{fiscal_year},{gathered.assessment},{gathered.cause},{found.way},"
        f"{found.refund_yen},{found.request},{before},{tail}"
    )


def entries(gathered: Gathered, refund: int, parts: Sequence[Part]) -> list[Entry]:
    """調定 for what is new, adjusting entries for the difference to what is booked already.

    What will be paid beyond the annual amount is not levied: the excess is taken off the last parts, so that the
    levy of the year always equals the assessment.
    """
    booked = gathered.booked
    if not booked and not refund:
        return [Entry("levy", way, number, yen) for way, number, _, yen, _ in parts]
    new = levied(parts, refund)
    fresh = "levy" if gathered.before is None or gathered.cause == "main" else "adjust"
    found = []
    for key, yen in new.items():
        before = booked.get(key)
        if before is None:
            if yen:
                found.append(Entry(fresh, *key, yen))
        elif yen != before:
            found.append(Entry("adjust", *key, yen - before))
    found += [Entry("adjust", *key, -yen) for key, yen in booked.items() if key not in new]
    return found


def levied(parts: Iterable[Part], refund: int) -> dict[Key, int]:
    """(way, number) → yen levied: the parts less what will be paid too much, directly paid parts first."""
    new = {(p.way, p.number): p.yen for p in parts}
    if refund:
        for key in sorted(new, key=lambda k: (k[0] != "deduction", k[1]), reverse=True):
            off = min(refund, new[key])
            new[key] -= off
            refund -= off
    return new


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _copy(table: str, columns: Sequence[str], lines: Iterable[str]) -> int:
    """COPY lines of CSV (none has a line end inside); returns how many."""
    count = 0

    def chunks() -> Iterator[bytes]:
        nonlocal count
        rest = iter(lines)
        while text := "".join(islice(rest, _CHUNK)):
            count += text.count("\n")
            yield text.encode()

    copy_csv(table, columns, chunks())
    return count
