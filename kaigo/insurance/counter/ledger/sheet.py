"""One person's ledger as words and as PDF."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from kaigo.base.desk.templatetags.desk import postal
from kaigo.base.paper import fonts
from kaigo.base.paper.press import Printed, render
from kaigo.base.records.context import Context
from kaigo.insurance.counter.ledger import money, sections
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents
from kaigo.insurance.residents.words import relationship
from kaigo.law.dates import age, wareki

TEMPLATE = Path(__file__).parent / "ledger.typ"
# (permission of the room, its name, its sections) in the order of the ledger.
ROOMS = (
    ("qualification.view", "資格", (sections.periods,)),
    ("certificates.view", "証", (sections.issued,)),
    (
        "residents.view",
        "宛名",
        (
            sections.particulars, sections.addresses, sections.households, sections.exceptions, sections.welfare,
            sections.medical,
        ),
    ),
    ("premium.view", "賦課", (money.assessments,)),
    ("collection.view", "収納", (money.years, money.paying)),
)  # fmt: skip


def ledger(ctx: Context, person: int, times: str, may: Callable[[str], bool]) -> dict[str, Any] | None:
    """The words of a ledger as ledger.typ reads them, None = nobody has this id.

    times: which day and which moment of belief are shown; may: whether a room's records may be seen.
    """
    view = residents.one(ctx, person)
    if view is None:
        return None
    seen = [room for room in ROOMS if may(room[0])]
    lacking = [name for permission, name, _ in ROOMS if not may(permission)]
    lacking += [title for _, _, makers in seen for maker in makers if (title := sections.unseen(ctx, maker))]
    holds = "載せた業務: " + "・".join(name for _, name, _ in seen)
    if lacking:
        holds += "(印刷した人の権限により、" + "・".join(lacking) + "は載せていません)"
    made = [part for _, _, makers in seen for part in sections.made(ctx, person, makers)]
    return {
        "name": view.known_as or "氏名不明",
        "number": qualification.number(ctx, person) or "なし",
        "protected": view.protected,
        "times": times,
        "holds": holds,
        "facts": _facts(ctx, view),
        "sections": [part._asdict() for part in made],
    }


def _facts(ctx: Context, view: residents.PersonView) -> list[tuple[str, str]]:
    birth = wareki(view.birth_date) if view.birth_date else view.birth_raw or "不明"
    if view.birth_date and view.birth_date <= ctx.on:
        birth += f"({age(view.birth_date, ctx.on)}歳)"
    household = f"{view.household_number} {relationship(view.relationship)}".strip() or "—"
    pairs = [
        ("カナ", (view.alias_kana if view.alias else "") or view.kana),
        ("本名", view.name if view.alias and view.alias != view.name else "—"),
        ("生年月日", birth),
        ("性別", view.sex_label or "—"),
        ("宛名番号", "、".join(view.numbers)),
        ("世帯", household),
        ("状態", f"{view.state_label}({wareki(view.since)}から)" if view.since else view.state_label),
        ("電話", view.phone or "—"),
        ("住所", f"{postal(view.postal_code)} {view.address} {view.building}".strip() or "不明"),
        ("処理停止", view.hold or "なし"),
    ]
    return [(name, value or "—") for name, value in pairs]


def pdf(ledgers: list[dict], common: dict[str, str], created: datetime) -> Printed:
    """Ledgers on paper. common: insurer, printed_by, printed_at, purpose."""
    return render(
        TEMPLATE,
        [fonts.with_geta(one) for one in ledgers],
        created.replace(microsecond=0),
        fonts.with_geta(common),
    )
