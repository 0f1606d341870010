"""延滞金: from the ledger's history of a term by the law room, decided and booked once the term is paid, or by hand.

Only demanded terms can have one (自治法231条の3第2項). What a clerk sees before is a preview: the same call, nothing kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.records.bulk import copy_rows, id_array, reserve_ids, to_json
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read as collection
from kaigo.insurance.dunning.judge import values_on
from kaigo.insurance.dunning.locks import alone
from kaigo.insurance.dunning.models import LateCharge
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.receipts import read as receipts
from kaigo.law.dates import fiscal_year as fiscal_year_of
from kaigo.law.digest import law_version
from kaigo.law.late_charges import LateCharge as Charge
from kaigo.law.late_charges import LateFacts, PartPayment
from kaigo.law.late_charges import instalment as late_charge
from kaigo.law.reasons import Finding, Unclear, pack
from kaigo.law.values import Values

FORMER_DEMAND = "前のシステムで督促した日"


class Term(NamedTuple):
    """A directly paid term after its due date. payments: (day paid, signed yen) in order; charge: in force, if any.

    demanded_on: None also when only a former system may have demanded it, whose demands nobody handed over (taken_over).
    charged: facts and state of that charge; waived_yen: 減免 of all its charges; booked_yen: what the ledger says of them.
    """

    person: int
    fiscal_year: int
    number: int
    way: str
    due_on: date
    owed_yen: int
    balance: int
    payments: tuple[tuple[date, int], ...]
    demanded_on: date | None
    taken_over: bool
    charge: int | None
    charged: tuple[list, str] | None
    waived_yen: int
    booked_yen: int

    @property
    def key(self) -> tuple[int, int, int]:
        return self.person, self.fiscal_year, self.number

    @property
    def demand_unknown(self) -> bool:
        return self.taken_over and self.demanded_on is None

    def paid_up(self) -> date | None:
        """The day on which the payments reached what was owed; None while the term is open."""
        if self.balance > 0:
            return None
        paid = 0
        for day, yen in self.payments:
            paid += yen
            if paid >= self.owed_yen:
                return day
        return None

    def facts(self, until: date) -> LateFacts:
        """As the law asks for them, on a day."""
        parts = tuple(PartPayment(day, yen) for day, yen in self.payments if day <= until)
        return LateFacts(self.due_on, self.owed_yen, until, parts, self.demanded_on)

    def decided(self, facts: LateFacts, state: str) -> bool:
        """Whether the charge in force says this already: also the days of part payments may have been put right."""
        return self.charged == (json.loads(to_json(facts)), state)


# Only a term that is open after its due date, or was paid after it, or that has a charge, can have one.
_TERMS = """
WITH paid AS (
    SELECT person_id, fiscal_year, number, json_agg(json_build_array(paid_on, yen) ORDER BY paid_on) AS days,
           max(paid_on) AS last
    FROM (SELECT person_id, fiscal_year, number, paid_on, sum(yen)::int AS yen FROM ({payments}) m
          WHERE way <> 'deduction' AND number <> 0 AND {mine} GROUP BY 1, 2, 3, 4 HAVING sum(yen) <> 0) d GROUP BY 1, 2, 3)
SELECT t.person_id, t.fiscal_year, t.number, i.way, i.due_on, t.levied, t.balance, coalesce(paid.days, '[]'), d.dated,
       coalesce(v.decided_on > i.due_on, false), c.id, f.facts, c.state, coalesce(w.yen, 0)::int, coalesce(b.yen, 0)::int
FROM ({terms}) t
JOIN ({plans}) p ON p.person_id = t.person_id AND p.fiscal_year = t.fiscal_year
JOIN ({parts}) i ON i.plan_id = p.id AND i.number = t.number AND i.way <> 'deduction'
LEFT JOIN paid ON paid.person_id = t.person_id AND paid.fiscal_year = t.fiscal_year AND paid.number = t.number
LEFT JOIN dunning_late_charge c ON c.person_id = t.person_id AND c.fiscal_year = t.fiscal_year AND c.number = t.number
     AND NOT EXISTS (SELECT 1 FROM dunning_late_charge n WHERE n.supersedes_id = c.id)
LEFT JOIN dunning_late_finding f ON f.decision_id = c.id
LEFT JOIN dunning_demand d ON d.person_id = t.person_id AND d.fiscal_year = t.fiscal_year AND d.number = t.number
LEFT JOIN ({taken_over}) v ON v.person_id = t.person_id AND v.fiscal_year = t.fiscal_year
LEFT JOIN LATERAL (SELECT sum(x.yen) AS yen FROM dunning_waiver x JOIN dunning_late_charge y ON y.id = x.charge_id
     WHERE y.person_id = t.person_id AND y.fiscal_year = t.fiscal_year AND y.number = t.number) w ON c.id IS NOT NULL
LEFT JOIN LATERAL (SELECT sum(e.yen) AS yen FROM ({entries}) e WHERE e.sort = 'late_levy' AND e.way <> 'deduction'
     AND e.person_id = t.person_id AND e.fiscal_year = t.fiscal_year AND e.number = t.number) b ON c.id IS NOT NULL
WHERE i.due_on < %(on)s AND t.written_off = 0 AND (c.id IS NOT NULL OR paid.last > i.due_on OR t.balance > 0)
  AND ({wanted})
ORDER BY t.person_id, i.due_on, t.number"""


def demanded_people() -> list[int]:
    """Everybody about whose terms there is something to decide, or was."""
    return [
        person
        for (person,) in rows(
            "SELECT person_id FROM dunning_demand UNION SELECT person_id FROM dunning_late_charge"
        )
    ]


def terms(ctx: Context, wanted: str = "true", persons: Sequence[int] | None = None) -> list[Term]:
    """Terms due before ctx.on about which there may be a late charge. wanted: SQL over t, c, d, paid and i."""
    mine = "way <> 'deduction' AND number <> 0"
    whose = "person_id = ANY(%(persons)s::bigint[])" if persons is not None else "true"
    query = _TERMS.format(
        payments=receipts.payments_sql(), mine=whose, terms=ledger.terms_sql(ctx, f"{mine} AND {whose}"),
        plans=collection.plans_in_force_sql(ctx), parts=collection.instalments_sql(), entries=ledger.entries_sql(),
        taken_over=collection.taken_over_sql(), wanted=wanted,
    )  # fmt: skip
    found = rows(
        query,
        {
            "on": ctx.on,
            "known_at": ctx.known_at,
            "persons": id_array(persons) if persons is not None else None,
        },
    )
    saw(row[0] for row in found)
    return [_term(row) for row in found]


def _term(row: tuple) -> Term:
    days, demanded_on, taken_over, charge, facts, state, waived, booked = row[7:]
    paid = tuple((date.fromisoformat(day), yen) for day, yen in days)
    return Term(
        *row[:7], paid, demanded_on, taken_over, charge, (json.loads(facts), state) if charge else None, waived, booked
    )  # fmt: skip


# -- deciding ---------------------------------------------------------------------------------------------


class Settled(NamedTuple):
    """What is decided about a term: until which day, in which state, by which finding (None for `withdrawn`)."""

    term: Term
    until: date
    state: str
    facts: LateFacts
    finding: Finding[Charge] | None


def settle_all(ctx: Context, insurer: str) -> dict[str, Any]:
    """Decide the late charge of every demanded term that was paid up, and take back those of terms that are open again.

    Returns {decided, charged, yen, withdrawn, unclear, missing}: terms whose rates are missing stay as they are.
    """
    alone("late")
    found = terms(
        ctx,
        "(t.balance <= 0 AND (paid.last > i.due_on AND d.id IS NOT NULL OR c.id IS NOT NULL)) OR c.state = 'charged'",
        demanded_people(),
    )
    return _settle(ctx, values_on(insurer, ctx.on), found)


def settle(ctx: Context, insurer: str, person: int, fiscal_year: int, number: int) -> dict[str, Any]:
    """By hand, for one term, also while it is open: then up to ctx.on, until it is paid. Refused with the reason."""
    alone("late")
    found = [t for t in terms(ctx, persons=[person]) if (t.fiscal_year, t.number) == (fiscal_year, number)]
    if not found:
        raise Refused("この期には、納期限の後に納められていない額がありません。延滞金はありません。")
    if found[0].demand_unknown:
        raise Refused(
            f"この期の{FORMER_DEMAND}が引き継がれていません。延滞金は督促をした期にだけ掛かるため、ここでは決められません。"
        )
    if found[0].demanded_on is None:
        raise Refused(
            "この期は督促していません。延滞金は督促をした期にだけ掛かります(自治法231条の3第2項)。先に督促してください。"
        )
    done = _settle(ctx, values_on(insurer, ctx.on), found, by_hand=True)
    if done["missing"]:
        raise Refused(f"延滞金を決められません。{'、'.join(done['missing'])}が値に入っていません。")
    if not done["decided"]:
        raise Refused("延滞金は、いまの納付の記録のとおりに決まっています。")
    return done


def _settle(ctx: Context, values: Values, found: Iterable[Term], by_hand: bool = False) -> dict[str, Any]:
    settled: list[Settled] = []
    missing: dict[str, None] = {}
    unclear = 0
    for term in found:
        made = _decide(ctx, values, term, by_hand)
        if isinstance(made, Unclear):
            unclear += 1
            missing |= dict.fromkeys(lack.what for lack in made.missing)
        elif made is not None:
            settled.append(made)
    booked = _save(ctx, settled, law_version(values.digest))
    return {
        "decided": len(settled), "charged": sum(bool(s.finding and s.finding.value.yen) for s in settled),
        "yen": booked, "withdrawn": sum(s.state == "withdrawn" for s in settled), "unclear": unclear,
        "missing": list(missing),
    }  # fmt: skip


def _decide(ctx: Context, values: Values, term: Term, by_hand: bool) -> Settled | Unclear | None:
    """None when nothing is to be decided: in time, decided as it stands, or open and nobody asked."""
    until, state = term.paid_up(), "charged"
    if until is None:
        if not by_hand:
            again = term.charged is not None and term.charged[1] == "charged"
            return Settled(term, ctx.on, "withdrawn", term.facts(ctx.on), None) if again else None
        until, state = ctx.on, "interim"
    facts = term.facts(until)
    if term.decided(facts, state):
        return None
    if until <= term.due_on and (term.charged is None or term.charged[1] == "withdrawn"):
        return None
    found = late_charge(facts, values)
    return found if isinstance(found, Unclear) else Settled(term, until, state, facts, found)


_CHARGE = (
    "id", "person_id", "supersedes_id", "fiscal_year", "number", "due_on", "owed_yen", "until", "state", "yen", "exact_yen",
    "decided_on", "actor",
)  # fmt: skip


def _save(ctx: Context, settled: Sequence[Settled], law: str) -> int:
    """Charges, findings, and in the ledger the difference to what is booked; returns the yen booked."""
    pairs = list(zip(reserve_ids(LateCharge, len(settled)), settled, strict=True))
    copy_rows(
        "dunning_late_charge",
        _CHARGE,
        (
            (
                i, s.term.person, s.term.charge, s.term.fiscal_year, s.term.number, s.term.due_on, s.term.owed_yen, s.until,
                s.state, s.finding.value.yen if s.finding else 0, s.finding.value.exact_yen if s.finding else 0, ctx.on,
                ctx.actor,
            )
            for i, s in pairs
        ),
    )  # fmt: skip
    copy_rows(
        "dunning_late_finding",
        ("decision_id", "facts", "reasons", "law"),
        ((i, to_json(s.facts), to_json(pack(s.finding.reasons) if s.finding else []), law) for i, s in pairs),
    )
    lines = [line for i, s in pairs for line in _booking(ctx, i, s)]
    post(ctx, lines)
    return sum(line.yen for line in lines)


def _booking(ctx: Context, charge: int, settled: Settled) -> list[Line]:
    term = settled.term
    wanted = max(0, (settled.finding.value.yen if settled.finding else 0) - term.waived_yen)
    if wanted == term.booked_yen:
        return []
    return [
        Line(
            term.person, f"late:{charge}", f"late:{charge}", wanted - term.booked_yen, term.fiscal_year,
            fiscal_year_of(ctx.on), "late_levy", term.way, term.number, "late",
        )
    ]  # fmt: skip


# -- preview ----------------------------------------------------------------------------------------------


class Preview(NamedTuple):
    """What the law would charge for a term up to a day; finding None: missing says what is not known."""

    term: Term
    until: date
    finding: Finding[Charge] | None
    missing: tuple[str, ...]


def previews(ctx: Context, insurer: str, persons: Sequence[int], until: date | None = None) -> list[Preview]:
    """The open terms of people with their late charges up to a day (None = ctx.on). Nothing is kept."""
    values = values_on(insurer, ctx.on)
    day = until or ctx.on
    found = []
    for term in terms(ctx, "t.balance > 0", persons):
        if term.demand_unknown:
            found.append(Preview(term, day, None, (FORMER_DEMAND,)))
            continue
        judged = late_charge(term.facts(day), values)
        if isinstance(judged, Unclear):
            found.append(Preview(term, day, None, tuple(lack.what for lack in judged.missing)))
        else:
            found.append(Preview(term, day, judged, ()))
    return found
