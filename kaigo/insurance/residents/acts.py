"""The forms of this room: what is asked for, in the order of the paper form, and the decision that it becomes."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kaigo.base.desk.typed import Typed
from kaigo.base.records.context import Context
from kaigo.insurance.registers.read import bank_name
from kaigo.insurance.residents import decide
from kaigo.insurance.residents.history import also_mailed_to, also_paid_to
from kaigo.insurance.residents.people import name, person_of_number
from kaigo.law.dates import wareki


@dataclass(frozen=True, slots=True)
class Field:
    """kind: text | area | day | number | digits | choice | person."""

    name: str
    label: str
    kind: str = "text"
    hint: str = ""
    required: bool = True
    choices: dict[str, str] = field(default_factory=dict)
    longest: int = 200


@dataclass(frozen=True, slots=True)
class Act:
    """title: what the page is called; verb: what the button says; danger: what follows, said before the button.

    others: (person, name) of those who have the same already; then somebody must confirm that it is no mistake.
    """

    title: str
    verb: str
    fields: tuple[Field, ...]
    do: Callable[[Context, int, dict[str, Any]], Any]
    danger: str = ""
    others: Callable[[Context, int, dict[str, Any]], list[tuple]] = lambda ctx, person, values: []


_DAY_HINT = "令和8年4月1日、R8.4.1、2026-04-01 のどれでも"
_LAST_HINT = f"そうでなくなる最初の日。{_DAY_HINT}"
_START = Field("start", "いつから", "day", _DAY_HINT)
_END = Field("end", "いつまで(わかれば)", "day", _LAST_HINT, required=False)
_ENDED = Field("end", "いつ終わるか", "day", _LAST_HINT)
_USE = Field("use", "用途", "choice", choices=decide.USES)
_ACCOUNT_USE = Field("use", "用途", "choice", choices=decide.ACCOUNT_USES)
_OTHER = Field(
    "other", "相手の宛名番号", "person", "頭の0は省けます。住民でない人は先に住登外者として受け入れます"
)
_RELATION = Field("relation", "続柄", "choice", choices=decide.RELATIONS)


def _given(function: Callable[..., Any]) -> Callable[[Context, int, dict[str, Any]], Any]:
    return lambda ctx, person, values: function(ctx, person, **values)


ACTS = {
    "mailing": Act(
        "送付先の登録",
        "送付先を登録する",
        (
            _USE,
            Field("recipient", "送付先の氏名", longest=120),
            Field("postal_code", "郵便番号", "digits", "7桁", longest=7),
            Field("address", "住所"),
            Field("building", "方書(建物名・部屋番号)", required=False),
            Field("reason", "事由", "choice", choices=decide.MAILING_REASONS),
            _START,
            _END,
        ),
        _given(decide.set_mailing_address),
        others=lambda ctx, person, values: also_mailed_to(ctx, person, values["address"]),
    ),
    "mailing-end": Act("送付先の終了", "送付先を終わらせる", (_USE, _ENDED), _given(decide.end_mailing_address)),
    "account": Act(
        "口座の登録",
        "口座を登録する",
        (
            _ACCOUNT_USE,
            Field("bank", "金融機関コード", "digits", "4桁。台帳の「金融機関」で探せます", longest=4),
            Field("branch", "支店コード", "digits", "3桁", longest=3),
            Field("account_kind", "預金種目", "choice", choices=decide.ACCOUNT_KINDS),
            Field("account", "口座番号", "digits", "7桁", longest=7),
            Field("holder", "口座名義(カナ)", longest=60),
            _START,
            _END,
        ),
        _given(decide.set_bank_account),
        others=lambda ctx, person, values: also_paid_to(
            ctx, person, values["bank"], values["branch"], values["account"]
        ),
    ),
    "account-end": Act("口座の終了", "口座を終わらせる", (_ACCOUNT_USE, _ENDED), _given(decide.end_bank_account)),
    "relation": Act(
        "世帯の外の続柄の登録",
        "続柄を登録する",
        (_OTHER, _RELATION, _START, _END),
        _given(decide.set_relation),
    ),
    "relation-end": Act(
        "続柄の終了", "続柄を終わらせる", (_OTHER, _RELATION, _ENDED), _given(decide.end_relation)
    ),
    "borderline": Act(
        "境界層証明書の登録",
        "証明書を登録する",
        (
            Field("certificate", "証明書番号", longest=20),
            Field("measures", "認められた措置", hint="例 食費・居住費の負担限度額、保険料の段階", longest=60),
            Field("stage", "保険料の段階", "number", "保険料の段階が措置に含まれるときだけ", required=False),
            _START,
            _END,
        ),
        _given(decide.set_borderline),
    ),
    "borderline-end": Act(
        "境界層証明書の終了", "証明書を終わらせる", (_ENDED,), _given(decide.end_borderline)
    ),
    "hold": Act(
        "処理停止の登録",
        "処理を止める",
        (Field("reason", "理由", longest=40), _START, _END),
        _given(decide.set_hold),
        "この人の通知などが、終わりの日まで止まります。",
    ),
    "hold-end": Act("処理停止の解除", "処理停止を解く", (_ENDED,), _given(decide.end_hold)),
    "pension": Act(
        "基礎年金番号の登録",
        "基礎年金番号を登録する",
        (Field("number", "基礎年金番号", "digits", "10桁", longest=10), _START),
        _given(decide.set_pension_number),
    ),
    "memo": Act(
        "記事の登録",
        "記事を登録する",
        (Field("text", "記事", "area", "個人番号は書けません", longest=2000),),
        _given(decide.write_memo),
    ),
    "merge": Act(
        "同じ人の記録をまとめる",
        "二つの記録をまとめる",
        (
            Field("into", "まとめる先の宛名番号", "person", "この先、この番号の人として扱います"),
            Field("reason", "同じ人と判断した理由", "area", "例 氏名・生年月日・前住所が一致", longest=400),
        ),
        _given(decide.merge),
        "この記録は、これからまとめる先の人として扱われます。宛名番号、税や福祉の事実、送付先、口座もまとめる先に移ります。",
    ),
}  # fmt: skip


def read_fields(ctx: Context, act: Act, typed: Typed) -> dict[str, Any]:
    """The values as the decision takes them; what cannot be read is in typed.errors."""
    return {one.name: _read(ctx, one, typed) for one in act.fields}


def _read(ctx: Context, one: Field, typed: Typed) -> Any:
    if one.kind == "day":
        return typed.day(one.name, one.label, one.required)
    if one.kind == "number":
        return typed.number(one.name, one.label, one.required)
    if one.kind == "choice":
        return typed.choice(one.name, one.label, one.choices)
    text = typed.text(one.name, one.label, one.required, one.longest if one.kind != "digits" else 40)
    if one.kind in ("digits", "person"):
        text = unicodedata.normalize("NFKC", text).replace("-", "").replace(" ", "")
    if one.kind == "digits" and text and not (text.isdigit() and len(text) == one.longest):
        typed.errors.setdefault(one.name, f"{one.label}は{one.longest}桁の数字です")
    if one.kind == "person" and text:
        found = person_of_number(ctx, text.zfill(15)) if text.isdigit() else None
        if found is None:
            typed.errors[one.name] = f"{one.label}「{text}」の人はいません"
        return found
    return text


def echo(ctx: Context, act: Act, values: dict[str, Any]) -> list[tuple[str, str]]:
    """(label, what will be registered): days in both eras, codes in words, numbers with their names."""
    told = []
    for one in act.fields:
        value = values[one.name]
        text = "" if value is None else str(value)
        if isinstance(value, date):
            text = f"{wareki(value)}({value:%Y-%m-%d})"
        elif one.kind == "choice":
            text = one.choices[value]
        elif one.kind == "person":
            text = f"{name(ctx, value) or '氏名不明'} さん"
        elif one.name == "bank":
            text = f"{value} {bank_name(value) or '一覧にありません'}"
        elif one.name == "branch":
            text = f"{value} {bank_name(values['bank'], value) or '一覧にありません'}"
        told.append((one.label, text or "なし"))
    return told
