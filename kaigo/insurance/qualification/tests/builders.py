"""Small builders: a person's facts, stated through the same door as the residents room states them."""

from __future__ import annotations

from datetime import date

from psycopg.types.range import Range

from kaigo.base.records.context import Context, acting
from kaigo.base.records.facts import believe_rows
from kaigo.insurance.qualification.models import Qualification
from kaigo.insurance.registers.models import Facility, FacilityEntry
from kaigo.insurance.registers.read import address_key
from kaigo.insurance.residents.models import (
    AddressException,
    FacilityStay,
    Particulars,
    Person,
    Residence,
)

INSURER = "131997"
SOURCE = "test:1"


def day(text: str) -> date:
    return date.fromisoformat(text)


def context(on: str, known_at=None) -> Context:
    return Context("account:1", "qualification", day(on), known_at=known_at)


def fact(model, **values) -> dict:
    """A statement with every column named; texts default to "", the rest to NULL."""
    row = {
        column: ""
        if model._meta.get_field(column).get_internal_type() in ("CharField", "TextField")
        else None
        for column in model.value_columns()
        if not column.endswith("_id")
    }
    return row | {"source": SOURCE, "notified_on": None} | values


def born(birth: str, name: str = "見本 花子", raw: str = "") -> int:
    """A person with particulars only; raw: a birth date with unknown parts (birth_date is then unknown)."""
    with acting(context("2026-01-01")):
        person = Person.objects.create().id
        say_particulars(person, birth, name, raw)
    return person


def say_particulars(person: int, birth: str, name: str = "見本 花子", raw: str = "") -> None:
    with acting(context("2026-01-01")):
        believe_rows(
            Particulars,
            [
                fact(
                    Particulars,
                    person_id=person,
                    name=name,
                    birth_date=None if raw else day(birth),
                    birth_raw=raw or birth.replace("-", ""),
                    sex="2",
                    resident_kind="1",
                    effective=Range(day("1900-01-01"), None),
                )
            ],
        )


def lives(person: int, since: str, until: str | None = None, state: str = "resident", **values) -> None:
    """Residence [since, until). Any of residence's columns may be given; days as text."""
    values = {k: day(v) if k.endswith("_on") and v else v for k, v in values.items()}
    with acting(context("2026-01-01")):
        believe_rows(
            Residence,
            [
                fact(
                    Residence,
                    person_id=person,
                    state=state,
                    effective=Range(day(since), day(until) if until else None),
                    **{
                        "address": "見本区中央1丁目1番1号",
                        "to_address_key": address_key(values.get("to_address", "")),
                        **values,
                    },
                )
            ],
        )


def left(person: int, on: str, **values) -> None:
    lives(person, on, state="left", event="02", **values)


def died(person: int, on: str, **values) -> None:
    lives(person, on, state="dead", event="04", **values)


def facility(number: str, address: str, *, exception: bool = False, exclusion: str = "") -> None:
    """A facility of the register: a target of 住所地特例, or one whose inhabitants are not insured."""
    with acting(context("2026-01-01")):
        believe_rows(
            FacilityEntry,
            [
                fact(FacilityEntry)
                | {
                    "facility_id": Facility.objects.create(number=number).id,
                    "name": "見本苑",
                    "kind": "10" if exclusion else "01",
                    "capacity": 50,
                    "address": address,
                    "address_key": address_key(address),
                    "exception_target": exception,
                    "exclusion_kind": exclusion,
                    "effective": Range(day("2000-01-01"), None),
                }
            ],
        )


def stays_in(person: int, facility: str, since: str, until: str | None = None, grant: str = "") -> None:
    with acting(context("2026-01-01")):
        believe_rows(
            FacilityStay,
            [
                fact(
                    FacilityStay,
                    person_id=person,
                    facility=facility,
                    grant_kind=grant,
                    effective=Range(day(since), day(until) if until else None),
                )
            ],
        )


def excepted(person: int, which: str, since: str, until: str | None = None) -> None:
    """住所地特例: own (ours, lives elsewhere) | other (lives here, insured elsewhere)."""
    with acting(context("2026-01-01")):
        believe_rows(
            AddressException,
            [
                fact(
                    AddressException,
                    person_id=person,
                    exception=which,
                    municipality="131121",
                    effective=Range(day(since), day(until) if until else None),
                )
            ],
        )


def decided(person: int) -> list[tuple]:
    """All rows about a person, oldest first: (acquired_on, code, lost_on, code, provisional, cancelled)."""
    return [
        (
            q.acquired_on.isoformat(),
            q.acquired_reason,
            q.lost_on.isoformat() if q.lost_on else None,
            q.lost_reason,
            q.provisional,
            q.cancelled,
        )
        for q in Qualification.objects.filter(person_id=person).order_by("id")
    ]


def in_force(person: int) -> list[tuple]:
    """The periods in force: (acquired_on, code, lost_on, code)."""
    rows = Qualification.objects.filter(person_id=person, cancelled=False, superseded_by__isnull=True)
    return [
        (
            q.acquired_on.isoformat(),
            q.acquired_reason,
            q.lost_on.isoformat() if q.lost_on else None,
            q.lost_reason,
        )
        for q in rows.order_by("period")
    ]
