"""What stands on a premium letter. Ready to print: no rule is applied here."""

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from kaigo.base.paper import qr

NOTICE = Path(__file__).parent / "notice.typ"


@dataclass(frozen=True)
class OperativeText:
    """教示, valid [valid_from, valid_to); valid_to None = open."""

    id: str
    valid_from: date
    valid_to: date | None
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Reason:
    """One line of the statement of reasons, with its article and what it rests on."""

    text: str
    article: str
    parts: tuple["Reason", ...] = ()


@dataclass(frozen=True)
class Instalment:
    """One due part; amount in yen."""

    label: str
    due: str
    way: str
    amount: int


@dataclass(frozen=True)
class StageRow:
    """One row of the insurer's table; amount in yen a year."""

    number: int
    condition: str
    amount: int


@dataclass(frozen=True)
class PremiumNotice:
    """介護保険料納入通知書 兼 決定通知書: two pages. Amounts in yen, days of the letter as printed text."""

    sheet: str
    fiscal_year: str
    document_number: str
    issued: str
    issued_on: date
    issuer: str
    seal_svg: str
    specimen: bool
    postal_code: str
    address: str
    building: str
    name: str
    insured_number: str
    annual: int
    stage: int
    instalments: tuple[Instalment, ...]
    how_to_pay: tuple[str, ...]
    reasons: tuple[Reason, ...]
    stages: tuple[StageRow, ...]
    operative_text: OperativeText
    contact: tuple[str, ...]

    def as_json(self) -> dict:
        """The letter for the press. ValueError if amounts, stage or 教示 do not fit the letter."""
        if sum(part.amount for part in self.instalments) != self.annual:
            raise ValueError("期別の合計が年額と一致しません。")
        if [row.amount for row in self.stages if row.number == self.stage] == []:
            raise ValueError("所得段階が段階表にありません。")
        text = self.operative_text
        if not text.paragraphs:
            raise ValueError("教示がない通知は印刷できません。")
        if self.issued_on < text.valid_from or (text.valid_to and self.issued_on >= text.valid_to):
            raise ValueError("教示が発行日に有効ではありません。")
        data = asdict(self)
        data["issued_on"] = self.issued_on.isoformat()
        data["operative_text"] = {"id": text.id, "paragraphs": list(text.paragraphs)}
        data["qr_svg"] = qr.svg(self.sheet)
        return data
