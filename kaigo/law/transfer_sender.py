"""総合振込の委託者: 銀行との契約で決まる、保険者ごとの値(委託者コード、名義、払い出す口座)。"""

from __future__ import annotations

from typing import NamedTuple

from kaigo.law.values import value


class Sender(NamedTuple):
    """consignor: 委託者コード(10桁)。name: 委託者名(半角カナ)。ほかは払い出す口座。"""

    consignor: str
    name: str
    bank: str
    branch: str
    account_kind: str
    account: str


@value("refunds.sender")
def _sender(raw) -> Sender:
    sender = Sender(**{key: str(text) for key, text in raw.items()})
    lengths = {"consignor": 10, "bank": 4, "branch": 3, "account_kind": 1, "account": 7}
    for key, length in lengths.items():
        text = getattr(sender, key)
        if not (text.isascii() and text.isdigit() and len(text) == length):
            raise ValueError(f"{key} は {length} 桁の数字")
    return sender
