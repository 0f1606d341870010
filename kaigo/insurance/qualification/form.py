"""介護保険資格取得届 as paper, blank or filled in: what 施行規則23条 asks for and nothing else.

The other forms (喪失, 住所地特例, 氏名・住所・世帯の変更, 再交付) are left out: their items could not be checked against
the text of 施行規則25条 to 32条.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from kaigo.base.paper.press import render
from kaigo.base.records.context import Context
from kaigo.insurance.qualification import read
from kaigo.insurance.residents import read as residents
from kaigo.insurance.residents.words import relationship
from kaigo.law.dates import wareki

TEMPLATE = Path(__file__).parent / "form.typ"
TITLE = "介護保険資格取得届"
_HEADS = {"02", "世帯主"}


def blank() -> dict[str, Any]:
    """Every item empty."""
    return _form({})


def filled(ctx: Context, person: int) -> dict[str, Any] | None:
    """With what the register knows on ctx.on; None = nobody has this id. A protected person's former address stays empty."""
    view = residents.one(ctx, person)
    if view is None:
        return None
    periods = read.periods_in_force(ctx, person)
    last = periods[-1] if periods else None
    head = _head(ctx, person)
    is_head = view.relationship in _HEADS
    return _form(
        {
            "氏名": view.known_as,
            "性別": view.sex_label,
            "生年月日": wareki(view.birth_date) if view.birth_date else "",
            "現住所": f"{view.address} {view.building}".strip(),
            "従前の住所": "" if view.protected else view.from_address,
            "資格取得の年月日": wareki(last.acquired_on) if last else "",
            "資格取得の理由": last.acquired_why if last else "",
            "世帯主である": "はい" if is_head else "",
            "世帯主の氏名": "" if is_head or head is None else head.name,
            "世帯主の性別": "" if is_head or head is None else {"1": "男", "2": "女"}.get(head.sex, ""),
            "世帯主の生年月日": wareki(head.birth_date) if head and head.birth_date and not is_head else "",
            "世帯主との続柄": "" if is_head else relationship(view.relationship),
        }
    )


def _head(ctx: Context, person: int) -> residents.Member | None:
    """The head of the household, unless his data must stay apart (支援措置)."""
    members = residents.household(ctx, person)
    return next((m for m in members if m.relationship in _HEADS and not m.protected), None)


def _form(values: dict[str, str]) -> dict[str, Any]:
    def rows(*names: str) -> list[tuple[str, str]]:
        return [(name, values.get(name, "")) for name in names]

    return {
        "title": TITLE,
        "parts": [
            {"title": "被保険者", "rows": rows("氏名", "性別", "生年月日", "現住所", "従前の住所")},
            {"title": "資格の取得", "rows": rows("資格取得の年月日", "資格取得の理由")},
            {
                "title": "世帯",
                "rows": rows(
                    "世帯主である", "世帯主の氏名", "世帯主の性別", "世帯主の生年月日", "世帯主との続柄"
                ),
            },
            {
                "title": "届出",
                "rows": [
                    ("届出年月日", ""),
                    ("届出人(本人・世帯主・代理人)の氏名", ""),
                    ("届出場所(区が書く)", ""),
                ],
            },
        ],
    }


def pdf(form: dict[str, Any], head: str, created: datetime) -> bytes:
    """The form on one page. head: to whom it is addressed (見本区長)."""
    return render(TEMPLATE, [form], created.replace(microsecond=0), {"head": head}, 1).pdf
