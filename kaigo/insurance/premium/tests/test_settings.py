"""The page of settings: every value that the law asks for, in words, with its source; gaps by the job that they block."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.insurance.premium import settings
from kaigo.insurance.premium.tests.test_screens import ask, text
from kaigo.law.premium_table import money
from kaigo.law.values import load

BOOK = load()


def test_every_value_of_every_insurer_has_a_name_and_words():
    entries = BOOK.entries()
    assert len(entries) > 100
    assert {entry.name for _, entry in entries} == set(settings.NAMES)
    for _, entry in entries:
        lines = settings.text_of(entry.name, BOOK.raw(entry))
        assert bool(lines) == (entry.value is not None), entry
        assert not [line for line in lines if "{" in line or "None" in line]


def test_the_table_says_who_is_in_which_stage_and_pays_what_the_law_says():
    values = BOOK.values("131997", date(2026, 4, 1))
    rows = settings.stage_table(values)
    assert [row.stage for row in rows] == list(range(1, 14))
    assert {row.stage: row.yen for row in rows} == values.view(money).amounts
    assert rows[0].who == "世帯全員が非課税、年金収入等が826,500円以下"
    assert rows[5].who == "本人が課税、合計所得が1,200,000円未満"
    assert rows[12].who == "本人が課税、合計所得が7,200,000円以上"
    assert (rows[2].rate, rows[4].rate) == ("0.685", "1")


def test_gaps_name_what_is_missing_and_the_job_that_stops():
    found = {s.name: s for s in settings.gaps("131997", date(2026, 7, 1), date(2028, 7, 1))}
    assert found["premium.base"].start == date(2027, 4, 1)
    assert found["premium.base"].missing == (("第10期の基準額", "本算定"),)
    assert "premium.amounts" not in found
    assert "collection.levelling" not in found  # 国の値は不足だが、区の定めがある
    assert "premium.base" not in {s.name for s in settings.gaps("131997", date(2026, 7, 1), date(2027, 4, 1))}


def test_a_value_that_has_ended_is_shown_as_missing_and_not_as_it_was():
    found = {s.name: s for s in settings.in_force("151009", date(2027, 4, 1))["collection"]}
    ended = found["collection.direct_split"]
    assert (ended.lines, ended.confidence, ended.owner, ended.start) == (
        (),
        "不足",
        "新潟市",
        date(2027, 4, 1),
    )
    assert "2027-03-31" in ended.missing[0][0]
    before = {s.name: s for s in settings.in_force("151009", date(2027, 3, 31))["collection"]}
    assert before["collection.direct_split"].lines


def test_a_missing_row_of_the_table_is_said():
    rows = settings.stage_table(BOOK.values("131202", date(2024, 4, 1)))
    assert next(row for row in rows if row.stage == 1).yen == 20_040
    assert [row.stage for row in rows if row.yen is None]


@pytest.mark.django_db
def test_the_page_shows_the_values_of_a_day():
    html = text(ask("settings"))
    for words in ("月額 6,200円", "見本区", "見本区介護保険条例(架空)", "架空", "第10期の基準額", "出所あり"):
        assert words in html
    assert "826,500円" in html
    assert "809,000円" in text(ask("settings", query={"on": "令和7年10月1日"}))
    late = text(ask("settings", query={"on": "2027-04-01"}))
    assert "がまだ入っていません" in late
    assert "がまだ入っていません" not in html
    assert "は日付として読めません" in text(ask("settings", query={"on": "あした"}))
