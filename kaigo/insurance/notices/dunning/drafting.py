"""Demands and reminders → drafts. The letter says what is open when it is drafted; who paid since gets none."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from kaigo.base.audit.seen import saw
from kaigo.base.jobs.registry import NotReady
from kaigo.base.records.bulk import copy_rows, id_array
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.read import part_label
from kaigo.insurance.collection.slips import reference_of
from kaigo.insurance.dunning import read as dunning
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.notices.common import common, keep
from kaigo.insurance.notices.dunning.letters import DEMAND, REMINDER, DemandNotice, ReminderNotice
from kaigo.insurance.notices.holds import FREE, Hold, Place, places
from kaigo.insurance.notices.models import Draft
from kaigo.insurance.notices.premium.letters import Person
from kaigo.insurance.notices.premium.words import reasons as in_words
from kaigo.insurance.notices.relations import QUEUED
from kaigo.insurance.notices.save import Drafted, save
from kaigo.insurance.notices.texts import lacks
from kaigo.insurance.qualification import read as qualification
from kaigo.law.dates import fiscal_year as fiscal_year_of
from kaigo.law.dates import fiscal_year_name, wareki
from kaigo.layouts.slip import shown

LETTERS = {DEMAND: "demand_id", REMINDER: "reminder_id"}
# A letter that waits, or that went out and was not taken back.
_LIVE = (
    "EXISTS (SELECT 1 FROM notices_asking a JOIN notices_draft q ON q.id = a.draft_id AND q.state = 'draft' "
    "WHERE a.{0} = x.id)"
)


@dataclass(frozen=True, slots=True)
class Term(dunning.AskedFor):
    """With what is open of it now."""

    open_yen: int
    late_yen: int | None
    reasons: str | None
    insured_number: str | None


_TERMS = """
SELECT x.id, x.person_id, {columns}, x.dated, x.deadline_on, least(t.balance, {asked_yen}), {late}, {reasons}, n.number
FROM ({asked}) x {joins}
JOIN ({terms}) t ON t.person_id = x.person_id AND t.kind = 'direct' AND (t.fiscal_year, t.number) = ({term})
LEFT JOIN ({numbers}) n ON n.person_id = x.person_id
WHERE t.balance > 0 AND {wanted} AND (%(ids)s::bigint[] IS NULL OR x.id = ANY(%(ids)s::bigint[]))
ORDER BY x.id, {term}"""


def _terms(ctx: Context, letter: str, wanted: str, ids: Sequence[int] | None = None) -> list[Term]:
    """Open terms of demands or reminders (x)."""
    one = letter == DEMAND
    asked = dunning.demands_sql() if one else dunning.reminders_sql()
    condition = wanted if ids is None else "x.id = ANY(%(ids)s::bigint[])"
    whose = f"person_id IN (SELECT x.person_id FROM ({asked}) x WHERE {condition})"
    columns = "{0}.fiscal_year, {0}.number, {0}.part, {0}.due_on, {0}.yen"
    query = _TERMS.format(
        asked=asked, wanted=wanted, columns=columns.format("x" if one else "y"),
        asked_yen="x.yen" if one else "y.yen", late="NULL::int" if one else "y.late_yen", reasons="f.reasons::text" if one else "NULL",
        joins=f"JOIN ({dunning.findings_sql()}) f ON f.decision_id = x.id" if one
        else f"JOIN ({dunning.reminded_sql()}) y ON y.reminder_id = x.id",
        terms=ledger.terms_sql(ctx, whose), numbers=qualification.numbers_sql(),
        term="x.fiscal_year, x.number" if one else "y.fiscal_year, y.number",
    )  # fmt: skip
    params = {"known_at": ctx.known_at, "on": ctx.on, "ids": id_array(ids) if ids is not None else None}
    found = [Term(*row) for row in rows(query, params)]
    saw(term.person for term in found)
    return found


def draft(ctx: Context, insurer: str, letter: str, ids: Sequence[int] | None = None) -> dict:
    """Letters of all demands or reminders that are open and have none; what waits and is no longer so is taken back.

    Returns {drafts, yen, held, withdrawn}. ids: only these.
    """
    withdrawn = withdraw_changed(ctx, letter)
    found = _terms(ctx, letter, f"NOT {_LIVE.format(LETTERS[letter])}", ids)
    return _draft(ctx, insurer, letter, found, None) | {"withdrawn": withdrawn}


def again(ctx: Context, insurer: str, demand: int) -> int:
    """再発行: the letter of a demand once more, dated today; returns the draft. The demand itself stays what it was.

    Refused while its letter waits, and when nothing is open.
    """
    if rows(
        f"SELECT 1 FROM ({QUEUED}) q JOIN notices_asking a ON a.draft_id = q.id WHERE a.demand_id = %(id)s",
        {"id": demand},
    ):
        raise Refused("この督促状は、まだ発行を待っています。発行してから再発行してください。")
    found = _terms(ctx, DEMAND, "true", [demand])
    if not found:
        raise Refused("この期は納められています。督促状は再発行できません。")
    _draft(ctx, insurer, DEMAND, found, ctx.on)
    return Draft.objects.filter(asking__demand_id=demand).latest("id").id


def of_drafts(drafts: Sequence[int]) -> list[int]:
    """The demands or reminders whose letters these drafts are."""
    return [
        number
        for (number,) in rows(
            "SELECT DISTINCT coalesce(demand_id, reminder_id) FROM notices_asking WHERE draft_id = ANY(%(drafts)s::bigint[])",
            {"drafts": id_array(drafts)},
        )
    ]


def withdraw_changed(ctx: Context, letter: str) -> int:
    """Take back the drafts that wait and ask for another amount than what is open. Returns how many."""
    gone = [draft for draft, _, asked, open_yen, _ in compared(ctx, letter) if asked != open_yen]
    if not gone:
        return 0
    return Draft.objects.filter(id__in=gone, state="draft").update(state="withdrawn", withdrawn_reason="paid")


def compared(
    ctx: Context, letter: str, fiscal_year: int | None = None
) -> list[tuple[int, int, int, int, bool]]:
    """(draft, person, yen that it asks for, yen open now, held) of every draft that waits."""
    query = f"""
        SELECT q.id, q.person_id, (c.data->>'open')::int, coalesce(sum(least(greatest(t.balance, 0), coalesce(d.yen, y.yen))), 0)::int, q.held <> ''
        FROM ({QUEUED}) q JOIN notices_content c ON c.draft_id = q.id JOIN notices_asking a ON a.draft_id = q.id
        LEFT JOIN ({dunning.demands_sql()}) d ON d.id = a.demand_id
        LEFT JOIN ({dunning.reminded_sql()}) y ON y.reminder_id = a.reminder_id
        LEFT JOIN ({ledger.terms_sql(ctx, f"person_id IN (SELECT person_id FROM ({QUEUED}) q WHERE letter = %(letter)s)")}) t
             ON t.person_id = q.person_id AND t.kind = 'direct'
             AND (t.fiscal_year, t.number) = (coalesce(d.fiscal_year, y.fiscal_year), coalesce(d.number, y.number))
        WHERE q.letter = %(letter)s AND (%(year)s::int IS NULL OR q.fiscal_year = %(year)s)
        GROUP BY q.id, q.person_id, c.data, q.held"""
    return rows(query, {"letter": letter, "year": fiscal_year, "known_at": ctx.known_at})


def lacking(ctx: Context, letter: str, fiscal_year: int) -> list[tuple[int, int]]:
    """(person, yen open) of demands and reminders that should have a letter and have none: for the gate."""
    found = _terms(ctx, letter, f"NOT {_LIVE.format(LETTERS[letter])}")
    return [
        (mine[0].person, sum(t.open_yen for t in mine))
        for mine in _letters(found)
        if _year(letter, mine[0]) == fiscal_year
    ]


def _letters(found: list[Term]) -> list[list[Term]]:
    return [list(mine) for _, mine in groupby(found, key=lambda t: t.id)]


def _year(letter: str, term: Term) -> int:
    return term.fiscal_year if letter == DEMAND else fiscal_year_of(term.dated)


def _draft(ctx: Context, insurer: str, letter: str, found: list[Term], today: date | None) -> dict:
    """today: the day of a letter that is sent again; else each has the day of its decision."""
    if missing := sorted({lack for t in found for lack in lacks(insurer, today or t.dated)}):
        raise NotReady(missing)
    where = places(ctx, {t.person for t in found}) if found else {}
    shared: dict[tuple[int, date], str] = {}
    drafted, about = [], []
    for mine in _letters(found):
        first = mine[0]
        year, dated = _year(letter, first), today or first.dated
        if (year, dated) not in shared:
            shared[year, dated] = keep(common(insurer, letter, year, dated))
        place = where[first.person]
        data = (_demand if letter == DEMAND else _reminder)(mine, place, today is not None)
        drafted.append(
            Drafted(
                first.person, letter, year, None, None, None, data["open"], dated, _hold(place, first), data,
                shared[year, dated],
            )
        )  # fmt: skip
        about.append(first.id)
    ids = save(drafted)
    copy_rows(
        "notices_asking",
        ("draft_id", LETTERS[letter], "again"),
        ((i, number, today is not None) for i, number in zip(ids, about, strict=True)),
    )
    held = Counter(d.hold.code for d in drafted if d.hold.code)
    return {
        "drafts": len(drafted),
        "yen": sum(d.annual_yen for d in drafted),
        "held": dict(sorted(held.items())),
    }


def _hold(place: Place, term: Term) -> Hold:
    if place.hold is FREE and not term.insured_number:
        return Hold("address", "被保険者番号がありません。資格を確かめてください。")
    return place.hold


def _person(place: Place, term: Term) -> Person:
    return Person(
        place.postal_code,
        place.address,
        place.building,
        place.recipient,
        place.name,
        term.insured_number or "",
    )


def slip(term: Term) -> str:
    """納付番号 in groups that can be read out: a slip, however the term was to be paid before."""
    return shown(reference_of(term.fiscal_year, "slip", term.part, term.number))


def _demand(terms: list[Term], place: Place, is_again: bool) -> dict:
    (term,) = terms
    # The first reason says what is open and until when; the rest is about prescription, which nobody asked about.
    said = in_words(json.dumps(json.loads(term.reasons or "[]")[:1]))
    return DemandNotice(
        _person(place, term), term.id, fiscal_year_name(term.fiscal_year), part_label("slip", term.number),
        wareki(term.due_on), term.yen, max(0, term.yen - term.open_yen), wareki(term.deadline_on), slip(term),
        is_again, said,
    ).as_json()  # fmt: skip


def _reminder(terms: list[Term], place: Place, is_again: bool) -> dict:
    first = terms[0]
    lines = tuple(
        (
            fiscal_year_name(t.fiscal_year), part_label("slip", t.number), wareki(t.due_on), t.open_yen, t.late_yen,
            slip(t),
        )
        for t in terms
    )  # fmt: skip
    return ReminderNotice(
        _person(place, first), first.id, wareki(first.deadline_on), wareki(first.dated), lines
    ).as_json()
