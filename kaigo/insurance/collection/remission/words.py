"""Facts and answers of remission and deferral in Japanese, from what is stored."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import HIDDEN, Context
from kaigo.insurance.collection.read import LABELS, part_label
from kaigo.insurance.collection.remission.gather import SPECIAL
from kaigo.insurance.collection.remission.models import Relief
from kaigo.law.dates import fiscal_year_name, wareki


class Line(NamedTuple):
    """One fact."""

    label: str
    text: str


_TOLD = {
    "applied_on": "申請の日",
    "event_on": "訳の始まった日",
    "event_end": "訳の終わった日の次の日",
    "lost_yen": "損害または減る収入の額",
    "of_yen": "元の財産の価額または前年の収入",
    "household_size": "世帯の人数",
    "income_yen": "世帯の収入",
    "savings_yen": "世帯の預貯金など",
    "months": "望む月数",
    "documents": "確かめた書類",
    "note": "申立て",
}


def told_lines(relief: Relief) -> list[Line]:
    """What the person told; empty fields are left out."""
    names = dict(_TOLD)
    if relief.kind in ("revocation", "ending"):
        names = {"applied_on": "伺いの日", "note": "取消しの理由"}
    elif relief.kind == "deferral" or relief.ground == SPECIAL:
        names.pop("household_size")
    lines = []
    for field, label in names.items():
        value = getattr(relief, field)
        if value not in (None, ""):
            lines.append(Line(label, _text(field, value)))
    return lines


def _text(field: str, value) -> str:
    if isinstance(value, date):
        return wareki(value)
    if field.endswith("_yen"):
        return f"{value:,} 円"
    return {"household_size": f"{value} 人", "months": f"{value} か月"}.get(field, str(value))


def facts_lines(ctx: Context, relief: Relief, facts: list) -> list[Line]:
    """What the rooms below knew when the law was asked (facts as stored, in the order of the law's own)."""
    if relief.kind == "deferral":
        return [
            Line(term_name(key), f"{wareki(date.fromisoformat(due))} が納期限") for key, due in facts[3]
        ] or [Line("納められていない期", "なし")]
    if relief.ground == SPECIAL:
        return _special(ctx, facts)
    lines = [Line("減らす前の年額", f"{facts[3]:,} 円"), Line("月ごとの段階(4月から)", _stages(facts[5]))]
    lines += [
        Line(term_name(key), f"{yen:,} 円({wareki(date.fromisoformat(due))})") for key, due, yen in facts[4]
    ]
    return [*lines, Line("滞納", "あり" if facts[-1] else "なし")]


def _special(ctx: Context, facts: list) -> list[Line]:
    year, annual, stages, before, was, now, _ = facts
    known = {True: "全員が非課税", False: "課税の人がいる", None: "分からない"}
    told = [known[was], known[now]] if ctx.sees("tax") else [HIDDEN, HIDDEN]
    return [
        Line("減らす前の年額", f"{annual:,} 円"),
        Line("月ごとの段階(4月から)", _stages(stages)),
        Line("前の年度の段階", f"第{before}段階" if before else "分からない(年度の途中で変わったなど)"),
        Line(f"{fiscal_year_name(year - 1)}の世帯の住民税", told[0]),
        Line(f"{fiscal_year_name(year)}の世帯の住民税", told[1]),
    ]


def outcome_lines(kind: str, value: list) -> list[Line]:
    """The law's answer (value as stored)."""
    if kind == "deferral":
        granted, start, end, keys = value
        if not granted:
            return []
        last = date.fromordinal(date.fromisoformat(end).toordinal() - 1)
        return [
            Line("猶予する期間", f"{wareki(date.fromisoformat(start))} から {wareki(last)} まで"),
            Line("猶予する期", "、".join(term_name(key) for key in keys)),
        ]
    granted, yen, after, cuts = value
    if not granted:
        return []
    lines = [Line("減らす額", f"{yen:,} 円"), Line("減らした後の年額", f"{after:,} 円")]
    if not cuts:
        return [*lines, Line("納め方", "減らした後の年額から期別を決め直します")]
    return lines + [Line(term_name(key), f"{off:,} 円を減らす") for key, off in cuts]


def term_name(key: str) -> str:
    """slip:3 → 第3期(納付書); 2026:direct:3 → 令和8年度第3期."""
    *year, way, number = key.split(":")
    label = part_label(way, int(number))
    if year:
        return f"{fiscal_year_name(int(year[0]))}{label}"
    return f"{label}({LABELS[way]})"


def _stages(stages: list[int]) -> str:
    """Runs of equal months: 第3段階×12."""
    runs: list[tuple[int, int]] = []
    for stage in stages:
        if runs and runs[-1][0] == stage:
            runs[-1] = (stage, runs[-1][1] + 1)
        else:
            runs.append((stage, 1))
    return "、".join(
        f"{'資格なし' if not stage else f'第{stage}段階'} {months}か月" for stage, months in runs
    )
