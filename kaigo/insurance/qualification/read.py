"""What other rooms read of qualification."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from kaigo.base.records.context import HIDDEN, Context
from kaigo.base.records.watermarks import NEW
from kaigo.insurance.qualification.deemed import Entry as DeemedEntry
from kaigo.insurance.qualification.deemed import valid as deemed_valid
from kaigo.insurance.qualification.exchange import EVENTS
from kaigo.insurance.qualification.exchange_letters import ToTell, to_tell
from kaigo.insurance.qualification.exchange_list import Listed
from kaigo.insurance.qualification.exchange_list import decided as exchange_decided
from kaigo.insurance.qualification.exchange_list import hosts as exchange_hosts
from kaigo.insurance.qualification.exchange_list import listed as exchange_listed
from kaigo.insurance.qualification.exchange_list import shielded as exchange_shielded
from kaigo.insurance.qualification.exchange_list import undecided as exchange_undecided
from kaigo.insurance.qualification.guarded import guarded
from kaigo.insurance.qualification.in_force import IN_FORCE, in_force_sql
from kaigo.insurance.qualification.models import (
    IncomeInquiry,
    InsuredNumber,
    Qualification,
    QualificationFinding,
    Task,
)
from kaigo.insurance.qualification.numbers import numbers_sql
from kaigo.insurance.qualification.particulars import ON_CERTIFICATE, Change, changes
from kaigo.law.reasons import unpack
from kaigo.law.words import Audience, Told, name_of, tell_all

# Whom an address is about (base/desk/things.py).
SUBJECTS = {
    "entry": "SELECT person_id FROM qualification_deemed WHERE id = %s",
    "inquiry": "SELECT person_id FROM qualification_income_inquiry WHERE id = %s",
    "notification": "SELECT person_id FROM qualification_notification WHERE id = %s",
    "task": "SELECT person_id FROM qualification_task WHERE id = %s",
    "telling": "SELECT person_id FROM qualification_exchange_telling WHERE id = %s",
}
__all__ = [
    "EVENTS", "IN_FORCE", "ON_CERTIFICATE", "Change", "DeemedEntry", "InsuredPeriod", "Listed", "ToTell", "changed_sql", "changes", "counts", "deemed_valid",
    "exchange_decided", "exchange_hosts", "exchange_listed", "exchange_shielded", "exchange_undecided", "finding",
    "guarded", "handovers_sql", "history", "in_force_sql", "income_inquiries", "income_inquiries_sql", "number",
    "numbers", "numbers_sql", "open_tasks", "periods_in_force", "person_of", "persons_of", "tasks", "to_tell", "told", "waiting_sql",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class InsuredPeriod:
    """[acquired_on, lost_on) with the codes of the reasons, and when each was notified (届出年月日)."""

    id: int
    period: int
    acquired_on: date
    acquired_reason: str
    lost_on: date | None
    lost_reason: str
    provisional: bool
    cancelled: bool
    decided_on: date
    current: bool
    acquired_notified_on: date | None
    lost_notified_on: date | None
    decided_at: datetime
    actor: str
    supersedes: int | None

    @property
    def acquired_why(self) -> str:
        return name_of("acquired", self.acquired_reason)

    @property
    def lost_why(self) -> str:
        return name_of("lost", self.lost_reason) if self.lost_reason else ""


def changed_sql() -> str:
    """(person_id) of every decision made in [%(after)s, %(upto)s)."""
    return f"SELECT q.person_id FROM qualification_decision q WHERE q.{NEW.replace(' AND tx', ' AND q.tx')}"


def number(ctx: Context, person: int) -> str:
    """The insured number, or ""."""
    if not ctx.sees("number"):
        return HIDDEN
    found = InsuredNumber.objects.filter(person_id=person).first()
    return found.number if found else ""


def person_of(ctx: Context, insured_number: str) -> int | None:
    """The person with this insured number."""
    found = InsuredNumber.objects.filter(number=insured_number).first()
    return found.person_id if found else None


def persons_of(ctx: Context, insured_numbers: list[str]) -> dict[str, int]:
    """insured number → person, of those numbers that there are."""
    found = InsuredNumber.objects.filter(number__in=insured_numbers)
    return {row.number: row.person_id for row in found}


def history(ctx: Context, person: int) -> list[InsuredPeriod]:
    """All decisions about a person, oldest first; `current` marks those in force (at ctx.known_at when it is set)."""
    rows = Qualification.objects.filter(person_id=person).order_by("id")
    if ctx.known_at is not None:
        rows = rows.filter(decided_at__lte=ctx.known_at)
    rows = list(rows)
    replaced = {q.supersedes_id for q in rows}
    return [_view(q, not q.cancelled and q.id not in replaced) for q in rows]


def _view(q: Qualification, current: bool) -> InsuredPeriod:
    return InsuredPeriod(
        q.id, q.period, q.acquired_on, q.acquired_reason, q.lost_on, q.lost_reason, q.provisional, q.cancelled,
        q.decided_on, current, q.acquired_notified_on, q.lost_notified_on, q.decided_at, q.actor, q.supersedes_id,
    )  # fmt: skip


def told(ctx: Context, decision: int, audience: Audience = "staff") -> tuple[Told, ...]:
    """The stored reasons of a decision in words; never computed again."""
    finding = QualificationFinding.objects.filter(decision_id=decision).first()
    return tell_all(unpack(finding.reasons), audience) if finding else ()


def finding(ctx: Context, decision: int) -> QualificationFinding | None:
    """Facts, reasons and law version of a decision as stored."""
    return QualificationFinding.objects.filter(decision_id=decision).first()


def periods_in_force(ctx: Context, person: int) -> list[InsuredPeriod]:
    """The periods in force in the order of life."""
    return [period for period in history(ctx, person) if period.current]


def open_tasks(ctx: Context) -> int:
    """How many tasks wait."""
    return Task.objects.filter(state="open").count()


def counts(ctx: Context) -> dict[str, int]:
    """Insured on ctx.on; acquired and lost in the month of ctx.on."""
    first = ctx.on.replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FILTER (WHERE q.acquired_on <= %(on)s AND (q.lost_on IS NULL OR q.lost_on > %(on)s)), "
            f"count(*) FILTER (WHERE q.acquired_on BETWEEN %(first)s AND %(on)s), "
            f"count(*) FILTER (WHERE q.lost_on BETWEEN %(first)s AND %(on)s) "
            f"FROM qualification_decision q WHERE {IN_FORCE}",
            {"on": ctx.on, "first": first},
        )
        insured, acquired, lost = cursor.fetchone()
    return {"insured": insured, "acquired": acquired, "lost": lost}


def tasks(ctx: Context, sort: str = "", person: int | None = None) -> list[Task]:
    """Open tasks, the oldest first."""
    rows = Task.objects.filter(state="open").order_by("id")
    if sort:
        rows = rows.filter(sort=sort)
    if person is not None:
        rows = rows.filter(person_id=person)
    return list(rows)


def numbers(ctx: Context, persons: list[int]) -> dict[int, str]:
    """person → insured number, of those who have one."""
    if not ctx.sees("number"):
        return dict.fromkeys(persons, HIDDEN)
    rows = InsuredNumber.objects.filter(person_id__in=persons)
    return {row.person_id: row.number for row in rows}


def income_inquiries(ctx: Context, person: int | None = None, state: str = "") -> list[IncomeInquiry]:
    """所得照会, the oldest first: of a person, in a state (asked | sent | answered | no_record | dropped)."""
    rows = IncomeInquiry.objects.order_by("id")
    if person is not None:
        rows = rows.filter(person_id=person)
    return list(rows.filter(state=state) if state else rows)


def income_inquiries_sql() -> str:
    """Relation of all 所得照会 with all columns."""
    return "SELECT i.* FROM qualification_income_inquiry i"


def handovers_sql() -> str:
    """Relation of 受給資格証明書 handed in (法36条): person_id, acquired_on, handed_in_on, municipality, number, made_on."""
    return (
        "SELECT h.id, h.person_id, h.acquired_on, h.handed_in_on, h.municipality, h.certificate_number, "
        "h.certificate_made_on FROM qualification_handover h WHERE NOT h.withdrawn "
        "AND NOT EXISTS (SELECT 1 FROM qualification_handover n WHERE n.supersedes_id = h.id)"
    )


def waiting_sql() -> str:
    """(person_id, case) of people about whom something waits here: tasks, 所得照会, 連絡票 not yet sent."""
    return """
        SELECT t.person_id, 'qualification.task:' || t.id AS "case" FROM qualification_task t WHERE t.state = 'open'
        UNION ALL SELECT i.person_id, 'qualification.inquiry:' || i.id FROM qualification_income_inquiry i
        WHERE i.state IN ('asked', 'sent')
        UNION ALL SELECT x.person_id, 'qualification.telling:' || x.id FROM qualification_exchange_telling x
        WHERE x.state = 'wanted'"""
