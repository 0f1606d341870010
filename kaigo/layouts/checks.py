"""項目の検査。列ごとに一度に調べ、悪い行だけを取り出す。"""

from __future__ import annotations

import polars as pl

from kaigo.layouts.model import Field, Layout
from kaigo.layouts.reading import LineError

_KANA = r"^[ァ-ヺー・ヽヾ゛゜　 A-Za-zＡ-Ｚａ-ｚ．.，,’'＇\-－‐()（）]+$"
_KANA_HALF = r"^[ｦ-ﾟ 0-9A-Z().,\-/&'*+]*$"
_CONTROL = r"[\x00-\x08\x0b-\x1f\x7f\u0085\u2028\u2029\ufeff\ufffd]"


def check(
    rows: pl.DataFrame, fields: tuple[Field, ...], offset: int = 2
) -> tuple[pl.DataFrame, list[LineError]]:
    """(正しい行, 断った行の理由)。rows は line と項目の鍵の列をもつ。offset: 最初の項目の列番号。"""
    if rows.is_empty():
        return rows, []
    tests = [test for place, field in enumerate(fields) for test in _tests(field, place + offset)]
    flags = rows.select(expression.fill_null(True).alias(str(n)) for n, (*_, expression) in enumerate(tests))
    any_bad = flags.select(pl.any_horizontal(pl.all())).to_series()
    if not any_bad.any():
        return rows, []
    errors: list[LineError] = []
    lines = rows["line"]
    for number, (field, column, rule, message, remedy, _) in enumerate(tests):
        bad = flags[str(number)]
        if bad.any():
            values = rows[field.key].filter(bad).to_list()
            for line, value in zip(lines.filter(bad).to_list(), values, strict=True):
                shown = _shown(value)
                errors.append(LineError(line, column, field.name, rule, shown, message, remedy))
    errors.sort()
    return rows.filter(~any_bad), errors


def _shown(value: str | None) -> str:
    return (value or "").encode("utf-8", "replace").decode("utf-8")[:60]


def _tests(field: Field, column: int):
    """(項目, 列, 規則, 説明, 直し方, 悪い行の式)。空は required だけが断る。"""
    value = pl.col(field.key)
    filled = value != ""
    name = field.name
    if field.required:
        yield field, column, "required", f"{name}がありません", f"{name}を入れてください", value == ""
    if field.type in ("text", "kana"):
        yield (
            field,
            column,
            "control",
            f"{name}に使えない文字があります",
            "制御文字や文字化けを除いてください",
            value.str.contains(_CONTROL),
        )
    if field.max:
        yield (
            field,
            column,
            "length",
            f"{name}が{field.max}文字を超えています",
            f"{field.max}文字以内にしてください",
            filled & (value.str.len_chars() > field.max),
        )
    if field.type == "digits":
        pattern = rf"^[0-9]{{{field.length}}}$" if field.length else rf"^[0-9]{{1,{field.max}}}$"
        want = f"{field.length}桁の数字" if field.length else "数字"
        yield (
            field,
            column,
            "digits",
            f"{name}が{want}ではありません",
            f"{want}にしてください(半角)",
            filled & ~value.str.contains(pattern),
        )
    elif field.type == "int":
        yield (
            field,
            column,
            "int",
            f"{name}が整数ではありません",
            "半角の整数にしてください",
            filled & ~value.str.contains(r"^-?[0-9]{1,9}$"),
        )
    elif field.type == "yen":
        yield (
            field,
            column,
            "yen",
            f"{name}が円の整数ではありません",
            "コンマのない半角の整数にしてください",
            filled & ~value.str.contains(r"^-?[0-9]{1,12}$"),
        )
    elif field.type == "code" and field.codes:
        codes = [code for code, _ in field.codes]
        told = "、".join(f"{code}({label})" for code, label in field.codes[:12])
        yield (
            field,
            column,
            "code",
            f"{name}の符号にない値です",
            f"次のどれかにしてください: {told}",
            filled & ~value.is_in(codes),
        )
    elif field.type in ("date", "date_or_blank"):
        yield (
            field,
            column,
            "date",
            f"{name}が実在する日付ではありません",
            "西暦8桁(例 20260401)にしてください",
            filled & _not_a_date(value),
        )
    elif field.type == "birth":
        yield (
            field,
            column,
            "birth",
            f"{name}が日付ではありません",
            "西暦8桁、不詳の月日は00にしてください",
            filled & _not_a_birth(value),
        )
    elif field.type == "kana":
        yield (
            field,
            column,
            "kana",
            f"{name}に仮名でない文字があります",
            "全角カタカナにしてください",
            filled & ~value.str.contains(_KANA),
        )
    elif field.type == "kana_half":
        yield (
            field,
            column,
            "kana_half",
            f"{name}に半角カナでない文字があります",
            "半角カナにしてください",
            filled & ~value.str.contains(_KANA_HALF),
        )
    elif field.type == "amount":
        yield (
            field,
            column,
            "amount",
            f"{name}が右詰めゼロ埋めの数字ではありません",
            "数字で埋めてください",
            ~value.str.contains(r"^[0-9]+$"),
        )


def _not_a_date(value: pl.Expr) -> pl.Expr:
    return ~value.str.contains(r"^[12][0-9]{7}$") | value.str.to_date("%Y%m%d", strict=False).is_null()


def _not_a_birth(value: pl.Expr) -> pl.Expr:
    unknown = value.str.contains(r"^[12][0-9]{3}((0[1-9]|1[0-2])00|0000)$")
    return ~unknown & _not_a_date(value)


def duplicated(rows: pl.DataFrame, layout: Layout) -> list[LineError]:
    """同じ鍵の行が二つあれば、後の行を断る。"""
    if not layout.key or rows.is_empty():
        return []
    again = rows.filter(~pl.struct(layout.key).is_first_distinct())
    name = "・".join(layout.field(key).name for key in layout.key)
    return [
        LineError(
            row["line"],
            2,
            name,
            "duplicate",
            "",
            f"{name}が同じ行が前にあります",
            "どちらが正しいかを送り手に確かめてください",
        )
        for row in again.select("line").iter_rows(named=True)
    ]
