"""理由の文の描き方と、人が決めたことの理由。"""

from __future__ import annotations

import re
from datetime import date

import pytest

from kaigo.law import words as module
from kaigo.law.reasons import Reason
from kaigo.law.rulings import cancelled, corrected
from kaigo.law.words import name_of, tell, tell_all


@pytest.fixture
def made(monkeypatch, tmp_path):
    """作りものの文のフォルダ。"""

    def write(**files):
        for name, text in files.items():
            tmp_path.joinpath(f"{name}.yaml").write_text(text, encoding="utf-8")
        monkeypatch.setattr(module, "FOLDER", tmp_path)
        module.words.cache_clear()
        return module.words

    yield write
    module.words.cache_clear()


def test_each_kind_of_argument_has_its_form(made):
    made(a='x: {staff: "{0} {1} {2} {3} {4} {5} {6:fy} {7:sort}", person: ""}\ngroup.sort: {"1": 甲}\n')
    reason = Reason("x", "", (12345, None, True, False, date(2026, 4, 1), "2019-05-01", 2026, "1"))
    assert tell(reason).text == "12,345 上限なし はい いいえ 令和8年4月1日 令和元年5月1日 令和8年度 甲"
    assert tell(Reason("x", "", (1, 2, 3, 4, "2026-02-30", "そのまま", 2026, "9"))).text.endswith(
        "2026-02-30 そのまま 令和8年度 9"
    )


def test_two_sentences_of_one_reason_are_refused(made):
    words = made(a='x: {staff: "", person: ""}\n', b='x: {staff: "", person: ""}\n')
    with pytest.raises(ValueError, match="理由 x の文が二つある"):
        words()


def test_a_reason_without_a_sentence_is_an_error():
    with pytest.raises(KeyError):
        tell(Reason("nobody.wrote.this", ""))


def test_a_ruling_keeps_what_would_have_been_judged_below_it():
    judged = (Reason("annual.none", "法130条"),)
    told = tell_all(corrected(judged) + cancelled(date(2026, 4, 1), judged))
    assert [t.id for t in told] == ["ruled.periods", "cancelled.facts"]
    assert all(t.parts[0].id == "annual.none" for t in told)
    assert "令和8年4月1日" in told[1].text
    assert name_of("acquired", "31") == "第2号から第1号へ"


def test_months_and_days_have_one_spelling_the_one_of_tables_and_letters():
    """表と通知は 10月 と書く。文だけが 十月 と書けば、同じ月が二つの綴りになる。"""
    spelled = [
        (key, text)
        for key, entry in module.words().items()
        for text in entry.values()
        if re.search("[一二三四五六七八九十]+(月|日|歳|期)", text)
    ]
    assert not spelled
    assert [name_of("month", code) for code in ("4", "6", "8", "10", "12", "14")] == [
        "4月", "6月", "8月", "10月", "12月", "翌2月",
    ]  # fmt: skip
    start = tell(Reason("deduction.start", "法135条", (14, 2, 10_000, 50_000)), "person")
    assert start.text.startswith("翌2月から年金から引きます。")


def test_a_boundary_that_is_open_says_so():
    low = Reason("stage.low", "令38条", (3, 1_320_000, None))
    assert "境 上限なし)" in tell(low).text
    top = Reason("stage.taxed", "令38条", (13, 9_000_000, 7_200_000, None))
    assert "(7,200,000 円以上)" in tell(top).text
    first = Reason("stage.taxed", "令38条", (6, 900_000, None, 1_200_000))
    assert "(1,200,000 円未満)" in tell(first).text
