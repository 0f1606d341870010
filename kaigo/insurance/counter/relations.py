"""What the insurance system knows of people that the finding of misuse needs (base/misuse/relations.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kaigo.base.misuse.relations import Near, Relations
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows, rows_at
from kaigo.base.staff.marks import own_number, own_words
from kaigo.insurance.counter.models import Access, Ticket
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents

# The last number of an address: houses of one block differ in it.
_HOUSE = "[-‐－―−]?[0-9０-９]+号?$"
# Family name: what stands before the space.
_SURNAME = "nullif(split_part(replace({}.name, '　', ' '), ' ', 1), '')"


class InsuranceRelations(Relations):
    """Of everybody in the register of residents."""

    knows = True
    searches = frozenset({"insurance:counter.Search"})
    # Saying why one looks is no work for anybody.
    no_work = frozenset({"insurance:counter.Why"})

    def identities(self, ctx: Context) -> Iterable[tuple[int, Sequence[str]]]:
        for person, kana, birth, numbers in residents.identified(ctx):
            words = [own_words(kana, birth)] if kana and birth else []
            yield person, [*words, *map(own_number, numbers)]

    def near(self, ctx: Context, people: Iterable[int]) -> Iterable[Near]:
        return [Near(*row) for row in rows_at(ctx, _near(ctx), people=list(people))]

    def guarded(self, ctx: Context) -> Iterable[int]:
        query = (
            f"SELECT s.person_id FROM ({residents.protection_sql(ctx)}) s WHERE s.effective @> %(on)s::date"
        )
        return [person for (person,) in rows_at(ctx, query)]

    def in_order(self, ctx: Context) -> Sequence[int]:
        query = f"SELECT n.person_id FROM ({qualification.numbers_sql()}) n ORDER BY n.number"
        return [person for (person,) in rows(query)]

    def handled(self, ctx: Context, cases: Iterable[str]) -> dict[str, frozenset[str]]:
        tickets = {int(case[7:]) for case in cases if case.startswith("ticket:") and case[7:].isdigit()}
        taken = Ticket.objects.filter(id__in=tickets).values_list("id", "taken_by")
        return {f"ticket:{id}": frozenset({actor}) for id, actor in taken}

    def reasons(self, ctx: Context, cases: Iterable[str]) -> dict[str, str]:
        given = {int(case[7:]) for case in cases if case.startswith("access:") and case[7:].isdigit()}
        return {
            f"access:{id}": reason
            for id, reason in Access.objects.filter(id__in=given).values_list("id", "reason")
        }


def _near(ctx: Context) -> str:
    """(person, other, tie): the household, who lives at the same address, and who has the same family name in the
    household or in the same block."""
    home = f"""
    SELECT r.person_id, {_SURNAME.format("p")} AS surname, r.town_code, r.address, r.building,
           regexp_replace(r.address, '{_HOUSE}', '') AS block, h.household_id
    FROM ({residents.residence_sql(ctx)}) r LEFT JOIN ({residents.particulars_sql(ctx)}) p ON p.person_id = r.person_id
    LEFT JOIN ({residents.membership_sql(ctx)}) h ON h.person_id = r.person_id WHERE r.state = 'resident'"""
    return f"""
    WITH home AS MATERIALIZED ({home}), me AS (SELECT * FROM home WHERE person_id = ANY(%(people)s::bigint[]))
    SELECT me.person_id, o.person_id, 'staff' FROM me JOIN home o ON o.household_id = me.household_id
    WHERE o.person_id <> me.person_id
    UNION
    SELECT me.person_id, o.person_id, 'family' FROM me JOIN home o ON o.household_id = me.household_id
    WHERE o.person_id <> me.person_id AND o.surname = me.surname
    UNION
    SELECT me.person_id, o.person_id, 'family' FROM me JOIN home o ON o.block = me.block AND o.surname = me.surname
    WHERE o.person_id <> me.person_id AND me.block <> ''
    UNION
    SELECT me.person_id, o.person_id, 'address' FROM me JOIN home o ON o.address = me.address AND o.building = me.building
    WHERE o.person_id <> me.person_id AND me.address <> ''"""
