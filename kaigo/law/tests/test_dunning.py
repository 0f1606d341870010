"""督促: 期限の休日、足りない値、時効の完成との境。"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kaigo.law.dunning import DunningFacts, instalment
from kaigo.law.premium_facts import Span
from kaigo.law.prescription import PrescriptionFacts, collection
from kaigo.law.reasons import Finding, Unclear
from kaigo.law.tests.made import book
from kaigo.law.values import ValuesError, load
from kaigo.law.words import tell_all

VALUES = load().values("131997", date(2026, 4, 1))
DUNNING = {"dunning.within_days": "20", "dunning.deadline": "{days: 10, holiday: none}", "dunning.fee": "100"}


def test_a_deadline_stands_on_a_holiday_where_the_ordinance_says_so(tmp_path):
    facts = DunningFacts(date(2026, 7, 31), 9_300, date(2026, 8, 19))
    found = instalment(facts, book(tmp_path, DUNNING))
    assert isinstance(found, Finding)
    assert (found.value.deadline_on, found.value.fee_yen) == (date(2026, 8, 29), 100)  # 土曜日
    assert "手数料 100 円" in tell_all(found.reasons)[0].text


@pytest.mark.parametrize(
    ("end", "words"), [(date(2027, 2, 21), "令和9年2月20日 まで徴収を猶予"), (None, "期限なく徴収を猶予")]
)
def test_a_deferral_says_its_last_day(end, words):
    facts = DunningFacts(
        date(2026, 7, 31), 9_300, date(2026, 8, 20), deferrals=(Span(date(2026, 8, 1), end),)
    )
    found = instalment(facts, VALUES)
    assert isinstance(found, Finding) and words in tell_all(found.reasons)[0].text


@pytest.mark.parametrize("name", sorted(DUNNING))
def test_a_demand_is_not_sent_on_a_missing_value(tmp_path, name):
    facts = DunningFacts(date(2026, 7, 31), 9_300, date(2026, 8, 19))
    found = instalment(facts, book(tmp_path, DUNNING | {name: None}))
    assert isinstance(found, Unclear) and found.missing[0].what == f"{name} の値"


@pytest.mark.parametrize("holiday", ["sometimes", "before"])
def test_a_deadline_is_read_strictly(tmp_path, holiday):
    with pytest.raises(ValuesError, match="next か none"):
        book(tmp_path, {"dunning.deadline": f"{{days: 10, holiday: {holiday}}}"})


def test_the_last_day_of_the_right_is_the_last_day_of_a_demand():
    for due in (date(2022, 2, 28), date(2024, 2, 29), date(2024, 7, 31), date(2025, 12, 31)):
        last = collection(PrescriptionFacts(due, due), VALUES).value.last_on
        assert last is not None
        for on, send in ((last, True), (last + timedelta(days=1), False)):
            found = instalment(DunningFacts(due, 1_000, on, last_on=last), VALUES)
            assert isinstance(found, Finding) and found.value.send is send
