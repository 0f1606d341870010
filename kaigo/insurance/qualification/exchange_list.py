"""The list of ours in homes of another municipality: who is on it, and what was decided to tell there. Let out by release."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.insurance.qualification.exchange import cities, events
from kaigo.insurance.qualification.exchange_letters import ToTell, to_tell
from kaigo.insurance.qualification.exchange_told import Key, key, told
from kaigo.insurance.qualification.guarded import guarded
from kaigo.insurance.qualification.models import ExchangeTelling
from kaigo.insurance.qualification.numbers import numbers_sql
from kaigo.insurance.residents import read as residents


@dataclass(frozen=True, slots=True)
class Listed:
    """A stay of one of ours in a home there. until: the day from which it no longer is, None = it lasts."""

    person: int
    name: str
    kana: str
    birth: str
    number: str
    facility: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Decided:
    """Something the municipality was told, or is to be told by letter. known: our records still know it."""

    person: int
    kind: str
    day: date
    known: bool


def listed(ctx: Context, municipality: str, first: date) -> list[Listed]:
    """Stays that last on ctx.on or ended since `first`, also of those under 支援措置: whoever lets the list out leaves them out."""
    query = f"""
        SELECT e.municipality, e.person_id, coalesce(p.name, ''), coalesce(p.kana, ''), coalesce(p.birth_raw, ''),
               coalesce(n.number, ''), e.facility, lower(e.effective), upper(e.effective)
        FROM ({residents.address_exception_sql(ctx)}) e
        LEFT JOIN ({residents.particulars_sql(ctx)}) p ON p.person_id = e.person_id
        LEFT JOIN ({numbers_sql()}) n ON n.person_id = e.person_id
        WHERE e.exception = 'own' AND lower(e.effective) <= %(on)s
          AND (upper(e.effective) IS NULL OR upper(e.effective) >= %(first)s)
        ORDER BY 4, 2, 8"""
    found = rows_at(ctx, query, first=first)
    city = cities(ctx, {row[0] for row in found})
    # An end that is known before its day is not told before it.
    return [
        Listed(*row[1:8], row[8] if row[8] and row[8] <= ctx.on else None)
        for row in found
        if city[row[0]] == municipality
    ]


def hosts(ctx: Context, first: date) -> list[str]:
    """Municipalities that a list would name somebody to, in the order of their codes."""
    query = f"""
        SELECT DISTINCT e.municipality FROM ({residents.address_exception_sql(ctx)}) e
        WHERE e.exception = 'own' AND lower(e.effective) <= %(on)s
          AND (upper(e.effective) IS NULL OR upper(e.effective) >= %(first)s)"""
    return sorted(set(cities(ctx, {row[0] for row in rows_at(ctx, query, first=first)}).values()))


def shielded(ctx: Context, municipality: str, persons: set[int]) -> set[int]:
    """Those under 支援措置 (or of whose household somebody is) whom no written reason lets us tell of there."""
    allowed = ExchangeTelling.objects.filter(
        person_id__in=persons, municipality=municipality, state__in=("wanted", "sent")
    ).exclude(reason="")
    return guarded(ctx, persons) - set(allowed.values_list("person_id", flat=True))


def undecided(ctx: Context, municipality: str, first: date, persons: set[int]) -> list[tuple[int, date]]:
    """(person, day) of beginnings, changes and ends that a list would tell, but nobody decided to tell there."""
    found = _events(ctx, municipality, first, persons)
    said = set(told(found)) | {_key(row) for row in to_tell(ctx)}
    return sorted((event.person, event.day) for event in found if key(event) not in said)


def decided(ctx: Context, municipality: str, first: date) -> list[Decided]:
    """What that municipality was told of since `first`, or is to be told by a letter that is not at the post yet; and of
    what is to be told, what our records know no longer."""
    found = {key(event): event for event in _events(ctx, municipality, first, None)}
    sent = [Decided(*each[:3], True) for each in told(found.values()) if each in found]
    waiting = [
        Decided(row.person, row.kind, row.day, row.event is not None)
        for row in to_tell(ctx)
        if row.municipality == municipality and (row.event is None or row.day >= first)
    ]
    return sorted({*sent, *waiting}, key=lambda each: (each.person, each.day, each.kind))


def _events(ctx: Context, municipality: str, first: date, persons: set[int] | None) -> list:
    found = events(ctx, first, ctx.on + timedelta(days=1), persons)
    return [event for event in found if event.municipality == municipality]


def _key(row: ToTell) -> Key:
    return row.person, row.kind, row.day, row.municipality
