"""規則と双子は、どの年度の、どの保険者の表でも、すべての人について同じ答えを出す(N-16)。"""

from __future__ import annotations

import os
import random
import shutil
from datetime import date
from itertools import product

import pytest

from kaigo.law import premium, twin, values
from kaigo.law.premium_facts import AssessFacts, PersonTax, Span
from kaigo.law.reasons import Unclear
from kaigo.law.tests.people import EDGES, People

YEARS = range(2015, 2027)
PEOPLE = 20_000 if os.environ.get("KAIGO_LONG") else 400
DAY = date(2026, 4, 1)
SEED = int(os.environ.get("KAIGO_SEED", random.randrange(1 << 30)))


def tables(book):
    """段階の境と見方がそろう (保険者, 年度) のすべて。"""
    for insurer, year in product(sorted(book.insurers), YEARS):
        rows = book.values(insurer, twin_day(year))
        try:
            twin.twin_values(rows, year)
        except values.ValueMissing:
            continue
        yield insurer, year


def twin_day(year):
    return date(year, 7, 1)


COMPLETE = list(tables(values.load()))


def test_the_national_table_and_three_towns_are_compared():
    assert {("131997", 2018), ("131997", 2026), ("standard", 2020)} <= set(COMPLETE)
    assert {("151009", 2026), ("103675", 2024), ("064017", 2025)} <= set(COMPLETE)


@pytest.mark.parametrize(("insurer", "year"), COMPLETE)
def test_rule_and_twin_agree_about_everybody(insurer, year):
    print("seed", SEED)
    facts = People(SEED, year).many(PEOPLE)
    assert differences(facts, values.load().values(insurer, twin_day(year))) == []


def differences(facts, rows):
    """双子と違う人の (違い, 事実, 規則の答え)。"""
    results = [premium.assess(one, rows) for one in facts]
    return [(d, facts[d.place], results[d.place]) for d in twin.compare(facts, results, rows)]


def made(tmp_path, count: int, **settings):
    """作りものの保険者 999999 の値。settings は値の名前(最後の語)と YAML の値。"""
    root = tmp_path / "values"
    shutil.copytree(values.ROOT, root)
    folder = root / "insurers" / "999999"
    folder.mkdir()
    folder.joinpath("insurer.yaml").write_text('code: "999999"\nname: 作りもの\n')
    bounds = [*EDGES[4 : count - 2], None]
    taxed = ", ".join(
        f"{{stage: {6 + n}, below: {'null' if b is None else b}}}" for n, b in enumerate(bounds)
    )
    body = {
        "stages": f"{{low: [{{stage: 1, upto: threshold}}, {{stage: 2, upto: 1200000}}, {{stage: 3, upto: null}}], "
        f"middle: [{{stage: 4, upto: threshold}}, {{stage: 5, upto: null}}], taxed: [{taxed}], base_stage: 5, "
        f"count: {5 + len(bounds)}}}",
        "rates": "{" + ", ".join(f'{n}: "{n * 7}/31"' for n in range(1, 6 + len(bounds))) + "}",
        "base": "{yen: 6543, per: month, rounding: half_up_10}",
        "proration": "{rounding: floor_10, only_broken: true}",
        "special_end": "rejudge",
    } | settings
    folder.joinpath("premium.yaml").write_text(
        "".join(
            f"- name: premium.{name}\n  from: 2015-04-01\n  to: null\n  source: 作りもの\n  confidence: fictional\n"
            f"  checked_on: 2026-11-24\n  value: {text}\n"
            for name, text in body.items()
        )
    )
    return values.load(root).values("999999", date(2026, 4, 1))


@pytest.mark.parametrize(
    "rounding", ["floor_1", "floor_100", "ceil_10", "half_up_1", "half_up_100", "ceil_1000"]
)
@pytest.mark.parametrize("end", ["keep", "rejudge"])
def test_every_rounding_and_every_end_agrees(tmp_path, rounding, end):
    print("seed", SEED)
    rows = made(
        tmp_path, 13, special_end=end,
        base=f"{{yen: 70123, per: year, rounding: {rounding}}}",
        proration=f"{{rounding: {rounding}, only_broken: {'true' if end == 'keep' else 'false'}}}",
    )  # fmt: skip
    assert differences(People(SEED, 2026).many(PEOPLE), rows) == []


@pytest.mark.parametrize("stages", [9, 13, 15, 19])
def test_every_number_of_stages_agrees(tmp_path, stages):
    print("seed", SEED)
    assert differences(People(SEED, 2026).many(PEOPLE), made(tmp_path, stages)) == []


def test_an_ordinance_of_another_kind_agrees(tmp_path):
    """額と率の両方、未申告を課税とみる扱い、上の端の閉じた表(閉じた先の人は分からない)。"""
    print("seed", SEED)
    rows = made(
        tmp_path, 13, amounts="{1: 12345, 7: 98765}",
        stages="{low: [{stage: 1, upto: threshold}, {stage: 2, upto: 1200000}], middle: [{stage: 3, upto: 2000000}], "
        "taxed: [{stage: 4, below: 3200000}, {stage: 5, below: 7200000}], base_stage: 3, count: 5}",
        **{"interim.undeclared": "{person: taxed, member: taxed}", "interim.inquiring": "{person: untaxed, member: taxed}"},
    )  # fmt: skip
    facts = People(SEED, 2026).many(PEOPLE)
    assert differences(facts, rows) == []
    undeclared = AssessFacts(2026, DAY, PersonTax("undeclared", 5_000_000), (), (Span(date(2020, 1, 1)),))
    found = premium.assess(undeclared, rows)
    assert (found.value.base_stage, found.interim) == (5, True)
    assert [part.id for part in found.reasons[0].parts[0].parts] == ["stage.pending"]
    results = [premium.assess(one, rows) for one in facts]
    assert any(isinstance(r, Unclear) and r.missing[0].what == "premium.stages" for r in results)


def test_a_past_year_is_compared_by_its_own_values():
    rows = values.load().values("131997", date(2026, 11, 24))
    facts = People(SEED, 2024).many(PEOPLE) + People(SEED, 2026).many(PEOPLE)
    assert differences(facts, rows) == []


def test_people_are_of_every_kind():
    """試験の人々が、分からない人、月ごとに変わる人、資格のない人を含むこと。"""
    rows = values.load().values("131997", date(2026, 7, 1))
    results = [premium.assess(one, rows) for one in People(7, 2026).many(2_000)]
    known = [r.value for r in results if not isinstance(r, Unclear)]
    assert 100 < len(results) - len(known) < 1_500
    assert any(len(set(v.stages) - {0}) > 1 for v in known)
    assert any(v.months == 0 for v in known)
    assert {v.base_stage for v in known} >= set(range(1, 14))


def test_a_difference_is_found_and_named():
    rows = values.load().values("131997", date(2026, 7, 1))
    facts = [
        AssessFacts(
            2026, date(2026, 4, 1), PersonTax("untaxed", pension_revenue=yen), (), (Span(date(2020, 1, 1)),)
        )
        for yen in (826_500, 826_501)
    ]
    results = [premium.assess(one, rows) for one in facts]
    wrong = results[1]._replace(value=results[1].value._replace(annual_yen=20_000))
    found = twin.compare(facts, [results[0], wrong], rows)
    assert [(d.place, d.rule_yen, d.twin_yen) for d in found] == [(1, 20_000, results[1].value.annual_yen)]
    moved = results[1]._replace(value=results[1].value._replace(stages=(1,) * 12))
    assert [d.place for d in twin.compare(facts, [results[0], moved], rows)] == [1]
    silent = Unclear(())
    assert [d.rule_yen for d in twin.compare(facts, [silent, results[1]], rows)] == [None]


def test_nobody_is_nothing():
    rows = values.load().values("131997", date(2026, 7, 1))
    assert twin.compare([], [], rows) == []
    assert twin.assess_frame(twin.frame_of([]), rows, 2026).height == 0
