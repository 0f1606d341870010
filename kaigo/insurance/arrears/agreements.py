"""分納の誓約: a debt in monthly parts that sum to it, its performance by the ledger, its end. Amounts in yen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears import outer
from kaigo.insurance.arrears.chain import judged, values
from kaigo.insurance.arrears.events import standing_sql
from kaigo.insurance.arrears.models import Agreement, AgreementPart, AgreementTerm
from kaigo.insurance.arrears.terms import Owed
from kaigo.law.agreements import (
    Part,
    Performance,
    PerformanceFacts,
    ScheduleFacts,
    performance,
    schedule,
)
from kaigo.law.digest import law_version
from kaigo.law.reasons import Finding, Unclear, pack

STATES = {"made": "履行中", "done": "完納", "broken": "不履行", "withdrawn": "取下げ"}
MOST_PARTS = 60


class Draft(NamedTuple):
    """An agreement before it is made: terms, schedule, what the law said."""

    terms: tuple[Owed, ...]
    debt_yen: int
    finding: Finding[tuple[Part, ...]]

    @property
    def parts(self) -> tuple[Part, ...]:
        return self.finding.value


class Standing(NamedTuple):
    """An agreement as it stands. found: its performance today, Unclear where the insurer's practice is not known."""

    agreement: int
    person: int
    state: str
    agreed_on: date
    debt_yen: int
    parts: tuple[Part, ...]
    paid_yen: int
    found: Finding[Performance] | Unclear

    @property
    def label(self) -> str:
        return STATES[self.state]


def draft(ctx: Context, person: int, monthly_yen: int, first_on: date) -> Draft:
    """The agreement that would be made: all that is owed and not lapsed. Nothing is kept.

    Refused without debt, for a first day that is past, where it would take more than 60 months, while another stands.
    """
    if of_persons(ctx, [person], ("made",)):
        raise Refused("履行中の分納の誓約があります。先にそれを取り下げるか、不履行としてください。")
    if first_on < ctx.on:
        raise Refused("初回の期日が過ぎた日です。今日から後の日にしてください。")
    if monthly_yen < 1:
        raise Refused("毎月の額は1円以上にしてください。")
    terms = tuple(
        one.term for one in judged(ctx, [person]) if one.term.balance > 0 and one.finding and not one.complete
    )
    debt = sum(term.balance for term in terms)
    if not debt:
        raise Refused("分けて納める滞納がありません(納期限の過ぎた期がないか、時効が完成しています)。")
    if -(-debt // monthly_yen) > MOST_PARTS:
        raise Refused(
            f"{MOST_PARTS}回を超える分納になります。毎月の額を{-(-debt // MOST_PARTS):,}円以上にしてください。"
        )
    return Draft(terms, debt, schedule(ScheduleFacts(debt, monthly_yen, first_on), values(ctx)))


def make(ctx: Context, person: int, monthly_yen: int, first_on: date, debt_yen: int) -> Agreement:
    """Make the agreement. debt_yen: what the clerk was shown; refused when the debt is another by now.

    The promise acknowledges each of its terms: prescription begins anew (民法152条).
    """
    rows("SELECT pg_advisory_xact_lock(hashtext('arrears.agreement'), %(id)s::int)", {"id": person % 2**31})
    found = draft(ctx, person, monthly_yen, first_on)
    if found.debt_yen != debt_yen:
        raise Refused(
            f"確かめた後に滞納の額が変わりました({debt_yen:,}円→{found.debt_yen:,}円)。分納の計画を作り直してください。"
        )
    made = Agreement.objects.create(
        person_id=person, made=None, state="made", agreed_on=ctx.on, debt_yen=debt_yen, reason="",
        reasons=pack(found.finding.reasons), law=law_version(values(ctx).digest), decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip
    AgreementTerm.objects.bulk_create(
        AgreementTerm(
            agreement=made, person_id=person, fiscal_year=t.fiscal_year, number=t.number, yen=t.balance
        )
        for t in found.terms
    )
    AgreementPart.objects.bulk_create(
        AgreementPart(agreement=made, person_id=person, place=place, due_on=part.due_on, yen=part.yen)
        for place, part in enumerate(found.parts, 1)
    )
    return made


def of_persons(ctx: Context, persons: Iterable[int] | None, states: Iterable[str] = STATES) -> list[Standing]:
    """Agreements of people (None = of everybody) in these states, the newest first. Performance by the ledger."""
    given = None if persons is None else id_array(persons)
    mine = "true" if persons is None else "person_id = ANY(%(persons)s::bigint[])"
    found = rows(
        f"""
        WITH standing AS MATERIALIZED (
            SELECT coalesce(a.made_id, a.id) AS id, a.person_id, a.state, a.agreed_on, a.debt_yen
            FROM ({standing_sql(ctx, "arrears_agreement")}) a WHERE {mine} AND a.state = ANY(%(states)s)),
        -- What was paid on the day of the promise itself came before it.
        paid AS (
            SELECT s.id, sum(m.yen)::int AS yen FROM standing s
            JOIN arrears_agreement_term t ON t.agreement_id = s.id
            JOIN ({outer.moves_sql(ctx, "person_id IN (SELECT person_id FROM standing)")}) m
                 ON m.person_id = t.person_id AND m.fiscal_year = t.fiscal_year AND m.number = t.number
                    AND m.day > s.agreed_on AND m.day <= %(on)s::date
            GROUP BY s.id)
        SELECT s.id, s.person_id, s.state, s.agreed_on, s.debt_yen, coalesce(p.yen, 0),
               (SELECT array_agg(q.due_on ORDER BY q.place) FROM arrears_agreement_part q WHERE q.agreement_id = s.id),
               (SELECT array_agg(q.yen ORDER BY q.place) FROM arrears_agreement_part q WHERE q.agreement_id = s.id)
        FROM standing s LEFT JOIN paid p ON p.id = s.id ORDER BY s.id DESC""",
        {"persons": given, "states": list(states), "on": ctx.on, "known_at": ctx.known_at},
    )
    law = values(ctx)
    made = []
    for *head, paid, days, yen in found:
        parts = tuple(Part(day, amount) for day, amount in zip(days, yen, strict=True))
        made.append(
            Standing(*head, parts, paid, performance(PerformanceFacts(parts, max(0, paid), ctx.on), law))
        )
    return made


def withdraw(ctx: Context, agreement: int, reason: str) -> Agreement:
    """The person or the section gives the agreement up. Refused without reason, and when it stands no more."""
    if not reason.strip():
        raise Refused("取り下げる理由を書いてください。")
    return _follow(ctx, agreement, "withdrawn", reason.strip()[:200], [])


def watch(ctx: Context) -> dict[str, int]:
    """Every agreement in force against the ledger: done, or broken after as many missed parts as the insurer allows."""
    counts = {"looked": 0, "done": 0, "broken": 0, "unclear": 0}
    for one in of_persons(ctx, None, ("made",)):
        counts["looked"] += 1
        if isinstance(one.found, Unclear):
            counts["unclear"] += 1
            continue
        found = one.found.value
        state = "done" if found.done else "broken" if found.broken else ""
        if state:
            _follow(ctx, one.agreement, state, "", pack(one.found.reasons))
            counts[state] += 1
    return counts


def _follow(ctx: Context, agreement: int, state: str, reason: str, reasons: list) -> Agreement:
    first = Agreement.objects.filter(id=agreement, made__isnull=True).first()
    if first is not None:
        rows(
            "SELECT pg_advisory_xact_lock(hashtext('arrears.agreement'), %(id)s::int)",
            {"id": first.person_id % 2**31},
        )
    if first is None or Agreement.objects.filter(supersedes=first).exists():
        raise Refused("この誓約は履行中ではありません。画面を開き直してください。")
    return Agreement.objects.create(
        person_id=first.person_id, made=first, state=state, agreed_on=first.agreed_on, debt_yen=first.debt_yen,
        reason=reason, reasons=reasons, law=law_version(values(ctx).digest), supersedes=first, decided_on=ctx.on,
        actor=ctx.actor,
    )  # fmt: skip
