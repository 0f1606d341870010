"""人が決めたことの理由: 訂正と取消。事実から判定した理由を、その下に残す。"""

from __future__ import annotations

from datetime import date

from kaigo.law.reasons import Reason


def corrected(judged: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """窓口の訂正(法12条3項の職権による決定を含む)。judged は訂正がなければ判定したはずの理由。"""
    return (Reason("ruled.periods", "法12条", (), judged),)


def cancelled(acquired_on: date, judged: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """もとの事実が改まり、acquired_on からの資格がなかったことになった。judged は改まった事実による判定の理由。"""
    return (Reason("cancelled.facts", "法10条・11条", (acquired_on,), judged),)
