"""Small builders: a person as the rooms below would leave him, without running them."""

from __future__ import annotations

from datetime import date
from itertools import count

from psycopg.types.range import Range

from kaigo.base.records.context import Context
from kaigo.base.records.facts import believe_rows
from kaigo.insurance.collection.models import DeductionTarget
from kaigo.insurance.premium.models import Deducted
from kaigo.insurance.premium.save import Judged, save
from kaigo.insurance.qualification.models import Qualification
from kaigo.insurance.residents.models import BankAccount, Particulars, PensionNumber, Person, Welfare

YEAR = 2026
INSURER = "131997"
_serial = count(1)


def on(day: date, purpose: str = "collection") -> Context:
    """The context of a business date."""
    return Context("account:1", purpose, day)


def person(
    name: str = "見本 花子", kana: str = "ミホン ハナコ", birth: date = date(1950, 5, 5), sex: str = "2"
) -> int:
    """A person with particulars."""
    made = Person.objects.create()
    believe_rows(
        Particulars,
        [
            {
                "person_id": made.id,
                "name": name,
                "kana": kana,
                "alias": "",
                "alias_kana": "",
                "birth_date": birth,
                "birth_raw": f"{birth:%Y%m%d}",
                "sex": sex,
                "resident_kind": "1",
                "nationality": "",
                "search": name.replace(" ", ""),
                "search_kana": kana.replace(" ", ""),
                "effective": Range(date(2000, 1, 1), None),
                "source": "test:1",
            }
        ],
    )
    return made.id


def insured(
    who: int, acquired: date = date(2015, 5, 4), lost: date | None = None, reason: str = "", before=None
) -> Qualification:
    """A period in force; `before` is the decision it supersedes."""
    return Qualification.objects.create(
        person_id=who,
        period=1,
        category=1,
        acquired_on=acquired,
        acquired_reason="02",
        lost_on=lost,
        lost_reason=reason,
        provisional=False,
        cancelled=False,
        supersedes=before,
        decided_on=lost or acquired,
        actor="account:1",
    )


def lose(who: int, lost: date, reason: str = "52") -> None:
    """The last period ends."""
    last = Qualification.objects.filter(person_id=who, superseded_by__isnull=True).get()
    insured(who, last.acquired_on, lost, reason, last)


def february(who: int, yen: int, fiscal_year: int = YEAR - 1) -> None:
    """Deducted in February of the year before."""
    Deducted.objects.create(person_id=who, fiscal_year=fiscal_year, month=14, yen=yen, source="test:1")


def assess(
    ctx: Context, who: int, yen: int, sort: str = "main", supersedes: int | None = None, year: int = YEAR
) -> int:
    """An assessment as the room premium saves it."""
    (number,) = save(
        ctx,
        year,
        sort,
        None,
        [
            Judged(
                who, date(year, 4, 1), yen, 12, 5, "5" * 12, "untaxed", False, [], [], supersedes, sort,
            )
        ],
        "0" * 64,
    )  # fmt: skip
    return number


def mandate(who: int, start: date, end: date | None = None) -> None:
    """口座振替."""
    believe_rows(
        BankAccount,
        [
            {
                "person_id": who,
                "use": "debit",
                "bank": "9999",
                "branch": "001",
                "account_kind": "1",
                "account": "1234567",
                "holder": "ミホン ハナコ",
                "effective": Range(start, end),
                "source": "test:1",
            }
        ],
    )


def welfare(who: int, start: date, end: date | None = None, substitute: bool = True) -> None:
    """生活保護, paid by the welfare office or not."""
    believe_rows(
        Welfare,
        [
            {
                "person_id": who,
                "welfare_kind": "1",
                "case_number": "1",
                "substitute_payment": substitute,
                "effective": Range(start, end),
                "source": "test:1",
            }
        ],
    )


def pension_number(who: int, number: str) -> None:
    """基礎年金番号."""
    believe_rows(
        PensionNumber,
        [
            {
                "person_id": who,
                "number": number,
                "effective": Range(date(2000, 1, 1), None),
                "source": "test:1",
            }
        ],
    )


def target(who: int | None, month: int = 4, year: int = YEAR, pension: int = 780_000) -> DeductionTarget:
    """A record of the pension service, matched already."""
    serial = next(_serial)
    return DeductionTarget.objects.create(
        delivery=9000 + serial,
        line=2,
        captured_year=year,
        captured_month=month,
        payer="001",
        basic_pension_number=f"{serial:010}",
        pension_code="1150",
        birth_date=date(1950, 5, 5),
        sex="2",
        kana="ﾐﾎﾝ ﾊﾅｺ",
        annual_pension_yen=pension,
        person_id=who,
        matched_by="number" if who else "none",
    )
