"""Small builders: an insured person with address, number, decision and plan, as the rooms below leave them."""

from __future__ import annotations

from datetime import date
from itertools import count

from psycopg.types.range import Range

from kaigo.base.records.context import Context
from kaigo.base.records.facts import believe_rows
from kaigo.insurance.collection.decide import plan_all
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.premium.save import Judged, save
from kaigo.insurance.qualification.models import InsuredNumber
from kaigo.insurance.residents.models import (
    Hold,
    Household,
    MailingAddress,
    Membership,
    Protection,
    Residence,
)

INSURER, YEAR = B.INSURER, B.YEAR
_serial = count(1)
REASONS = [
    ["assess.day", "法130条", ["2026-04-01", 2026, 12], []],
    [
        "annual.whole",
        "法129条・条例",
        [5, 74400],
        [["stage.middle", "令38条1項4号・5号", [5, 900000, None], [["household.member_taxed", "令38条", ["見本 次郎"], []]]]],
    ],
]  # fmt: skip


def on(day: date = date(2026, 7, 10), actor: str = "account:1") -> Context:
    return Context(actor, "notice", day)


def fact(model, **values) -> dict:
    """A statement with every column named; texts default to "", the rest to NULL."""
    row = {
        column: ""
        if model._meta.get_field(column).get_internal_type() in ("CharField", "TextField")
        else None
        for column in model.value_columns()
        if not column.endswith("_id")
    }
    return (
        row | {"source": "test:1", "notified_on": None, "effective": Range(date(2000, 1, 1), None)} | values
    )


def lives(
    who: int, address: str = "東京都見本区中央1丁目1番1号", state: str = "resident", since=date(2000, 1, 1)
) -> None:
    believe_rows(
        Residence,
        [
            fact(
                Residence,
                person_id=who,
                state=state,
                postal_code="1760001",
                address=address,
                effective=Range(since, None),
            )
        ],
    )


def together(*people: int) -> None:
    """One household."""
    home = Household.objects.create(number=f"H{next(_serial):014}")
    believe_rows(
        Membership,
        [fact(Membership, person_id=who, household_id=home.id, relationship="02") for who in people],
    )


def protect(who: int, since: date = date(2020, 1, 1)) -> None:
    believe_rows(Protection, [fact(Protection, person_id=who, measure="01", effective=Range(since, None))])


def stop(who: int, reason: str = "宛名確認中") -> None:
    believe_rows(Hold, [fact(Hold, person_id=who, reason=reason)])


def mail(who: int, recipient: str, address: str = "東京都見本区西2丁目2番2号") -> None:
    believe_rows(
        MailingAddress,
        [
            fact(
                MailingAddress,
                person_id=who,
                use="all",
                recipient=recipient,
                postal_code="1760002",
                address=address,
            )
        ],
    )


def insured(name: str = "見本 花子", address: str = "東京都見本区中央1丁目1番1号") -> int:
    """A resident who is insured and has a number."""
    who = B.person(name)
    lives(who, address)
    B.insured(who)
    InsuredNumber.objects.create(person_id=who, number=f"{next(_serial):010}")
    return who


def assess(
    who: int, yen: int = 74_400, stage: int = 5, sort: str = "main", supersedes: int | None = None,
    day: date = date(2026, 7, 10), interim: bool = False, months: int = 12,
) -> int:  # fmt: skip
    """An assessment with reasons as the law writes them."""
    (number,) = save(
        on(day), YEAR, sort, None,
        [
            Judged(
                who, date(YEAR, 4, 1), yen, months, stage, str(stage) * months + "-" * (12 - months), "untaxed",
                interim, [], REASONS, supersedes, sort,
            )
        ],
        "0" * 64,
    )  # fmt: skip
    return number


def plan(*people: int, day: date = date(2026, 7, 10)) -> None:
    """Instalments and ledger entries, decided by the room collection."""
    plan_all(on(day), INSURER, YEAR, persons=list(people))


def ready(name: str = "見本 花子", yen: int = 74_400, **words) -> int:
    """Insured, assessed and planned: a letter can be drafted."""
    who = insured(name)
    assess(who, yen, **words)
    plan(who)
    return who
