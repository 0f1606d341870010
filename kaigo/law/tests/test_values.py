"""値のフォルダ: 厳しく読み、ない値は誤り、足りない表では一括の賦課を始めない。"""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.law import values
from kaigo.law.cases import CaseError, judge, read
from kaigo.law.income import old_salary_income
from kaigo.law.plain_yaml import load as load_yaml
from kaigo.law.premium_table import batch_blockers
from kaigo.law.rule import rule
from kaigo.law.values import NoValue, ValueMissing, ValuesError, load, value

DAY = date(2026, 4, 1)
GOOD = {
    "name": "premium.threshold", "from": "2015-04-01", "to": "null", "value": "1", "source": "x", "confidence": "sourced",
    "checked_on": "2026-01-01",
}  # fmt: skip


def book(tmp_path, text: str):
    folder = tmp_path / "national"
    folder.mkdir(exist_ok=True)
    folder.joinpath("a.yaml").write_text(text, encoding="utf-8")
    return load(tmp_path)


def entry(**changes) -> str:
    return "- {" + ", ".join(f"{k}: {v}" for k, v in (GOOD | changes).items() if v is not None) + "}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1", "項目の並びではありません"),
        (entry(source=None), "source がありません"),
        (entry(confidence="surely"), "confidence は"),
        (entry(to="2015-04-01"), "期間が空です"),
        (entry(name="premium.special_end", value="sometimes"), "keep か rejudge"),
        (entry(name="premium.base", value="{yen: 1, per: week, rounding: floor_1}"), "per は year か month"),
        (entry(name="premium.interim.undeclared", value="{person: maybe, member: taxed}"), "taxed か untaxed"),
        (entry(name="collection.direct_split", value="{unit: 100, remainder: middle}"), "first か last"),
        (
            entry(name="income.old_salary_deduction", value="{low: 1, high: 10, steps: [{upto: 8, percent: 100, plus: 0}]}"),
            "収入の範囲に足りません",
        ),
        (entry(name="collection.levelling", value="july"), "none june_1_1"),
        (
            entry(name="premium.stages", value="{low: [{stage: 1, upto: null}], middle: [], taxed: [{stage: 2, below: 5}, "
                  "{stage: 3, below: 4}], base_stage: 1, count: 3}"),
            "小さい順でない",
        ),
        (
            entry(name="premium.stages", value="{low: [{stage: 1, upto: null}], middle: [], taxed: [], base_stage: 1, count: 3}"),
            "揃っていない",
        ),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused_with_file_and_line(tmp_path, text, said):
    with pytest.raises(ValuesError) as told:
        book(tmp_path, text)
    assert said in str(told.value) and "a.yaml" in str(told.value)


def test_an_empty_file_is_no_value_and_no_value_is_an_error(tmp_path):
    empty = book(tmp_path, "")
    folder = tmp_path.joinpath("insurers", "999999")
    folder.mkdir(parents=True)
    with pytest.raises(NoValue, match="999999"):
        empty.values("999999", DAY)
    with pytest.raises(ValuesError, match="名前と番号のファイルがありません"):
        values.Book(tmp_path)
    for text in ("{code: '999998', name: x}", "{code: '999999', name: x, mayor: y}", "{code: '999999'}"):
        folder.joinpath("insurer.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(ValuesError, match="code はフォルダの名前"):
            values.Book(tmp_path)
    folder.joinpath("insurer.yaml").write_text("{code: '999999', name: 作りもの}", encoding="utf-8")
    other = values.Book(tmp_path)
    with pytest.raises(NoValue, match=r"premium\.threshold"):
        other.values("999999", DAY).get("premium.threshold")
    assert old_salary_income(1, load().values("standard", DAY).get("income.old_salary_deduction")) == 0


OWN = {"from": "2024-04-01", "to": "2027-04-01", "value": "5"}


def insurers(tmp_path, **files: str):
    """国の値 800000 と、作りものの保険者 999999(元は standard)、999998(元なし)。files: 保険者 → 値のファイル。"""
    tmp_path.joinpath("national").mkdir()
    tmp_path.joinpath("national", "a.yaml").write_text(entry(value="800000"), encoding="utf-8")
    for code, based_on in (("999999", "standard"), ("999998", ""), ("standard", "")):
        folder = tmp_path.joinpath("insurers", code)
        folder.mkdir(parents=True)
        head = f"{{code: '{code}', name: 作りもの{code[-1]}市" + (
            f", based_on: {based_on}}}" if based_on else "}"
        )
        folder.joinpath("insurer.yaml").write_text(head, encoding="utf-8")
        folder.joinpath("a.yaml").write_text(files.get(f"of_{code}", ""), encoding="utf-8")
    return values.Book(tmp_path)


def threshold(made, insurer: str, year: int, month: int = 4, day: int = 1):
    return made.values(insurer, date(year, month, day)).get("premium.threshold")


def test_when_an_insurers_own_value_has_ended_nobody_elses_takes_its_place(tmp_path):
    made = insurers(tmp_path, of_999999=entry(**OWN))
    assert threshold(made, "999999", 2024, 3, 31) == 800_000  # 自分の値を持つ前は、元の表によっていた
    assert [threshold(made, "999999", *day) for day in ((2024, 4, 1), (2027, 3, 31))] == [5, 5]
    for year in (2027, 2040):
        with pytest.raises(ValueMissing) as told:
            threshold(made, "999999", year)
        for words in ("作りもの9市", "999999", "premium.threshold", "2027-03-31"):
            assert words in told.value.what
        assert told.value.blocks == "この値を使う業務"
    ended = made.entry("999999", "premium.threshold", date(2027, 4, 1))
    assert (ended.value, ended.confidence, ended.start) == (None, "missing", date(2027, 4, 1))
    assert threshold(made, "999998", 2027) == 800_000  # 自分の値を持ったことがない


def test_a_value_that_ended_at_whom_an_insurer_rests_on_is_not_replaced_either(tmp_path):
    made = insurers(tmp_path, of_standard=entry(**OWN))
    assert threshold(made, "999999", 2026) == 5
    with pytest.raises(ValueMissing, match="standard"):
        threshold(made, "999999", 2027)


def test_an_ended_gap_still_says_what_it_stops(tmp_path):
    unknown = OWN | {
        "value": "null",
        "confidence": "missing",
        "missing": "[{what: 境, blocks: premium.main_assessment}]",
    }
    made = insurers(tmp_path, of_999999=entry(**unknown))
    with pytest.raises(ValueMissing, match="境") as told:
        threshold(made, "999999", 2026)
    with pytest.raises(ValueMissing, match="2027-03-31") as told:
        threshold(made, "999999", 2027)
    assert told.value.blocks == "premium.main_assessment"


@pytest.mark.parametrize(("owner", "yen"), [("national", 800_000), ("standard", 7)])
def test_an_insurer_may_say_whose_value_it_follows(tmp_path, owner, yen):
    after = entry(**{"from": "2027-04-01", "value": "null", "follows": owner})
    made = insurers(tmp_path, of_999999=entry(**OWN) + after, of_standard=entry(value="7"))
    assert threshold(made, "999999", 2027, 3, 31) == 5
    assert threshold(made, "999999", 2027) == yen
    # 分からないと書いた期間は、どの値によるかを書けば退く。
    unknown = entry(**OWN | {"to": "null", "value": "null", "missing": "[{what: 境, blocks: 本算定}]"})
    tmp_path.joinpath("insurers", "999999", "a.yaml").write_text(unknown + after, encoding="utf-8")
    made = values.Book(tmp_path)
    assert threshold(made, "999999", 2027) == yen
    with pytest.raises(ValueMissing):
        threshold(made, "999999", 2026)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"value": "null", "follows": "999998"}, "元ではありません"),
        ({"value": "null", "follows": "999999"}, "元ではありません"),
        ({"value": "3", "follows": "national"}, "value と missing は書けません"),
        ({"value": "null", "follows": "national", "missing": "[{what: x, blocks: y}]"}, "value と missing は書けません"),
        ({"value": "null"}, "missing か follows を書く"),
    ],
)  # fmt: skip
def test_only_somebody_further_up_can_be_followed(tmp_path, changes, said):
    with pytest.raises(ValuesError, match=said):
        insurers(tmp_path, of_999999=entry(**changes))


def test_no_insurer_of_ours_takes_anothers_value_after_its_own():
    made = load()
    days = [date(year, 4, 1) for year in range(2015, 2033)]
    ended = 0
    # 国の値に戻ると自分で書いた日からは、自分の値でなくてよい。
    back = {(owner, own.name): own.start for owner, own in made.entries() if own.follows}
    for owner, own in made.entries():
        if owner == "national" or own.follows:
            continue
        for day in days:
            if own.start <= day < back.get((owner, own.name), date.max):
                found = made.entry(owner, own.name, day)
                assert found.file.startswith(f"insurers/{owner}/"), (owner, own.name, day)
                ended += found.value is None and "終わっています" in found.missing[0][0]
    assert ended > 20
    with pytest.raises(ValueMissing, match=r"新潟市.*collection\.direct_split.*2027-03-31"):
        made.values("151009", date(2027, 4, 1)).get("collection.direct_split")


def test_a_name_belongs_to_one_rule_and_one_value():
    with pytest.raises(ValuesError, match="二度"):
        value("premium.threshold")(int)
    with pytest.raises(ValueError, match="二度"):
        rule("premium.stage", facts=tuple, article="")(print)


def test_codes_with_a_leading_zero_and_decimals_stay_words():
    assert load_yaml("{a: 064017, b: 01, c: 10, d: -3, e: 0, f: yes, g: 1:30, h: 0.285}") == {
        "a": "064017", "b": "01", "c": 10, "d": -3, "e": 0, "f": "yes", "g": "1:30", "h": "0.285",
    }  # fmt: skip


def test_every_insurers_number_has_its_check_digits():
    from kaigo.law.check_digits import local_government_digit, modulus_10_digit

    for code, told in load().insurers.items():
        if code.isdigit():
            assert told["code"] == code
            assert int(code[5]) == local_government_digit(code[:5])
            assert told["insurer_number"] == f"{code[:5]}{modulus_10_digit(code[:5])}"


def test_a_batch_on_a_table_with_missing_rows_is_refused_and_says_which():
    assert batch_blockers(load().values("131997", DAY)) == ()
    nerima = [missing.what for missing in batch_blockers(load().values("131202", DAY))]
    assert {"premium.proration", "premium.stages.6", "premium.amounts.19"} <= set(nerima)
    assert "premium.amounts.5" not in nerima
    assert [missing.what for missing in batch_blockers(load().values("462012", DAY))] == ["鹿児島市の段階表"]
    assert [m.what for m in batch_blockers(load().values("064017", DAY))] == [
        "premium.proration",
        "premium.amounts.2",
    ]
    assert [m.what for m in batch_blockers(load().values("131997", date(2027, 4, 1)))] == [
        "第10期の標準段階表"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{case: x}", "実例の並びではありません"),
        ("- 5", ":1: 実例は"),
        ("- {case: x", "YAML として読めません"),
        ("- {case: x, rule: dates.age, on: 2026-04-01, facts: {}, expect: 1}", "source"),
        ("- {case: x, rule: dates.age, on: 2026-04-01, facts: {}, expect: 1, source: x, extra: 1}", "extra"),
        ("- {case: x, rule: dates.age, on: someday, facts: {}, expect: 1, source: x}", "日付は"),
    ],
)
def test_a_case_that_cannot_be_read_is_named(tmp_path, text, said):
    path = tmp_path / "cases.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CaseError) as told:
        read(path)
    assert said in str(told.value)


def test_a_case_that_cannot_be_judged_does_not_agree(tmp_path):
    path = tmp_path / "cases.yaml"
    path.write_text(
        "- {case: a, rule: dates.none, on: 2026-04-01, facts: {}, expect: 1, source: x}\n"
        "- {case: b, rule: dates.age, on: 2026-04-01, facts: {}, expect: 1, source: x}\n"
        "- {case: c, rule: dates.attained_on, on: 2026-04-01, facts: {birth_date: 1960-01-01, age: 9999}, expect: 1, source: x}\n"
        "- {case: d, rule: income.for_purpose, on: 2027-04-01, facts: {purpose: premium, year: 2027, person: {status: taxed}},"
        " expect: 1, source: x}\n",
        encoding="utf-8",
    )
    got = [judge(case, load()) for case in read(path)]
    assert all("error" in answer for answer in got[:3])
    assert got[3] == {"unclear": ["令和9年度からの所得の見方"]}


def test_an_insurers_number_by_formula_is_a_gap():
    found = {row["owner"]: row for row in load().gaps() if row["name"] == "insurer_number"}
    assert "131202" in found and "131997" not in found
    assert found["131202"]["confidence"] == "derived"


def test_digest_changes_with_the_values(tmp_path):
    assert book(tmp_path, entry()).digest != load().digest
    rows = load().values("131997", DAY)
    assert len(rows.digest) == 64
