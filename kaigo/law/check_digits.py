"""番号の検査数字。全桁を渡せば合うかどうか、検査数字を除いて渡せば検査数字を答える。"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from kaigo.law.reasons import Finding, Reason, Unclear, unclear
from kaigo.law.rule import rule
from kaigo.law.values import Values


class NumberFacts(NamedTuple):
    """数字だけの番号。検査数字は付いていても、付いていなくてもよい。"""

    number: str


class Checked(NamedTuple):
    """number: 検査数字の付いた番号。valid: 付けて渡された検査数字が合うか(付いていなければ None)。"""

    number: str
    check_digit: int
    valid: bool | None


def my_number_digit(body: str) -> int:
    """個人番号の最下位。重みは左から 6 5 4 3 2 7 6 5 4 3 2、余りが 1 以下なら 0。"""
    rest = sum(int(d) * w for d, w in zip(body, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
    return 0 if rest <= 1 else 11 - rest


def local_government_digit(body: str) -> int:
    """全国地方公共団体コードの六桁目。重み 6 5 4 3 2、11 から余りを引いた下一桁。"""
    return (11 - sum(int(d) * w for d, w in zip(body, (6, 5, 4, 3, 2), strict=True)) % 11) % 10


def modulus_10_digit(body: str) -> int:
    """モジュラス10ウエイト2・1分割。末尾から 2 1 2 1…、積の各桁を足す。"""
    total = 0
    for place, digit in enumerate(reversed(body)):
        product = int(digit) * (2 - place % 2)
        total += product // 10 + product % 10
    return (10 - total % 10) % 10


def corporate_digit(body: str) -> int:
    """法人番号の先頭。下から奇数桁は 1、偶数桁は 2 を掛け、9 から余りを引く。"""
    return 9 - sum(int(d) * (1 + place % 2) for place, d in enumerate(reversed(body))) % 9


def _check(number: str, length: int, digit: Callable[[str], int], article: str, first: bool = False):
    if not number.isascii() or not number.isdigit() or len(number) not in (length, length - 1):
        return unclear("number", f"{length}桁(検査数字を除けば{length - 1}桁)の数字を渡してください")
    whole = len(number) == length
    body = number if not whole else (number[1:] if first else number[:-1])
    right = digit(body)
    given = int(number[0] if first else number[-1]) if whole else None
    full = f"{right}{body}" if first else f"{body}{right}"
    valid = None if given is None else given == right
    return Finding(Checked(full, right, valid), (Reason("check_digit", article, (body, right)),))


@rule("check_digit.my_number", facts=NumberFacts, article="番号法施行令8条・総務省令85号5条")
def my_number(facts: NumberFacts, values: Values) -> Finding[Checked] | Unclear:
    """個人番号(12桁)。"""
    return _check(facts.number, 12, my_number_digit, "総務省令85号5条")


@rule("check_digit.local_government_code", facts=NumberFacts, article="全国地方公共団体コード仕様")
def local_government_code(facts: NumberFacts, values: Values) -> Finding[Checked] | Unclear:
    """全国地方公共団体コード(6桁)。"""
    return _check(facts.number, 6, local_government_digit, "全国地方公共団体コード仕様")


@rule("check_digit.insurer_number", facts=NumberFacts, article="保険者番号の設定要領")
def insurer_number(facts: NumberFacts, values: Values) -> Finding[Checked] | Unclear:
    """介護保険者番号(6桁)。団体コードとは検査数字の求め方が違う。"""
    return _check(facts.number, 6, modulus_10_digit, "保険者番号の設定要領")


@rule("check_digit.corporate_number", facts=NumberFacts, article="財務省令70号2条")
def corporate_number(facts: NumberFacts, values: Values) -> Finding[Checked] | Unclear:
    """法人番号(13桁)。検査数字は先頭。"""
    return _check(facts.number, 13, corporate_digit, "財務省令70号2条", first=True)


@rule("check_digit.provider_number", facts=NumberFacts, article="事業所番号の設定要領")
def provider_number(facts: NumberFacts, values: Values) -> Finding[Checked] | Unclear:
    """事業所番号(10桁)。検査数字の求め方は記憶による。"""
    return _check(facts.number, 10, modulus_10_digit, "事業所番号の設定要領")
