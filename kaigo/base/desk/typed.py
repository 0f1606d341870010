"""Reading what people type: dates in any usual spelling, full-width digits, commas in money. Nothing typed is lost.

typed = Typed(request.POST)
day = typed.day("from", "いつから"); yen = typed.yen("amount", "金額", required=False)
if typed.errors: return "room/form.html", {"typed": typed, …}   # {% include "desk/errors.html" %} draws the summary
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from datetime import date

from kaigo.law.dates import parse_date

MOST_YEN = 999_999_999


class Typed:
    """Fields of a form as typed (`typed.text_of.name` in templates) and what is wrong with them (`typed.errors.name`)."""

    def __init__(self, given: Mapping[str, str] | None = None) -> None:
        self.text_of = {key: given[key] for key in given} if given else {}
        self.errors: dict[str, str] = {}

    def __bool__(self) -> bool:
        return not self.errors

    def text(self, name: str, label: str, required: bool = True, longest: int = 2000) -> str:
        """The text without outer spaces."""
        found = self.text_of.get(name, "").strip()
        if required and not found:
            self.errors[name] = f"{label}を書いてください"
        if len(found) > longest:
            self.errors[name] = f"{label}は{longest:,}字までです(いま{len(found):,}字)"
        return found

    def day(self, name: str, label: str, required: bool = True) -> date | None:
        """S33.4.1, 昭和33年4月1日, 1958-04-01, 19580401."""
        found = self.text(name, label, required)
        if not found:
            return None
        try:
            return parse_date(found)
        except ValueError:
            self.errors[name] = (
                f"{label}「{found}」は日付として読めません。令和8年4月1日、R8.4.1、2026-04-01 のように書いてください"
            )
            return None

    def number(self, name: str, label: str, required: bool = True) -> int | None:
        """A whole number, also 1,234 and 1234."""
        found = self.text(name, label, required)
        if not found:
            return None
        plain = unicodedata.normalize("NFKC", found).replace(",", "").replace("円", "").replace("−", "-")
        try:
            return int(plain)
        except ValueError:
            self.errors[name] = f"{label}「{found}」は数として読めません。12,300 のように書いてください"
            return None

    def yen(self, name: str, label: str, required: bool = True) -> int | None:
        """Yen, not negative, of nine digits at most: more fits no amount that is kept."""
        found = self.number(name, label, required)
        if found is not None and found < 0:
            self.errors[name] = f"{label}に負の金額は書けません"
            return None
        if found is not None and found > MOST_YEN:
            self.errors[name] = f"{label}は{MOST_YEN:,}円までです。桁を確かめてください"
            return None
        return found

    def choice(self, name: str, label: str, among: Collection[str], required: bool = True) -> str:
        """One of the given keys."""
        found = self.text_of.get(name, "")
        if not found and not required:
            return ""
        if found not in among:
            self.errors[name] = f"{label}を選んでください"
            return ""
        return found
