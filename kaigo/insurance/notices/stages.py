"""The insurer's table of stages in words for letters: number, condition, yen a year."""

from __future__ import annotations

from kaigo.law.premium_table import amounts, table
from kaigo.law.values import Values

_LOW = "世帯の全員が住民税非課税で、年金収入等が"
_MIDDLE = "本人が住民税非課税(世帯に課税の方がいる)で、年金収入等が"
_TAXED = "本人が住民税課税で、合計所得金額が"
_FIRST = "生活保護などを受けている方、または"


def rows(values: Values) -> list[list]:
    """[[number, condition, yen], …] of the values in force."""
    found, money = values.view(table), amounts(values)
    words: dict[int, list[str]] = {}
    for head, lines in ((_LOW, found.low), (_MIDDLE, found.middle)):
        before = None
        for upto, stage in lines:
            words.setdefault(stage, []).append(head + _range(before, upto, "を超え", "以下"))
            before = upto
    bounds = (None, *found.bounds, None)
    for place, stage in enumerate(found.taxed):
        if stage is not None:
            words.setdefault(stage, []).append(
                _TAXED + _range(bounds[place], bounds[place + 1], "以上", "未満")
            )
    return [[number, _condition(number, words[number]), money[number]] for number in sorted(words)]


def _condition(number: int, words: list[str]) -> str:
    return (_FIRST if number == 1 else "") + "、または".join(words)


def _range(low: int | None, high: int | None, above: str, below: str) -> str:
    if low is None and high is None:
        return "いくらでも"
    if low is None:
        return f"{yen(high)}円{below}"
    if high is None:
        # The last line: 以上 keeps its word, を超え becomes a full verb.
        return f"{yen(low)}円{'以上' if above == '以上' else 'を超える'}"
    return f"{yen(low)}円{above}{yen(high)}円{below}"


def yen(amount: int) -> str:
    """2100000 → 210万, 826500 → 82万6,500."""
    ten_thousands, rest = divmod(amount, 10_000)
    if not ten_thousands:
        return f"{rest:,}"
    return f"{ten_thousands:,}万" + (f"{rest:,}" if rest else "")
