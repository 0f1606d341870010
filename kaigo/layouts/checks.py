"""項目の検査。列ごとに一度に調べ、悪い行だけを取り出す。"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import polars as pl

from kaigo.layouts.check_digits import damm_wrong, weight3_wrong
from kaigo.layouts.model import Field, Layout
from kaigo.layouts.reading import LineError

_KANA = r"^[ァ-ヺー・ヽヾ゛゜　 A-Za-zＡ-Ｚａ-ｚ．.，,’'＇\-－‐()（）]+$"
_KANA_HALF = r"^[ｦ-ﾟ 0-9A-Z().,\-/&'*+]*$"
_CONTROL = r"[\x00-\x1f\x7f\u0085\u2028\u2029\ufeff\ufffd]"
_SHOWN = 60


class Test(NamedTuple):
    """一つの項目の一つの検査。bad: 悪い行の式。"""

    field: Field
    column: int
    rule: str
    message: str
    remedy: str
    bad: pl.Expr


def check(
    rows: pl.DataFrame, fields: tuple[Field, ...], offset: int = 2
) -> tuple[pl.DataFrame, list[LineError]]:
    """(正しい行, 断った行の理由)。rows は line と項目の鍵の列をもつ。offset: 最初の項目の列番号。"""
    if rows.is_empty():
        return rows, []
    tests = [test for place, field in enumerate(fields) for test in tests_of(field, place + offset)]
    flags = rows.select(test.bad.fill_null(True).alias(str(n)) for n, test in enumerate(tests))
    any_bad = flags.select(pl.any_horizontal(pl.all())).to_series()
    if not any_bad.any():
        return rows, []
    errors: list[LineError] = []
    lines = rows["line"]
    for number, test in enumerate(tests):
        bad = flags[str(number)]
        if bad.any():
            values = rows[test.field.key].filter(bad).to_list()
            for line, value in zip(lines.filter(bad).to_list(), values, strict=True):
                errors.append(
                    LineError(
                        line,
                        test.column,
                        test.field.name,
                        test.rule,
                        (value or "")[:_SHOWN],
                        test.message,
                        test.remedy,
                    )
                )
    errors.sort()
    return rows.filter(~any_bad), errors


def tests_of(field: Field, column: int) -> Iterator[Test]:
    """その項目のすべての検査。空は required だけが断る。"""
    value = pl.col(field.key)
    filled = value != ""
    name = field.name
    if field.required:
        yield Test(field, column, "required", f"{name}がありません", f"{name}を入れてください", value == "")
    if field.max:
        message, remedy = f"{name}が{field.max}文字を超えています", f"{field.max}文字以内にしてください"
        yield Test(field, column, "length", message, remedy, filled & (value.str.len_chars() > field.max))
    for of_type in _TYPES.get(field.type, ()):
        found = of_type(field, value)
        if found:
            rule, message, remedy, bad = found
            yield Test(field, column, rule, message, remedy, bad if field.type == "amount" else filled & bad)
    if field.least is not None:
        remedy = "その行を除くか、送り手に確かめてください"
        few = (value.cast(pl.Int64, strict=False) < field.least).fill_null(False)
        yield Test(field, column, "least", f"{name}が{field.least:,}円以上ではありません", remedy, few)
    if field.most is not None:
        remedy = "桁のずれか誤りです。送り手に確かめてください"
        many = (value.cast(pl.Int64, strict=False) > field.most).fill_null(False)
        yield Test(field, column, "most", f"{name}が{field.most:,}円を超えています", remedy, many)
    if field.within:
        of, start, length = field.within
        inside = pl.col(of).str.slice(start, length).cast(pl.Int64, strict=False)
        other = (value.cast(pl.Int64, strict=False) != inside).fill_null(False)
        message, remedy = (
            f"{name}が、同じ行の番号の中の額と違います",
            "送り手にどちらが正しいかを確かめてください",
        )
        yield Test(field, column, "within", message, remedy, other)


_Found = tuple[str, str, str, pl.Expr]
_OfType = Callable[[Field, pl.Expr], _Found | None]


def _shape(rule: str, pattern: str, wrong: str, remedy: str) -> _OfType:
    """形(正規表現)だけを見る検査。"""

    def of_type(field: Field, value: pl.Expr) -> _Found:
        return rule, f"{field.name}{wrong}", remedy, ~value.str.contains(pattern)

    return of_type


def _control(field: Field, value: pl.Expr) -> _Found:
    return (
        "control",
        f"{field.name}に使えない文字があります",
        "制御文字や文字化けを除いてください",
        value.str.contains(_CONTROL),
    )


def _digits(field: Field, value: pl.Expr) -> _Found:
    pattern = rf"^[0-9]{{{field.length}}}$" if field.length else rf"^[0-9]{{1,{field.max}}}$"
    want = f"{field.length}桁の数字" if field.length else "数字"
    return (
        "digits",
        f"{field.name}が{want}ではありません",
        f"{want}にしてください(半角)",
        ~value.str.contains(pattern),
    )


def _code(field: Field, value: pl.Expr) -> _Found | None:
    if not field.codes:
        return None
    told = "、".join(f"{code}({label})" for code, label in field.codes[:12])
    return (
        "code",
        f"{field.name}の符号にない値です",
        f"次のどれかにしてください: {told}" + ("など" if len(field.codes) > 12 else ""),
        ~value.is_in([code for code, _ in field.codes]),
    )


def _date(field: Field, value: pl.Expr) -> _Found:
    return (
        "date",
        f"{field.name}が実在する日付ではありません",
        "西暦8桁(例 20260401)にしてください",
        _not_a_date(value),
    )


def _birth(field: Field, value: pl.Expr) -> _Found:
    unknown = value.str.contains(r"^[12][0-9]{3}((0[1-9]|1[0-2])00|0000)$")
    return (
        "birth",
        f"{field.name}が日付ではありません",
        "西暦8桁、不詳の月日は00にしてください",
        ~unknown & _not_a_date(value),
    )


def _amount(field: Field, value: pl.Expr) -> _Found:
    return (
        "amount",
        f"{field.name}が右詰めゼロ埋めの数字ではありません",
        f"{field.length}桁の数字で埋めてください",
        ~value.str.contains(rf"^[0-9]{{{field.length}}}$"),
    )


def _not_a_date(value: pl.Expr) -> pl.Expr:
    return ~value.str.contains(r"^[12][0-9]{7}$") | value.str.to_date("%Y%m%d", strict=False).is_null()


def _moment(field: Field, value: pl.Expr) -> _Found:
    time = value.str.slice(8)
    bad = ~value.str.contains(r"^[0-9]{14}$") | _not_a_date(value.str.slice(0, 8))
    return (
        "moment",
        f"{field.name}が実在する日時ではありません",
        "西暦からの14桁(例 20260401093000)にしてください",
        bad | ~time.str.contains(r"^([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]$"),
    )


def _numeric(length: int) -> _OfType:
    def of_type(field: Field, value: pl.Expr) -> _Found:
        remedy = f"読み取った{length}桁の数字をそのまま入れてください"
        return (
            "digits",
            f"{field.name}が{length}桁の数字ではありません",
            remedy,
            ~value.str.contains(_exactly(length)),
        )

    return of_type


def _exactly(length: int) -> str:
    return rf"^[0-9]{{{length}}}$"


_REREAD = "読み違いか打ち違いです。用紙の数字を見て直してください"
_BARCODE, _SLIP = 44, 20


def _barcode_check(field: Field, value: pl.Expr) -> _Found:
    whole = value.str.contains(_exactly(_BARCODE))
    bad = whole & (~value.str.starts_with("91") | weight3_wrong(value, _BARCODE))
    return (
        "check_digit",
        f"{field.name}の検証番号が合いません(91で始まる44桁、モジュラス10ウェイト3)",
        _REREAD,
        bad,
    )


def _barcode_due(field: Field, value: pl.Expr) -> _Found:
    due = value.str.slice(30, 6)
    never = due == "999999"
    bad = value.str.contains(_exactly(_BARCODE)) & ~never & _not_a_date(pl.lit("20") + due)
    return "date", f"{field.name}の中の支払期限が実在する日付ではありません", _REREAD, bad


def _slip_check(field: Field, value: pl.Expr) -> _Found:
    bad = value.str.contains(_exactly(_SLIP)) & damm_wrong(value, _SLIP)
    return "check_digit", f"{field.name}の検証番号が合いません", _REREAD, bad


_barcode_digits = _numeric(_BARCODE)
_slip_digits = _numeric(_SLIP)
_bank = _shape(
    "bank", r"^[ -~｡-ﾟ]*$", "に銀行の文字でないものがあります", "半角のカナ・英数字・記号にしてください"
)
_month_day = _shape(
    "month_day",
    r"^((0[13578]|1[02])(0[1-9]|[12][0-9]|3[01])|(0[469]|11)(0[1-9]|[12][0-9]|30)|02(0[1-9]|[12][0-9]))$",
    "が実在する月日ではありません",
    "4桁(例 0427)にしてください",
)
_kana = _shape("kana", _KANA, "に仮名でない文字があります", "全角カタカナにしてください")
_kana_half = _shape("kana_half", _KANA_HALF, "に半角カナでない文字があります", "半角カナにしてください")
_int = _shape("int", r"^-?[0-9]{1,9}$", "が整数ではありません", "半角の整数にしてください")
_year = _shape("year", r"^(19|20)[0-9]{2}$", "が西暦の年度ではありません", "西暦4桁(例 2026)にしてください")
_yen = _shape("yen", r"^-?[0-9]{1,12}$", "が円の整数ではありません", "コンマのない半角の整数にしてください")
# 四月から十二か月の段階。一月を一字で: "-" は被保険者でない月、1〜9、A は10段階…。
_stages = _shape(
    "stages",
    r"^[-1-9A-Z]{12}$",
    "が4月から12か月の段階ではありません",
    "12字にしてください(被保険者でない月は -、10段階からは A、B…)",
)
_TYPES: dict[str, tuple[_OfType, ...]] = {
    "text": (_control,),
    "kana": (_control, _kana),
    "digits": (_digits,),
    "int": (_int,),
    "year": (_year,),
    "yen": (_yen,),
    "code": (_control, _code),
    "date": (_date,),
    "date_or_blank": (_date,),
    "birth": (_birth,),
    "kana_half": (_kana_half,),
    "amount": (_amount,),
    "stages": (_stages,),
    "bank": (_bank,),
    "month_day": (_month_day,),
    "moment": (_moment,),
    "barcode": (_barcode_digits, _barcode_check, _barcode_due),
    "slip": (_slip_digits, _slip_check),
}


def duplicated(rows: pl.DataFrame, layout: Layout) -> list[LineError]:
    """同じ鍵の行が二つあれば、後の行を断る。"""
    if not layout.key or rows.is_empty():
        return []
    again = rows.filter(~pl.struct(layout.key).is_first_distinct())
    name = "・".join(layout.field(key).name for key in layout.key)
    return [
        LineError(
            line,
            2,
            name,
            "duplicate",
            "・".join(values),
            f"{name}が同じ行が前にあります",
            "どちらが正しいかを送り手に確かめてください",
        )
        for line, *values in again.select("line", *layout.key).iter_rows()
    ]
