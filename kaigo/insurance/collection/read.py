"""What other rooms read of collection: relations for sets, dataclasses for one person. Amounts in yen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.in_force import plans_in_force_sql, taken_over_sql
from kaigo.insurance.collection.invariant import WHAT, Difference, invariant
from kaigo.insurance.collection.mailing import SlipToSend, slips, slips_sql
from kaigo.insurance.collection.models import PlanFinding
from kaigo.insurance.collection.slips import PartView, instalments_sql, parts_by_id, parts_sql
from kaigo.insurance.collection.targets_read import named_sql, payers_sql
from kaigo.insurance.collection.tasks import UnclearYear, open_tasks, unclear
from kaigo.insurance.collection.ways import LABELS, SLIP, Ways, ways
from kaigo.insurance.ledger import words
from kaigo.insurance.ledger.read import SORTS, entries_sql
from kaigo.insurance.premium import read as premium
from kaigo.law.reasons import unpack
from kaigo.law.words import Audience, Told, tell_all

# Whom an address is about (base/desk/things.py).
SUBJECTS = {
    "plan": "SELECT person_id FROM collection_plan WHERE id = %s",
    "relief": "SELECT person_id FROM collection_relief WHERE id = %s",
    "relief_bulk": "",
    "remission": "SELECT person_id FROM collection_remission WHERE id = %s",
    "deferral": "SELECT person_id FROM collection_deferral WHERE id = %s",
    # Whom it was matched with by machine or by hand, ever.
    "target": "SELECT DISTINCT v.person FROM collection_deduction_target t LEFT JOIN collection_match m ON m.target_id = t.id "
    "CROSS JOIN LATERAL (VALUES (t.person_id), (m.person_id)) v (person) WHERE t.id = %s AND v.person IS NOT NULL",
}
__all__ = [
    "CAUSES",
    "LABELS",
    "REQUESTS",
    "SORTS",
    "WHAT",
    "Difference",
    "FirstDue",
    "InstalmentView",
    "LedgerLine",
    "LedgerYear",
    "PartView",
    "PlanView",
    "SlipToSend",
    "UnclearYear",
    "findings_sql",
    "first_due",
    "history",
    "instalments",
    "instalments_sql",
    "invariant",
    "law_of",
    "ledger",
    "letter_amounts_sql",
    "named_sql",
    "one",
    "open_parts",
    "open_tasks",
    "part_label",
    "parts_by_id",
    "parts_sql",
    "payers_sql",
    "plan",
    "plans_in_force_sql",
    "slips",
    "slips_sql",
    "taken_over_sql",
    "targets_of",
    "told",
    "totals",
    "unclear",
    "waiting_sql",
    "ways_of",
    "years",
]  # fmt: skip

CAUSES = {
    "provisional": "仮徴収",
    "main": "本算定",
    "revision": "賦課の更正",
    "way": "納付方法の変更",
    "match": "年金記録の同定",
    "request": "年次の依頼に含まれなかったため",
    "opening": "前のシステムからの引継ぎ",
    "remission": "減免",
}
REQUESTS = {"start": "始める", "keep": "続ける", "stop": "止める", "none": "依頼しない"}


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan. way: deduction | direct | both | none; request: start | keep | stop | none; current: in force."""

    id: int
    person: int
    fiscal_year: int
    assessment: int
    cause: str
    way: str
    refund_yen: int
    request: str
    supersedes: int | None
    decided_on: date
    decided_at: datetime
    actor: str
    current: bool


@dataclass(frozen=True, slots=True)
class InstalmentView:
    """One due part. number: month 4 … 14 of a deduction, else the term."""

    way: str
    number: int
    due_on: date
    yen: int
    provisional: bool

    @property
    def label(self) -> str:
        return part_label(self.way, self.number)

    @property
    def way_label(self) -> str:
        return LABELS.get(self.way, self.way)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One entry. balance: owed less paid of the year after this line; plan: whose reasons explain it."""

    id: int
    on: date
    booked_at: datetime
    sort: str
    way: str
    number: int
    yen: int
    reason: str
    plan: int | None
    balance: int

    @property
    def what(self) -> str:
        return SORTS[self.sort].label

    @property
    def label(self) -> str:
        return part_label(self.way, self.number)

    @property
    def way_label(self) -> str:
        return LABELS.get(self.way, self.way)

    @property
    def why(self) -> str:
        return words.reason(self.reason)


@dataclass(frozen=True, slots=True)
class LedgerYear:
    """A fiscal year of a person: levied (調定 and its changes), received, refunded; balance = what is still owed."""

    fiscal_year: int
    levied: int
    received: int
    refunded: int
    balance: int
    lines: tuple[LedgerLine, ...]
    plan: PlanView | None
    instalments: tuple[InstalmentView, ...]


@dataclass(frozen=True, slots=True)
class FirstDue:
    """The first due date of a person's year (法200条の2): way deduction | direct, month 4 … 14 of a deduction."""

    way: str
    month: int | None
    due_on: date


def part_label(way: str, number: int) -> str:
    """4月, 翌2月, 第3期; 年度計 for a total of a former system."""
    if number == 0:
        return "年度計"
    if way != "deduction":
        return f"第{number}期"
    return f"{number}月" if number <= 12 else f"翌{number - 12}月"


# -- plans ------------------------------------------------------------------------------------------------

_COLUMNS = (
    "p.id, p.person_id, p.fiscal_year, p.assessment_id, p.cause, p.way, p.refund_yen, p.request, p.supersedes_id, "
    "p.decided_on, p.decided_at, p.actor"
)


def plan(ctx: Context, person: int, fiscal_year: int) -> PlanView | None:
    """The plan in force of a person's year."""
    found = rows(
        f"SELECT {_COLUMNS}, true FROM ({plans_in_force_sql(ctx)}) p "
        "WHERE p.person_id = %(person)s AND p.fiscal_year = %(year)s",
        {"person": person, "year": fiscal_year, "known_at": ctx.known_at},
    )
    return PlanView(*found[0]) if found else None


def one(ctx: Context, plan: int) -> PlanView | None:
    """By id."""
    found = rows(
        f"SELECT {_COLUMNS}, NOT EXISTS (SELECT 1 FROM collection_plan n WHERE n.supersedes_id = p.id) "
        "FROM collection_plan p WHERE p.id = %(plan)s",
        {"plan": plan},
    )
    return PlanView(*found[0]) if found else None


def history(ctx: Context, person: int, fiscal_year: int) -> list[PlanView]:
    """All plans of a person's year, newest first."""
    return [
        PlanView(*row)
        for row in rows(
            f"SELECT {_COLUMNS}, NOT EXISTS (SELECT 1 FROM collection_plan n WHERE n.supersedes_id = p.id) "
            "FROM collection_plan p WHERE p.person_id = %(person)s AND p.fiscal_year = %(year)s "
            "AND (%(known_at)s::timestamptz IS NULL OR p.decided_at <= %(known_at)s) ORDER BY p.id DESC",
            {"person": person, "year": fiscal_year, "known_at": ctx.known_at},
        )
    ]


def instalments(ctx: Context, plan: int) -> list[InstalmentView]:
    """The parts of a plan in the order of their due dates."""
    return _instalments([plan]).get(plan, [])


def _instalments(plans: list[int]) -> dict[int, list[InstalmentView]]:
    found: dict[int, list[InstalmentView]] = {}
    for number, *row in rows(
        "SELECT plan_id, way, number, due_on, yen, provisional FROM collection_instalment "
        "WHERE plan_id = ANY(%(plans)s) ORDER BY due_on, way, number",
        {"plans": plans},
    ):
        found.setdefault(number, []).append(InstalmentView(*row))
    return found


def told(ctx: Context, plan: int, audience: Audience = "staff") -> tuple[Told, ...]:
    """The stored reasons in words; never computed again."""
    finding = PlanFinding.objects.filter(decision_id=plan).first()
    return tell_all(unpack(finding.reasons), audience) if finding else ()


def findings_sql() -> str:
    """Relation (decision_id, reasons packed) of all plans, for those who tell many people at once."""
    return "SELECT decision_id, reasons FROM collection_finding"


def law_of(ctx: Context, plan: int) -> str:
    """The version of the law room that decided."""
    finding = PlanFinding.objects.filter(decision_id=plan).first()
    return finding.law if finding else ""


def ways_of(ctx: Context, person: int) -> Ways:
    """How a person pays what is not deducted: facts and decisions by day."""
    return ways(ctx, [person]).get(person, SLIP)


def first_due(ctx: Context, person: int, fiscal_year: int) -> FirstDue | None:
    """The earliest due date in the first plan of the year; None without a plan."""
    found = rows(
        "SELECT i.way, i.number, i.due_on FROM collection_plan p JOIN collection_instalment i ON i.plan_id = p.id "
        "WHERE p.person_id = %(person)s AND p.fiscal_year = %(year)s ORDER BY p.id, i.due_on, i.way LIMIT 1",
        {"person": person, "year": fiscal_year},
    )
    if not found:
        return None
    way, number, due = found[0]
    return FirstDue("deduction", number, due) if way == "deduction" else FirstDue("direct", None, due)


def letter_amounts_sql(ctx: Context) -> str:
    """Relation (person_id, fiscal_year, plan_id, assessment_id, annual_yen, levied_yen, remitted_yen, refund_yen,
    instalments json).

    What a letter of the plan in force has to say; instalments: [{way, number, due_on, yen}] in the order of due dates.
    levied_yen: what the ledger says. remitted_yen: what the instalments are less by (a remission by stage).
    """
    return f"""
        SELECT p.person_id, p.fiscal_year, p.id AS plan_id, p.assessment_id, a.annual_yen, p.refund_yen,
               coalesce((SELECT sum(e.yen) FROM ({entries_sql()}) e WHERE e.person_id = p.person_id
                         AND e.fiscal_year = p.fiscal_year AND e.sort IN ('levy', 'adjust')), 0)::int AS levied_yen,
               coalesce((SELECT r.yen FROM collection_remission r WHERE r.id = p.remission_id), 0) AS remitted_yen,
               coalesce((SELECT json_agg(json_build_object('way', i.way, 'number', i.number, 'due_on', i.due_on,
                                                           'yen', i.yen) ORDER BY i.due_on, i.way, i.number)
                         FROM collection_instalment i WHERE i.plan_id = p.id), '[]'::json) AS instalments
        FROM ({plans_in_force_sql(ctx)}) p JOIN ({premium.in_force_sql(ctx)}) a ON a.id = p.assessment_id"""


# -- ledger -----------------------------------------------------------------------------------------------


def ledger(ctx: Context, person: int, fiscal_year: int | None = None) -> list[LedgerYear]:
    """Year by year, newest first; lines in the order of booking with the running balance."""
    params = {"person": person, "year": fiscal_year, "known_at": ctx.known_at}
    entries = rows(
        "SELECT fiscal_year, id, business_date, booked_at, sort, way, number, yen, reason, source "
        f"FROM ({entries_sql()}) e WHERE person_id = %(person)s "
        "AND (%(year)s::int IS NULL OR fiscal_year = %(year)s) "
        "AND (%(known_at)s::timestamptz IS NULL OR booked_at <= %(known_at)s) ORDER BY fiscal_year DESC, id",
        params,
    )
    plans = {
        row[2]: PlanView(*row, True)
        for row in rows(
            f"SELECT {_COLUMNS} FROM ({plans_in_force_sql(ctx)}) p WHERE p.person_id = %(person)s "
            "AND (%(year)s::int IS NULL OR p.fiscal_year = %(year)s)",
            params,
        )
    }
    parts = _instalments([p.id for p in plans.values()]) if plans else {}
    found = {year: _year(year, list(group)) for year, group in groupby(entries, key=lambda row: row[0])}
    years = []
    for year in sorted(found.keys() | plans.keys(), reverse=True):
        levied, received, refunded, balance, lines = found.get(year, (0, 0, 0, 0, ()))
        held = plans.get(year)
        mine = tuple(parts.get(held.id, ())) if held else ()
        years.append(LedgerYear(year, levied, received, refunded, balance, lines, held, mine))
    return years


def _year(year: int, entries: list[tuple]) -> tuple[int, int, int, int, tuple[LedgerLine, ...]]:
    levied = received = refunded = balance = 0
    lines = []
    for _, number, on, booked_at, sort, way, part, yen, reason, source in entries:
        # 延滞金 and 還付加算金 stand beside the premium: neither owed nor paid of it.
        moves = SORTS[sort]
        levied += yen if sort in ("levy", "adjust") else 0
        received += yen if moves.paid > 0 else 0
        refunded += yen if moves.paid < 0 else 0
        balance += (moves.owed - moves.paid) * yen
        plan = int(source[5:]) if source.startswith("plan:") else None
        lines.append(LedgerLine(number, on, booked_at, sort, way, part, yen, reason, plan, balance))
    return levied, received, refunded, balance, tuple(lines)


def totals(ctx: Context, fiscal_year: int) -> dict:
    """The year: people, levied_yen; by_way {way: yen}; by_part [(way, number, people, yen)]; by_month
    [(month of booking, way, sort, yen)] = 調定簿; refund_yen and people by way of the plans in force."""
    params = {"year": fiscal_year, "known_at": ctx.known_at}
    booked = (
        f"FROM ({entries_sql()}) e WHERE fiscal_year = %(year)s AND sort IN ('levy', 'adjust') "
        "AND (%(known_at)s::timestamptz IS NULL OR booked_at <= %(known_at)s)"
    )
    by_part = rows(
        f"SELECT way, number, count(*) FILTER (WHERE yen > 0), sum(yen)::bigint FROM (SELECT person_id, way, number, "
        f"sum(yen) AS yen {booked} GROUP BY person_id, way, number) x GROUP BY way, number HAVING sum(yen) <> 0 "
        "ORDER BY (way <> 'deduction'), number, way",
        params,
    )
    by_month = rows(
        f"SELECT date_trunc('month', business_date)::date, way, sort, sum(yen)::bigint {booked} "
        "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3 DESC",
        params,
    )
    plans = rows(
        f"SELECT p.way, count(*), sum(p.refund_yen)::bigint FROM ({plans_in_force_sql(ctx)}) p "
        "WHERE p.fiscal_year = %(year)s GROUP BY p.way",
        params,
    )
    by_way: dict[str, int] = {}
    for way, _, _, yen in by_part:
        by_way[way] = by_way.get(way, 0) + yen
    return {
        "people": sum(count for way, count, _ in plans if way != "none"),
        "levied_yen": sum(by_way.values()),
        "by_way": by_way,
        "by_part": by_part,
        "by_month": by_month,
        "people_by_way": {way: count for way, count, _ in plans},
        "refund_yen": sum(yen for _, _, yen in plans),
    }


def years(ctx: Context) -> list[int]:
    """Fiscal years with plans or entries, newest first."""
    return [
        year
        for (year,) in rows(
            f"SELECT fiscal_year FROM collection_plan GROUP BY 1 UNION SELECT fiscal_year FROM ({entries_sql()}) e "
            "GROUP BY 1 ORDER BY 1 DESC",
            {},
        )
    ]


# -- for screens ------------------------------------------------------------------------------------------


def open_parts(ctx: Context, person: int, fiscal_year: int) -> list[InstalmentView]:
    """The parts of the plan in force that are not due yet on ctx.on."""
    held = plan(ctx, person, fiscal_year)
    return [part for part in instalments(ctx, held.id) if part.due_on > ctx.on] if held else []


def targets_of(ctx: Context, person: int) -> list:
    """Pension records matched with a person (targets.Record), newest first."""
    from kaigo.insurance.collection.targets import of_person

    return of_person(ctx, person)


def waiting_sql() -> str:
    """(person_id, case) of people whose collection a clerk must settle."""
    return "SELECT t.person_id, 'collection.task:' || t.id AS \"case\" FROM collection_task t WHERE t.state = 'open'"
