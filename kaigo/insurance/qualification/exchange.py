"""住所地特例交換情報: ours in homes elsewhere by host municipality, what the hosts must be told, and how their lists differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kaigo.base.audit.seen import saw
from kaigo.base.feeds import read as feeds
from kaigo.base.records.context import Context
from kaigo.base.records.folding import fold
from kaigo.base.records.rows import rows_at
from kaigo.insurance.qualification.numbers import numbers_sql
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import parse_date, wareki

LAYOUT = "ward.exception_exchange"
EVENTS = {"start": "適用", "change": "施設の変更", "end": "終了"}
SIDES = {"1": "own", "2": "other"}


@dataclass(frozen=True, slots=True)
class Exception_:
    """A 住所地特例 in force. which: own (ours elsewhere) | other (theirs here). number: our insured number, "" = none."""

    person: int
    name: str
    kana: str
    birth: date | None
    number: str
    which: str
    municipality: str
    facility: str
    since: date


@dataclass(frozen=True, slots=True)
class Event:
    """Something of one of ours that the host municipality must be told. municipality: who is told."""

    person: int
    name: str
    kind: str
    day: date
    municipality: str
    facility: str
    before: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Their list and ours disagree. sort: they_only | we_only | differs; which: own | other; ours: our record, if any."""

    municipality: str
    sort: str
    which: str
    person: int | None
    name: str
    birth: str
    said: str
    ours: str
    as_of: date | None


def in_force(ctx: Context, which: str) -> list[Exception_]:
    """Everybody on ctx.on, by municipality (a ward of a large city as its city)."""
    query = f"""
        SELECT e.person_id, coalesce(p.name, ''), coalesce(p.kana, ''), p.birth_date, coalesce(n.number, ''),
               e.exception, e.municipality, e.facility, lower(e.effective)
        FROM ({residents.address_exception_sql(ctx)}) e
        LEFT JOIN ({residents.particulars_sql(ctx)}) p ON p.person_id = e.person_id
        LEFT JOIN ({numbers_sql()}) n ON n.person_id = e.person_id
        WHERE e.exception = %(which)s AND e.effective @> %(on)s::date"""
    rows = [Exception_(*row) for row in rows_at(ctx, query, which=which)]
    city = cities(ctx, {row.municipality for row in rows})
    found = [Exception_(*row[:6], city[row[6]], *row[7:]) for row in map(_fields, rows)]
    saw(row.person for row in found)
    return sorted(found, key=lambda row: (row.municipality, row.facility, row.kana, row.person))


def events(ctx: Context, first: date, following: date, persons: Iterable[int] | None = None) -> list[Event]:
    """Beginnings, ends and changes of facility of ours (None = everybody) on days in [first, following), the newest first.

    Whoever moves to a home in another municipality ends in the one and begins in the other.
    """
    query = f"""
        SELECT e.person_id, coalesce(p.name, ''), lower(e.effective), upper(e.effective), e.municipality, e.facility,
               lag(e.municipality) OVER w, lag(e.facility) OVER w, lag(upper(e.effective)) OVER w,
               lead(lower(e.effective)) OVER w, lead(e.municipality) OVER w
        FROM ({residents.address_exception_sql(ctx)}) e
        LEFT JOIN ({residents.particulars_sql(ctx)}) p ON p.person_id = e.person_id
        WHERE e.exception = 'own' AND (%(persons)s::bigint[] IS NULL OR e.person_id = ANY(%(persons)s::bigint[]))
        WINDOW w AS (PARTITION BY e.person_id ORDER BY lower(e.effective))"""
    found: list[Event] = []
    for person, name, start, end, town, facility, town_before, before, ended, begins, town_after in rows_at(
        ctx, query, persons=None if persons is None else list(persons)
    ):
        followed = ended == start
        if not followed or town_before != town:
            found.append(Event(person, name, "start", start, town, facility, ""))
        elif before != facility:
            found.append(Event(person, name, "change", start, town, facility, before))
        if end is not None and (begins != end or town_after != town):
            found.append(Event(person, name, "end", end, town, facility, ""))
    chosen = [event for event in found if first <= event.day < following]
    saw(event.person for event in chosen)
    city = cities(ctx, {event.municipality for event in chosen})
    return sorted(
        (Event(e.person, e.name, e.kind, e.day, city[e.municipality], e.facility, e.before) for e in chosen),
        key=lambda e: (e.day, e.person, e.kind),
        reverse=True,
    )


def mismatches(ctx: Context) -> list[Mismatch]:
    """Where the lists that other municipalities sent and our own records disagree, by municipality."""
    theirs = _theirs(ctx)
    heard = {(line["municipality"], line["which"]): line["as_of"] for line in theirs}
    ours = [row for which in SIDES.values() for row in in_force(ctx, which)]
    found: list[Mismatch] = []
    left = {id(row): row for row in ours if (row.municipality, row.which) in heard}
    for line in theirs:
        if not line["now"]:
            continue
        same = [row for row in left.values() if _same(line, row)]
        told = f"{line['facility_name'] or '施設名なし'} {wareki(line['from'])}から"
        if not same:
            person = _known(ctx, line)
            found.append(_of(line, "they_only", person, told, ""))
            continue
        del left[id(same[0])]
        if same[0].since != line["from"]:
            mine = f"{wareki(same[0].since)}から"
            found.append(_of(line, "differs", same[0].person, told, mine))
    found += [
        Mismatch(
            row.municipality, "we_only", row.which, row.person, row.name, wareki(row.birth) if row.birth else "", "",
            f"{wareki(row.since)}から", heard[row.municipality, row.which],
        )
        for row in left.values()
    ]  # fmt: skip
    return sorted(found, key=lambda m: (m.municipality, m.which, m.sort, m.name))


def _theirs(ctx: Context) -> list[dict]:
    """The newest statement of each key, with `now`: in force on ctx.on."""
    places = feeds.columns(LAYOUT)
    keys = (
        "municipality",
        "side",
        "insured_number",
        "name",
        "kana",
        "birth",
        "facility_name",
        "from",
        "to",
        "as_of",
    )
    listed = ", ".join(f"l.values[{places[key]}]" for key in keys)
    same = ", ".join(f"l.values[{places[key]}]" for key in ("municipality", "side", "kana", "birth", "from"))
    query = (
        f"SELECT DISTINCT ON ({same}) {listed} FROM ({feeds.lines_sql()}) l WHERE l.layout = '{LAYOUT}' "
        f"ORDER BY {same}, l.sequence DESC, l.id DESC"
    )
    rows = [dict(zip(keys, row, strict=True)) for row in rows_at(ctx, query)]
    city = cities(ctx, {row["municipality"] for row in rows})
    for row in rows:
        row |= {"municipality": city[row["municipality"]], "which": SIDES[row["side"]]}
        row |= {key: date.fromisoformat(row[key]) if row[key] else None for key in ("from", "to", "as_of")}
        row["now"] = row["from"] <= ctx.on and (row["to"] is None or row["to"] > ctx.on)
    return sorted(rows, key=lambda row: row["as_of"])


def _same(line: dict, row: Exception_) -> bool:
    """The same person: our insured number where the list has it, else birth date and kana."""
    if (row.municipality, row.which) != (line["municipality"], line["which"]):
        return False
    if line["which"] == "own" and line["insured_number"] and row.number:
        return line["insured_number"] == row.number
    return (f"{row.birth:%Y%m%d}" if row.birth else "") == line["birth"] and fold(row.kana) == fold(
        line["kana"]
    )


def _known(ctx: Context, line: dict) -> int | None:
    """Somebody of ours whom a line that matches no exception may mean."""
    query = f"""
        SELECT p.person_id, p.kana, n.number FROM ({residents.particulars_sql(ctx)}) p
        LEFT JOIN ({numbers_sql()}) n ON n.person_id = p.person_id
        WHERE p.birth_raw = %(birth)s OR (%(number)s <> '' AND n.number = %(number)s) ORDER BY p.person_id"""
    number = line["insured_number"] if line["which"] == "own" else ""
    for person, kana, own in rows_at(ctx, query, birth=line["birth"], number=number):
        if (number and own == number) or fold(kana) == fold(line["kana"]):
            return person
    return None


def _of(line: dict, sort: str, person: int | None, said: str, ours: str) -> Mismatch:
    birth = line["birth"]
    return Mismatch(
        line["municipality"], sort, line["which"], person, line["name"],
        _birth(birth), said, ours, line["as_of"],
    )  # fmt: skip


def _birth(text: str) -> str:
    """A birth date of a list; with unknown parts as it stands."""
    return f"{text[:4]}年(月日不詳)" if text.endswith("00") else wareki(parse_date(text))


def cities(ctx: Context, codes: Iterable[str]) -> dict[str, str]:
    """code → municipality: a ward of a large city is told as its city."""
    return {code: registers.insurer_code(ctx, code) or code for code in codes}


def _fields(row: Exception_) -> tuple:
    return tuple(getattr(row, name) for name in row.__dataclass_fields__)
