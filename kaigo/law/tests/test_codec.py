"""事実の読み書き: 合わないものは、どの項目の何が違うかを言う。"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any, Literal, NamedTuple

import pytest

from kaigo.law.codec import FactsError, decode, encode, schema


class Inner(NamedTuple):
    """内側。"""

    day: date
    yes: bool = False


class Outer(NamedTuple):
    """外側。"""

    word: str
    choice: Literal["a", "b"]
    pair: tuple[int, int]
    many: tuple[Inner, ...] = ()
    either: int | date | None = None
    free: Any = None


GOOD = {
    "word": "x",
    "choice": "a",
    "pair": [1, 2],
    "many": [{"day": "2026-04-01"}],
    "either": "2026-04-01",
    "free": 3,
}


def test_what_is_read_is_written_again():
    read = decode(Outer, GOOD)
    assert read.many[0].day == date(2026, 4, 1)
    assert read.either == date(2026, 4, 1)
    assert decode(Outer, encode(read)) == read
    assert decode(Outer, GOOD | {"either": None}).either is None
    assert encode({"rate": Fraction(1, 3), 4: (date(2026, 4, 1), None)}) == {
        "rate": "1/3",
        "4": ["2026-04-01", None],
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"word": 1}, "facts.word: 文字"),
        ({"choice": "c"}, "facts.choice: 'c' は書けません"),
        ({"pair": [1]}, "facts.pair: 2 個"),
        ({"pair": 7}, "facts.pair: 並び"),
        ({"pair": [1, True]}, "facts.pair[1]: 整数"),
        ({"many": [{"day": "2026-13-01"}]}, "facts.many[0].day: 日付"),
        ({"many": [{"day": "2026-04-01", "yes": "no"}]}, "facts.many[0].yes: 真偽"),
        ({"many": [5]}, "facts.many[0]: 項目の組"),
        ({"either": "x"}, "facts.either: 'x' は書けません"),
        ({"other": 1}, "知らない項目 other"),
    ],
)
def test_what_does_not_fit_is_named(change, said):
    with pytest.raises(FactsError) as told:
        decode(Outer, GOOD | change)
    assert said in str(told.value)


def test_a_lacking_item_is_named():
    with pytest.raises(FactsError, match="choice pair がありません"):
        decode(Outer, {"word": "x"})


def test_a_type_that_cannot_be_read_is_a_fault_of_the_rule():
    with pytest.raises(FactsError, match="読めません"):
        decode(bytes, b"")


def test_the_schema_says_what_may_be_written():
    told = schema(Outer)
    assert told["required"] == ["word", "choice", "pair"]
    assert told["properties"]["pair"] == {"type": "array", "prefixItems": [{"type": "integer"}] * 2}
    assert told["properties"]["choice"] == {"enum": ["a", "b"]}
    assert told["properties"]["either"]["anyOf"][1] == {"type": "string", "format": "date"}
    assert told["properties"]["free"] == {}
