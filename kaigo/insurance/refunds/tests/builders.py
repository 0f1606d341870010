"""People who paid too much, as the rooms below leave them: levied, paid, levied anew."""

from __future__ import annotations

from datetime import date
from itertools import count

from psycopg.types.range import Range

from kaigo.base.records.context import Context
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.decide import plan_all
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.refunds import decide, payees
from kaigo.insurance.refunds.models import Payee, Proposal
from kaigo.insurance.refunds.payees import Account, Given
from kaigo.insurance.residents.models import BankAccount, Membership, Relation, Residence
from kaigo.law.dates import fiscal_year

YEAR, INSURER = B.YEAR, B.INSURER
JULY, AUGUST, SEPTEMBER = date(YEAR, 7, 1), date(YEAR, 8, 3), date(YEAR, 9, 10)
_serial = count(1)
ACCOUNT = Account("0001", "001", "1", "1234567", "ﾐﾎﾝ ﾊﾅｺ")


def fact(model, **values) -> dict:
    """A statement with every column named: texts "", days None."""
    texts = ("CharField", "TextField")
    columns = [name for name in model.value_columns() if not name.endswith("_id")]
    row = {name: "" if model._meta.get_field(name).get_internal_type() in texts else None for name in columns}
    return row | {"source": "test:1", "notified_on": None} | values


def on(day: date = SEPTEMBER, account: int = 1) -> Context:
    return Context(f"account:{account}", "collection", day)


def payer(yen: int = 66_000, name: str = "見本 花子") -> int:
    """Somebody who is levied `yen` by slips in July."""
    who = B.person(name)
    B.insured(who)
    B.assess(B.on(JULY), who, yen)
    plan_all(on(JULY), INSURER, YEAR, persons=[who])
    return who


def lowered(who: int, yen: int, day: date) -> None:
    """The assessment of the year becomes `yen`."""
    (before,) = rows(
        "SELECT a.id FROM premium_assessment a WHERE a.person_id = %s AND NOT EXISTS "
        "(SELECT 1 FROM premium_assessment n WHERE n.supersedes_id = a.id)",
        [who],
    )
    B.assess(B.on(day), who, yen, "revision", before[0])
    plan_all(on(day), INSURER, YEAR, persons=[who])


def terms(who: int) -> dict[tuple[str, int], ledger.Term]:
    return {(t.kind, t.number): t for t in ledger.terms(on(), who)}


def pay(
    who: int, number: int, yen: int, day: date, way: str = "slip", year: int = YEAR, booked: int | None = None
) -> str:
    """Money comes in for a term; returns the source."""
    source = f"receipt:test:{next(_serial)}"
    channel = way if way != "direct" else "slip"
    post(
        on(day),
        [Line(who, source, source, yen, year, booked or fiscal_year(day), "receipt", way, number, channel)],
    )
    return source


def pay_all(who: int, day: date = AUGUST) -> None:
    """Everything that is open is paid."""
    for (kind, number), term in terms(who).items():
        if term.balance > 0:
            pay(who, number, term.balance, day, "deduction" if kind == "deduction" else "slip")


def register(who: int, account: Account | None = ACCOUNT, kind: str = "person", **given) -> Payee:
    words = {"proof": "claim", "proof_text": "", "claimed_on": None} | given
    return payees.register(on(), who, Given(kind=kind, account=account, **words))


def refund_account(who: int, account: str = "7654321", bank: str = "0001") -> None:
    """The account that the person registered for refunds."""
    words = {
        "use": "refund", "bank": bank, "branch": "001", "account_kind": "1", "account": account, "holder": "ﾐﾎﾝ ﾊﾅｺ",
        "effective": Range(date(2020, 1, 1), None),
    }  # fmt: skip
    believe_rows(BankAccount, [fact(BankAccount, person_id=who, **words)])


def dies(who: int, day: date) -> None:
    words = {"state": "dead", "address": "東京都見本区1", "effective": Range(day, None)}
    believe_rows(Residence, [fact(Residence, person_id=who, **words)])


def related(who: int, other: int, relation: str) -> None:
    words = {"other_id": other, "relation": relation, "effective": Range(date(2000, 1, 1), None)}
    believe_rows(Relation, [fact(Relation, person_id=who, **words)])


def together(household: int, *people: int) -> None:
    """One household."""
    for who in people:
        words = {"household_id": household, "effective": Range(date(2000, 1, 1), None)}
        believe_rows(Membership, [fact(Membership, person_id=who, **words)])


def approved(who: int, day: date = SEPTEMBER) -> Proposal:
    """Proposed by one, approved by another."""
    to = Payee.objects.filter(person_id=who).first() or register(who)
    made = decide.propose(on(day), who, to.id)
    decide.approve(on(day, 2), made.id)
    return made
