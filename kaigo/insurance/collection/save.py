"""Saving plans in bulk: plan, finding, instalments, ledger entries by COPY, in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
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
_INSTALMENT = ("plan_id", "person_id", "fiscal_year", "way", "number", "due_on", "yen", "provisional")
_ENTRY = (
    "person_id", "fiscal_year", "sort", "way", "number", "yen", "reason", "source", "key", "business_date", "actor",
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
    """COPY everything; returns counts and yen booked."""
    ids = reserve_ids(PlanRow, len(judged))
    actor = _quoted(ctx.actor)
    tail = f"{ctx.on},{actor}\n"
    # Text is put together by hand: psycopg adapts value by value, which takes four times as long here.
    _copy(
        "collection_plan", _PLAN, (_plan(i, fiscal_year, j, tail) for i, j in zip(ids, judged, strict=True))
    )
    dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode
    _copy(
        "collection_finding",
        _FINDING,
        (
            f"{i},{_quoted(dump(j.gathered.facts))},{_quoted(dump(pack(j.finding.reasons)))},{law}\n"
            for i, j in zip(ids, judged, strict=True)
        ),
    )
    instalments = _copy(
        "collection_instalment",
        _INSTALMENT,
        (
            f"{i},{j.gathered.person},{fiscal_year},{p.way},{p.number},{p.due_on},{p.yen},{p.provisional}\n"
            for i, j in zip(ids, judged, strict=True)
            for p in j.parts
        ),
    )
    booked = 0

    def lines() -> Iterator[str]:
        nonlocal booked
        for i, j in zip(ids, judged, strict=True):
            person, reason = j.gathered.person, j.gathered.cause
            for e in entries(j.gathered, j.finding.value.refund_yen, j.parts):
                booked += e.yen
                yield (
                    f"{person},{fiscal_year},{e.sort},{e.way},{e.number},{e.yen},{reason},"
                    f"plan:{i},plan:{i}:{e.way}:{e.number},{tail}"
                )

    count = _copy("collection_entry", _ENTRY, lines())
    return {"plans": len(ids), "instalments": instalments, "entries": count, "booked_yen": booked}


def _plan(number: int, fiscal_year: int, judged: Judged, tail: str) -> str:
    gathered, found = judged.gathered, judged.finding.value
    before = gathered.before.plan if gathered.before else ""
    return (
        f"{number},{gathered.person},{fiscal_year},{gathered.assessment},{gathered.cause},{found.way},"
        f"{found.refund_yen},{found.request},{before},{tail}"
    )


def entries(gathered: Gathered, refund: int, parts: Sequence[Part]) -> list[Entry]:
    """調定 for what is new, adjusting entries for the difference to what is booked already.

    What will be paid beyond the annual amount is not levied: the excess is taken off the last parts, so that the
    levy of the year always equals the assessment.
    """
    new = levied(parts, refund)
    booked = gathered.booked
    first = gathered.before is None or gathered.cause == "main"
    found = []
    for key in sorted(new.keys() | booked.keys()):
        yen = new.get(key, 0) - booked.get(key, 0)
        if yen:
            found.append(Entry("levy" if first and key not in booked else "adjust", *key, yen))
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
    count = 0

    def chunks() -> Iterator[bytes]:
        nonlocal count
        held: list[str] = []
        for line in lines:
            held.append(line)
            if len(held) == _CHUNK:
                count += _CHUNK
                yield "".join(held).encode()
                held.clear()
        count += len(held)
        yield "".join(held).encode()

    copy_csv(table, columns, chunks())
    return count
