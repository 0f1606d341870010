"""The values of what follows a levy (late charges, refunds, prescription, dunning, remission, accounting) in Japanese."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kaigo.law.words import name_of

GROUPS = {
    "late_charges": "延滞金",
    "dunning": "督促",
    "prescription": "時効",
    "refund_interest": "還付加算金",
    "remission": "減免",
    "deferral": "徴収猶予",
    "public_notice": "公示送達",
    "agreements": "分納の誓約",
    "accounting": "会計年度",
}
NAMES = {
    "late_charges.rates": "延滞金の割合",
    "late_charges.first_period": "延滞金の初めの期間",
    "late_charges.fractions": "延滞金の端数",
    "dunning.within_days": "督促状を発する期限",
    "dunning.deadline": "督促状の指定期限",
    "dunning.fee": "督促手数料",
    "prescription.effects": "時効にかかわるできごとの効き目",
    "refund_interest.rates": "還付加算金の割合",
    "refund_interest.fractions": "還付加算金の端数",
    "refund_interest.start": "還付加算金の起算日",
    "refund_interest.claim_days": "還付加算金を数える、通知から請求までの日数",
    "remission.grounds": "減免の訳と割合",
    "remission.special": "令和8年度の特例減免",
    "deferral.months": "徴収猶予の長さ",
    "deferral.grounds": "徴収猶予の訳",
    "public_notice.days": "公示送達が届いたとみなすまでの日数",
    "agreements.missed": "分納の誓約が破れたとする、納めなかった回数",
    "accounting.closing": "出納の閉鎖",
    "accounting.carried_receipts": "滞納繰越分の4月・5月の収入",
}
_EFFECTS = {
    "renew": "新たに2年を数える",
    "hold": "続く間は完成せず、終われば新たに2年を数える",
    "pause": "続く間は進まない",
    "grace": "6か月は完成しない",
    "none": "変わらない",
}
_CAUSES = {
    "reassessed": "減額の賦課決定",
    "mistaken": "二重の納付など",
    "tax_corrected": "税の更正または申告による減額",
    "after_death": "死亡の後に年金から徴収され、年金保険者に返す額",
}
_STARTS = {
    "payment": "納めた日の翌日から",
    "month_after_payment": "納めた日の翌日から1か月を経過する日の翌日から",
    "month_after_correction": "更正の通知または申告の日の翌日から1か月を経過する日の翌日から",
    "never": "付けない",
    None: "まだ分からない",
}
_EXTENTS = {
    "year": "その年度のすべての期",
    "from_application": "申請の日から後に納期限の来る期",
    "from_event": "訳の始まった日から後に納期限の来る期",
    "within_event": "訳の続く間に納期限の来る期",
}
_WHAT = {"disaster": "損害が財産", "income_fall": "減る額が前年の収入", "crop_failure": "減る額が前年の収入"}


def _fractions(raw: Mapping[str, int]) -> list[str]:
    return [
        f"元の額は{raw['minimum_base']:,}円未満なら掛けず、{raw['base_unit']:,}円未満を切り捨てる",
        f"出た額は{raw['minimum']:,}円未満なら零、{raw['unit']:,}円未満を切り捨てる",
    ]


def _effects(raw: Mapping[str, str]) -> list[str]:
    lines = [
        f"{name_of('prescription_event', kind)}: {_EFFECTS[effect]}"
        for kind, effect in raw.items()
        if kind not in ("withdrawn", "renewal")
    ]
    withdrawn = f"取り消した差押・交付要求・訴え: {_EFFECTS[raw['withdrawn']]}"
    return [*lines, withdrawn, f"数え直すことを時効の{name_of('prescription_renewal', raw['renewal'])}という"]


def _deadline(raw: Mapping[str, Any]) -> list[str]:
    holiday = "休日なら次の開庁日" if raw["holiday"] == "next" else "休日でも動かさない"
    return [f"発した日から{raw['days']}日後({holiday})"]


def _grounds(raw: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return [f"{name_of('remission_ground', name)}: {_ground(name, told)}" for name, told in raw.items()]


def _ground(name: str, raw: Mapping[str, Any]) -> str:
    arrears = "、滞納があれば認めない" if raw["no_arrears"] else ""
    if "to_stage" in raw:
        stages = "・".join(f"第{stage}" for stage in raw["stages"])
        bounds = "".join(
            f"、{label}が一人世帯で{raw[key]['single']:,}円以下(一人増えるごとに{raw[key]['more']:,}円)"
            for key, label in (("income", "世帯の収入"), ("savings", "預貯金など"))
            if raw.get(key)
        )
        return f"{stages}段階を第{raw['to_stage']}段階の額に{bounds}{arrears}"
    steps = "、".join(
        (
            f"{_WHAT.get(name, '減る額が元の額')}の{step['at_least']}以上なら"
            if step["at_least"] != "0"
            else ""
        )
        + ("全額" if step["cut"] == "1" else step["cut"])
        for step in raw["steps"]
    )
    rounding = name_of("rounding", raw.get("rounding", "floor_1"))
    return f"{_EXTENTS[raw['extent']]}の{steps}を減らす({rounding}){arrears}"


TEXTS: dict[str, Callable[[Any], list[str]]] = {
    "late_charges.rates": lambda raw: [f"初めの期間は年{raw['first']}%、その後は年{raw['after']}%"],
    "late_charges.first_period": lambda raw: [
        "延滞金を取らない" if raw == "none" else f"納期限の翌日から{raw}か月"
    ],
    "late_charges.fractions": _fractions,
    "dunning.within_days": lambda raw: [f"納期限の後{raw}日以内"],
    "dunning.deadline": _deadline,
    "dunning.fee": lambda raw: [f"{raw:,}円"],
    "prescription.effects": _effects,
    "refund_interest.rates": lambda raw: [f"年{raw}%"],
    "refund_interest.fractions": _fractions,
    "refund_interest.start": lambda raw: [
        f"{_CAUSES[cause]}: {_STARTS[start]}" for cause, start in raw.items()
    ],
    "refund_interest.claim_days": lambda raw: [f"通知から{raw}日を過ぎて請求した人は、請求までを数えない"],
    "remission.grounds": _grounds,
    "remission.special": lambda raw: [
        {"none": "行わない", "application": "申請により行う", "bulk": "申請によらず一括でも行う"}[raw]
    ],
    "deferral.months": lambda raw: [f"{raw}か月まで"],
    "deferral.grounds": lambda raw: ["、".join(name_of("remission_ground", name) for name in raw)],
    "public_notice.days": lambda raw: [f"掲示を始めた日から{raw}日"],
    "agreements.missed": lambda raw: [f"{raw}回"],
    "accounting.closing": lambda raw: [f"翌年度の{raw['month']}月{raw['day']}日"],
    "accounting.carried_receipts": lambda raw: [
        {"new": "納めた日の属する年度に入れる", "open": "閉鎖していない前の年度に入れる"}[raw]
    ],
}
