"""What other rooms read of premium."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from kaigo.base.records.context import HIDDEN, Context
from kaigo.insurance.premium.models import Assessment, AssessmentFinding, Batch, Task
from kaigo.insurance.premium.provisional_facts import unpack_facts
from kaigo.insurance.premium.raised import Raised, raised_people
from kaigo.insurance.premium.save import stage_numbers
from kaigo.insurance.qualification import read as qualification
from kaigo.law.provisional import ProvisionalFacts
from kaigo.law.reasons import Reason, unpack
from kaigo.law.words import Audience, Told, tell_all

# Whom an address is about (base/desk/things.py).
SUBJECTS = {
    "after": "SELECT person_id FROM premium_assessment WHERE id = %s",
    "assessment": "SELECT person_id FROM premium_assessment WHERE id = %s",
    "batch": "",
    "before": "SELECT person_id FROM premium_assessment WHERE id = %s",
    "task": "SELECT person_id FROM premium_task WHERE id = %s",
}
IN_FORCE = "NOT EXISTS (SELECT 1 FROM premium_assessment n WHERE n.supersedes_id = a.id)"


@dataclass(frozen=True, slots=True)
class AssessmentView:
    """One assessment; yen; stages by month from April (0 = not insured)."""

    id: int
    person: int
    fiscal_year: int
    sort: str
    assessment_day: date
    annual_yen: int
    months: int
    stage: int
    stages: tuple[int, ...]
    tax_status: str
    change_reason: str
    interim: bool
    decided_on: date
    decided_at: datetime
    current: bool
    supersedes: int | None


def in_force_sql(ctx: Context) -> str:
    """Relation of assessments in force now, or at ctx.known_at: all columns of premium_assessment as a.*"""
    if ctx.known_at is None:
        return f"SELECT a.* FROM premium_assessment a WHERE {IN_FORCE}"
    return (
        "SELECT a.* FROM premium_assessment a WHERE a.decided_at <= %(known_at)s AND NOT EXISTS (SELECT 1 FROM "
        "premium_assessment n WHERE n.supersedes_id = a.id AND n.decided_at <= %(known_at)s)"
    )


def history(ctx: Context, person: int, fiscal_year: int | None = None) -> list[AssessmentView]:
    """All assessments of a person, newest year first, newest decision first."""
    rows = Assessment.objects.filter(person_id=person).order_by("-fiscal_year", "-id")
    if fiscal_year is not None:
        rows = rows.filter(fiscal_year=fiscal_year)
    if ctx.known_at is not None:
        rows = rows.filter(decided_at__lte=ctx.known_at)
    rows = list(rows)
    # At an earlier moment of belief a decision is in force although it was superseded later.
    replaced = {row.supersedes_id for row in rows}
    return [_view(row, row.id not in replaced) for row in rows]


def current(ctx: Context, person: int, fiscal_year: int) -> AssessmentView | None:
    """The assessment in force for a year."""
    return next((view for view in history(ctx, person, fiscal_year) if view.current), None)


def one(ctx: Context, assessment: int) -> AssessmentView | None:
    """By id."""
    row = Assessment.objects.filter(id=assessment).select_related("superseded_by").first()
    return _view(row, not hasattr(row, "superseded_by")) if row else None


def reasons(ctx: Context, assessment: int) -> tuple[Reason, ...]:
    """The stored reasons of a decision."""
    finding = AssessmentFinding.objects.filter(decision_id=assessment).first()
    return unpack(finding.reasons) if finding else ()


def told(ctx: Context, assessment: int, audience: Audience = "staff") -> tuple[Told, ...]:
    """The stored reasons in words; never computed again. What tells of tax or welfare, only where that may be seen."""
    found = reasons(ctx, assessment)
    if ctx.sees_all("tax", "welfare"):
        return tell_all(found, audience)
    return (*tell_all(_without_income(found), audience), _UNTOLD) if found else ()


# Reasons that tell what somebody earns, whether his household is taxed, or that he is on welfare.
_TELLING = ("household.", "income.", "stage.")
_UNTOLD = Told("", "", f"税と福祉の事実による理由 {HIDDEN}", ())


def _without_income(found: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return tuple(
        reason._replace(parts=_without_income(reason.parts))
        for reason in found
        if not reason.id.startswith(_TELLING)
    )


def changed_provisional(
    ctx: Context, fiscal_year: int, persons: list[int] | None = None
) -> dict[int, ProvisionalFacts]:
    """person → facts of his last provisional decision of the year, of those whose first one was changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.person_id, f.facts::text FROM premium_assessment a JOIN premium_finding f ON f.decision_id = a.id "
            "WHERE a.fiscal_year = %(year)s AND a.sort = 'provisional' AND a.supersedes_id IS NOT NULL "
            "AND (%(persons)s::bigint[] IS NULL OR a.person_id = ANY(%(persons)s::bigint[])) "
            "AND NOT EXISTS (SELECT 1 FROM premium_assessment n WHERE n.supersedes_id = a.id AND n.sort = 'provisional')",
            {"year": fiscal_year, "persons": persons},
        )
        return {person: unpack_facts(json.loads(facts))[0] for person, facts in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class ProvisionalChange:
    """A provisional decision that superseded another; yen of both."""

    id: int
    person: int
    decided_on: date
    reason: str
    before: int
    yen: int
    current: bool


def provisional_changes(ctx: Context, fiscal_year: int) -> list[ProvisionalChange]:
    """All of a year, newest first, at most 2,000."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, a.person_id, a.decided_on, a.change_reason, b.annual_yen, a.annual_yen, "
            f"{IN_FORCE} FROM premium_assessment a JOIN premium_assessment b ON b.id = a.supersedes_id "
            "WHERE a.fiscal_year = %s AND a.sort = 'provisional' ORDER BY a.id DESC LIMIT 2000",
            [fiscal_year],
        )
        return [ProvisionalChange(*row) for row in cursor.fetchall()]


def raised(ctx: Context, fiscal_year: int, persons: list[int] | None = None) -> list[Raised]:
    """Whose stage of some month is higher than the year before, with what is known of both years, in the order of person.

    For the remission of one year by the stage of the year before. Provisional decisions are left out. persons: only these,
    and also where no stage is higher.
    """
    return raised_people(ctx, in_force_sql(ctx), fiscal_year, persons)


def deducted_sql() -> str:
    """Relation (person_id, fiscal_year, month, yen) of what pension payers deducted; month 14 = February."""
    return "SELECT person_id, fiscal_year, month, yen FROM premium_deducted"


def opening_sql() -> str:
    """Relation (assessment_id, person_id, fiscal_year, annual_yen, stage) of decisions taken over from a former system."""
    return (
        "SELECT a.id AS assessment_id, a.person_id, a.fiscal_year, a.annual_yen, a.stage FROM premium_assessment a "
        "WHERE a.sort = 'opening'"
    )


def findings_sql() -> str:
    """Relation (decision_id, reasons packed) of all assessments, for those who tell many people at once."""
    return "SELECT decision_id, reasons FROM premium_finding"


def law_of(ctx: Context, assessment: int) -> str:
    """The version of the law room that decided."""
    finding = AssessmentFinding.objects.filter(decision_id=assessment).first()
    return finding.law if finding else ""


def facts_of(ctx: Context, assessment: int) -> list:
    """The stored facts, packed in the order of AssessFacts."""
    finding = AssessmentFinding.objects.filter(decision_id=assessment).first()
    return finding.facts if finding else []


def totals(ctx: Context, fiscal_year: int) -> dict:
    """People, yen and people by stage of the assessments in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT stage, count(*), sum(annual_yen) FROM premium_assessment a WHERE fiscal_year = %s AND {IN_FORCE} "
            "AND months > 0 GROUP BY stage ORDER BY stage",
            [fiscal_year],
        )
        rows = cursor.fetchall()
    return {
        "people": sum(row[1] for row in rows),
        "yen": int(sum(row[2] for row in rows)),
        "by_stage": {row[0]: row[1] for row in rows},
        "yen_by_stage": {row[0]: int(row[2]) for row in rows},
    }


def open_tasks(ctx: Context) -> dict[str, int]:
    """Waiting tasks by sort."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sort, count(*) FROM premium_task WHERE state = 'open' GROUP BY sort")
        return dict(cursor.fetchall())


def open_task_rows(sort: str = ""):
    """Open tasks as an ordered query, for pages."""
    rows = Task.objects.filter(state="open").order_by("id")
    return rows.filter(sort=sort) if sort else rows


def years(ctx: Context) -> list[int]:
    """Fiscal years with a decision, newest first."""
    found = Assessment.objects.order_by("-fiscal_year").values_list("fiscal_year", flat=True).distinct()
    return list(found)


def by_month(ctx: Context, fiscal_year: int) -> dict[int, list[int]]:
    """stage → people in each of the twelve months from April, of the assessments in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substr(a.stages, m.place, 1), m.place, count(*) FROM premium_assessment a, "
            f"generate_series(1, 12) AS m(place) WHERE a.fiscal_year = %s AND a.months > 0 AND {IN_FORCE} "
            "AND a.sort <> 'provisional' AND substr(a.stages, m.place, 1) <> '-' GROUP BY 1, 2",
            [fiscal_year],
        )
        found: dict[int, list[int]] = {}
        for letter, place, people in cursor.fetchall():
            found.setdefault(stage_numbers(letter)[0], [0] * 12)[place - 1] = people
    return dict(sorted(found.items()))


def in_force_rows(fiscal_year: int, stage: int | None = None):
    """Assessments in force of a year (or of the last stage in it) as an ordered query, for pages."""
    rows = Assessment.objects.filter(fiscal_year=fiscal_year, superseded_by__isnull=True)
    return (rows.filter(stage=stage) if stage else rows).order_by("person_id")


def provisional_totals(ctx: Context, fiscal_year: int) -> dict[str, int]:
    """People and yen of provisional decisions still in force."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(annual_yen), 0) FROM premium_assessment a "
            f"WHERE fiscal_year = %s AND sort = 'provisional' AND {IN_FORCE}",
            [fiscal_year],
        )
        people, yen = cursor.fetchone()
    return {"people": people, "yen": int(yen)}


def saved(ctx: Context, batch: int) -> dict[str, int]:
    """What a batch left behind: decisions and their yen."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(annual_yen), 0) FROM premium_assessment WHERE batch_id = %s",
            [batch],
        )
        decisions, yen = cursor.fetchone()
    return {"decisions": decisions, "yen": int(yen)}


def batches(ctx: Context) -> list[Batch]:
    """Newest first."""
    return list(Batch.objects.select_related("freeze").order_by("-id")[:50])


def tasks(ctx: Context, sort: str = "", person: int | None = None) -> list[Task]:
    """Open tasks, at most 500."""
    rows = Task.objects.filter(state="open").order_by("id")
    if sort:
        rows = rows.filter(sort=sort)
    if person is not None:
        rows = rows.filter(person_id=person)
    return list(rows[:500])


def assessment_days(ctx: Context, tasks: list[Task]) -> list[tuple[int, int, date]]:
    """(person, fiscal year, assessment day) of the questions: of the decision in force, else 1 April or the day on
    which the person was acquired in that year."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.person_id, t.fiscal_year, coalesce("
            f" (SELECT a.assessment_day FROM premium_assessment a WHERE a.person_id = t.person_id "
            f"  AND a.fiscal_year = t.fiscal_year AND {IN_FORCE}),"
            f" (SELECT greatest(min(q.acquired_on), make_date(t.fiscal_year, 4, 1)) FROM "
            f"  ({qualification.in_force_sql(ctx)}) q WHERE q.person_id = t.person_id "
            "   AND q.acquired_on < make_date(t.fiscal_year + 1, 4, 1) "
            "   AND (q.lost_on IS NULL OR q.lost_on > make_date(t.fiscal_year, 4, 1))),"
            " make_date(t.fiscal_year, 4, 1)) "
            "FROM premium_task t WHERE t.id = ANY(%(tasks)s)",
            {"tasks": [task.id for task in tasks], "known_at": ctx.known_at},
        )
        return cursor.fetchall()


def _view(row: Assessment, current: bool) -> AssessmentView:
    return AssessmentView(
        row.id, row.person_id, row.fiscal_year, row.sort, row.assessment_day, row.annual_yen, row.months, row.stage,
        stage_numbers(row.stages), row.tax_status, row.change_reason, row.interim, row.decided_on, row.decided_at,
        current, row.supersedes_id,
    )  # fmt: skip


def waiting_sql() -> str:
    """(person_id, case) of people whose year could not be decided, or rests on what is no longer believed."""
    return (
        "SELECT t.person_id, 'premium.task:' || t.id AS \"case\" FROM premium_task t WHERE t.state = 'open'"
    )
