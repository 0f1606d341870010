"""What stands in a ledger: one section per kind of record, in the order of the street, each behind its room's permission.

A section is a table of words that are printed as they stand. As on the person's page: what began after ctx.on is left
out, what is believed is that of ctx.known_at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.insurance.certificates import read as certificates
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.insurance.residents.words import STATES, codes, event, relationship
from kaigo.law.dates import wareki

Row = tuple[str, ...]


class Section(NamedTuple):
    """A table. columns: (heading, width in parts (0 = as wide as what stands in it), whether a figure); note: a line below the title."""

    title: str
    columns: tuple[tuple[str, int, bool], ...]
    rows: tuple[Row, ...]
    note: str = ""


def told(day: date | None) -> str:
    """A day of a table, "" = none."""
    return wareki(day) if day else ""


def period(since: date | None, until: date | None) -> str:
    """Both days as they are told: the last day on which it is so."""
    end = told(until - timedelta(days=1)) if until else ""
    return f"{told(since)}〜{end}"


def facts(ctx: Context, relation: str, columns: str, person: int) -> list[tuple]:
    """(since, until, 届出日, *columns) of a whole history, what began by ctx.on, newest first."""
    return rows_at(
        ctx,
        f"SELECT lower(f.effective), upper(f.effective), f.notified_on, {columns} FROM ({relation}) f "
        "WHERE f.person_id = %(person)s AND lower(f.effective) <= %(on)s ORDER BY lower(f.effective) DESC, f.id DESC",
        person=person,
    )


# section → what it is called where it is left out, and the details of people that it is made of (base/staff/fields.yaml).
FIELDS = {
    "particulars": ("氏名等の履歴", ("name", "birth", "sex")),
    "addresses": ("住所の履歴", ("address",)),
    "households": ("世帯の履歴", ("household",)),
    "exceptions": ("住所地特例・施設", ("address",)),
    "welfare": ("生活保護等", ("pension", "welfare")),
    "medical": ("医療保険", ("medical",)),
    "paying": ("口座", ("bank",)),
}
_SINCE = (("期間", 0, False), ("届出日", 0, False))


def particulars(ctx: Context, person: int) -> Section:
    """氏名等の履歴."""
    found = facts(
        ctx, residents.particulars_history_sql(ctx),
        "f.name, f.kana, f.alias, f.birth_date, f.birth_raw, f.sex, f.resident_kind, f.nationality", person,
    )  # fmt: skip
    rows = (
        (
            period(since, until), told(notified), f"{name}({alias})" if alias else name, kana,
            told(birth) or raw or "不明", {"1": "男", "2": "女"}.get(sex, ""),
            nationality or codes("ward.resident", "resident_kind").get(kind, ""),
        )
        for since, until, notified, name, kana, alias, birth, raw, sex, kind, nationality in found
    )  # fmt: skip
    columns = (("氏名(通称)", 5, False), ("カナ", 5, False), ("生年月日", 3, False), ("性別", 1, False))
    return Section("氏名・生年月日の履歴", (*_SINCE, *columns, ("区分", 2, False)), tuple(rows))


def addresses(ctx: Context, person: int) -> Section:
    """住所の履歴."""
    found = facts(
        ctx, residents.residence_history_sql(ctx),
        "f.state, f.event, f.postal_code, f.address, f.building, f.to_address", person,
    )  # fmt: skip
    rows = (
        (
            period(since, until), told(notified), STATES.get(state, state), event(code),
            f"{address} {building}".strip() + (f" → {to_address}" if to_address and state != "resident" else ""),
        )
        for since, until, notified, state, code, _, address, building, to_address in found
    )  # fmt: skip
    columns = (("状態", 2, False), ("異動事由", 2, False), ("住所(転出先)", 9, False))
    return Section("住所の履歴", (*_SINCE, *columns), tuple(rows))


def households(ctx: Context, person: int) -> Section:
    """世帯の履歴: numbers and relationships, never another member's name."""
    found = facts(
        ctx, residents.membership_history_sql(ctx),
        f"(SELECT h.number FROM ({residents.household_number_sql()}) h WHERE h.household_id = f.household_id), f.relationship",
        person,
    )  # fmt: skip
    rows = (
        (period(since, until), told(notified), number, relationship(word))
        for since, until, notified, number, word in found
    )
    return Section("世帯の履歴", (*_SINCE, ("世帯番号", 4, False), ("続柄", 3, False)), tuple(rows))


def exceptions(ctx: Context, person: int) -> Section:
    """住所地特例 both ways and stays in facilities (適用除外施設 among them)."""
    excepted = facts(
        ctx, residents.address_exception_sql(ctx), "f.exception, f.municipality, f.facility", person
    )
    stays = facts(ctx, residents.facility_stay_sql(ctx), "f.facility", person)
    names = registers.facility_names(ctx, {row[-1] for row in (*excepted, *stays) if row[-1]})
    kinds = {"own": "住所地特例(当区の被保険者)", "other": "他市町村の住所地特例者"}
    excluded = _exclusions(ctx)
    rows = [
        (since, period(since, until), told(notified), kinds[which],
         registers.insurer_name(ctx, town) or town if town else "", names.get(place, place))
        for since, until, notified, which, town, place in excepted
    ] + [
        (since, period(since, until), told(notified),
         "適用除外施設" if place in excluded else "施設入所", "", names.get(place, place))
        for since, until, notified, place in stays
    ]  # fmt: skip
    rows.sort(key=lambda row: row[0], reverse=True)
    columns = (("種別", 5, False), ("市町村", 3, False), ("施設", 5, False))
    return Section("住所地特例・施設の履歴", (*_SINCE, *columns), tuple(row[1:] for row in rows))


def _exclusions(ctx: Context) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT x.number FROM ({registers.exclusion_facility_sql()}) x",
            {"on": ctx.on, "known_at": ctx.known_at},
        )
        return {row[0] for row in cursor.fetchall()}


def welfare(ctx: Context, person: int) -> Section:
    """生活保護・支援給付, 老齢福祉年金, 境界層."""
    kinds = codes("ward.welfare", "welfare_kind")
    rows = [
        (row[0], period(*row[:2]), told(row[2]), kinds.get(row[3], row[3]),
         f"ケース番号 {row[4]}" + ("、代理納付" if row[5] else ""))
        for row in facts(ctx, residents.welfare_sql(ctx), "f.welfare_kind, f.case_number, f.substitute_payment", person)
    ] + [
        (row[0], period(*row[:2]), told(row[2]), "老齢福祉年金", row[3])
        for row in facts(ctx, residents.old_age_pension_sql(ctx), "f.certificate", person)
    ] + [
        (row[0], period(*row[:2]), told(row[2]), "境界層", f"{row[3]} {row[4]}" + (f" 第{row[5]}段階" if row[5] else ""))
        for row in facts(ctx, residents.borderline_sql(ctx), "f.certificate, f.measures, f.stage", person)
    ]  # fmt: skip
    rows.sort(key=lambda row: row[0], reverse=True)
    columns = (("種別", 4, False), ("内容", 7, False))
    return Section("生活保護・老齢福祉年金・境界層", (*_SINCE, *columns), tuple(row[1:] for row in rows))


def medical(ctx: Context, person: int) -> Section:
    """医療保険."""
    kinds = codes("ward.medical", "category")
    rows = (
        (period(since, until), told(notified), kinds.get(kind, kind), number, mark, branch)
        for since, until, notified, kind, number, mark, branch in facts(
            ctx, residents.medical_sql(ctx), "f.category, f.insurer_number, f.mark, f.branch", person
        )
    )
    columns = (("種別", 4, False), ("保険者番号", 3, False), ("記号番号", 4, False), ("枝番", 2, False))
    return Section("医療保険", (*_SINCE, *columns), tuple(rows))


def periods(ctx: Context, person: int) -> Section:
    """資格の異動: every decision, also those that were corrected or cancelled."""
    history = [p for p in qualification.history(ctx, person) if p.acquired_on <= ctx.on]
    rows = (
        (
            str(p.period), told(p.acquired_on), p.acquired_why, told(p.acquired_notified_on),
            told(p.lost_on), p.lost_why + ("(見込み)" if p.provisional else ""), told(p.lost_notified_on),
            told(p.decided_on), "取消" if p.cancelled else "有効" if p.current else "訂正前",
        )
        for p in reversed(history)
    )  # fmt: skip
    columns = (
        ("期", 1, False), ("取得年月日", 0, False), ("取得事由", 3, False), ("届出日", 0, False),
        ("喪失年月日", 0, False), ("喪失事由", 3, False), ("届出日", 0, False), ("決定日", 0, False), ("状態", 2, False),
    )  # fmt: skip
    return Section("資格の異動", columns, tuple(rows))


def issued(ctx: Context, person: int) -> Section:
    """被保険者証の交付・回収."""
    rows = (
        (told(c.issued_on), str(c.number), c.what, c.why, told(c.decided_on), "所持" if c.current and c.state == "issued" else "")
        for c in certificates.history(ctx, person)
        if c.issued_on <= ctx.on
    )  # fmt: skip
    columns = (
        ("交付日", 0, False), ("回", 1, True), ("処理", 2, False), ("事由", 4, False), ("処理日", 0, False), ("いま", 2, False),
    )  # fmt: skip
    return Section("被保険者証", columns, tuple(rows))


Maker = Callable[[Context, int], Section | Iterable[Section]]


def unseen(ctx: Context, maker: Maker) -> str:
    """What a section is called that may not be seen; "" = it may."""
    title, details = FIELDS.get(maker.__name__, ("", ()))
    return "" if ctx.sees_all(*details) else title


def made(ctx: Context, person: int, makers: Iterable[Maker]) -> Iterator[Section]:
    """Sections of several makers in a row; a maker may give several."""
    for maker in makers:
        if unseen(ctx, maker):
            continue
        found = maker(ctx, person)
        if isinstance(found, Section):
            yield found
        else:
            yield from found
