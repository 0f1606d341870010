"""検査数字の計算そのもの(規則の外で使う桁数のもの)。"""

from __future__ import annotations

import random

from kaigo.law.check_digits import corporate_digit, modulus_10_digit, my_number_digit


def test_the_eight_digit_medical_insurer_number_uses_the_same_modulus():
    assert modulus_10_digit("3312001") == 5


def test_one_wrong_digit_is_always_found():
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    for digit, length in ((modulus_10_digit, 9), (corporate_digit, 12)):
        for _ in range(500):
            body = "".join(source.choice("0123456789") for _ in range(length))
            place = source.randrange(length)
            other = source.choice([d for d in "0123456789" if d != body[place]])
            wrong = body[:place] + other + body[place + 1 :]
            # 法人番号は 9 を法とするので 0 と 9 の取り違えだけは見つからない。
            if digit is corporate_digit and {body[place], other} == {"0", "9"}:
                continue
            assert digit(body) != digit(wrong)


def test_a_remainder_of_one_or_less_gives_zero():
    assert my_number_digit("00000000000") == 0
