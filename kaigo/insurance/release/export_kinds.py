"""The lists that may leave at all: each a named relation over what the rooms below let be read, with its columns.

A column says which details of people it tells (base/staff/fields.yaml): it is offered only to who sees them on screens.
Who is under 支援措置 stands in the list without address: a list is handed on, and nobody asks again where it went.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.premium import read as premium
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents


class Column(NamedTuple):
    """label: the head of the column. value: SQL over the relation. fields: what one must see to be offered it."""

    label: str
    value: str
    fields: tuple[str, ...] = ()


class Kind(NamedTuple):
    """by: what is chosen, "year" or "day"."""

    label: str
    by: str
    columns: dict[str, Column]


_SHIELD = "CASE WHEN s.person_id IS NULL THEN {} ELSE '' END"
PERSON = {
    "number": Column("被保険者番号", "coalesce(n.number, '')", ("number",)),
    "name": Column("氏名", "coalesce(p.name, '')", ("name",)),
    "kana": Column("カナ氏名", "coalesce(p.kana, '')", ("name",)),
    "birth": Column("生年月日", "coalesce(p.birth_date::text, p.birth_raw, '')", ("birth",)),
    "sex": Column("性別", "CASE p.sex WHEN '1' THEN '男' WHEN '2' THEN '女' ELSE '' END", ("sex",)),
    "postal_code": Column("郵便番号", _SHIELD.format("coalesce(r.postal_code, '')"), ("address",)),
    "address": Column("住所", _SHIELD.format("coalesce(r.address, '')"), ("address",)),
    "building": Column("方書", _SHIELD.format("coalesce(r.building, '')"), ("address",)),
}
_SORT = (
    "CASE l.sort WHEN 'provisional' THEN '仮徴収' WHEN 'main' THEN '賦課決定' WHEN 'revision' THEN '更正' "
    "WHEN 'opening' THEN '引継ぎ' ELSE l.sort END"
)
KINDS = {
    "premium": Kind(
        "賦課の一覧",
        "year",
        PERSON
        | {
            "stage": Column("段階", "l.stage"),
            "annual_yen": Column("年額(円)", "l.annual_yen"),
            "months": Column("月数", "l.months"),
            "sort": Column("区分", _SORT),
            "decided_on": Column("決定日", "l.decided_on::text"),
        },
    ),
    "insured": Kind(
        "被保険者の一覧",
        "day",
        PERSON
        | {
            "acquired_on": Column("取得日", "l.acquired_on::text"),
            "lost_on": Column("喪失日", "coalesce(l.lost_on::text, '')"),
        },
    ),
}


def offered(ctx: Context, kind: str) -> dict[str, Column]:
    """The columns of a list that this person may ask for."""
    return {key: column for key, column in KINDS[kind].columns.items() if ctx.sees_all(*column.fields)}


def _source(ctx: Context, kind: str) -> str:
    if kind == "premium":
        return f"SELECT * FROM ({premium.in_force_sql(ctx)}) f WHERE f.fiscal_year = %(year)s"
    return (
        f"SELECT * FROM ({qualification.in_force_sql(ctx)}) f "
        "WHERE f.acquired_on <= %(on)s::date AND (f.lost_on IS NULL OR f.lost_on > %(on)s::date)"
    )


def _shields(ctx: Context) -> str:
    return (
        f"SELECT DISTINCT person_id FROM ({residents.protection_sql(ctx)}) m "
        "WHERE m.effective @> %(on)s::date OR m.effective @> %(today)s::date"
    )


def query(ctx: Context, kind: str, columns: list[str]) -> str:
    """SELECT person_id and the columns, in the order of the list. Particulars on %(on)s; 支援措置 then or today."""
    told = ", ".join(KINDS[kind].columns[key].value for key in columns)
    return f"""SELECT l.person_id, {told} FROM ({_source(ctx, kind)}) l
    LEFT JOIN ({qualification.numbers_sql()}) n ON n.person_id = l.person_id
    LEFT JOIN ({residents.particulars_sql(ctx)}) p ON p.person_id = l.person_id
    LEFT JOIN ({residents.residence_sql(ctx)}) r ON r.person_id = l.person_id
    LEFT JOIN ({_shields(ctx)}) s ON s.person_id = l.person_id
    ORDER BY n.number, l.person_id"""


def params(ctx: Context, fiscal_year: int | None, day: date | None) -> dict:
    """What the relations ask for. A list of a year tells people as they are today."""
    return {"year": fiscal_year, "on": day or ctx.on, "today": ctx.on, "known_at": ctx.known_at}


def count(ctx: Context, kind: str, fiscal_year: int | None, day: date | None) -> tuple[int, int]:
    """(lines, lines without address because of 支援措置), as the list would be now."""
    ((lines, shielded),) = rows(
        f"SELECT count(*), count(s.person_id) FROM ({_source(ctx, kind)}) l "
        f"LEFT JOIN ({_shields(ctx)}) s ON s.person_id = l.person_id",
        params(ctx, fiscal_year, day),
    )
    return lines, shielded
