"""会計年度: 一つの調定の収入が、日を追って切れ目なくどの年度に入るか、足りない値。"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaigo.law import accounting
from kaigo.law.reasons import Finding, Unclear
from kaigo.law.tests.made import book
from kaigo.law.values import ValuesError, load

VALUES = load().values("131997", date(2026, 4, 1))


def test_receipts_of_one_levy_go_on_from_year_to_year_without_a_gap():
    seen = []
    for day in range(900):
        on = date(2026, 4, 1) + timedelta(days=day)
        found = accounting.receipt(accounting.ReceiptFacts(2026, on), VALUES)
        assert isinstance(found, Finding)
        seen.append(tuple(found.value))
        # 出納を閉鎖するまでは戻出、その後は歳出。
        back = accounting.refund(accounting.RefundFacts(found.value.year, on), VALUES)
        assert isinstance(back, Finding) and back.value.way == "income"
    turns = [
        (date(2026, 4, 1) + timedelta(days=n), seen[n])
        for n in range(900)
        if n == 0 or seen[n] != seen[n - 1]
    ]
    assert turns == [
        (date(2026, 4, 1), (2026, "current", False)),
        (date(2027, 4, 1), (2026, "current", True)),
        (date(2027, 6, 1), (2027, "carried", False)),
        (date(2028, 4, 1), (2028, "carried", False)),
    ]


def test_an_insurer_may_keep_carried_receipts_in_the_year_that_is_still_open(tmp_path):
    values = book(
        tmp_path, {"accounting.closing": "{month: 5, day: 31}", "accounting.carried_receipts": "open"}
    )
    for on, told in (
        (date(2028, 3, 31), (2027, "carried", False)),
        (date(2028, 4, 1), (2027, "carried", True)),
        (date(2028, 5, 31), (2027, "carried", True)),
        (date(2028, 6, 1), (2028, "carried", False)),
    ):
        found = accounting.receipt(accounting.ReceiptFacts(2026, on), values)
        assert isinstance(found, Finding) and tuple(found.value) == told


def test_an_unknown_closing_is_unclear(tmp_path):
    values = book(tmp_path, {"accounting.closing": None})
    one = accounting.receipt(accounting.ReceiptFacts(2026, date(2027, 6, 1)), values)
    other = accounting.refund(accounting.RefundFacts(2026, date(2027, 6, 1)), values)
    for found in (one, other):
        assert isinstance(found, Unclear) and found.missing[0].what == "accounting.closing の値"
    with pytest.raises(ValuesError, match="new か open"):
        book(tmp_path / "b", {"accounting.carried_receipts": "sometimes"})


@pytest.mark.parametrize(
    ("noticed", "term_end", "reason", "day"),
    [
        (date(2026, 7, 10), date(2026, 7, 31), "accounting.levy_term", date(2026, 7, 31)),
        (date(2027, 3, 20), None, "accounting.levy_notice", date(2027, 3, 20)),
        (date(2027, 4, 10), date(2027, 2, 28), "accounting.levy_late_notice", date(2027, 4, 10)),
    ],
)
def test_a_levy_says_the_day_that_decided_its_year(noticed, term_end, reason, day):
    found = accounting.levy(accounting.LevyFacts(2026, noticed, term_end), VALUES)
    assert (found.reasons[0].id, found.reasons[0].args[0]) == (reason, day)
    prior = [part.id for part in found.reasons[0].parts]
    assert prior == (["accounting.prior"] if found.value.kind == "prior" else [])


def test_receipts_and_refunds_say_why_their_year():
    def receipt(on):
        return accounting.receipt(accounting.ReceiptFacts(2026, on), VALUES)

    days = (date(2027, 3, 31), date(2027, 4, 1), date(2027, 6, 1))
    assert [receipt(on).reasons[0].id for on in days] == [
        "accounting.in_year", "accounting.closing", "accounting.carried",
    ]  # fmt: skip
    back = [accounting.refund(accounting.RefundFacts(2026, on), VALUES).reasons[0].id for on in days]
    assert back == ["accounting.from_income", "accounting.from_income", "accounting.from_expenditure"]
