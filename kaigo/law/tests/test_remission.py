"""減免、徴収猶予: 定めの読み方、足りない値、減免の額の性質。"""

from __future__ import annotations

import random
import shutil
from datetime import date

import pytest

from kaigo.law import values as module
from kaigo.law.deferral import DeferralFacts, DueTerm
from kaigo.law.deferral import decide as defer
from kaigo.law.reasons import Finding, Unclear
from kaigo.law.remission import Cut, RemissionFacts, Term, decide
from kaigo.law.remission_values import GROUNDS
from kaigo.law.special_remission import SpecialFacts, special
from kaigo.law.tests.made import book
from kaigo.law.values import ValuesError, load
from kaigo.law.words import tell_all, words

VALUES = load().values("131997", date(2026, 4, 1))
GROUND = "{disaster: {extent: from_event, no_arrears: false, %s}}"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("remission.special", "always", "none か application か bulk"),
        ("remission.grounds", "{poverty: {extent: year, no_arrears: true, to_stage: 1, stages: [2]}}", "poverty は書けません"),
        ("remission.grounds", "{disaster: {extent: someday, no_arrears: true, to_stage: 1, stages: [2]}}", "extent は"),
        ("remission.grounds", GROUND % 'steps: [{at_least: "1/2", cut: "1"}, {at_least: "1/3", cut: "1/2"}]', "小さい順"),
        ("remission.grounds", GROUND % 'steps: [{at_least: "1/2", cut: "3/2"}]', "一まで"),
        ("remission.grounds", GROUND % 'steps: [{at_least: "1/2", cut: "0"}]', "零より大きく"),
        ("remission.grounds", GROUND % "rounding: ceil_100", "どちらか一つ"),
        ("remission.grounds", GROUND % 'to_stage: 1, steps: [{at_least: "0", cut: "1"}]', "どちらか一つ"),
        ("remission.grounds", GROUND % "to_stage: 1, stages: [2]", "extent: year"),
        ("remission.grounds", "{disaster: {extent: year, no_arrears: true, to_stage: 1}}", "stages に"),
    ],
)  # fmt: skip
def test_settings_are_read_strictly(tmp_path, name, text, said):
    with pytest.raises(ValuesError, match=said):
        book(tmp_path, {name: text})


def test_a_share_of_the_whole_year_may_be_remitted(tmp_path):
    text = '{disaster: {extent: year, no_arrears: false, steps: [{at_least: "0", cut: "1/3"}], rounding: floor_10}}'
    terms = (Term("1", date(2026, 7, 31), 1_000), Term("2", date(2026, 8, 31), 9))
    facts = RemissionFacts(2026, "disaster", date(2027, 3, 31), 1_009, terms)
    values = book(tmp_path, {"remission.grounds": text})
    found = decide(facts, values)
    assert isinstance(found, Finding)
    assert (found.value.yen, found.value.cuts) == (330, (Cut("1", 330),))
    late = decide(facts._replace(applied_on=date(2027, 4, 1)), values)
    assert isinstance(late, Finding) and late.reasons[0].id == "remission.late"


def test_the_sentence_says_what_is_left_of_the_year():
    terms = (Term("4", date(2026, 11, 2), 8_200),)
    facts = RemissionFacts(2026, "restricted", date(2026, 10, 10), 20_000, terms, event_on=date(2026, 10, 1))
    found = decide(facts, VALUES)
    assert isinstance(found, Finding)
    assert "8,200 円減、年額 11,800 円" in tell_all(found.reasons)[0].text
    poor = facts._replace(ground="hardship", stages=(4, 5) * 6, income_yen=0, savings_yen=0)
    refused = decide(poor, VALUES)
    assert isinstance(refused, Finding) and "第5段階は" in tell_all(refused.reasons)[0].text


@pytest.mark.parametrize(("months", "reason"), [(1, "granted"), (6, "granted"), (7, "limited")])
def test_a_deferral_says_when_it_is_shorter_than_asked(months, reason):
    terms = (DueTerm("2", date(2026, 8, 31)),)
    found = defer(DeferralFacts("disaster", date(2026, 8, 10), months, terms), VALUES)
    assert isinstance(found, Finding) and found.reasons[0].id == f"deferral.{reason}"


def test_every_ground_has_its_name():
    assert set(GROUNDS) == set(words()["group.remission_ground"])


def test_a_reduction_of_the_stage_may_ask_for_no_income(tmp_path):
    text = "{hardship: {extent: year, no_arrears: false, to_stage: 1, stages: [2]}}"
    values = book(
        tmp_path,
        {"remission.grounds": text, "premium.amounts": "{1: 20000, 2: 30000}",
         "premium.proration": "{rounding: floor_10, only_broken: true}", "premium.rates": None, "premium.base": None},
    )  # fmt: skip
    found = decide(
        RemissionFacts(2026, "hardship", date(2026, 7, 1), 30_000, (), (2,) * 12, arrears=True), values
    )
    assert isinstance(found, Finding) and found.value.yen == 10_000


def test_a_year_without_any_value_is_unclear(tmp_path):
    found = decide(RemissionFacts(2026, "disaster", date(2026, 7, 1), 30_000), book(tmp_path, {}))
    assert isinstance(found, Unclear) and "remission.grounds" in found.missing[0].what


def test_the_special_remission_needs_the_yen_of_the_stage(tmp_path):
    root = tmp_path / "values"
    shutil.copytree(module.ROOT, root)
    root.joinpath("insurers", "131202", "special.yaml").write_text(
        "- {name: remission.special, from: 2026-04-01, to: 2027-04-01, value: bulk, source: 作りもの, "
        "confidence: fictional, checked_on: 2026-11-30}\n",
        encoding="utf-8",
    )
    values = module.Book(root).values("131202", date(2026, 7, 1))
    found = special(SpecialFacts(2026, 100_000, (9,) * 12, 7, True, True), values)
    assert isinstance(found, Unclear) and found.missing[0].what == "premium.amounts.7"


def test_a_remission_lies_between_nothing_and_the_year():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    granted = 0
    for _ in range(1500):
        terms = tuple(
            Term(str(n), date(2026 + (n > 6), (n + 5) % 12 + 1, 28), source.randrange(0, 12_000))
            for n in range(1, 9)
        )
        annual = sum(term.yen for term in terms)
        facts = RemissionFacts(
            2026, source.choice(GROUNDS), date(2026, source.randrange(4, 13), 10), annual, terms,
            tuple(source.choice([0, 1, 2, 3, 4]) for _ in range(12)), date(2026, source.randrange(4, 13), 5), None,
            source.randrange(0, 1_000_000), 1_000_000, source.randrange(1, 4), source.randrange(0, 2_500_000),
            source.randrange(0, 2_500_000), source.random() < 0.2,
        )  # fmt: skip
        found = decide(facts, VALUES)
        if isinstance(found, Unclear):
            assert not any(facts.stages)
            continue
        told = found.value
        assert 0 <= told.yen <= annual and told.after_yen == annual - told.yen
        assert told.granted == (told.yen > 0)
        assert all(0 < cut.yen <= terms[int(cut.key) - 1].yen for cut in told.cuts)
        assert not told.cuts or sum(cut.yen for cut in told.cuts) == told.yen
        assert tell_all(found.reasons) and tell_all(found.reasons, "person")
        # 損害が大きいほど、減らす額は小さくならない。
        worse = decide(facts._replace(lost_yen=1_000_000), VALUES)
        if facts.ground != "hardship":
            assert isinstance(worse, Finding) and worse.value.yen >= told.yen
        granted += told.granted
    assert granted > 300


def test_a_deferral_of_no_month_is_a_mistake():
    with pytest.raises(ValueError, match="1 以上"):
        defer(DeferralFacts("disaster", date(2026, 8, 10), 0), VALUES)
