"""Open terms → law → who gets a demand, and why somebody gets none. Nothing is saved here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from kaigo.base.jobs.registry import NotReady
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.insurance.dunning.gather import Open
from kaigo.insurance.dunning.stays import held
from kaigo.insurance.residents import read as residents
from kaigo.law.dunning import Dunning, DunningFacts
from kaigo.law.dunning import instalment as dunning
from kaigo.law.premium_facts import Span
from kaigo.law.prescription import Event, PrescriptionFacts
from kaigo.law.prescription import collection as prescription
from kaigo.law.reasons import Finding, Reason, Unclear
from kaigo.law.values import Values, load


class Judged(NamedTuple):
    """A term with the answer. why: due | late = it goes, else a key of words.WHY; facts, finding: as the law saw them."""

    term: Open
    why: str
    facts: DunningFacts
    finding: Finding[Dunning]
    reasons: tuple[Reason, ...]

    @property
    def goes(self) -> bool:
        return self.why in ("due", "late")


def values_on(insurer: str, on: date) -> Values:
    """The values in force on a day."""
    return load().values(insurer, on)


def judge(ctx: Context, values: Values, terms: Sequence[Open], on: date, least_yen: int = 0) -> list[Judged]:
    """Whether each term gets a demand on a day. Raises NotReady naming the values that the law misses.

    least_yen: below it nothing is demanded (of the insurer; 0 = everything is).
    """
    why_not = places(ctx.at(on), (term.person for term in terms))
    asked = _asker(values, on)
    found = []
    for term in terms:
        facts, finding, lapses = asked(
            term.due_on, term.yen, term.reported_yen, term.deferrals(), term.demanded_on, term.events()
        )
        why = finding.value.why
        if finding.value.send:
            why = _room(term, on, least_yen) or why_not.get(term.person) or why
        found.append(Judged(term, why, facts, finding, (*finding.reasons, *lapses)))
    return found


def lapse(
    values: Values, due_on: date, on: date, events: tuple[Event, ...]
) -> tuple[date | None, tuple[Reason, ...]]:
    """The last day on which a term can be collected, as far as ledger and this room know, and why."""
    found = prescription(PrescriptionFacts(due_on, on, events), values)
    return found.value.last_on, found.reasons


def _asker(
    values: Values, on: date
) -> Callable[..., tuple[DunningFacts, Finding[Dunning], tuple[Reason, ...]]]:
    """The law, asked once for equal facts: most open terms have the same amount and due date as many others."""

    @cache
    def last(due_on: date, events: tuple[Event, ...]) -> tuple[date | None, tuple[Reason, ...]]:
        return lapse(values, due_on, on, events)

    @cache
    def ask(
        due_on: date, yen: int, reported: int, deferrals: tuple[Span, ...], demanded: date | None,
        events: tuple[Event, ...],
    ) -> tuple[DunningFacts, Finding[Dunning], tuple[Reason, ...]]:  # fmt: skip
        last_on, reasons = last(due_on, events)
        facts = DunningFacts(due_on, yen, on, reported, deferrals, demanded, last_on)
        found = dunning(facts, values)
        if isinstance(found, Unclear):
            raise NotReady([f"{lack.what}が値に入っていません({lack.why})" for lack in found.missing])
        return facts, found, reasons

    return ask


def _room(term: Open, on: date, least_yen: int) -> str | None:
    """Why a term that the law would demand waits for something else of the ward."""
    if term.taken_over:
        return "taken_over"
    return waiting(term, on) or ("least" if term.yen < least_yen else None)


def waiting(term: Open, on: date) -> str | None:
    """What has to be settled first before anybody is asked for a term again; None when nothing has."""
    if held(term.stays, on):
        return "stayed"
    if term.way == "substitute":
        return "substitute"
    if term.waits_for:
        return "debit"
    if term.overpaid_yen >= term.yen:
        return "overpaid"
    return None


def places(ctx: Context, persons: Iterable[int]) -> dict[int, str]:
    """person → protected | dead | address, of those to whom no letter can go on ctx.on."""
    letters = residents.letter_addresses(ctx, set(persons))
    without = [person for person, letter in letters.items() if letter.held]
    if not without:
        return {}
    protected = residents.protected_among(ctx, without)
    dead = {
        person
        for (person,) in rows_at(
            ctx,
            f"SELECT r.person_id FROM ({residents.residence_sql(ctx)}) r "
            "WHERE r.state = 'dead' AND r.person_id = ANY(%(persons)s::bigint[])",
            persons=without,
        )
    }
    return {
        person: "protected" if person in protected else "dead" if person in dead else "address"
        for person in without
    }
