"""The list of ours in homes of another municipality (住所地特例): what stands in the file = what was decided to tell there.

Written as the other municipality reads it: its own file of ward.exception_exchange, about insured of ours in its homes.
The bytes are read back with the layout, and what was read is compared, person by person.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.registers import read as registers
from kaigo.insurance.release import gate, outgoing
from kaigo.insurance.release.models import GateReport, OutgoingFile, Request
from kaigo.insurance.release.requests import only_one
from kaigo.law.dates import fiscal_span
from kaigo.layouts.reader import read
from kaigo.layouts.writer import DoesNotFit, write_csv

LAYOUT = "ward.exception_exchange"
# As the other municipality sees it: somebody whom another (we) insures, in a home of its own.
SIDE = "2"


class Prepared(NamedTuple):
    """The file and who stands on its lines, in their order. shielded: who is left out (支援措置)."""

    content: bytes
    lines: list[qualification.Listed]
    shielded: set[int]


def hosts(ctx: Context, fiscal_year: int) -> list[tuple[str, str]]:
    """(code, name) of the municipalities to which a list can go."""
    codes = qualification.exchange_hosts(ctx, fiscal_span(fiscal_year)[0])
    return [(code, registers.insurer_name(ctx, code) or code) for code in codes]


def prepare(ctx: Context, insurer: str, fiscal_year: int, municipality: str, made_on: date) -> Prepared:
    """Everybody there on made_on, and whose stay ended since the year began; 支援措置 as it is on ctx.on."""
    at, first = ctx.at(made_on), fiscal_span(fiscal_year)[0]
    found = qualification.exchange_listed(at, municipality, first)
    persons = {line.person for line in found}
    shielded = qualification.exchange_shielded(at, municipality, persons)
    shielded |= qualification.exchange_shielded(ctx, municipality, persons)
    lines = [line for line in found if line.person not in shielded]
    saw(line.person for line in lines)
    homes = registers.facility_names(at, {line.facility for line in lines})
    rows = [
        {
            "municipality": insurer,
            "side": SIDE,
            "insured_number": line.number,
            "name": line.name,
            "kana": line.kana,
            "birth": line.birth,
            "facility_name": homes.get(line.facility, ""),
            "from": f"{line.since:%Y%m%d}",
            "to": f"{line.until:%Y%m%d}" if line.until else "",
            "as_of": f"{made_on:%Y%m%d}",
        }
        for line in lines
    ]
    before = OutgoingFile.objects.filter(layout=LAYOUT, totals__municipality=municipality).count()
    try:
        content = write_csv(LAYOUT, municipality, made_on, before + 1, "changes", rows)
    except DoesNotFit as wrong:
        raise Refused(str(wrong)) from wrong
    return Prepared(content, lines, shielded)


def compare(
    ctx: Context, insurer: str, fiscal_year: int, municipality: str, made_on: date | None = None
) -> tuple[GateReport, Prepared]:
    """Prepare the list and compare it with what was decided to tell. Saves a report.

    totals: {records, people, shielded, decided, digest}.
    """
    made_on = made_on or ctx.on
    if registers.insurer_name(ctx, municipality) is None:
        raise Refused("この市区町村は台帳にありません。市区町村の台帳を確かめてください。")
    made = prepare(ctx, insurer, fiscal_year, municipality, made_on)
    if not made.lines:
        raise Refused("一覧に載せる人がいません。")
    at, first = ctx.at(made_on), fiscal_span(fiscal_year)[0]
    said, unreadable = _read_back(made, municipality)
    decided = [
        each
        for each in qualification.exchange_decided(at, municipality, first)
        if each.person not in made.shielded
    ]
    found = [_difference(person, "list_unreadable") for person in unreadable]
    found += [
        _difference(each.person, "list_gone" if not each.known else "list_differs")
        for each in decided
        if not each.known or (each.kind, each.day) not in said.get(each.person, set())
    ]
    undecided = qualification.exchange_undecided(
        at, municipality, first, {line.person for line in made.lines}
    )
    found += [_difference(person, "list_undecided") for person, _ in undecided]
    totals = {
        "records": len(made.lines),
        "people": len({line.person for line in made.lines}),
        "shielded": len(made.shielded),
        "decided": len(decided),
        "digest": store.put(made.content),
    }
    return gate.save(ctx, f"file:{LAYOUT}:{municipality}", fiscal_year, totals, found), made


def _read_back(made: Prepared, municipality: str) -> tuple[dict[int, set[tuple[str, date]]], list[int]]:
    """What the other municipality would read: person → {(start | change | end, day)}, and whose line it would refuse."""
    reading = read(made.content, LAYOUT, insurer=municipality)
    if reading.problems:
        raise Refused(f"一覧を様式で読み返せません: {reading.problems[0].message}")
    # The first line of the file is its head.
    person_of = {number: line.person for number, line in enumerate(made.lines, 2)}
    stays: dict[int, list[tuple[date, date | None]]] = {}
    for row in reading.rows.sort("line").iter_rows(named=True):
        until = date.fromisoformat(row["to"]) if row["to"] else None
        stays.setdefault(person_of[row["line"]], []).append((date.fromisoformat(row["from"]), until))
    said = {person: _events(mine) for person, mine in stays.items()}
    return said, sorted({person_of[error.line] for error in reading.refused})


def _events(stays: list[tuple[date, date | None]]) -> set[tuple[str, date]]:
    """What the stays of one person tell: beginnings and ends, and a change where one ends on the day the next begins."""
    begins, ends = {since for since, _ in stays}, {until for _, until in stays if until}
    told = {"start": begins, "end": ends, "change": begins & ends}
    return {(kind, day) for kind, days in told.items() for day in days}


def _difference(person: int, what: str) -> gate.Difference:
    return gate.Difference(person, what, None, None, None)


def request(ctx: Context, insurer: str, fiscal_year: int, municipality: str) -> Request:
    """Ask that the list goes out. Raises Differs when the list says something else than what was decided."""
    only_one("exchange", municipality, fiscal_year)
    report, _ = compare(ctx, insurer, fiscal_year, municipality)
    return outgoing.ask(ctx, "exchange", municipality, fiscal_year, report)


def let_out(ctx: Context, insurer: str, request: Request) -> OutgoingFile:
    """The approved list leaves: prepared and compared again, byte for byte the one that was approved."""
    outgoing.approved(request, "exchange")
    report, made = compare(ctx, insurer, request.fiscal_year, request.what, request.dated)
    name = f"{insurer}_exchange_{request.what}_{ctx.on:%Y%m%d}.csv"
    totals = {"municipality": request.what, "people": report.totals["people"]}
    people = tuple(line.person for line in made.lines)
    return outgoing.leave(ctx, request, outgoing.Made(report, LAYOUT, name, len(made.lines), totals, people))
