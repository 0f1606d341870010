"""Storage → the facts of a fiscal year, for some people or for everybody: the same queries, another WHERE.

The household is that of the assessment day (4月1日 or the day of acquisition, 法130条); everything else is as
believed at ctx.known_at (the cut-off of a freeze; None = now).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.audit.seen import saw
from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents
from kaigo.law.premium_facts import AssessFacts, PersonTax, Span, StageSpan

STATUS = {
    "1": "taxed",
    "2": "untaxed",
    "3": "undeclared",
    "4": "investigating",
    "5": "inquiring",
    "6": "cancelled",
}
# Nobody below this age on 1 January has a tax record of his own (work is barred until then: 労働基準法56条).
CHILD = 15
_TAX = (
    "t.status, t.total_income, t.pension_revenue, t.pension_income, t.salary_revenue, t.salary_income, "
    "t.income_adjustment, t.long_special_deduction + t.short_special_deduction, t.deemed_taxed"
)
_UNKNOWN = PersonTax("unknown")
_CHILD = PersonTax("untaxed")


class Gathered(NamedTuple):
    """A person-year."""

    person: int
    facts: AssessFacts


def gather(ctx: Context, fiscal_year: int, persons: list[int] | None = None) -> Iterator[Gathered]:
    """Everybody insured in the fiscal year, in the order of id."""
    params = {
        "known_at": ctx.known_at,
        "on": ctx.on,
        "persons": persons,
        "begin": date(fiscal_year, 4, 1),
        "finish": date(fiscal_year + 1, 4, 1),
        "fiscal_year": fiscal_year,
        "taxed_on": date(fiscal_year, 1, 1),
        "child_born_after": date(fiscal_year - CHILD, 1, 1),
    }
    insured = _insured(ctx, params)
    _homes(ctx, params)
    spans = _spans(ctx, params)
    households = _households(ctx, params)
    members = set().union(*households.values())
    saw(members.union(insured))
    taxes = _taxes(ctx, params, members.union(insured))
    of_member = taxes | _without_tax(ctx, params, members.difference(taxes))
    begin = params["begin"]
    for person, own in insured.items():
        first = own[0].start
        special = spans.get(person, _NO_SPANS)
        yield Gathered(
            person,
            AssessFacts(
                fiscal_year, first if first > begin else begin, taxes.get(person, _UNKNOWN),
                tuple([of_member[member] for member in households.get(person, ())]), own,
                special.assistance, special.support, special.old_age, special.borderline,
            ),
        )  # fmt: skip


class _Special(NamedTuple):
    assistance: tuple[Span, ...] = ()
    support: tuple[Span, ...] = ()
    old_age: tuple[Span, ...] = ()
    borderline: tuple[StageSpan, ...] = ()


_NO_SPANS = _Special()


def _insured(ctx: Context, params: dict) -> dict[int, tuple[Span, ...]]:
    """person → the insured periods that touch the year, in the order of id; kept in a temporary table for the rest."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS premium_insured, premium_home")
        cursor.execute(
            f"""CREATE TEMPORARY TABLE premium_insured ON COMMIT DROP AS
            SELECT q.person_id, q.acquired_on, q.lost_on FROM ({qualification.in_force_sql(ctx)}) q
            WHERE q.acquired_on < %(finish)s AND (q.lost_on IS NULL OR q.lost_on > %(begin)s)
              AND (%(persons)s::bigint[] IS NULL OR q.person_id = ANY(%(persons)s::bigint[]))
            ORDER BY q.person_id, q.acquired_on""",
            params,
        )
        cursor.execute("ANALYZE premium_insured")
        cursor.execute(
            "SELECT person_id, acquired_on, lost_on FROM premium_insured ORDER BY person_id, acquired_on"
        )
        found: dict[int, tuple[Span, ...]] = {}
        for person, start, end in cursor.fetchall():
            before = found.get(person)
            span = (Span(start, end),)
            found[person] = before + span if before else span
    return found


def _homes(ctx: Context, params: dict) -> None:
    """The household of each insured person on the assessment day, in a temporary table."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE TEMPORARY TABLE premium_home ON COMMIT DROP AS
            SELECT d.person_id, d.day, m.household_id FROM (
                SELECT person_id, greatest(min(acquired_on), %(begin)s::date) AS day
                FROM premium_insured GROUP BY person_id) d
            JOIN ({residents.membership_history_sql(ctx)}) m
              ON m.person_id = d.person_id AND m.effective @> d.day""",
            params,
        )
        cursor.execute("ANALYZE premium_home")


def _lived_here(ctx: Context) -> str:
    """Whether the person of t lived here on 1 January (of the municipal tax) and still on 1 April: the rule of fiscal
    2026 for wages is for them only. Asked only of those with wages and no tax; for all others it decides nothing.
    """
    return f"""CASE WHEN t.salary_revenue > 0 AND t.status = '2' THEN EXISTS (
        SELECT 1 FROM ({residents.residence_history_sql(ctx)}) r WHERE r.person_id = t.person_id
        AND r.state = 'resident' AND r.effective @> %(begin)s::date
        AND least(r.became_resident_on, lower(r.effective)) <= %(taxed_on)s) ELSE true END"""


def _households(ctx: Context, params: dict) -> dict[int, list[int]]:
    """insured person → the other members of the household on the assessment day, in the order of id."""
    query = f"""
        SELECT h.person_id, o.person_id FROM premium_home h
        JOIN ({residents.membership_history_sql(ctx)}) o
          ON o.household_id = h.household_id AND o.effective @> h.day AND o.person_id <> h.person_id
        ORDER BY h.person_id, o.person_id"""
    found: dict[int, list[int]] = {}
    for person, member in rows(query, params):
        if person in found:
            found[person].append(member)
        else:
            found[person] = [member]
    return found


def _taxes(ctx: Context, params: dict, people: set[int]) -> dict[int, PersonTax]:
    """The tax of each of these people who has any."""
    query = f"""
        SELECT t.person_id, {_TAX}, {_lived_here(ctx)} FROM ({residents.taxation_sql(ctx)}) t
        WHERE t.fiscal_year = %(fiscal_year)s AND t.person_id = ANY(%(people)s::bigint[])"""
    return {person: _tax(row) for person, *row in rows(query, params | {"people": id_array(people)})}


def _without_tax(ctx: Context, params: dict, people: set[int]) -> dict[int, PersonTax]:
    """Members of households without a tax record: untaxed as a child, else unknown."""
    if not people:
        return {}
    query = f"""
        SELECT b.person_id FROM ({residents.particulars_sql(ctx)}) b
        WHERE b.birth_date >= %(child_born_after)s AND b.person_id = ANY(%(people)s::bigint[])"""
    children = [person for (person,) in rows(query, params | {"people": id_array(people)})]
    return dict.fromkeys(people, _UNKNOWN) | dict.fromkeys(children, _CHILD)


def _tax(row) -> PersonTax:
    status, total, pension, pension_income, salary, salary_income, adjustment, special, deemed, here = row
    return PersonTax(
        STATUS[status],
        total,
        pension,
        pension_income,
        salary,
        salary_income,
        adjustment,
        special,
        deemed,
        None,
        here,
    )


def _spans(ctx: Context, params: dict) -> dict[int, _Special]:
    """Intervals that touch the fiscal year and change the stage by month. Few people have any."""
    found: dict[int, _Special] = {}

    def add(person: int, name: str, span) -> None:
        special = found.get(person, _NO_SPANS)
        found[person] = special._replace(**{name: (*getattr(special, name), span)})

    touching = "effective && daterange(%(begin)s::date, %(finish)s::date)"
    for person, kind, start, end in rows(
        f"SELECT person_id, welfare_kind, lower(effective), upper(effective) FROM ({residents.welfare_sql(ctx)}) w "
        f"WHERE {touching} ORDER BY person_id, lower(effective)",
        params,
    ):
        add(person, "assistance" if kind == "1" else "support", Span(start, end))
    for person, start, end in rows(
        f"SELECT person_id, lower(effective), upper(effective) FROM ({residents.old_age_pension_sql(ctx)}) o "
        f"WHERE {touching} ORDER BY person_id, lower(effective)",
        params,
    ):
        add(person, "old_age", Span(start, end))
    for person, start, end, stage in rows(
        f"SELECT person_id, lower(effective), upper(effective), stage FROM ({residents.borderline_sql(ctx)}) b "
        f"WHERE stage IS NOT NULL AND {touching} ORDER BY person_id, lower(effective)",
        params,
    ):
        add(person, "borderline", StageSpan(start, end, stage))
    return found
