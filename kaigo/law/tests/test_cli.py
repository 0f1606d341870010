"""kaigo law の命令: 答えの形と終わりの符号。"""

from __future__ import annotations

import json

import pytest

from kaigo.law import cli
from kaigo.law.rule import rules


@pytest.fixture
def facts(tmp_path):
    """事実のファイルを書く。"""

    def write(text: str):
        path = tmp_path / "facts.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def run(capsys, *words):
    code = cli.main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_rules_lists_every_fixed_id(capsys):
    code, out, _ = run(capsys, "rules", "--json")
    fixed = {
        "check_digit.my_number", "check_digit.local_government_code", "check_digit.insurer_number",
        "check_digit.corporate_number", "check_digit.provider_number", "dates.age", "dates.attained_on",
        "qualification.acquisition", "qualification.loss", "qualification.months", "household.tax_status",
        "income.for_purpose", "premium.stage", "premium.annual", "premium.assess", "instalments.pension_deduction",
        "instalments.direct_payment", "limits.assessment", "late_charges.instalment", "refund_interest.payment",
        "prescription.collection", "prescription.receipt", "write_offs.ground", "dunning.instalment", "remission.decide",
        "remission.special", "deferral.decide", "accounting.levy", "accounting.receipt", "accounting.refund", "offset.order",
    }  # fmt: skip
    rows = json.loads(out)
    assert code == 0
    assert fixed <= {row["id"] for row in rows}
    assert all(row["article"] and row["about"] for row in rows)
    code, out, _ = run(capsys, "rules")
    assert code == 0 and "premium.assess" in out


@pytest.mark.parametrize("name", sorted(rules()))
def test_describe_gives_both_schemas(capsys, name):
    code, out, _ = run(capsys, "describe", name)
    told = json.loads(out)
    assert code == 0
    assert told["facts"]["type"] == "object" and told["facts"]["additionalProperties"] is False
    assert told["result"]


def test_why_json_has_exactly_this_shape(capsys, facts):
    path = facts(
        "{on: 2026-04-01, insurer: '131997', facts: {fiscal_year: 2026, person: {status: undeclared}}}"
    )
    code, out, _ = run(capsys, "why", "premium.stage", path, "--json")
    told = json.loads(out)
    assert code == 0
    assert set(told) == {"rule", "on", "law_version", "value", "reasons"}
    assert (told["rule"], told["on"], told["value"]) == ("premium.stage", "2026-04-01", 3)
    assert set(told["reasons"][0]) == {"id", "article", "staff", "person", "args", "parts"}


def test_why_in_words_draws_the_tree_and_marks_what_is_interim(capsys, facts):
    path = facts(
        "{on: 2026-04-01, insurer: '131997', facts: {fiscal_year: 2026, assessment_day: 2026-04-01, "
        "person: {status: untaxed}, members: [{status: undeclared}], insured: [{start: 2020-01-01}]}}"
    )
    code, out, _ = run(capsys, "why", "premium.assess", path)
    assert code == 0
    assert "(仮の扱い)" in out and "世帯員に未申告の人がいる" in out and "〔" in out


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (
            "{on: 2026-04-01, insurer: '462012', facts: {fiscal_year: 2026, person: {status: taxed}}}",
            "鹿児島市の段階表",
        ),
        ("{on: 1999-04-01, facts: {fiscal_year: 1999, person: {status: taxed}}}", "values"),
        (
            "{on: 2026-04-01, insurer: '999998', facts: {fiscal_year: 2026, person: {status: taxed}}}",
            "values",
        ),
    ],
)
def test_what_is_not_known_is_unclear_and_ends_with_three(capsys, facts, text, missing):
    code, out, _ = run(capsys, "why", "premium.stage", facts(text), "--json")
    assert code == 3
    told = json.loads(out)
    assert set(told) == {"unclear"}
    assert told["unclear"][0]["missing"] == missing and told["unclear"][0]["why"]
    code, out, _ = run(capsys, "why", "premium.stage", facts(text))
    assert code == 3 and out.startswith("分かりません")


def test_a_value_that_nobody_typed_in_is_unclear_and_names_the_blocked_job(capsys, facts):
    path = facts("{on: 2027-04-01, facts: {purpose: premium, year: 2027, person: {status: taxed}}}")
    code, out, _ = run(capsys, "why", "income.for_purpose", path, "--json")
    assert code == 3
    assert json.loads(out)["unclear"] == [
        {"missing": "令和9年度からの所得の見方", "why": "premium.main_assessment"}
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{on: 2026-04-01}",
        "[1, 2]",
        "{on: today, facts: {birth_date: 1961-04-02, age: 65}}",
        "{on: 2026-04-01, facts: {birth_date: 1961-04-02, age: 9000}}",
        "{on: 2026-04-01, facts: {birth_date: 1961-04-02, age: sixty}}",
        "{on: 2026-04-01, facts: {birth_date: 1961-04-02, age: 65, age: 66}}",
        "{on: 2026-04-01",
    ],
)
def test_unreadable_facts_end_with_two_and_say_why(capsys, facts, text):
    code, out, err = run(capsys, "why", "dates.attained_on", facts(text), "--json")
    assert (code, out) == (2, "")
    assert err.startswith("読めません")


@pytest.mark.parametrize(
    ("rule", "text", "options", "value"),
    [
        ("premium.stage", "{fiscal_year: 2026, person: {status: taxed}}", ["--on", "2026-04-01"], 6),
        (
            "premium.stage",
            "{on: 2026-04-01, insurer: '151009', fiscal_year: 2026, person: {status: taxed}}",
            [],
            6,
        ),
        ("dates.age", "{birth_date: 1961-04-02, on: 2026-04-01}", ["--on", "2026-04-01"], 65),
        (
            "premium.stage",
            "{case: x, on: 2026-04-01, facts: {fiscal_year: 2026, person: {status: taxed}}, expect: 6}",
            [],
            6,
        ),
    ],
)
def test_facts_may_stand_alone_or_under_their_day(capsys, facts, rule, text, options, value):
    code, out, _ = run(capsys, "why", rule, facts(text), "--json", *options)
    assert (code, json.loads(out)["value"]) == (0, value)


def test_unknown_rules_and_files_end_with_two(capsys, facts):
    assert run(capsys, "describe", "premium.nothing")[0] == 2
    assert run(capsys, "why", "premium.nothing", facts("{}"))[0] == 2
    assert run(capsys, "why", "dates.age", "/nowhere/facts.yaml")[0] == 2
    assert run(capsys, "check", "/nowhere/cases.yaml")[0] == 2
    with pytest.raises(SystemExit) as ended:
        cli.main(["guess"])
    assert ended.value.code == 2


def test_check_prints_what_differs(capsys, facts):
    path = facts(
        "- {case: 違う, rule: dates.age, on: '2026-04-01', facts: {birth_date: 1961-04-02, on: 2026-04-01}, expect: 64, source: x}"
    )
    code, out, _ = run(capsys, "check", path)
    assert code == 1 and ":1 違う" in out and "合った 0、合わない 1" in out
    code, out, _ = run(capsys, "check", "--json")
    assert code == 0 and json.loads(out)["failed"] == []


def test_gaps_name_owner_value_and_blocked_job(capsys):
    code, out, _ = run(capsys, "gaps", "--json")
    rows = json.loads(out)
    assert code == 0
    assert {"131202", "national"} <= {row["owner"] for row in rows}
    assert all(row["confidence"] in ("recalled", "derived", "missing") or row["missing"] for row in rows)
    code, out, _ = run(capsys, "gaps")
    assert code == 0 and "止まる: premium.main_assessment" in out
