"""Every audit event there is: name → (what it is called, when it is written, which details it carries).

docs/audit-events.md is generated from here (`kaigo audit events`).
"""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """details: key → what it holds; keys that are not named here are refused."""

    label: str
    when: str
    details: dict[str, str] = {}


EVENTS: dict[str, Kind] = {
    "access.explain": Kind("目的の記録", "きっかけのない閲覧の前に、目的と理由を書いたとき"),
    "collection.export": Kind("台帳の書出し", "台帳の行を端末以外へ書き出したとき", {"lines": "行数"}),
    "counter.search": Kind("人の検索", "人を探して一覧が出たとき", {"hits": "見つかった人数"}),
    "feeds.load": Kind("ファイルの受入", "ファイルを受け入れたとき", {"state": "受入の結果"}),
    "job.run": Kind("仕事の実行", "仕事が終わったとき"),
    "job.start": Kind("仕事の開始", "画面から仕事を始めたとき", {"on": "業務日"}),
    "ledger.print": Kind("台帳の印刷", "一人の台帳を印刷したとき", {"on": "いつ現在", "known": "いつ時点の認識", "pages": "枚数"}),
    "page.act": Kind("画面での操作", "画面の入力や操作を受け付けた、または断ったとき"),
    "page.read": Kind("画面の閲覧", "画面を見せた、または断ったとき"),
    "staff.account_end": Kind("口座の終了", "口座を終えたとき"),
    "staff.account_open": Kind("口座の開設", "口座を開いたとき"),
    "staff.apply": Kind("申請", "権限などを申請したとき"),
    "staff.emergency": Kind("緊急閲覧", "緊急閲覧を始めたとき"),
    "staff.emergency_review": Kind("緊急閲覧の確認", "緊急閲覧を確かめたとき"),
    "staff.enrol": Kind("鍵の登録券", "鍵を登録するための券を出したとき"),
    "staff.grant": Kind("権限の付与", "権限を与えたとき", {"grant": "権限の番号"}),
    "staff.grant_end": Kind("権限の終了", "権限を終えたとき", {"grant": "権限の番号", "sessions": "終えたログインの数"}),
    "staff.key_add": Kind("鍵の登録", "パスキーを登録したとき", {"key": "鍵の番号"}),
    "staff.key_end": Kind("鍵の失効", "パスキーを失効させたとき", {"key": "鍵の番号"}),
    "staff.log_in": Kind("ログイン", "ログインした、または断ったとき", {"method": "方法"}),
    "staff.log_out": Kind("ログアウト", "ログアウトしたとき"),
    "staff.prove": Kind("本人の再確認", "大切な操作の前に本人を確かめ直したとき", {"method": "方法"}),
    "staff.review": Kind("権限の棚卸し", "課の権限をすべて確かめたとき", {"reviewed": "見た件数", "ended": "終えた件数"}),
    "staff.rule": Kind("申請の承認・却下", "申請を承認・却下・取下げしたとき", {"outcome": "結果"}),
    "staff.take": Kind("職員情報の取込", "職員の一覧から所属を改めたとき", {"changed": "変わった件数", "ended": "終えた権限の数"}),
}  # fmt: skip

# Details of pages: the route says which page; these say how it went.
COMMON = {"method": "GETかPOST", "count": "件数"}
