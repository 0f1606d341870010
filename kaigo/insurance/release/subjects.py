"""The files that may leave: what each is called, in which layout, who receives it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from kaigo.insurance.collection.request import NOTICES
from kaigo.law.dates import wareki, wareki_month


class FileOf(NamedTuple):
    """receiver: "" = the file names it (totals.municipality). media: as what somebody fetches it here, "" = it leaves
    another way. named: what of a request → Japanese.
    """

    layout: str
    receiver: str
    media: str
    named: Callable[[str], str]


_CSV, _BYTES = "text/csv; charset=utf-8", "application/octet-stream"
FILES = {
    "file": FileOf(
        "pension.special_collection", "年金保険者", "",
        lambda what: f"年金保険者へのファイル {what}({NOTICES.get(what, '')})",
    ),
    "exchange": FileOf(
        "ward.exception_exchange", "", _CSV, lambda what: f"住所地特例の一覧(団体コード {what} へ)"
    ),
    "debit": FileOf(
        "bank.debit", "金融機関", _BYTES,
        lambda what: f"口座振替の依頼({wareki(date.fromisoformat(what))}引落し)",
    ),
    "substitute": FileOf(
        "welfare.substitute_request", "福祉事務所", _CSV,
        lambda what: f"代理納付の依頼({wareki_month(date.fromisoformat(what))})",
    ),
    "transfer": FileOf(
        "bank.transfer", "指定金融機関", _BYTES,
        lambda what: f"還付の総合振込({wareki(date.fromisoformat(what))}に振込み)",
    ),
    "finance": FileOf("finance.entries", "財務会計", _CSV, lambda what: "財務会計へのファイル"),
}  # fmt: skip
BY_LAYOUT = {one.layout: one for one in FILES.values()}
# Layouts of files that somebody fetches here, as what they are sent.
HANDED = {one.layout: one.media for one in FILES.values() if one.media}
