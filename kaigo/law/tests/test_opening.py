"""新しい年度: 定めを引き継ぎ、足りない値を挙げる。新しい計画期は値のファイル一つと実例のファイル一つ。"""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from kaigo.law import cli, values
from kaigo.law.opening import open_year, render
from kaigo.law.values import NoValue, ValueMissing, load

TENTH = """
- {name: premium.stages, from: 2027-04-01, to: 2030-04-01, source: 作りもの, confidence: fictional, checked_on: 2026-11-24,
   value: {low: [{stage: 1, upto: threshold}, {stage: 2, upto: null}], middle: [{stage: 3, upto: null}],
           taxed: [{stage: 4, below: 1000000}, {stage: 5, below: null}], base_stage: 3, count: 5}}
- {name: premium.rates, from: 2027-04-01, to: 2030-04-01, source: 作りもの, confidence: fictional, checked_on: 2026-11-24,
   value: {1: "0.3", 2: "0.7", 3: "1", 4: "1.2", 5: "2"}}
- {name: premium.base, from: 2027-04-01, to: 2030-04-01, source: 作りもの, confidence: fictional, checked_on: 2026-11-24,
   value: {yen: 7000, per: month, rounding: floor_10}}
- {name: premium.threshold, from: 2027-04-01, to: 2030-04-01, source: 作りもの, confidence: fictional, checked_on: 2026-11-24,
   value: 850000}
- {name: income.premium, from: 2027-04-01, to: 2030-04-01, source: 作りもの, confidence: fictional, checked_on: 2026-11-24,
   value: {subtract_special: true, subtract_pension_income: true, salary_relief: 100000, taxed_relief: 0, deemed_salary: false}}
- {name: late_charges.rates, from: 2027-01-01, to: 2028-01-01, source: 作りもの, confidence: fictional, checked_on: 2026-11-24,
   value: {first: "3.0", after: "9.3"}}
- {name: refund_interest.rates, from: 2027-01-01, to: 2028-01-01, source: 作りもの, confidence: fictional, checked_on: 2026-11-24,
   value: "1.5"}
"""
CASES = """
- {case: 第10期(作りもの) 本人課税, rule: premium.assess, on: 2027-04-01, insurer: "131997", source: 作りもの,
   facts: {fiscal_year: 2027, assessment_day: 2027-04-01, person: {status: taxed, total_income: 999999},
           insured: [{start: 2020-01-01}]}, expect: {base_stage: 4, annual_yen: 100800}}
- {case: 第10期(作りもの) 境を一円超える, rule: premium.stage, on: 2027-04-01, insurer: "131997", source: 作りもの,
   facts: {fiscal_year: 2027, person: {status: untaxed, pension_revenue: 850001}}, expect: 2}
- {case: 前の年度は前の年度の表, rule: premium.stage, on: 2027-06-01, insurer: "131997", source: 作りもの,
   facts: {fiscal_year: 2026, person: {status: untaxed, pension_revenue: 850001}}, expect: 2}
"""


@pytest.fixture
def folder(tmp_path):
    """値のフォルダの写し。"""
    root = tmp_path / "values"
    shutil.copytree(values.ROOT, root)
    return root


def test_a_new_plan_period_is_one_values_file_and_one_cases_file(folder, tmp_path, capsys):
    cases = tmp_path / "tenth.yaml"
    cases.write_text(CASES, encoding="utf-8")
    assert cli.main(["check", str(cases)]) == 1
    folder.joinpath("insurers", "131997", "2027.yaml").write_text(TENTH, encoding="utf-8")
    assert cli.main(["check", "--values", str(folder), str(cases)]) == 0
    assert cli.main(["check", "--values", str(folder)]) == 0  # 前の計画期の実例はそのまま合う
    capsys.readouterr()


def test_what_is_decided_anew_is_never_carried_over():
    opened = open_year(load(), "131997", 2027)
    assert opened.copied == ()
    assert [name for name, _ in opened.missing] == [
        "income.premium", "late_charges.rates", "premium.base", "premium.rates", "premium.stages", "premium.threshold",
        "refund_interest.rates",
    ]  # fmt: skip
    assert {"collection.direct_schedule", "premium.proration"} <= set(opened.continues)


def test_with_the_tenth_period_nothing_is_missing(folder):
    folder.joinpath("insurers", "131997", "2027.yaml").write_text(TENTH, encoding="utf-8")
    opened = open_year(values.Book(folder), "131997", 2027)
    assert opened.missing == ()
    assert "# " in render(opened) and "- name" not in render(opened)


def test_settings_that_end_are_carried_over_as_they_stand(folder):
    opened = open_year(load(), "151009", 2027)
    assert [entry.name for entry, _ in opened.copied] == [
        "collection.deduction_split", "collection.direct_split", "collection.levelling",
    ]  # fmt: skip
    text = render(opened)
    folder.joinpath("insurers", "151009", "2027.yaml").write_text(text, encoding="utf-8")
    carried = values.Book(folder).values("151009", date(2027, 4, 1))
    assert carried.get("collection.levelling") == load().values("151009", date(2026, 4, 1)).get(
        "collection.levelling"
    )
    assert carried.entry("collection.direct_split").confidence == "derived"
    assert "# - name: premium.stages" in text


def test_a_year_without_any_entry_is_missing_too():
    opened = open_year(load(), "103675", 2031)
    lacks = {name: lack.what for name, lack in opened.missing}
    assert lacks["premium.threshold"] == "premium.threshold の令和13年度の値"  # 国の値
    assert (
        "神流町(103675)の premium.stages" in lacks["premium.stages"]
        and "2030-03-31" in lacks["premium.stages"]
    )


def test_amounts_or_rates_are_enough():
    assert not {"premium.rates", "premium.base"} & {n for n, _ in open_year(load(), "151009", 2026).missing}
    assert open_year(load(), "131997", 2026).missing == ()


def test_an_unknown_insurer_is_an_error():
    with pytest.raises(NoValue):
        open_year(load(), "999998", 2027)


def test_what_was_said_to_be_missing_gives_way_to_a_value(folder):
    """分からないと書いた期間の中ほどに値が入れば、その前と後だけが分からないまま残る。"""
    folder.joinpath("insurers", "131202", "2025.yaml").write_text(
        "- {name: premium.proration, from: 2025-04-01, to: 2026-04-01, value: {rounding: floor_10, only_broken: true}, "
        "source: 作りもの, confidence: fictional, checked_on: 2026-11-24}\n",
        encoding="utf-8",
    )
    book = values.Book(folder)
    assert book.values("131202", date(2025, 4, 1)).get("premium.proration").name == "floor_10"
    for day in (date(2025, 3, 31), date(2026, 4, 1), date(2015, 4, 1), date(2030, 3, 1)):
        with pytest.raises(ValueMissing):
            book.values("131202", day).get("premium.proration")
