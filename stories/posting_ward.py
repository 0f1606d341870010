"""A small ward in which everything that books has something to book, and all of that: every job and every act."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone

from kaigo.base.feeds.decide import receive
from kaigo.base.files import store
from kaigo.base.jobs.models import Run
from kaigo.base.records.context import Context, acting
from kaigo.insurance.arrears import lapses, write_offs
from kaigo.insurance.arrears.tests import builders as arrears
from kaigo.insurance.collection.decide import change_way, match, plan_all
from kaigo.insurance.collection.models import Instalment, Relief, ReliefBulk
from kaigo.insurance.collection.remission import bulk
from kaigo.insurance.collection.remission.decide import approve as remit
from kaigo.insurance.collection.remission.decide import ask_back
from kaigo.insurance.collection.remission.tests import two
from kaigo.insurance.collection.remission.tests.test_bulk import raised
from kaigo.insurance.collection.slips import reference_of
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.collection.tests.test_opening import APRIL, slips, somebody
from kaigo.insurance.collection.tests.test_plan import JULY, plan_on
from kaigo.insurance.dunning import late, waivers
from kaigo.insurance.dunning.models import LateCharge, WaiverRequest
from kaigo.insurance.dunning.tests import builders as dunning
from kaigo.insurance.ledger import closing
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.premium import opening as premium_opening
from kaigo.insurance.receipts import cash, rulings
from kaigo.insurance.receipts.models import Receipt
from kaigo.insurance.refunds import decide as refunds
from kaigo.insurance.refunds import transfers
from kaigo.insurance.refunds.models import Transfer
from kaigo.insurance.refunds.tests import builders as R
from kaigo.insurance.release import requests, transfer_files
from kaigo.insurance.residents.tests.former import hand_over, number_of
from kaigo.layouts.reader import read
from kaigo.layouts.writer import write_csv
from stories.broken_off import DONE, FAILED, REFUSED, Work, act, job

YEAR, INSURER = B.YEAR, B.INSURER
AUGUST, WINTER = date(YEAR, 8, 3), date(YEAR, 12, 20)
LAPSED = date(YEAR, 8, 1)
BIG = 960_000  # so much a year that a term paid late has a late charge


def by(account: int, day: date) -> Context:
    return Context(f"account:{account}", "collection", day)


def build() -> list[Work]:
    """Build the ward in the current database, with real commits; returns what is still to be done in it.

    Every piece of work stands on this ward, none on what another leaves.
    """
    with acting(by(1, JULY)):
        made = [*_receipts(), *_counter(), *_rulings(), *_late_charges(), *_ways(), *_remissions()]
    made += _refunds()
    with acting(by(1, LAPSED)):
        made += _write_offs()
    made += [*_opening(), *_closing()]
    with acting(by(1, JULY)):
        return [*made, _plans()]


def _payers(count: int) -> list[int]:
    """People who pay eight slips of the year."""
    people = [B.person(name=f"見本 {n}子") for n in range(count)]
    for who in people:
        B.insured(who)
        B.assess(by(1, JULY), who, 66_000)
    plan_on(JULY)
    return people


def _plans() -> Work:
    """People without a plan, part of whose premium is deducted already. They come last: whoever plans would plan them."""
    for _ in range(2):
        who = B.person()
        B.insured(who)
        B.february(who, 9_000)
        B.assess(by(1, JULY), who, 54_000)
    # Whoever plans the same people at the same moment meets the constraint of their first plan.
    return job("collection.plan", JULY, again=(DONE, FAILED))


def _receipts() -> list[Work]:
    """Slips that were paid, one of nobody, and one told twice by two files."""
    people = _payers(3)
    parts = list(Instalment.objects.filter(person_id__in=people, number__lte=3).order_by("id"))
    paid = [(reference_of(YEAR, "slip", p.id, p.number), p.yen) for p in parts]
    lines = [*paid, (reference_of(YEAR, "slip", 99_999_999, 1), 700)]
    for number, told in enumerate((lines, paid[:1]), 1):
        content = write_csv("bank.slip_receipts", INSURER, AUGUST, number, "changes", [
            {"number": f"{number}{place:011d}", "slip_number": slip, "payee_number": "13199", "yen": str(yen),
             "paid_on": "20260731", "bank": "0001", "branch": "001", "settled_on": "20260803"}
            for place, (slip, yen) in enumerate(told)
        ])  # fmt: skip
        receive(by(1, JULY), INSURER, f"slips{number}.csv", content, "bank.slip_receipts")
    return [job("receipts.take", AUGUST)]


def _counter() -> list[Work]:
    """Cash at the counter, and the end of a day on which some was taken."""
    (who,) = _payers(1)
    left = ledger.open_terms(by(1, AUGUST), [who])[who, YEAR, "direct", 2]
    yesterday = by(1, date(YEAR, 8, 2))
    cash.take(yesterday, who, YEAR, 1, 300)
    return [
        act("cash.take", by(1, AUGUST), lambda ctx: cash.take(ctx, who, YEAR, 2, 500, left)),
        act("cash.close", yesterday, lambda ctx: cash.close(ctx, 300, "")),
    ]


def _rulings() -> list[Work]:
    """A payment of nobody that is somebody's, and one that was taken for somebody's and goes back."""
    (who,) = _payers(1)
    nobody = [
        Receipt.objects.create(
            channel="slip", stage="final", source=f"receipt:nobody:{n}", reference="", person=None, fiscal_year=None,
            way="", number=None, yen=600, paid_on=JULY, settled_on=JULY, why="reference",
        ).id
        for n in (1, 2)
    ]  # fmt: skip
    rulings.pay(by(1, JULY), nobody[1], who, YEAR, "direct", 3, "領収証書", 0)
    return [
        act(
            "rulings.pay",
            by(2, AUGUST),
            lambda ctx: rulings.pay(ctx, nobody[0], who, YEAR, "direct", 4, "領収証書", 0),
        ),
        act("rulings.send_back", by(2, AUGUST), lambda ctx: rulings.send_back(ctx, nobody[1], "他区", 1)),
    ]


def _late_charges() -> list[Work]:
    """A term that was demanded and paid late, and a charge of which a part is to be waived."""
    people = [dunning.payer(BIG) for _ in range(2)]
    dunning.demanded(least_yen=BIG // 8)  # nobody else: the other works stand on terms that were not demanded
    for who in people:
        dunning.pay(who, 1, day=date(YEAR, 12, 15))
    late.settle(by(1, WINTER), INSURER, people[1], YEAR, 1)
    asked = waivers.ask(by(1, WINTER), LateCharge.objects.get().id, 500, "災害")
    _ran("receipts.take", WINTER)
    return [
        job("dunning.late_charges", WINTER),
        act("waivers.grant", by(2, WINTER), lambda ctx: waivers.grant(ctx, WaiverRequest.objects.get(id=asked.id))),
    ]  # fmt: skip


def _ways() -> list[Work]:
    """The way of paying changes; a pension record finds its person."""
    one, other = _payers(2)
    B.mandate(one, JULY)
    target = B.target(None).id

    def meant(ctx: Context) -> None:
        match(ctx, target, other)
        plan_all(ctx, INSURER, YEAR, persons=[other])

    return [
        act("ways.change", by(1, AUGUST), lambda ctx: change_way(ctx, INSURER, YEAR, one, "debit", AUGUST)),
        act("targets.match", by(1, JULY), meant),
    ]


def _remissions() -> list[Work]:
    """Remissions by cuts and by stage, one that is taken back, and the list of all that are remitted without asking."""
    poor = {"lost_yen": 6, "of_yen": 10}
    asked = {
        "remission.cuts": two.ask(two.payer(3), "income_fall", AUGUST, **poor),
        "remission.stage": two.ask(raised(6, 1), "special", AUGUST),
        "remission.back": ask_back(
            by(1, AUGUST), two.granted(two.payer(3), "income_fall", AUGUST, **poor), "訳がなくなった"
        ),
    }
    listed = bulk.shadow(by(1, AUGUST), INSURER, YEAR).id

    def decided(number: int):
        return lambda ctx: remit(ctx, INSURER, Relief.objects.get(id=number))

    return [
        *(act(name, by(2, AUGUST), decided(relief.id)) for name, relief in asked.items()),
        act(
            "remission.bulk", by(2, AUGUST), lambda ctx: bulk.approve(ctx, ReliefBulk.objects.get(id=listed))
        ),
    ]


def _too_much(account: str, yen: int = 1_000) -> int:
    who = R.payer()
    for number in dunning.parts(who):
        dunning.pay(who, number, day=R.AUGUST)
    dunning.pay(who, 1, yen, R.AUGUST)
    R.register(who, R.ACCOUNT._replace(account=account))
    return who


def _refunds() -> list[Work]:
    """An offset to approve, a transfer to let out, and one that comes back."""
    with acting(R.on()):
        who = R.payer()
        for number in range(3, 9):
            dunning.pay(who, number, day=R.AUGUST)
        dunning.pay(who, 3, 9_500, R.AUGUST)
        offset = refunds.propose(R.on(), who, None).id
    for day in ("2026-09-15", "2026-09-16"):
        with acting(R.on()):
            R.approved(_too_much(f"12345{day[-2:]}"))
            asked = transfer_files.request(R.on(), INSURER, YEAR, day)
            requests.approve(R.on(account=2), asked)
            if day == "2026-09-15":
                transfer_files.let_out(R.on(account=2), INSURER, asked)
    sent = Transfer.objects.get().id
    return [
        act("refunds.approve", R.on(account=2), lambda ctx: refunds.approve(ctx, offset)),
        _let_out(store.get(asked.gate.totals["digest"])),
        act(
            "transfers.take_back",
            R.on(date(YEAR, 9, 16)),
            lambda ctx: transfers.take_back(ctx, sent, "no_account", ""),
        ),
    ]


def _let_out(content: bytes) -> Work:
    """The transfer that waits leaves. Without a request that is approved, the job does not start."""
    said = read(content, transfers.LAYOUT)
    printing = job("release.print", R.SEPTEMBER, again=(FAILED, REFUSED))

    def work() -> None:
        # The reader works in threads, which do not live on in a forked process; it writes nothing.
        transfers.read = lambda told, layout: {(content, transfers.LAYOUT): said}[told, layout]
        printing.do()

    return Work(printing.name, work, printing.again)


def _write_offs() -> list[Work]:
    """Terms to write off, and one that was written off wrongly."""
    wrong = arrears.owes((1, arrears.DUE, 8_000))
    lapses.find(by(1, LAPSED))
    write_offs.approve(by(2, LAPSED), write_offs.propose(by(1, LAPSED), "", "").id)
    (standing,) = write_offs.written_off(by(1, LAPSED), wrong)
    arrears.owes((1, arrears.DUE, 8_000), (2, arrears.DUE, 7_000))
    lapses.find(by(1, LAPSED))
    asked = {
        "write_offs.approve": write_offs.propose(by(1, LAPSED), "prescription", "").id,
        "write_offs.reverse": write_offs.propose_reversal(by(1, LAPSED), [standing.id], "時効の更新あり").id,
    }

    def approved(number: int):
        return lambda ctx: write_offs.approve(ctx, number)

    return [act(name, by(2, LAPSED), approved(number)) for name, number in asked.items()]


def _opening() -> list[Work]:
    """The ledger of the former system, whose assessments were taken over already."""
    who = somebody()
    ctx = by(1, APRIL)
    assessed = f"{number_of(who)},2025,20250401,12,{'4' * 12},36000,0,20250701"
    hand_over(ctx, "migrate.assessment", [assessed])
    hand_over(ctx, "migrate.instalment", slips(who, 12_000, 12_000, 12_000, unpaid=1))
    hand_over(ctx, "migrate.year_total", [])
    with acting(ctx):
        premium_opening.take(ctx)
        _ran("premium.opening", APRIL)
    return [job("collection.opening", APRIL)]


def _ran(name: str, day: date) -> None:
    """A job has run, for one that waits for it."""
    told: dict[str, Any] = {"actor": "job:test", "state": "done", "started_at": timezone.now()}
    Run.objects.create(job=name, on=day, **told)


def _closing() -> list[Work]:
    """出納閉鎖 of the year before, in which something is open."""
    with acting(by(1, JULY)):
        arrears.owes((1, date(2025, 7, 31), 5_000), year=2025)
        closing.close(by(1, date(2025, 6, 2)), 2024)
    return [job("ledger.close", date(2026, 6, 1), again=(REFUSED,))]
