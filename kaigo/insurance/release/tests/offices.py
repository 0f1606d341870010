"""Letters to other municipalities from the decision to the post, as two clerks do it, of either kind."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import pytest
from psycopg.types.range import Range

from kaigo.base.paper import press
from kaigo.base.records.facts import believe_rows
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.notices import offices
from kaigo.insurance.notices.exchange.drafting import EXCHANGE
from kaigo.insurance.notices.inquiries.drafting import INQUIRIES
from kaigo.insurance.notices.offices import Office
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.qualification import exchange_letters, income_inquiries
from kaigo.insurance.qualification.models import ExchangeNotice, ExchangeTelling, IncomeInquiry
from kaigo.insurance.qualification.tests.builders import facility
from kaigo.insurance.registers.models import Insurer, InsurerEntry
from kaigo.insurance.release import gate, printing, requests
from kaigo.insurance.residents.models import AddressException, Particulars, Residence, Taxation

ASKS, APPROVES = N.on(), N.on(actor="account:2")
MAY = {"notices.view", "notices.draft", "release.runs", "release.view"}
KAWAGUCHI, ICHIKAWA = "112038", "122033"
DUE, BEGAN = date(2026, 8, 31), date(2026, 6, 10)


@pytest.fixture
def here(monkeypatch):
    """Two municipalities, a home in one of them, and a press without processes of its own."""

    def run(self, template, letters, created, common=None, pages=None, standards=press.STANDARDS):
        yield press.render(template, list(letters), created, common, pages, standards)

    monkeypatch.setattr(printing.Press, "run", run)
    for code, name in ((KAWAGUCHI, "川口市"), (ICHIKAWA, "市川市")):
        row = N.fact(InsurerEntry, name=name, prefecture="県", number=code)
        believe_rows(InsurerEntry, [row | {"insurer_id": Insurer.objects.create(code=code).id}])
    facility("1100000001", "埼玉県川口市青木1-1", exception=True)


def mover(name="転入 花子", town=KAWAGUCHI) -> int:
    """Moved here from there in March."""
    who = B.person(name)
    words = {
        "state": "resident", "address": "東京都見本区ひみつ1丁目1番1号", "became_resident_on": date(2026, 3, 10),
        "from_code": town, "from_address": "埼玉県川口市青木2丁目1番1号", "effective": Range(date(2026, 3, 10), None),
    }  # fmt: skip
    believe_rows(Residence, [N.fact(Residence, person_id=who, **words)])
    return who


def asked(*people: int, town=KAWAGUCHI, reason="") -> list[IncomeInquiry]:
    return income_inquiries.ask(ASKS, 2026, town, people, DUE, reason)


def lives_in(who: int, since: date, until: date | None = None, home="1100000001", town=KAWAGUCHI) -> None:
    words = {"exception": "own", "municipality": town, "facility": home, "effective": Range(since, until)}
    believe_rows(AddressException, [N.fact(AddressException, person_id=who, **words)])


def began(name="特例 花子", town=KAWAGUCHI, kana="トクレイ ハナコ") -> int:
    """Lives in a home there since June."""
    who = B.person(name, kana)
    lives_in(who, BEGAN, town=town)
    return who


def wanted(*people: int, town=KAWAGUCHI, reason="") -> list[ExchangeTelling]:
    return exchange_letters.want(ASKS, [(who, "start", BEGAN, town) for who in people], reason)


class Kind(NamedTuple):
    """A kind of letter with how its decisions come about. effect: rows that only the posting makes."""

    office: Office
    page: str
    recipient: str
    person: Callable[..., int]
    decide: Callable[..., list]
    drop: Callable[..., None]
    waits: str
    effect: type


KINDS = [
    Kind(INQUIRIES, "draft_inquiries", "県市川市 住民税担当課", mover, asked, income_inquiries.drop, "asked", Taxation),
    Kind(EXCHANGE, "draft_exchange", "県市川市 介護保険担当課", began, wanted, exchange_letters.drop, "wanted", ExchangeNotice),
]  # fmt: skip


def drafted(office: Office) -> dict[str, int]:
    return offices.draft(ASKS, N.INSURER, office)


def compared(office: Office):
    return gate.compare_letters(ASKS, office.letter, 2026)


def request(office: Office):
    return requests.request_run(ASKS, office.letter, 2026, ASKS.on)


def printed(office: Office):
    asked_for = request(office)
    requests.approve(APPROVES, asked_for)
    return printing.print_run(ASKS, asked_for)


def rename(who: int, name: str) -> None:
    old = Particulars.objects.get(person_id=who, known__upper_inf=True)
    row = {column: getattr(old, column) for column in Particulars.value_columns()}
    believe_rows(
        Particulars,
        [row | {"person_id": who, "name": name, "effective": old.effective, "source": "test:2", "notified_on": None}],
    )  # fmt: skip


def words_of(pdf: bytes, tmp_path) -> str:
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()
