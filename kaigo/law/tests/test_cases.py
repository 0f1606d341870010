"""すべての実例、四半期ごとの値、理由の文、規則の性質。"""

from __future__ import annotations

import ast
import json
import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaigo.law import cases, cli, instalments, premium
from kaigo.law.codec import decode, encode
from kaigo.law.dates import attained_on, parse_date, wareki
from kaigo.law.instalment_facts import DeductionFacts, Levied, Paid, PlanFacts
from kaigo.law.premium_facts import AssessFacts, PersonTax, Span, StageSpan
from kaigo.law.reasons import Unclear, pack, unpack
from kaigo.law.rule import rules
from kaigo.law.values import ValuesError, load
from kaigo.law.words import tell_all, words

HERE = Path(cases.__file__).parent


def test_all_worked_cases_pass():
    passed, failed = cases.check(None, load())
    assert not failed, "\n".join(f"{f.file}:{f.line} {f.case}: {f.expected} {f.got}" for f in failed)
    assert passed > 250


def test_a_wrong_expectation_is_found_with_its_line(tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        "- {case: a, rule: dates.age, on: 2026-04-01, facts: {birth_date: 1961-04-02, on: 2026-04-01}, expect: 65, source: x}\n"
        "- {case: b, rule: dates.age, on: 2026-04-01, facts: {birth_date: 1961-04-02, on: 2026-04-01}, expect: 64, source: x}\n"
    )
    passed, failed = cases.check([wrong], load())
    assert (passed, failed[0].line, failed[0].got) == (1, 2, 65)
    assert cli.main(["check", str(wrong)]) == 1


def sources():
    """理由を作る Python のすべて: 条文室と、人が決めたことの理由を書く部屋。"""
    rooms = (path for path in (HERE.parent / "insurance").rglob("*.py") if "tests" not in path.parts)
    for path in [*HERE.glob("*.py"), *rooms]:
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_every_reason_has_words_and_every_word_a_reason():
    used, prefixes, called = set(), set(), {}
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                used.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                prefixes.add(node.values[0].value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason":
                first = node.args[0]
                if isinstance(first, ast.Constant):
                    called[first.value] = path.name
    known = {key for key in words() if not key.startswith("group.")}
    made = tuple(prefix for prefix in prefixes if prefix.endswith("."))
    assert not {key for key in known - used if not key.startswith(made)}
    assert not {key: name for key, name in called.items() if key not in known}


def test_every_rule_has_a_case():
    told = {case.rule for path in cases.files() for case in cases.read(path)}
    assert set(rules()) - told == set()


@given(st.dates(date(1900, 1, 1), date(2030, 12, 31)), st.integers(0, 110))
def test_an_age_is_attained_the_day_before_the_birthday(birth, years):
    day = attained_on(birth, years)
    assert (day.year, day.month) in {
        (birth.year + years, birth.month),
        (birth.year + years, birth.month - 1),
        (birth.year + years - 1, 12),
    }


@given(st.dates(date(1873, 1, 1), date(2099, 12, 31)))
def test_dates_are_read_as_they_are_written(day):
    assert parse_date(wareki(day)) == day
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    [
        "S33.4.1",
        "昭和33年4月1日",
        "1958-04-01",
        "1958/4/1",
        "19580401",
        "Ｓ３３．４．１",
        "昭和３３年４月１日",
    ],
)
def test_usual_spellings_of_a_date(text):
    assert parse_date(text) == date(1958, 4, 1)


def random_facts(source: random.Random) -> AssessFacts:
    def tax() -> PersonTax:
        status = source.choice(["taxed", "untaxed", "untaxed", "untaxed", "undeclared", "cancelled"])
        salary = source.choice([0, 0, 600_000, 1_200_000, 1_850_000, 3_000_000])
        salary_income = max(0, salary - 650_000)
        pension = source.choice([0, 780_000, 800_000, 826_500, 826_501, 1_200_000, 1_300_000, 2_500_000])
        pension_income = max(0, pension - 1_100_000)
        special = source.choice([0, 0, 0, 1_000_000])
        other = source.choice([0, 0, 400_000, 5_000_000])
        return PersonTax(
            status,
            salary_income + pension_income + special + other,
            pension,
            pension_income,
            salary,
            salary_income,
            0,
            special,
            None,
            0,
        )

    start = source.choice([date(2020, 1, 1), date(2026, 7, 15), date(2026, 3, 31)])
    end = source.choice([None, None, date(2026, 11, 1), date(2027, 3, 31)])
    welfare = ((Span(date(2026, 8, 10), source.choice([None, date(2026, 12, 5)])),), ())
    return AssessFacts(
        2026, max(date(2026, 4, 1), start), tax(), tuple(tax() for _ in range(source.randrange(3))), (Span(start, end),),
        source.choice(welfare), (), (), source.choice([(), (), (StageSpan(date(2026, 5, 1), None, 1),)]),
    )  # fmt: skip


def test_assessments_are_whole_yen_rounded_and_explained():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    values = load().values("131997", date(2026, 4, 1))
    for _ in range(1000):
        facts = random_facts(source)
        found = premium.assess(facts, values)
        assert not isinstance(found, Unclear)
        assert isinstance(found.value.annual_yen, int)
        assert found.value.annual_yen % 10 == 0
        assert found.value.months == sum(1 for stage in found.value.stages if stage)
        assert tell_all(unpack(json.loads(json.dumps(pack(found.reasons)))), "person")
        assert decode(AssessFacts, json.loads(json.dumps(encode(facts)))) == facts


def test_plans_add_up_to_the_yen():
    """Σ引く額+Σ納める額−返す額=年額、どの時点の、どの変更でも。"""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    values = load().values("131997", date(2026, 4, 1))
    for _ in range(2000):
        annual = source.randrange(0, 200_000, 10)
        decided = date(2026, source.randrange(4, 13), source.randrange(1, 28))
        deduction = None
        if source.random() < 0.7:
            start = source.choice([4, 4, 4, 10, 12, 14])
            provisional = (
                tuple(Paid(m, source.randrange(0, 20_000, 100)) for m in (4, 6, 8)) if start == 4 else ()
            )
            requested = start == 4 and source.random() < 0.5
            current = (
                tuple(Paid(m, source.randrange(0, 20_000, 100)) for m in (10, 12, 14)) if requested else ()
            )
            deduction = DeductionFacts(
                2026,
                annual,
                start,
                source.randrange(0, 20_000, 100),
                provisional,
                requested,
                current,
                decided,
            )
        levied = tuple(
            Levied(n, date(2026, 6 + n, 28), source.randrange(0, 9_000, 100))
            for n in range(1, 3)
            if source.random() < 0.3
        )
        found = instalments.plan(PlanFacts(2026, annual, decided, deduction, levied), values)
        plan = found.value
        total = sum(d.yen for d in plan.deductions) + sum(i.yen for i in plan.instalments)
        assert total - plan.refund_yen == annual
        assert all(
            i.due_on > decided for i in plan.instalments if i.number not in {part.number for part in levied}
        )


@pytest.mark.parametrize(
    "text",
    [
        "- {name: premium.threshold, from: 2015-04-01, to: null, value: 1, source: x, confidence: sourced, checked_on: 2026-01-01, extra: 1}",
        "- {name: nobody.uses.this, from: 2015-04-01, to: null, value: 1, source: x, confidence: sourced, checked_on: 2026-01-01}",
        "- {name: premium.threshold, from: 2015-04-01, to: 2016-04-01, value: 1, source: x, confidence: sourced, checked_on: 2026-01-01}\n"
        "- {name: premium.threshold, from: 2017-04-01, to: null, value: 1, source: x, confidence: sourced, checked_on: 2026-01-01}",
        "- {name: premium.threshold, from: 2015-04-01, to: 2018-04-01, value: 1, source: x, confidence: sourced, checked_on: 2026-01-01}\n"
        "- {name: premium.threshold, from: 2017-04-01, to: null, value: 1, source: x, confidence: sourced, checked_on: 2026-01-01}",
        "- {name: premium.threshold, from: 2015-04-01, to: null, value: null, source: x, confidence: missing, checked_on: 2026-01-01}",
        "- {name: premium.proration, from: 2015-04-01, to: null, value: {rounding: nearest, only_broken: true}, source: x, confidence: sourced, checked_on: 2026-01-01}",
    ],
    ids=["unknown key", "no rule uses it", "gap", "overlap", "empty without missing", "unknown rounding"],
)
def test_values_are_read_strictly(tmp_path, text):
    folder = tmp_path / "national"
    folder.mkdir()
    (folder / "a.yaml").write_text(text)
    with pytest.raises(ValuesError):
        load(tmp_path)
