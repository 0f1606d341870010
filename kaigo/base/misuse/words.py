"""Questions in words that accuse nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from kaigo.base.misuse.values import EMERGENCY, values

KINDS = {"person": "一人についての閲覧", "day": "一日の閲覧", "emergency": "緊急閲覧"}
OWNERS = {"head": "所属の課長", "office": "個人情報保護の担当", "heads": "いずれかの課の課長"}
# What may explain an access, the best first.
CAUSES = {
    "own": "自分で受けた、または処理した件",
    "queue": "待っている仕事(確認事項・届出など)",
    "list": "承認された作業一覧",
    "other": "ほかの職員が受けた、対応中の連絡",
    "reason": "書かれた理由だけ",
    "": "名指した人のない画面・検索",
}
_SAYS = {
    "R1": "職員本人の記録です",
    "R2": "職員と同じ姓で、同じ世帯か同じ番地に住む人の記録です",
    "R3": "職員が親族として届け出た人の記録です",
    "R4": "同じ課で働く、または働いていた職員か、その世帯の人の記録です",
    "R5": "職員と同じ住所の人の記録です",
    "R6": "注意を要する人の名簿にある人の記録です",
    "R7": "支援措置の人の記録です",
    "R8": "きっかけがなく、理由だけを書いて開いた人数: {persons}人",
    "R9": "開庁時間の外、または休日の閲覧です",
    "R11": "番号の順に続けて{run}人を開いています",
    "R12": "続けて行った検索{searches}回のうち{misses}回は、だれも見つかりませんでした",
    "R13": "番号を表示したあと、記録も印刷もありません",
    EMERGENCY: "緊急閲覧の確認が、期限を{days}日過ぎました",
}


def reason(rule: str, facts: Mapping[str, int]) -> str:
    """A rule with its figures, as the page says it."""
    if rule == "R10":
        return _many(facts)
    if rule == "R14":
        days = facts.get("days")
        return f"異動・退職の{days}日前の閲覧です" if days else "権限を終える申請のあとの閲覧です"
    return _SAYS[rule].format(**facts)


def _many(facts: Mapping[str, int]) -> str:
    said = []
    if "usual" in facts:
        said.append(f"この日に{facts['persons']}人を開きました(ふだんは{facts['usual']}人)")
    if "hour" in facts:
        said.append(f"60分のあいだに{facts['hour']}人を開きました")
    return "。".join(said)


def title(rule: str, day: date) -> str:
    """What a rule is called."""
    known = values(day).rules.get(rule)
    return known.title if known else "緊急閲覧の確認"


def causes(counted: Mapping[str, int]) -> list[tuple[str, int]]:
    """(what may explain, accesses), the best explanation first."""
    return [(label, counted[cause]) for cause, label in CAUSES.items() if counted.get(cause)]
