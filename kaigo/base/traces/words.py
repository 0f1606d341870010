"""Codes of the record of accesses in words."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from django.conf import settings

from kaigo.base.audit.events import EVENTS, WHYS
from kaigo.base.desk.nav import entries
from kaigo.base.staff.tables import permissions

OUTCOMES = {"done": ("行った", "good"), "refused": ("断った", "warn"), "failed": ("失敗した", "bad")}
PURPOSES = {
    "audit": "監査",
    "collection": "収納",
    "inquiry": "照会",
    "intake": "受入",
    "log_in": "ログイン",
    "notice": "通知",
    "operations": "運用",
    "premium": "賦課",
    "qualification": "資格",
    "release": "発出",
    "staff": "職員の管理",
}
# Kinds of things, in `object` and `case`: what addresses (read.SUBJECTS), jobs and log-ins are about → word.
KINDS = {
    "access": "目的の記録",
    "account": "アカウント",
    "after": "賦課の決定",
    "agreement": "分納の誓約",
    "alert": "確かめる閲覧",
    "application": "申請",
    "asked": "申請",
    "assessment": "賦課の決定",
    "batch": "一括賦課",
    "before": "賦課の決定",
    "case": "過誤納",
    "declaration": "親族の届出",
    "deferral": "徴収猶予",
    "delivery": "届いたファイル",
    "demand": "督促",
    "draft": "通知の下書き",
    "dunning_batch": "督促・催告の一覧",
    "emergency": "緊急閲覧",
    "enrolment": "鍵の登録券",
    "entry": "みなし2号の登録",
    "event": "アクセス記録",
    "export": "持出し",
    "facility": "施設",
    "file": "出したファイル",
    "grant": "権限",
    "inquiry": "所得照会",
    "job": "仕事",
    "key": "鍵",
    "late_charge": "延滞金",
    "letter": "通知",
    "measure": "滞納処分",
    "member": "職員",
    "notification": "届出",
    "passkey": "鍵",
    "person": "人",
    "plan": "期別",
    "premium_task": "確認事項",
    "property_inquiry": "財産調査",
    "proposal": "提案(還付・充当、不納欠損)",
    "public_notice": "公示送達",
    "qualification_task": "確認事項",
    "receipt": "収納",
    "release_file": "出したファイル",
    "release_request": "発行の依頼",
    "relief": "減免・徴収猶予の申請",
    "relief_bulk": "特例減免の一覧",
    "remission": "減免",
    "repair": "直す行",
    "report": "発出の照合結果",
    "returned": "返戻",
    "run": "一括印刷",
    "search": "検索",
    "session": "ログイン",
    "stay": "督促・催告を止める期間",
    "target": "年金記録",
    "task": "確認事項",
    "telling": "住所地特例連絡票",
    "ticket": "電話・窓口の記録",
    "transfer": "還付の振込",
    "typed": "どのアカウントでもないログインID",
    "visit": "訪問",
    "waiver": "延滞金の減免",
    "waiver_request": "延滞金の減免",
    "watched": "注意を要する人",
    "work_list": "作業一覧",
    "worklist": "作業一覧",
    "write_off": "不納欠損",
    "year": "年度",
}


@cache
def places() -> dict[str, str]:
    """Page → what people call it."""
    return yaml.safe_load(Path(__file__).with_name("places.yaml").read_text(encoding="utf-8"))


def rooms() -> dict[str, str]:
    """Beginning of a place → the room's name in the navigation, for those who search."""
    found = {}
    for module in settings.STREET:
        name = module.rpartition(".")[2]
        address = "/" if name == "counter" else f"/{name}/"
        label = next((entry.label for entry in entries() if entry.url == address), "")
        if label:
            found[f"{settings.SYSTEM}:{name}."] = label
    return found


def place(code: str, permission: str = "") -> str:
    """A page in words; one that nobody has named yet is told by its permission."""
    if not code:
        return ""
    known = permissions().get(permission)
    return places().get(code) or (known.label if known else "ほかの画面")


def event(code: str) -> str:
    kind = EVENTS.get(code)
    return kind.label if kind else code


def why(code: str) -> str:
    return WHYS.get(code, code)


def purpose(code: str) -> str:
    return PURPOSES.get(code, code)


def thing(text: str) -> str:
    """`assessment:55` → 賦課の決定 55. Several are joined by commas."""
    return "、".join(_one(part) for part in text.split(","))


def _one(text: str) -> str:
    kind, _, rest = text.partition(":")
    word = KINDS.get(kind.rpartition(".")[2], "")
    return f"{word} {rest}".strip() if word else text
