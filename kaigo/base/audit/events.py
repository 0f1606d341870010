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
    "audit.witness": Kind("立会", "立会が署名を断った、届かなくなった、または再び署名したとき"),
    "collection.export": Kind("台帳の書出し", "台帳の行を端末以外へ書き出したとき", {"lines": "行数"}),
    "collection.slips": Kind("納付書の一覧の書出し", "送る納付書の一覧を書き出したとき(載っている人は対象者)", {"lines": "行数", "yen": "額の合計"}),
    "counter.search": Kind("人の検索", "人を探して一覧が出たとき", {"hits": "見つかった人数"}),
    "export.ask": Kind("持出しの申請", "一覧の持出しを申請したとき", {"list": "一覧の種類", "columns": "項目の符号", "rows": "見込みの行数"}),
    "export.fetch": Kind("持出しの受取り", "作成した一覧を申請した本人に渡したとき", {"list": "一覧の種類", "rows": "行数", "digest": "ファイルの要約値"}),
    "export.produce": Kind(
        "持出しの作成", "承認された一覧を作成した、または途中で止めたとき",
        {"list": "一覧の種類", "columns": "項目の符号", "rows": "行数", "digest": "ファイルの要約値"},
    ),
    "export.rule": Kind("持出しの承認・却下", "持出しの申請を承認・却下・取下げしたとき", {"ruled": "決めたこと"}),
    "feeds.load": Kind("ファイルの受入", "ファイルを受け入れたとき", {"state": "受入の結果"}),
    "job.run": Kind("仕事の実行", "仕事が終わったとき"),
    "job.start": Kind("仕事の開始", "画面から仕事を始めたとき", {"on": "業務日"}),
    "keys.destroy": Kind(
        "鍵の破棄", "鍵の古い版を破棄した、または断ったとき",
        {"sort": "鍵の種類", "key": "鍵の名前", "version": "鍵の版", "forced": "使われていても理由を書いて破棄したか"},
    ),
    "keys.renew": Kind("鍵の移替え", "古い版の鍵のものを新しい版へ移したとき", {"wrapped": "包んだ鍵の件数", "sealed": "値の件数"}),
    "keys.rotate": Kind("鍵の更新", "鍵を新しい版にしたとき", {"sort": "鍵の種類", "key": "鍵の名前", "version": "鍵の版"}),
    "ledger.print": Kind("台帳の印刷", "一人の台帳を印刷したとき", {"on": "いつ現在", "known": "いつ時点の認識", "pages": "枚数"}),
    "misuse.alert": Kind("確かめる閲覧", "解析が確かめる閲覧を見つけたとき", {"score": "点数", "critical": "急ぐか"}),
    "misuse.declare": Kind("親族の届出", "本人が親族を届け出た、または取り下げたとき"),
    "misuse.review": Kind("確かめる閲覧の確認", "確かめる閲覧を確かめたとき", {"ruled": "決めたこと"}),
    "misuse.watched": Kind("名簿の登録", "注意を要する人を名簿に入れた、確認した、または外したとき", {"ruled": "行ったこと"}),
    "page.act": Kind("画面での操作", "画面の入力や操作を受け付けた、または断ったとき"),
    "page.again": Kind("画面の再表示", "送った内容に答えた画面を見せたとき", {"first": "送ったときの追跡番号"}),
    "page.read": Kind("画面の閲覧", "画面を見せた、または断ったとき"),
    "receipts.print_slips": Kind("納付書の印刷", "一人の納付書を印刷したとき", {"slips": "枚数", "yen": "額の合計"}),
    "release.leave": Kind(
        "ファイルの発出", "承認されたファイルを外へ出したとき(載っている人は対象者)",
        {"to": "渡した相手の符号", "rows": "件数", "digest": "ファイルの要約値"},
    ),
    "staff.account_end": Kind("アカウントの終了", "アカウントを終えたとき"),
    "staff.account_open": Kind("アカウントの開設", "アカウントを開いたとき"),
    "staff.apply": Kind("申請", "権限などを申請したとき"),
    "staff.emergency": Kind("緊急閲覧", "緊急閲覧を始めたとき"),
    "staff.emergency_review": Kind("緊急閲覧の確認", "緊急閲覧を確かめたとき"),
    "staff.enrol": Kind("鍵の登録券", "鍵を登録するための券を出したとき"),
    "staff.enrol_confirm": Kind("鍵の登録券の確認", "出された登録券を、もう一人が確認して使えるようにしたとき"),
    "staff.enrol_reject": Kind("鍵の登録券の取消し", "出された登録券を、確認できる人または出した人が取り消したとき"),
    "staff.fallback_end": Kind("代わりのログインの終了", "パスワードでのログインを期限の前に終えたとき"),
    "staff.grant": Kind("権限の付与", "権限を与えたとき", {"grant": "権限の番号"}),
    "staff.grant_end": Kind("権限の終了", "権限を終えたとき", {"grant": "権限の番号", "sessions": "終えたログインの数"}),
    "staff.key_add": Kind("鍵の登録", "パスキーを登録したとき", {"key": "鍵の番号"}),
    "staff.key_end": Kind("鍵の失効", "パスキーを失効させたとき", {"key": "鍵の番号"}),
    "staff.log_in": Kind("ログイン", "ログインした、または断ったとき", {"method": "方法"}),
    "staff.log_out": Kind("ログアウト", "ログアウトしたとき"),
    "staff.password": Kind("パスワードと番号表", "本人がパスワードを決め、番号表を作った、または断ったとき"),
    "staff.prove": Kind("本人の再確認", "大切な操作の前に本人を確かめ直したとき", {"method": "方法"}),
    "staff.review": Kind("権限の棚卸し", "課の権限をすべて確かめたとき", {"reviewed": "見た件数", "ended": "終えた件数"}),
    "staff.rule": Kind("申請の承認・却下", "申請を承認・却下・取下げしたとき", {"ruled": "決めたこと"}),
    "staff.session_end": Kind("ログインの終了", "自分のほかのログインを終えたとき", {"sessions": "終えたログインの数"}),
    "staff.take": Kind("職員情報の取込", "職員の一覧から所属を改めたとき", {"changed": "変わった件数", "ended": "終えた権限の数"}),
    "traces.tell": Kind(
        "本人への記録の印刷", "本人に渡す利用・提供の記録を印刷したとき", {"since": "初日", "until": "末日", "rows": "行数", "pages": "枚数"},
    ),
    "traces.search": Kind(
        "アクセス記録の検索", "アクセス記録を探したとき",
        {"since": "初日", "until": "末日", "member": "職員の内部番号", "sort": "探した出来事", "of": "探した画面や仕事",
         "result": "探した結果", "aim": "探した目的", "unexplained": "きっかけのないものに限ったか", "rows": "出た行数"},
    ),
}  # fmt: skip

# Details of pages: the route says which page; these say how it went.
COMMON = {"method": "GETかPOST", "count": "件数"}

# Why something was refused: code → words. What code writes and is not here, fails a check.
WHYS = {
    "absent": "対象がない",
    "cap": "一日に開ける人数を超えた",
    "closed": "アカウントの期間の外",
    "ended": "途中でログイン・所属・権限が終わった。ログインでは、失効した鍵を使った",
    "guarded": "支援措置の人を、緊急閲覧だけで開こうとした",
    "no_post": "所属の期間の外",
    "nobody": "ログインしていない",
    "permission": "権限がない",
    "purpose": "見るきっかけが書かれていない",
    "rule": "業務の規則に合わない",
    "self": "自分または同じ世帯の人への操作",
    "step_up": "本人の再確認が要る",
    "twice": "同じことが先に登録されていた",
    # Of the way in; whoever was turned away is told none of this.
    "assertion": "鍵の答えが正しくない",
    "ceremony": "鍵の手続きの時間が過ぎたか、別の画面のもの",
    "copied": "鍵が写されたおそれがある",
    "device": "端末の外へ写せる鍵で、このアカウントには使えない",
    "handle": "鍵が示した人と持ち主が違う",
    "no_fallback": "パスワードでのログインが認められていない",
    "number": "番号表の番号が違う",
    "other": "ほかの人の鍵を使った",
    "password": "パスワードが違う",
    "shut": "続けて間違えたため、しばらく閉じている",
    "taken": "もう登録してある鍵",
    "unknown": "登録のない鍵またはログインID",
    "verification": "鍵が本人を確かめていない",
    "word": "登録券の言葉が違うか、使えない券",
    "witness_failed": "立会に届かない",
    "witness_refused": "立会が別の記録を知っている",
}

# Columns of every event → what they hold.
FIELDS = {
    "id": "番号",
    "tx": "書いたトランザクション。記録の対象と同じもの(断ったときだけ別)",
    "created_at": "日時",
    "event": "出来事(下の表)",
    "outcome": "結果: done 行った、refused 断った、failed 途中で失敗した",
    "why": "断った理由の符号",
    "actor": "操作者: account:番号、仕事は job:名前、ログインの前は nobody",
    "member": "職員の内部番号",
    "session": "ログインの番号",
    "permission": "問うた権限",
    "grants": "許した付与の番号",
    "emergency": "緊急閲覧の番号",
    "purpose": "目的",
    "case": "きっかけ(電話・窓口の記録、確認事項など)の種類と番号",
    "unexplained": "きっかけがなく、目的と理由を書いて開いた",
    "place": "画面または仕事",
    "object": "何についてか(種類と番号)。人は種類だけで、誰かは対象者の要約にある",
    "fields": "見てよいとされた項目の種類",
    "subject_key": "対象者の要約に使った鍵の版。0 は対象者なし",
    "subjects": "対象者の人数",
    "opened": "画面や操作が名指した人の要約(一緒に表示しただけの人を除く)。一日に開ける人数はこれで数える",
    "trace": "一つの要求の印",
    "program": "書いたプログラムの版",
    "details": "出来事ごとの細目(下の表)",
}
