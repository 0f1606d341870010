"""What stands on an insured certificate and on the letter around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kaigo.insurance.notices.premium.letters import Person

CERTIFICATE = Path(__file__).parent / "certificate.typ"
PAGES = 1


@dataclass(frozen=True, slots=True)
class InsuredCertificate:
    """被保険者証 (規則26条, 様式第1号の記載事項). copy: 1 = first issue; home: the registered address."""

    person: Person
    home: str
    kana: str
    birth: str
    sex: str
    issued: str
    copy: int
    lead: str

    def as_json(self) -> dict[str, Any]:
        """The letter for the press."""
        return self.person.as_json() | {
            "title": "介護保険被保険者証をお送りします",
            "home": self.home,
            "kana": self.kana,
            "birth": self.birth,
            "sex": self.sex,
            "issued": self.issued,
            "copy": self.copy,
            "lead": self.lead,
        }

    def missing(self) -> str:
        """Which item that the law asks for is missing, "" = none: such a letter is held."""
        items = (
            ("番号", self.person.number),
            ("氏名", self.person.name),
            ("住所", self.home),
            ("生年月日", self.birth),
            ("性別", self.sex),
        )
        lacks = [name for name, value in items if not value]
        return f"被保険者証に要る{'、'.join(lacks)}がありません。" if lacks else ""
