"""A tax record that no file of the tax office brought: what another municipality answered, or that we are asking.

It passes the same checks as a line of ward.tax and becomes the same fact; a new line of the tax office overrules it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl
from psycopg.types.range import Range

from kaigo.base.records.context import Context
from kaigo.base.records.facts import Believed, believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.insurance.residents.models import AddresseeNumber, Taxation
from kaigo.layouts.checks import check
from kaigo.layouts.model import Field, get

INQUIRING = "5"
YEN = (
    "per_capita_tax", "income_tax", "total_income", "pension_revenue", "pension_income", "salary_revenue",
    "salary_income", "income_adjustment", "long_special_deduction", "short_special_deduction",
)  # fmt: skip
MOST = dict.fromkeys(YEN, 10**12) | {"per_capita_tax": 10**6}
TOLD = ("status", *YEN, "deemed_taxed", "declared")
_LAYOUT = "ward.tax"


def fields() -> list[Field]:
    """What a reply tells, as the tax office's own file has it, in the order of the file."""
    return [get(_LAYOUT).field(key) for key in TOLD]


def problems(person: int, fiscal_year: int, told: Mapping[str, str]) -> dict[str, str]:
    """field → what is wrong with it, by the checks of a line of ward.tax; empty = it can be believed."""
    layout = get(_LAYOUT)
    number = AddresseeNumber.objects.filter(person_id=person).order_by("id").values_list("number", flat=True)
    line = {field.key: "" for field in layout.fields} | {
        "addressee": number.first() or "",
        "fiscal_year": str(fiscal_year),
        "history": "1",
        "correction": "0",
        **{key: told.get(key, "").strip() for key in TOLD},
    }
    _, errors = check(pl.DataFrame([{"line": 1} | line]), layout.fields)
    found: dict[str, str] = {}
    for error in errors:
        key = layout.fields[error.column - 2].key
        found.setdefault(key, f"{error.message}。{error.remedy}")
    for key in YEN:
        # The file's check allows more digits than any tax has; a slip of the finger must not break the page.
        if key not in found and abs(int(told[key])) > MOST[key]:
            found[key] = f"{get(_LAYOUT).field(key).name}が大きすぎます。桁を確かめてください"
    return found


def enter(
    ctx: Context, person: int, fiscal_year: int, told: Mapping[str, str], source: str, notified_on: date
) -> Believed:
    """Believe what was told. told: field of ward.tax → text. Raises Refused with the first thing that is wrong."""
    for message in problems(person, fiscal_year, told).values():
        raise Refused(message)
    deemed = told.get("deemed_taxed", "").strip()
    return believe_rows(
        Taxation,
        [
            _row(person, fiscal_year, source, notified_on)
            | {key: int(told[key].strip()) for key in YEN}
            | {
                "status": told["status"].strip(),
                "deemed_taxed": deemed == "1" if deemed else None,
                "declared": told.get("declared", "").strip(),
            }
        ],
    )


def inquiring(ctx: Context, persons: Iterable[tuple[int, str]], fiscal_year: int) -> Believed:
    """照会中: another municipality is being asked about (person, source). Who has a record of the year keeps it."""
    persons = list(persons)
    known = set(
        Taxation.objects.filter(
            person_id__in=[person for person, _ in persons], fiscal_year=fiscal_year, known__upper_inf=True
        ).values_list("person_id", flat=True)
    )
    return believe_rows(
        Taxation,
        [
            _row(person, fiscal_year, source, ctx.on)
            | dict.fromkeys(YEN, 0)
            | {"status": INQUIRING, "deemed_taxed": None, "declared": ""}
            for person, source in persons
            if person not in known
        ],
    )


def _row(person: int, fiscal_year: int, source: str, notified_on: date) -> dict:
    return {
        "person_id": person,
        "fiscal_year": fiscal_year,
        "effective": Range(date(fiscal_year, 4, 1), date(fiscal_year + 1, 4, 1)),
        "notified_on": notified_on,
        "source": source,
        "corrected_on": None,
        "correction_reason": "",
    }


def not_inquiring(ctx: Context, person: int, fiscal_year: int, source: str) -> Believed:
    """Take 照会中 back where `source` is the one that said it; any other record stays."""
    row = Taxation.objects.filter(
        person_id=person, fiscal_year=fiscal_year, source=source, status=INQUIRING, known__upper_inf=True
    ).first()
    return believe_rows(
        Taxation,
        [
            {
                "person_id": person,
                "fiscal_year": fiscal_year,
                "effective": row.effective,
                "source": source,
                "void": True,
            }
        ]
        if row
        else [],
    )
