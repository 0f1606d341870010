"""What the codes of the room are called, and what to do about them."""

from __future__ import annotations

SORTS = {"demand": "督促", "reminder": "催告"}
STATES = {
    "shadowed": "承認待ち",
    "approved": "承認済み(実行待ち)",
    "done": "実行済み",
    "abandoned": "取りやめ",
}
GOES = ("due", "late", "reminded")
# Why a term gets no letter, and what the clerk does. Those of the law room stand first.
WHY = {
    "due": "期限の内に督促する",
    "late": "定めの日を過ぎて督促する",
    "reminded": "催告する",
    "paid": "納められた(または調定がなくなった)",
    "not_due": "納期限の前",
    "deferred": "徴収を猶予している",
    "reported": "納付の速報が届いている",
    "dunned": "督促している",
    "prescribed": "時効が完成している",
    "debit": "口座振替の結果を待っている",
    "substitute": "福祉事務所が代わりに納める",
    "overpaid": "他の期の過誤納の充当・還付を待っている",
    "stayed": "督促・催告を止めている",
    "protected": "支援措置で宛先を確かめられない",
    "dead": "死亡し、相続人の送付先がない",
    "address": "宛先が分からない",
    "least": "少額",
    "taken_over": "前のシステムから引き継いだ期",
    "recent": "督促の期限の前か、催告したばかり",
}
TO_DO = {
    "reported": "確報を待ちます。取り消されたときは次の督促に入ります。",
    "debit": "銀行からの結果のファイルを取り込んでください。",
    "substitute": "福祉事務所に納付を確かめてください。",
    "overpaid": "還付・充当を先に決めてください。",
    "protected": "安全な送付先を本人に確かめ、宛名に登録してください。",
    "dead": "相続人の代表者の送付先を宛名に登録してください。",
    "address": "住所を調べ、送付先を登録するか、公示送達をしてください。",
    "taken_over": "前のシステムで督促したかを確かめてください。督促の記録は引き継いでいません。",
    "prescribed": "不納欠損の対象です。徴収できません。",
    "stayed": "止める期間が終わると次の督促に入ります。",
}
STAYS = {"deferral": "徴収猶予", "refund": "還付・充当の処理中", "other": "その他"}
LETTERS = {"demand": "督促状", "reminder": "催告書", "notice": "納入通知書", "other": "その他の通知"}
RETURNS = {
    "unknown": "あて所に尋ねあたらない",
    "moved": "転居先不明",
    "expired": "保管期間の経過",
    "refused": "受取りの拒絶",
    "insufficient": "あて名の不完全",
    "other": "その他",
}
SEARCHES = {
    "register": "住民票の確認",
    "family": "戸籍の附票の照会",
    "visit": "現地の調査",
    "phone": "電話",
    "office": "他の部署・施設への照会",
}
FOUND = {"address": "住所が分かった", "not_living": "住んでいない(不現住)", "nothing": "分からない"}
