"""The file to the finance system: every entry once, and with all files before it the ledger to the yen."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.desk.refs import ref
from kaigo.base.desk.tests.asking import ask, text
from kaigo.base.files import store
from kaigo.base.records.context import Context, acting
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import finance
from kaigo.insurance.ledger.models import FinanceFile, FinanceLine
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.release import finance_files, read, requests, screens
from kaigo.insurance.release.models import OutgoingFile, Request
from kaigo.insurance.residents.models import Person
from kaigo.layouts.reader import read as read_layout

pytestmark = pytest.mark.usefixtures("street")
YEAR, INSURER = 2026, "131997"
JULY, AUGUST = date(YEAR, 7, 15), date(YEAR, 8, 3)
CLERK, HEAD = Context("account:1", "release", AUGUST), Context("account:2", "release", AUGUST)
MAY = {"release.runs", "release.view", "release.request", "release.approve"}


def book(*lines, on: date = JULY) -> None:
    """(sort, yen, key, and what differs): committed, as other people's work is."""
    ctx = Context("account:1", "collection", on)
    with acting(ctx):
        who = Person.objects.first() or Person.objects.create()
        post(
            ctx,
            [
                Line(who.id, f"s:{key}", key, yen, YEAR, YEAR, sort, "slip", 1, "main")._replace(**more)
                for sort, yen, key, more in lines
            ],
        )


def year_of_entries() -> None:
    book(("levy", 9_000, "a", {}), ("adjust", -1_000, "b", {}), ("levy", 7_000, "d", {"way": "deduction", "number": 4}),
         ("levy", 5_000, "old", {"fiscal_year": 2025, "accounting_year": 2025, "reason": "opening"}))  # fmt: skip
    book(("receipt", 8_400, "r", {"reason": "store"}), ("refund", 100, "back", {"reason": "income"}),
         ("receipt", 300, "c", {"fiscal_year": 2025, "reason": "slip"}),
         ("refund", 200, "out", {"fiscal_year": 2025, "reason": "expenditure"}),
         ("late_levy", 50, "late", {}), ("write_off", -70, "w", {"fiscal_year": 2025}), on=AUGUST)  # fmt: skip


def sent(clerk=CLERK, head=HEAD) -> OutgoingFile:
    with acting(clerk):
        asked = finance_files.request(clerk, INSURER, YEAR, "entries")
    with acting(head):
        requests.approve(head, asked)
    with acting(clerk):
        return finance_files.let_out(clerk, INSURER, asked)


def lines(file: OutgoingFile) -> list[tuple]:
    """As the finance system reads it: (kind, day, year, arrears, way, count, yen, 節)."""
    reading = read_layout(store.get(file.digest), finance.LAYOUT, insurer=INSURER)
    assert not reading.problems and not reading.refused
    return [
        (r["kind"], r["day"], r["accounting_year"], r["arrears"], r["way"], int(r["count"]), int(r["entry_yen"]), r["setsu"])
        for r in reading.rows.sort("line").iter_rows(named=True)
    ]  # fmt: skip


def test_every_entry_stands_in_it_by_day_year_account_and_way():
    year_of_entries()
    found = lines(sent())
    assert found == [
        ("1", "20260715", "2026", "1", "1", 1, 7_000, "01"),
        ("1", "20260715", "2026", "1", "2", 2, 8_000, "02"),
        ("2", "20260803", "2026", "1", "2", 1, 8_400, "02"),
        ("2", "20260803", "2026", "2", "2", 1, 300, "03"),
        ("3", "20260803", "2026", "1", "2", 1, 100, "02"),
        ("4", "20260803", "2026", "2", "2", 1, 200, "22"),
    ]
    assert list(FinanceLine.objects.order_by("number").values_list("number", "kind", "yen")) == [
        (place, line[0], line[6]) for place, line in enumerate(found, 1)
    ]


def test_what_no_account_is_agreed_for_is_told_and_not_sent():
    year_of_entries()
    with acting(CLERK):
        report, _ = finance_files.compare(CLERK, INSURER, YEAR)
    assert report.totals["left_out"] == {"late_levy": 50, "write_off": -70}
    assert report.totals["sums"] == {"1": 15_000, "2": 8_700, "3": 100, "4": 200}
    assert report.totals["entries"] == 7


def test_nothing_goes_twice_and_what_is_booked_meanwhile_goes_next():
    year_of_entries()
    with acting(CLERK):
        asked = finance_files.request(CLERK, INSURER, YEAR, "entries")
    book(("receipt", 600, "later", {"reason": "slip"}))
    with acting(HEAD):
        requests.approve(HEAD, asked)
    with acting(CLERK):
        first = finance_files.let_out(CLERK, INSURER, asked)
    second = sent()
    assert lines(second) == [("2", "20260715", "2026", "1", "2", 1, 600, "02")]
    assert [f.after for f in FinanceFile.objects.order_by("id")][1:] == [
        FinanceFile.objects.order_by("id")[0].upto
    ]
    assert first.name == "131997_finance_20260803_1.csv" and second.name == "131997_finance_20260803_7.csv"
    together = sum(line[6] for file in (first, second) for line in lines(file))
    booked = "SELECT sum(yen)::bigint FROM ledger_entry WHERE sort IN ('levy', 'adjust', 'receipt', 'refund') AND reason <> 'opening'"
    assert rows(booked) == [(together,)]
    with pytest.raises(Refused, match="渡す記帳がありません"):
        sent()


def test_two_people_are_needed_and_one_request_at_a_time():
    year_of_entries()
    with acting(CLERK):
        asked = finance_files.request(CLERK, INSURER, YEAR, "entries")
    with acting(CLERK), pytest.raises(Refused, match="依頼がすでにあります"):
        finance_files.request(CLERK, INSURER, YEAR, "entries")
    with acting(CLERK), pytest.raises(Refused, match="本人は承認できません"):
        requests.approve(CLERK, asked)
    with acting(CLERK), pytest.raises(Refused, match="承認されていない"):
        finance_files.let_out(CLERK, INSURER, asked)
    assert not OutgoingFile.objects.exists() and not FinanceFile.objects.exists()


def test_a_file_that_does_not_say_what_the_ledger_says_stays_in_the_house(monkeypatch):
    year_of_entries()
    gather = finance.gather
    monkeypatch.setattr(
        finance, "gather", lambda ctx, span: [line._replace(yen=line.yen + 1) for line in gather(ctx, span)]
    )
    with (
        acting(CLERK),
        pytest.raises(Refused, match=r"台帳と合いません\(2026年度 調定: 台帳 15,000円 3件、.*15,002円"),
    ):
        finance_files.request(CLERK, INSURER, YEAR, "entries")
    assert not Request.objects.exists()
    # A line that was kept and is not in the ledger is found with the next file.
    monkeypatch.setattr(finance, "gather", gather)
    sent()
    with acting(CLERK):
        FinanceLine.objects.create(
            sent=FinanceFile.objects.get(), number=99, kind="2", day=JULY, accounting_year=YEAR, arrears="1", way="2", count=1, yen=5,
        )  # fmt: skip
    book(("receipt", 600, "later", {"reason": "slip"}))
    with acting(CLERK), pytest.raises(Refused, match="2026年度 収入"):
        finance_files.request(CLERK, INSURER, YEAR, "entries")


def test_without_an_agreed_account_nothing_goes_and_the_place_to_write_it_is_told():
    book(("adjust", -500, "x", {"fiscal_year": 2025, "way": "deduction", "number": 4}))
    with acting(CLERK), pytest.raises(Refused, match="種別 1・現年滞繰 2・徴収 1 の款項目節がありません"):
        finance_files.request(CLERK, INSURER, YEAR, "entries")


def test_the_pages_ask_show_and_hand_it_over():
    year_of_entries()
    assert 'value="finance"' in text(ask(screens, "gate", may=MAY))
    asked = ask(screens, "ask", {"subject": "finance", "what": "entries", "year": str(YEAR)}, may=MAY)
    assert asked.status_code == 302
    request = Request.objects.get()
    page = text(ask(screens, "asked", may=MAY, asked=request.id))
    assert "財務会計へのファイル" in page and "8,700 円" in page and "別に入れてください" in page
    assert ask(screens, "approve", {}, may=MAY, account=2, asked=request.id).status_code == 302
    assert ask(screens, "print", {}, may=MAY, account=2, asked=request.id).status_code == 302
    file = OutgoingFile.objects.get()
    html = text(ask(screens, "file", may=MAY, file=file.id))
    assert "歳出還付" in html and f"/release/file/{ref('release_file', file.id)}/content/" in html
    content = ask(screens, "content", may=MAY, file=file.id)
    assert content.content == store.get(file.digest)
    assert read.recipients(CLERK, [f"release_file:{file.id}"]) == {f"release_file:{file.id}": "財務会計"}


def test_what_a_closed_year_has_too_much_pays_another_term_out_of_expenditure():
    """過年度の過誤納の充当: 歳出 pays it, and it comes in for the other term; of an open year it only moves."""
    book(("offset", -300, "out", {"fiscal_year": 2025, "reason": "expenditure", "source": "refund:1"}),
         ("offset", 300, "into", {"reason": "offset", "source": "refund:1"}),
         ("offset", -50, "own", {"reason": "income", "source": "refund:2"}),
         ("offset", 50, "other", {"reason": "offset", "number": 2, "source": "refund:2"}))  # fmt: skip
    assert lines(sent()) == [
        ("2", "20260715", "2026", "1", "2", 3, 300, "02"),
        ("4", "20260715", "2026", "2", "2", 1, 300, "22"),
    ]
