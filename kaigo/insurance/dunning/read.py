"""What other rooms read of dunning: relations for sets, views for one person and for lists. Amounts in yen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.dunning.late import Preview, previews
from kaigo.insurance.dunning.models import DemandFinding, LateFinding
from kaigo.insurance.dunning.returned import away_sql
from kaigo.insurance.dunning.stays import all_sql
from kaigo.insurance.dunning.words import WHY
from kaigo.law.reasons import unpack
from kaigo.law.words import Audience, Told, tell_all

__all__ = ["Preview", "previews"]

# Whom an address is about (base/desk/things.py).
SUBJECTS = {
    "demand": "SELECT person_id FROM dunning_demand WHERE id = %s",
    "dunning_batch": "",
    "late_charge": "SELECT person_id FROM dunning_late_charge WHERE id = %s",
    "public_notice": "SELECT person_id FROM dunning_public_notice_letter WHERE notice_id = %s",
    "returned": "SELECT person_id FROM dunning_returned WHERE id = %s",
    "stay": "SELECT person_id FROM dunning_stay WHERE id = %s",
    "waiver_request": "SELECT person_id FROM dunning_waiver_request WHERE id = %s",
}

# -- relations --------------------------------------------------------------------------------------------


def demands_sql() -> str:
    """Relation (id, person_id, fiscal_year, number, part, due_on, yen, dated, deadline_on, fee_yen, why): one per term."""
    return (
        "SELECT id, person_id, fiscal_year, number, part, due_on, yen, dated, deadline_on, fee_yen, why "
        "FROM dunning_demand"
    )


def reminders_sql() -> str:
    """Relation (id, person_id, yen, dated, deadline_on)."""
    return "SELECT id, person_id, yen, dated, deadline_on FROM dunning_reminder"


def reminded_sql() -> str:
    """Relation (reminder_id, person_id, fiscal_year, number, part, due_on, yen, late_yen, reminded_on): the terms of reminders."""
    return (
        "SELECT t.reminder_id, t.person_id, t.fiscal_year, t.number, t.part, t.due_on, t.yen, t.late_yen, "
        "r.dated AS reminded_on FROM dunning_reminder_term t JOIN dunning_reminder r ON r.id = t.reminder_id"
    )


def stays_sql(ctx: Context) -> str:
    """Relation (person_id, fiscal_year, number, why, start, end) in force; fiscal_year NULL = all terms of the person."""
    return f'SELECT person_id, fiscal_year, number, why, start, "end" FROM ({all_sql(ctx)}) s'


def waiting_sql() -> str:
    """(person_id, case) of people about whom somebody must act: letters that came back, waivers that wait."""
    return f"""
        SELECT r.person_id, 'dunning.returned:' || r.id AS "case" FROM dunning_returned r
        WHERE NOT EXISTS (SELECT 1 FROM dunning_public_notice_letter l WHERE l.returned_id = r.id)
          AND {away_sql()}
        UNION ALL
        SELECT w.person_id, 'dunning.waiver:' || w.id FROM dunning_waiver_request w WHERE w.state = 'requested'"""


# -- views --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A term that a letter asks for. id: of the demand or reminder; yen: as decided."""

    id: int
    person: int
    fiscal_year: int
    number: int
    part: int
    due_on: date
    yen: int
    dated: date
    deadline_on: date


@dataclass(frozen=True, slots=True)
class DemandView(AskedFor):
    """A demand of a term."""

    fee_yen: int
    why: str
    batch: int
    decided_on: date
    actor: str

    @property
    def why_label(self) -> str:
        return WHY[self.why]


_DEMAND = (
    "SELECT id, person_id, fiscal_year, number, part, due_on, yen, dated, deadline_on, fee_yen, why, batch_id, decided_on, "
    "actor FROM dunning_demand"
)


def demand(ctx: Context, demand_id: int) -> DemandView | None:
    """By id."""
    found = _demands(f"{_DEMAND} WHERE id = %(id)s", {"id": demand_id})
    return found[0] if found else None


def demands(ctx: Context, person: int) -> list[DemandView]:
    """A person's demands, the newest first."""
    return _demands(
        f"{_DEMAND} WHERE person_id = %(person)s ORDER BY dated DESC, id DESC", {"person": person}
    )


def _demands(query: str, params: dict) -> list[DemandView]:
    found = [DemandView(*row) for row in rows(query, params)]
    saw(view.person for view in found)
    return found


@dataclass(frozen=True, slots=True)
class ReminderView:
    """A reminder, with what it asks for."""

    id: int
    person: int
    yen: int
    dated: date
    deadline_on: date
    terms: int


def reminders(ctx: Context, person: int) -> list[ReminderView]:
    """A person's reminders, the newest first."""
    return [
        ReminderView(*row)
        for row in rows(
            "SELECT r.id, r.person_id, r.yen, r.dated, r.deadline_on, (SELECT count(*) FROM dunning_reminder_term t "
            "WHERE t.reminder_id = r.id)::int FROM dunning_reminder r WHERE r.person_id = %(person)s "
            "ORDER BY r.dated DESC, r.id DESC",
            {"person": person},
        )
    ]


@dataclass(frozen=True, slots=True)
class LateView:
    """A late charge. current: no later one of the term; waived_yen: of this charge."""

    id: int
    person: int
    fiscal_year: int
    number: int
    due_on: date
    owed_yen: int
    until: date
    state: str
    yen: int
    exact_yen: int
    decided_on: date
    actor: str
    current: bool
    waived_yen: int


_LATE = """
SELECT c.id, c.person_id, c.fiscal_year, c.number, c.due_on, c.owed_yen, c.until, c.state, c.yen, c.exact_yen, c.decided_on,
       c.actor, NOT EXISTS (SELECT 1 FROM dunning_late_charge n WHERE n.supersedes_id = c.id),
       coalesce((SELECT sum(w.yen) FROM dunning_waiver w WHERE w.charge_id = c.id), 0)::int
FROM dunning_late_charge c"""


def late_charge(ctx: Context, charge: int) -> LateView | None:
    """By id."""
    found = _charges(f"{_LATE} WHERE c.id = %(id)s", {"id": charge})
    return found[0] if found else None


def late_charges(ctx: Context, person: int) -> list[LateView]:
    """All of a person, the newest decision first."""
    return _charges(f"{_LATE} WHERE c.person_id = %(person)s ORDER BY c.id DESC", {"person": person})


def _charges(query: str, params: dict) -> list[LateView]:
    found = [LateView(*row) for row in rows(query, params)]
    saw(view.person for view in found)
    return found


def demand_told(ctx: Context, demand_id: int, audience: Audience = "staff") -> tuple[Told, ...]:
    """The stored reasons of a demand in words; never computed again."""
    found = DemandFinding.objects.filter(decision_id=demand_id).first()
    return tell_all(unpack(found.reasons), audience) if found else ()


def late_told(ctx: Context, charge: int, audience: Audience = "staff") -> tuple[Told, ...]:
    """The stored reasons of a late charge in words, with its periods by year."""
    found = LateFinding.objects.filter(decision_id=charge).first()
    return tell_all(unpack(found.reasons), audience) if found else ()


def findings_sql() -> str:
    """Relation (decision_id, reasons packed) of all demands, for the letters."""
    return "SELECT decision_id, reasons FROM dunning_demand_finding"
