"""What other rooms read of the registers. Relations take on and known_at (None = now) from the caller's params."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.registers import banks
from kaigo.insurance.registers.addresses import address_key
from kaigo.insurance.registers.designated import city_of_ward
from kaigo.law.check_digits import local_government_digit

# Whom an address is about (base/desk/things.py).
SUBJECTS = {
    "facility": "",
}
__all__ = [
    "FacilityView", "InsurerView", "address_key", "bank_kana", "bank_name", "exception_address_sql", "exclusion_facility_sql",
    "facilities", "facility", "facility_history", "facility_names", "insurer_code", "insurer_name", "insurers", "known_facility_sql",
]  # fmt: skip

_BELIEVED = (
    "CASE WHEN %(known_at)s::timestamptz IS NULL THEN upper_inf(f.known) "
    "ELSE f.known @> %(known_at)s::timestamptz END"
)
_COLUMNS = (
    "a.id, a.number, f.name, f.kind, f.capacity, f.municipality, f.postal_code, f.address, f.exception_target, "
    "f.exclusion_kind, lower(f.effective), upper(f.effective)"
)


@dataclass(frozen=True, slots=True)
class FacilityView:
    """A facility on a day; until None = still so. exclusion_kind "" = an ordinary facility."""

    id: int
    number: str
    name: str
    kind: str
    capacity: int
    municipality: str
    postal_code: str
    address: str
    exception_target: bool
    exclusion_kind: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class InsurerView:
    """A municipality as insurer on a day."""

    code: str
    name: str
    prefecture: str
    number: str


def exception_address_sql() -> str:
    """Addresses of facilities of 住所地特例: (address, address_key, effective), of any time.

    Two spellings of one place differ in `address` and agree in `address_key`.
    """
    return (
        "SELECT f.address, f.address_key, f.effective FROM registers_facility_entry f "
        f"WHERE f.exception_target AND {_BELIEVED}"
    )


def exclusion_facility_sql() -> str:
    """Facilities whose inhabitants are not insured: (number, exclusion_kind), of any time."""
    return (
        "SELECT DISTINCT ON (a.number) a.number, f.exclusion_kind FROM registers_facility_entry f "
        "JOIN registers_facility a ON a.id = f.facility_id "
        f"WHERE f.exclusion_kind <> '' AND {_BELIEVED} ORDER BY a.number, lower(f.effective) DESC"
    )


def known_facility_sql() -> str:
    """Numbers of all facilities that the register has ever had: (number)."""
    return "SELECT number FROM registers_facility"


def facility(ctx: Context, number: str) -> FacilityView | None:
    """The facility on ctx.on."""
    found = _facilities(ctx, "a.number = %(number)s AND f.effective @> %(on)s::date", number=number)
    return found[0] if found else None


def facility_history(ctx: Context, identifier: int) -> list[FacilityView]:
    """All entries of a facility by its id, oldest first."""
    return _facilities(ctx, "a.id = %(id)s", id=identifier)


def facility_names(ctx: Context, numbers: Iterable[str]) -> dict[str, str]:
    """number → the facility's newest name."""
    found = _facilities(ctx, "a.number = ANY(%(numbers)s)", numbers=list(numbers))
    return {view.number: view.name for view in found}


def facilities(ctx: Context, kind: str = "", words: str = "") -> list[FacilityView]:
    """All facilities on ctx.on (of a kind, with the words in name, address or number), in the order of the number."""
    return _facilities(
        ctx,
        "f.effective @> %(on)s::date AND (%(kind)s = '' OR f.kind = %(kind)s) "
        "AND (%(words)s = '' OR strpos(f.name || f.address || a.number, %(words)s) > 0)",
        kind=kind,
        words=words,
    )


def bank_kana(code: str, branch: str) -> tuple[str, str]:
    """(bank, branch) as banks write them in their files; "" = not in the list."""
    return banks.bank_kana(code, branch)


def bank_name(code: str, branch: str | None = None) -> str | None:
    """銀行名 (and 支店名 when asked for) of the published list; None = not in it."""
    return banks.bank_name(code, branch)


def insurer_name(ctx: Context, code: str) -> str | None:
    """Name of a municipality by its six-digit code on ctx.on."""
    found = _insurers(ctx, "a.code = %(code)s", code=code)
    return f"{found[0].prefecture}{found[0].name}" if found else None


def insurer_code(ctx: Context, code: str) -> str | None:
    """The six-digit code of the municipality that a code names, of which a ward of a 指定都市 is a part. None = unknown."""
    if insurer_name(ctx, code) is not None:
        return code
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return None
    city = city_of_ward(code[:5])
    if city is None or str(local_government_digit(code[:5])) != code[5]:
        return None
    found = f"{city}{local_government_digit(city)}"
    return found if insurer_name(ctx, found) is not None else None


def insurers(ctx: Context, words: str = "") -> list[InsurerView]:
    """Municipalities on ctx.on by name, code or number."""
    return _insurers(
        ctx,
        "(%(words)s = '' OR strpos(f.prefecture || f.name, %(words)s) > 0 OR a.code LIKE %(words)s || '%%' "
        "OR f.number LIKE %(words)s || '%%')",
        words=words,
    )


def _facilities(ctx: Context, where: str, **params) -> list[FacilityView]:
    return [
        FacilityView(*row)
        for row in rows(
            f"SELECT {_COLUMNS} FROM registers_facility_entry f JOIN registers_facility a ON a.id = f.facility_id "
            f"WHERE {where} AND {_BELIEVED} ORDER BY a.number, lower(f.effective)",
            {"on": ctx.on, "known_at": ctx.known_at, **params},
        )
    ]


def _insurers(ctx: Context, where: str, **params) -> list[InsurerView]:
    return [
        InsurerView(*row)
        for row in rows(
            "SELECT a.code, f.name, f.prefecture, f.number FROM registers_insurer_entry f "
            "JOIN registers_insurer a ON a.id = f.insurer_id "
            f"WHERE f.effective @> %(on)s::date AND {where} AND {_BELIEVED} ORDER BY a.code",
            {"on": ctx.on, "known_at": ctx.known_at, **params},
        )
    ]
