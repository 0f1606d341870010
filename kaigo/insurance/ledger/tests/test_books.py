"""The books show what is booked: days make months, months make years, a closed year stands as it stood."""

from __future__ import annotations

from datetime import date

import pytest
from django.http import Http404, HttpRequest
from django.template.loader import render_to_string

from kaigo.base.desk.tests.asking import ask, text
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import books, invariant, screens
from kaigo.insurance.ledger.closing import close
from kaigo.insurance.ledger.models import LedgerEntry
from kaigo.insurance.ledger.post import post
from kaigo.insurance.ledger.tests.test_ledger import CTX, YEAR, line, person

pytestmark = pytest.mark.django_db
MAY = frozenset({"collection.view"})
JULY, AUGUST = date(YEAR, 7, 15), date(YEAR, 8, 3)


@pytest.fixture
def booked() -> int:
    """A year with every movement, and something carried over from the year before."""
    who = person()
    before = CTX.at(date(YEAR, 3, 20))
    post(
        before,
        [line(who, "levy", 5_000, "old", year=YEAR - 1), line(who, "receipt", 2_000, "old r", year=YEAR - 1)],
    )
    post(CTX, [line(who, "levy", 9_000, "a"), line(who, "adjust", -1_000, "b"), line(who, "levy", 7_000, "d", number=4, way="deduction"),
               line(who, "late_levy", 300, "late")])  # fmt: skip
    post(CTX.at(AUGUST), [
        line(who, "receipt", 8_400, "r")._replace(reason="store"), line(who, "refund", 100, "back"),
        line(who, "receipt", 7_000, "r2", number=4, way="deduction")._replace(reason="deduction"),
        line(who, "receipt", 500, "r3", year=YEAR - 1, accounting=YEAR)._replace(reason="slip"),
        line(who, "write_off", -700, "w", year=YEAR - 1, accounting=YEAR),
        line(who, "offset", 300, "o1", source="o", number=2), line(who, "offset", -300, "o2", source="o"),
    ])  # fmt: skip
    return who


def test_a_month_is_its_days_by_sort_and_by_channel(booked):
    found = books.month(CTX, date(YEAR, 8, 1), date(YEAR, 9, 1))
    assert found.sums == books.Sums(0, 15_900, 100, 700)
    assert [(d.on, d.count, d.sums) for d in found.days] == [(AUGUST, 7, found.sums)]
    assert found.channels == (("store", 1, 8_400), ("deduction", 1, 7_000), ("slip", 1, 500))
    assert ("receipt", "slip", 2, 8_900) in found.sorts
    assert found.sums.kept == 15_800
    assert books.month(CTX, date(YEAR, 9, 1), date(YEAR, 10, 1)) == books.Month((), books.Sums(), (), ())
    assert books.beside(CTX, JULY) == (date(YEAR, 3, 20), AUGUST)
    assert books.beside(CTX, AUGUST) == (JULY, None)


def test_a_year_tells_its_own_premiums_from_what_was_carried_over(booked):
    deducted, direct, carried = books.year(CTX, YEAR)
    assert deducted == books.Part(False, "deduction", 0, books.Sums(7_000, 7_000, 0, 0), 0, 0)
    assert direct == books.Part(False, "direct", 0, books.Sums(8_000, 8_400, 100, 0), 0, 300)
    assert carried == books.Part(True, "direct", 3_000, books.Sums(0, 500, 0, 700), 1_800, 0)
    for part in (deducted, direct, carried, books.together([deducted, direct, carried])):
        assert part.to_collect - part.sums.kept - part.sums.written_off == part.open_yen - part.overpaid
    assert (direct.collected, books.rate(direct.collected, direct.to_collect)) == (8_000, "100.0")
    assert books.accounting_years(CTX) == [YEAR, YEAR - 1]
    (earlier,) = books.year(CTX, YEAR - 1)
    assert (earlier.carried, earlier.open_yen) == (False, 3_000)


@pytest.mark.parametrize(
    "kept, whole, told",
    [(999, 1_000, "99.9"), (9_999, 10_000, "99.9"), (5, 5, "100.0"), (0, 0, ""), (-1, 5, "")],
)
def test_a_rate_is_cut_off_and_never_rounded_up_to_all(kept, whole, told):
    assert books.rate(kept, whole) == told


def test_the_pages_show_the_figures_and_lead_to_the_day(booked):
    html = text(ask(screens, "month", may=MAY, day=AUGUST, year=YEAR, month=8))
    for word in ("15,900", "納付書(コンビニ)", f"/ledger/{YEAR}/8/3/", "不納欠損"):
        assert word in html
    assert "この月の記帳はありません" in text(ask(screens, "month", may=MAY, day=AUGUST, year=YEAR, month=1))
    name, data = screens.Day().get(CTX, HttpRequest(), YEAR, 8, 3)
    day = render_to_string(name, data)
    for word in ("前の日 令和8年7月15日", "8,400", "令和7年度", "納付書(コンビニ)"):
        assert word in day
    year = text(ask(screens, "year", may=MAY, day=AUGUST, year=YEAR))
    for word in ("現年度分 特別徴収", "滞納繰越分 普通徴収", "1,800", "出納を閉鎖していない", "延滞金の調定"):
        assert word in year


def test_a_closed_year_says_when_it_was_closed_and_what_went_over(booked):
    june = CTX.at(date(YEAR + 1, 6, 1))
    close(june, YEAR - 1)
    made = close(june, YEAR)
    html = text(ask(screens, "year", may=MAY, day=june.on, year=YEAR))
    assert "の決算" in html and "6月1日に出納を閉鎖しました" in html
    assert f"{made.carried_yen:,} 円" in html and made.carried_yen == 1_800


@pytest.mark.parametrize(
    "name, path",
    [("month", {"year": 1999, "month": 1}), ("month", {"year": 2026, "month": 13}), ("year", {"year": 2031})],
)
def test_what_is_no_book_is_not_there(name, path):
    view = next(p.callback.page for p in screens.urls if p.name == name)
    with pytest.raises(Http404):
        view().get(CTX, HttpRequest(), **path)


def test_without_the_permission_there_is_no_page(booked):
    for name in ("month_now", "year_now"):
        assert ask(screens, name, may=frozenset(), day=AUGUST).status_code == 404


def test_the_ledger_holds_against_itself_and_says_what_does_not(booked):
    assert invariant.wrong(CTX) == []
    whole = invariant.whole(CTX)
    assert whole.expected == whole.open_yen - whole.overpaid == 1_500
    LedgerEntry.objects.create(
        person_id=booked, fiscal_year=YEAR, accounting_year=YEAR, sort="offset", way="slip", number=1, yen=7, reason="",
        source="alone", key="alone", business_date=JULY, actor="account:1",
    )  # fmt: skip
    assert invariant.wrong(CTX) == [invariant.Wrong("offset", "alone", 0, 7)]
    assert rows("SELECT count(*) FROM ledger_entry")[0][0] == 14
