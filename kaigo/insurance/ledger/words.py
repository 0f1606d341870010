"""Words of the books: ways, channels of receipts, reasons of other entries, whichever room books them."""

from __future__ import annotations

WAYS = {"deduction": "特別徴収", "slip": "納付書", "debit": "口座振替", "substitute": "代理納付"}
KINDS = {"deduction": "特別徴収", "direct": "普通徴収"}
# The reason of a receipt is the channel by which it came.
CHANNELS = {
    "slip": "納付書(金融機関)",
    "store": "納付書(コンビニ)",
    "payeasy": "ペイジー",
    "debit": "口座振替",
    "deduction": "特別徴収",
    "substitute": "代理納付",
    "counter": "窓口の現金",
    "ruling": "消込の訂正",
    "opening": "前のシステムからの引継ぎ",
}
REASONS = {
    "provisional": "仮徴収",
    "main": "本算定",
    "revision": "賦課の更正",
    "way": "納付方法の変更",
    "match": "年金記録の同定",
    "request": "年次の依頼に含まれなかったため",
    "remission": "減免",
    "lapsed": "減免の失効",
    "revoked": "減免の取消し",
    "income": "戻出",
    "expenditure": "歳出から",
    "offset": "過誤納からの充当",
    "late": "延滞金の決定",
    "waiver": "延滞金の減免",
    "prescription": "時効の完成",
    "stopped": "執行停止から3年",
    "at_once": "即時の消滅",
    "reversal": "不納欠損の取消し",
}


def reason(name: str) -> str:
    """A reason as clerks read it; what this room has no word for stays as it is."""
    return CHANNELS.get(name) or REASONS.get(name, name)
