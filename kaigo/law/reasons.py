"""規則の返り値。すべての規則は Finding か Unclear を返す。

ここに文は置かない。文は words/ja.yaml に理由の id ごとに一つずつあり、画面と通知が描く。
"""

from __future__ import annotations

from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

T = TypeVar("T")

# 引数に使える型。金額は円の整数、割合は Fraction を文字にしたもの、日付は date。
Arg = int | str | date | bool | None


class Reason(NamedTuple):
    """理由一つ。id は words/ja.yaml の鍵、article は条文、parts はこの理由を支える理由。

    保存形は ``[id, article, [args…], [parts…]]``（``pack``/``unpack``）。
    """

    id: str
    article: str
    args: tuple[Arg, ...] = ()
    parts: tuple[Reason, ...] = ()


class Finding(NamedTuple, Generic[T]):
    """規則の答え。value と、その理由の木。interim は条例の仮の取扱いによる値であること。"""

    value: T
    reasons: tuple[Reason, ...]
    interim: bool = False


class Missing(NamedTuple):
    """足りない事実または値。what は語の鍵、why は何に必要か。"""

    what: str
    why: str


class Unclear(NamedTuple):
    """分からない、という答え。0 や既定値で代えない。"""

    missing: tuple[Missing, ...]


def unclear(what: str, why: str) -> Unclear:
    """足りないもの一つだけの Unclear。"""
    return Unclear((Missing(what, why),))


def pack(reasons: tuple[Reason, ...]) -> list[Any]:
    """理由の木を JSON にできる最小の並びにする。日付は ISO 8601。"""
    return [
        [
            r.id,
            r.article,
            [a.isoformat() if isinstance(a, date) else a for a in r.args],
            pack(r.parts) if r.parts else [],
        ]
        for r in reasons
    ]


def unpack(packed: list[Any]) -> tuple[Reason, ...]:
    """pack の逆。日付は文字のまま返る（words が描くときに読む）。"""
    return tuple(Reason(i, article, tuple(args), unpack(parts)) for i, article, args, parts in packed)
