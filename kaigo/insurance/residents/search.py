"""Search for people as the counter asks: number, name or kana in any spelling, birth date in any usual way.

「たかはし S33.4.1」, 「髙橋花子」, 「19580401」, 「33.4.1」(昭和, 平成 and 令和 are all tried), 「000000001234567」.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Any, NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import HIDDEN, Context
from kaigo.base.records.folding import fold
from kaigo.base.records.rows import rows
from kaigo.insurance.residents.people import MERGES, in_force, times
from kaigo.law.dates import parse_date

MOST = 50
_COUNTED = 1000  # counting stops here: "1000 or more"
_SHORT_DATE = re.compile(r"(\d{1,2})[.\-/年](\d{1,2})[.\-/月](\d{1,2})日?")
_LETTER_DATE = re.compile(r"([MTSHR])(\d{2})(\d{2})(\d{2})", re.IGNORECASE)
_KANA = re.compile(r"[ァ-ヺ]+")


class Hit(NamedTuple):
    """Somebody found."""

    person: int
    number: str
    name: str
    kana: str
    alias: str
    birth_date: date | None
    sex: str
    state: str
    address: str
    protected: bool


class Found(NamedTuple):
    """At most 50 hits and how many there are in all (1000 = at least so many). understood: how the words were read."""

    hits: list[Hit]
    count: int
    understood: str


# field of base/staff/fields.yaml → what stands in a hit instead.
_INSTEAD = {
    "name": {"name": HIDDEN, "kana": "", "alias": ""},
    "birth": {"birth_date": None},
    "sex": {"sex": ""},
    "number": {"number": HIDDEN},
    "address": {"address": HIDDEN},
    "protection": {"protected": False},
}


def _unseen(ctx: Context) -> dict:
    return {
        key: value
        for field, instead in _INSTEAD.items()
        if not ctx.sees(field)
        for key, value in instead.items()
    }


class _Asked(NamedTuple):
    number: str
    births: list[date]
    name: str


def search(ctx: Context, words: str) -> Found:
    """People whose present name (or alias), birth date and number agree with all the words."""
    asked = _read(words)
    where, params = _conditions(asked)
    if not where:
        return Found([], 0, "")
    params |= times(ctx)
    persons = f"""
        SELECT DISTINCT x.person_id FROM (
            SELECT p.person_id FROM residents_particulars p
            WHERE upper_inf(p.known) AND {" AND ".join(where)} LIMIT {_COUNTED}) x"""
    found = rows(
        f"""
        WITH match AS MATERIALIZED ({persons}), total AS (SELECT count(*) AS n FROM match),
        shown AS MATERIALIZED (
            SELECT m.person_id, p.kana, p.birth_date FROM match m
            JOIN residents_particulars p ON p.person_id = m.person_id AND {in_force(ctx, "p")}
            ORDER BY p.kana, p.birth_date, m.person_id LIMIT {MOST})
        SELECT total.n, m.person_id,
               (SELECT max(n.number) FROM residents_addressee_number n WHERE n.person_id = m.person_id),
               p.name, p.kana, p.alias, p.birth_date, p.sex, coalesce(r.state, ''), coalesce(r.address, ''),
               s.id IS NOT NULL
        FROM shown m CROSS JOIN total
        JOIN residents_particulars p ON p.person_id = m.person_id AND {in_force(ctx, "p")}
        LEFT JOIN residents_residence r ON r.person_id = m.person_id AND {in_force(ctx, "r")}
        LEFT JOIN residents_protection s ON s.person_id = m.person_id AND {in_force(ctx, "s")}
        ORDER BY m.kana, m.birth_date, m.person_id""",
        params,
    )
    hits = [Hit(person, number or "", *rest)._replace(**_unseen(ctx)) for _, person, number, *rest in found]
    saw(hit.person for hit in hits)
    return Found(hits, found[0][0] if found else 0, _told(asked))


def _read(words: str) -> _Asked:
    number, births, names = "", [], []
    for word in unicodedata.normalize("NFKC", words).split():
        days = birth_dates(word)
        if days:
            births = days
        elif word.isdigit():
            number = word
        else:
            names.append(word)
    return _Asked(number, births, re.sub(r"[\\%_]", "", fold("".join(names))))


def birth_dates(word: str) -> list[date]:
    """The days that a word may mean: S33.4.1, 昭和33年4月1日, 1958-04-01, 19580401, S330401, 33.4.1; [] = no date."""
    found = _LETTER_DATE.fullmatch(word)
    if found:
        word = f"{found[1]}{found[2]}.{found[3]}.{found[4]}"
    short = _SHORT_DATE.fullmatch(word)
    spellings = [f"{era}{'.'.join(short.groups())}" for era in "TSHR"] if short else [word]
    days = []
    for spelling in spellings:
        try:
            days.append(parse_date(spelling))
        except ValueError:
            continue
    return days


def _conditions(asked: _Asked) -> tuple[list[str], dict]:
    where: list[str] = []
    params: dict[str, Any] = {}
    if asked.number:
        # The short form leaves out the leading zeros.
        where.append(
            "p.person_id IN (SELECT coalesce(e.into_id, n.person_id) FROM residents_addressee_number n "
            f"LEFT JOIN ({MERGES}) e ON e.person_id = n.person_id WHERE n.number IN (%(number)s, %(padded)s))"
        )
        params |= {"number": asked.number, "padded": asked.number.zfill(15)}
    if asked.births:
        where.append("p.birth_date = ANY(%(births)s::date[])")
        params["births"] = asked.births
    if asked.name:
        column = "search_kana" if _KANA.fullmatch(asked.name) else "search"
        params["name"] = asked.name + "%"
        where.append(
            f"(p.{column} LIKE %(name)s OR p.alias <> '' AND split_part(p.{column}, '/', 2) LIKE %(name)s"
            + (")" if column == "search_kana" else f" OR {_KANA_NAMES})")
        )
    return where, params


# A foreign resident's name may be written in katakana in the name itself or in Latin letters in the kana.
_KANA_NAMES = "p.search_kana LIKE %(name)s"


def _told(asked: _Asked) -> str:
    parts = []
    if asked.number:
        parts.append(f"宛名番号 {asked.number}")
    if asked.births:
        parts.append("生年月日 " + "または".join(f"{d:%Y-%m-%d}" for d in asked.births))
    if asked.name:
        parts.append(f"氏名 {asked.name}")
    return "・".join(parts)
