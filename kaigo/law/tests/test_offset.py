"""充当: 過誤納の額の行き先が一円も失われないか、順序、還付を請求できる期間。"""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest

from kaigo.law import offset
from kaigo.law.limits import RefundFacts, refund
from kaigo.law.offset import Claim, OffsetFacts
from kaigo.law.values import load
from kaigo.law.words import tell_all

VALUES = load().values("131997", date(2026, 4, 1))
DAY, DUE = date(2026, 10, 10), date(2026, 7, 31)


def test_an_offset_and_a_refund_add_up_to_what_was_overpaid():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    day = date(2026, 10, 10)
    for _ in range(1000):
        claims = tuple(
            Claim(
                str(number), day + timedelta(days=source.randrange(-900, 60)), source.randrange(0, 9_000),
                source.choice(["premium", "premium", "late_charge"]), source.random() < 0.8,
                source.choice([None, day + timedelta(days=source.randrange(-30, 300))]),
            )
            for number in range(source.randrange(6))
        )  # fmt: skip
        yen = source.randrange(0, 40_000)
        late = source.choice([0, 0, source.randrange(0, yen + 1)])
        facts = OffsetFacts(yen, day, claims, source.random() < 0.5, late)
        found = offset.order(facts, VALUES)
        uses = dict(found.value.uses)
        assert sum(uses.values()) + found.value.refund_yen == facts.yen
        by_key = {claim.key: claim for claim in claims}
        assert all(0 < yen <= by_key[key].yen for key, yen in uses.items())
        assert all(by_key[key].due_on < day for key in uses)
        # 返す額が残るのは、充てられる未納をすべて満たしたときだけ。
        could = sum(
            c.yen for c in claims
            if c.due_on < day and (c.last_on is None or c.last_on >= day) and (c.own or facts.others_agreed)
        )  # fmt: skip
        assert found.value.refund_yen == late + max(0, facts.yen - late - could)
        order = [(not by_key[k].own, by_key[k].kind == "late_charge", by_key[k].due_on) for k in uses]
        assert order == sorted(order)
        assert tell_all(found.reasons) and tell_all(found.reasons, "person")


@pytest.mark.parametrize(
    ("claim", "reason", "part"),
    [
        (None, "offset.all_refunded", None),
        (Claim("a", DAY, 4_000), "offset.all_refunded", "offset.not_due"),
        (Claim("a", DUE, 4_000, last_on=DUE), "offset.all_refunded", "offset.prescribed"),
        (Claim("a", DUE, 4_000, own=False), "offset.all_refunded", "offset.not_agreed"),
        (Claim("a", DUE, 4_000), "offset.some_refunded", "offset.used"),
        (Claim("a", DUE, 9_000), "offset.all_used", "offset.used"),
    ],
)
def test_each_claim_has_its_reason(claim, reason, part):
    found = offset.order(OffsetFacts(9_000, DAY, (claim,) if claim else ()), VALUES)
    assert (found.reasons[0].id, [one.id for one in found.reasons[0].parts]) == (
        reason,
        [part] if part else [],
    )


def test_what_was_paid_after_the_right_was_gone_goes_back_and_says_why():
    found = offset.order(OffsetFacts(9_000, DAY, (Claim("a", DUE, 8_000),), late_yen=5_000), VALUES)
    assert (found.value.uses, found.value.refund_yen) == ((("a", 4_000),), 5_000)
    assert [one.id for one in found.reasons[0].parts] == ["offset.late", "offset.used"]
    assert "5,000 円は徴収する権利が消えた" in str(tell_all(found.reasons))


def test_the_sentence_says_what_was_used_and_what_is_left():
    found = offset.order(OffsetFacts(9_000, DAY, (Claim("a", DUE, 4_000),)), VALUES)
    assert "過誤納 9,000 円のうち 4,000 円を未納に充て、5,000 円を返す" in tell_all(found.reasons)[0].text


def test_the_right_to_a_refund_is_the_one_of_the_limits():
    """還付を請求する権利の二年は limits.refund にあり、ここでは数え直さない。"""
    assert refund(RefundFacts(date(2026, 2, 28), date(2026, 3, 1)), VALUES).value.last_claim_on == date(
        2028, 2, 29
    )
