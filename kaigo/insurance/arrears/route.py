"""The visits of a day in the order in which one walks: town by town, block by block, house by house."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import HIDDEN, Context
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears.talks import RESULTS
from kaigo.insurance.arrears.terms import ONE, owed_sql
from kaigo.insurance.residents import read as residents

GUARDED = "支援措置: 住所は印刷しません"
_NUMBERS = re.compile(r"\d+")
_KANJI = str.maketrans("〇一二三四五六七八九", "0123456789")
_CHOME = re.compile(r"([一二三四五六七八九])丁目")


class Stop(NamedTuple):
    """A visit. address: "" or the reason why it does not stand here; open_yen: what is owed and past its day."""

    visit: int
    person: int
    name: str
    address: str
    building: str
    phone: str
    open_yen: int
    result: str
    note: str
    guarded: bool

    @property
    def said(self) -> str:
        return RESULTS.get(self.result, "")


def block(address: str) -> tuple[int, ...]:
    """The numbers of an address in their order: 旭町一丁目12番3号 → (1, 12, 3). 10番 comes after 9番."""
    plain = unicodedata.normalize("NFKC", address)
    plain = _CHOME.sub(lambda found: f"{found[1].translate(_KANJI)}丁目", plain)
    return tuple(int(number) for number in _NUMBERS.findall(plain))


def route(ctx: Context, day: date) -> list[Stop]:
    """Everybody who is to be visited on the day, by town code, block and house. What is dropped is left out.

    Of protected people no address is given: a list is carried about. Who may not see addresses gets none.
    """
    found = rows(
        f"""
        SELECT v.id, v.person_id, v.result, v.note, coalesce(r.town_code, ''), coalesce(r.address, ''),
               coalesce(r.building, ''), coalesce(r.phone, '')
        FROM arrears_visit v LEFT JOIN ({residents.residence_sql(ctx)}) r ON r.person_id = v.person_id
        WHERE v.on = %(day)s AND v.result <> 'dropped'""",
        {"day": day, "on": ctx.on, "known_at": ctx.known_at},
    )
    people = [row[1] for row in found]
    names, hidden = residents.names(ctx, people), residents.protected_among(ctx, people)
    owed = _owed(ctx, people)
    found.sort(key=lambda row: (row[1] in hidden, row[4], _town(row[5]), block(row[5]), row[6], row[1]))
    return [
        Stop(
            visit, person, names.get(person, ""), *_where(ctx, person in hidden, address, building, phone),
            owed.get(person, 0), result, note, person in hidden,
        )
        for visit, person, result, note, _, address, building, phone in found
    ]  # fmt: skip


def _where(ctx: Context, guarded: bool, address: str, building: str, phone: str) -> tuple[str, str, str]:
    if guarded:
        return GUARDED, "", ""
    if not ctx.sees("address"):
        return HIDDEN, "", ""
    return address, building, phone if ctx.sees("contact") else HIDDEN


def _town(address: str) -> str:
    """The name before the first number, for addresses that carry no town code."""
    return _NUMBERS.split(unicodedata.normalize("NFKC", address), maxsplit=1)[0]


def _owed(ctx: Context, people: list[int]) -> dict[int, int]:
    return dict(
        rows(
            f"SELECT person_id, sum(balance)::int FROM ({owed_sql(ctx, ONE)}) o GROUP BY person_id",
            {"persons": id_array(people), "on": ctx.on, "known_at": ctx.known_at},
        )
    )
