"""The ward looks like the public figures it is made from."""

from __future__ import annotations

from collections import Counter

import pytest

from world.town.chance import data
from world.town.ward import Ward


@pytest.fixture(scope="module")
def ward() -> Ward:
    return Ward(10_000, 3, 2026)


def test_age_and_sex(ward):
    people = list(ward.residents())
    assert len(people) == pytest.approx(10_000, rel=0.01)
    bands = data("statistics")["pyramid"]["by_age_male_female"]
    everybody = sum(sum(pair) for pair in bands.values())
    for first, male in ((40, True), (70, False), (80, False)):
        names = [f"{first}-{first + 4}", f"{first + 5}-{first + 9}"]
        want = sum(bands[name][0 if male else 1] for name in names) / everybody
        found = sum(first <= ward.funds.age(p) < first + 10 and p.male is male for p in people) / len(people)
        assert found == pytest.approx(want, rel=0.1)


def test_households(ward):
    sizes = Counter(len(home.members) for home in ward.homes)
    want = data("statistics")["households"]["by_size"]
    share = {size: number / sum(want.values()) for size, number in want.items()}
    total = sum(sizes.values())
    assert sizes[1] / total == pytest.approx(share[1], abs=0.04)
    assert sizes[2] / total == pytest.approx(share[2], abs=0.05)
    assert total / 10_000 == pytest.approx(374_485 / 723_866, abs=0.03)


def test_money_of_the_old(ward):
    """Nation: 32.9 % in households without tax, 25.9 % untaxed among taxed, 41.1 % taxed; a ward of Tokyo is richer."""
    old = [p for p in ward.residents() if ward.funds.age(p) >= 65]
    taxed = untaxed_household = 0
    for person in old:
        statuses = [m.tax[2026].tax.status for m in person.home.members if 2026 in m.tax]
        taxed += person.tax[2026].tax.status == "1"
        untaxed_household += "1" not in statuses
    assert 0.38 < taxed / len(old) < 0.5
    assert 0.28 < untaxed_household / len(old) < 0.38
    assert sum(p.pension is not None and p.pension.annual >= 180_000 for p in old) / len(old) > 0.93


def test_names_repeat_as_names_do(ward):
    surnames = Counter(p.name.split("　")[0] for p in ward.residents() if "　" in p.name)
    assert surnames.most_common(1)[0][0] in ("佐藤", "鈴木")
    written = "".join(surnames)
    assert all(character in written for character in "髙﨑邉齋")
    assert sum("nationality" in p.extra for p in ward.residents()) / 10_000 == pytest.approx(0.031, abs=0.012)
