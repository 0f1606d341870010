"""From a certificate to the words of its letter."""

from __future__ import annotations

from typing import Any

from kaigo.insurance.notices.certificates.letters import InsuredCertificate
from kaigo.insurance.notices.holds import Place
from kaigo.insurance.notices.premium.letters import Person
from kaigo.law.dates import wareki

_SEX = {"1": "男", "2": "女"}
_LEADS = {
    "age_65": "65歳になり、介護保険の第1号被保険者になりました。被保険者証をお送りします。",
    "moved_in": "この区に転入し、この区の介護保険の被保険者になりました。被保険者証をお送りします。",
    "lost": "申請により被保険者証を再交付します。前の証が見つかったときは返してください。",
    "damaged": "申請により被保険者証を再交付します。前の証は返してください。",
    "change": "記載事項が変わったため、新しい被保険者証をお送りします。前の証は返してください。",
}
_LEAD = "この区の介護保険の被保険者になりました。被保険者証をお送りします。"


def certificate(row: tuple, place: Place) -> tuple[dict[str, Any], str]:
    """(data of the letter, "" or what is missing) of a row of gather.certificate_letters."""
    _, _, copy, issued_on, reason, number, name, kana, birth, raw, sex, address, building = row
    person = Person(
        place.postal_code, place.address, place.building, place.recipient, name or "", number or ""
    )
    letter = InsuredCertificate(
        person, f"{address or ''} {building or ''}".strip(), kana or "", wareki(birth) if birth else unknown_birth(raw),
        _SEX.get(sex or "", ""), wareki(issued_on), copy, _LEADS.get(reason, _LEAD),
    )  # fmt: skip
    return letter.as_json(), letter.missing()


def unknown_birth(raw: str | None) -> str:
    """A birth date with unknown parts, as it is registered: 1940年00月00日 → 1940年 月日不詳."""
    if not raw or len(raw) != 8 or raw[:4] == "0000":
        return "不詳"
    return f"{raw[:4]}年" + (f"{int(raw[4:6])}月 日不詳" if raw[4:6] != "00" else " 月日不詳")
