"""What the pages of the room show, put together from decisions, stored facts and reports."""

from __future__ import annotations

from typing import NamedTuple

from kaigo.base.desk.charts import bars, histogram
from kaigo.base.records.context import HIDDEN, Context
from kaigo.insurance.premium import provisional_facts, read
from kaigo.insurance.premium.facts import Line, facts_lines, unpack_facts
from kaigo.insurance.premium.models import Batch
from kaigo.insurance.premium.read import AssessmentView
from kaigo.law.dates import wareki
from kaigo.law.words import name_of

MONTHS = ("4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月", "1月", "2月", "3月")
SORTS = {"provisional": "仮徴収", "main": "賦課決定", "revision": "更正", "opening": "引継ぎ"}
BATCHES = {"provisional": "仮徴収", "main": "本算定", "monthly": "月次の異動", "prior": "過年度の更正"}
STATES = {
    "shadowed": "承認待ち",
    "approved": "承認済み・実行待ち",
    "done": "実行済み",
    "abandoned": "取りやめ",
}
REASONS = {
    "provisional": "仮徴収", "main": "本算定", "monthly": "月次の異動", "prior": "過年度の更正", "counter": "窓口での即時更正",
    "lost": "資格の喪失", "lowered": "仮徴収額の変更", "stopped": "年金から引かれなくなった", "restored": "仮徴収の変更の取消",
    "declared": "申告", "opening": "前のシステムから引き継いだ決定", "stale": "事実の変更",
}  # fmt: skip
TASKS = {"unclear": "判定できない", "stale": "事実が変わった", "barred": "期間制限"}


class Pair(NamedTuple):
    """A line of two decisions side by side."""

    label: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        return self.before != self.after


def month_row(view: AssessmentView) -> list[tuple[str, str]]:
    """(月, 段階) of the twelve months; "–" = not insured."""
    return [(month, str(stage) if stage else "–") for month, stage in zip(MONTHS, view.stages, strict=True)]


def stages_text(view: AssessmentView) -> str:
    """Runs of months with the same stage: 4月から6月 第3段階、7月から3月 第5段階."""
    runs: list[list] = []
    for month, stage in zip(MONTHS, view.stages, strict=True):
        if runs and runs[-1][2] == stage:
            runs[-1][1] = month
        else:
            runs.append([month, month, stage])
    return "、".join(
        f"{first if first == last else f'{first}から{last}'} {f'第{stage}段階' if stage else '資格なし'}"
        for first, last, stage in runs
    )


def decided_lines(ctx: Context, view: AssessmentView) -> list[Line]:
    """A decision in lines, as they are compared."""
    provisional = view.sort == "provisional"
    lines = [
        Line("決定の種類", SORTS[view.sort]),
        Line("年額", f"{view.annual_yen:,} 円"),
        Line(
            "段階(最後の月)",
            "本算定まで未定" if provisional else f"第{view.stage}段階" if view.stage else "なし",
        ),
        Line("月数", "本算定まで未定" if provisional else f"{view.months} か月"),
    ]
    return [
        *lines,
        Line("月ごとの段階", "本算定まで未定" if provisional else stages_text(view)),
        Line("課税区分", tax_status(ctx, view)),
        Line("仮の取扱い", "あり" if view.interim else "なし"),
        Line("賦課期日", wareki(view.assessment_day)),
        Line("異動の事由", REASONS.get(view.change_reason, view.change_reason)),
    ]


def tax_status(ctx: Context, view: AssessmentView) -> str:
    """課税区分 of a decision in words."""
    return name_of("tax_status", view.tax_status) if ctx.sees("tax") else HIDDEN


def lines_of(ctx: Context, view: AssessmentView, members: bool = True) -> list[Line]:
    """The stored facts of a decision in Japanese; of other people only for staff (members)."""
    packed = read.facts_of(ctx, view.id)
    if view.sort == "provisional":
        return provisional_lines(packed)
    facts = unpack_facts(packed)
    if facts and not ctx.sees_all("tax", "welfare"):
        return [Line("税・福祉の事実", HIDDEN)]
    return facts_lines(facts, members and ctx.sees("household")) if facts else []


def provisional_lines(packed: list) -> list[Line]:
    """The stored facts of a provisional decision in Japanese."""
    if not packed:
        return []
    facts, why = provisional_facts.unpack_facts(packed)
    lines = [Line("前の2月に引いた額", f"{facts.february_yen:,} 円")]
    lines += [Line(f"{month}月の額(変更)", f"{yen:,} 円") for month, yen in facts.changed]
    if facts.ended_on:
        lines.append(Line("資格を失った日", wareki(facts.ended_on)))
    if facts.stopped_from:
        lines.append(Line("引かれなくなった最初の支払い", f"{facts.stopped_from}月"))
    return [*lines, Line("職員の書いた理由", why)] if why else lines


def side_by_side(before: list[Line], after: list[Line]) -> list[Pair]:
    """Lines paired by their label, in the order of the later decision; what only one has stands alone."""
    old, new = dict(before), dict(after)
    labels = [line.label for line in after] + [line.label for line in before if line.label not in new]
    return [Pair(label, old.get(label, ""), new.get(label, "")) for label in dict.fromkeys(labels)]


def stage_charts(totals: dict, year: int) -> tuple:
    """People and yen by stage; each stage leads to its people."""

    def rows(by_stage: dict[int, int]) -> list[tuple]:
        return [(f"第{s}段階", n, f"/premium/year/{year}/ledger/?stage={s}") for s, n in by_stage.items()]

    return (
        bars("段階ごとの人数", rows(totals["by_stage"]), "人", "段階"),
        bars("段階ごとの賦課額", rows(totals["yen_by_stage"]), "円", "段階"),
    )


def difference_chart(rows: list) -> object:
    """The histogram of a shadow's differences."""
    return histogram(
        "年額の差ごとの人数", [(_class(low, high), count) for low, high, count in rows], "人", "差(円)", marked="同じ"
    )  # fmt: skip


def _class(low: int | None, high: int | None) -> str:
    if low == high == 0:
        return "同じ"
    if low is None:
        return f"{_thousands(high)}未満"
    if high is None:
        return f"{_thousands(low)}以上"
    return f"{_thousands(low)}〜"


def _thousands(yen: int | None) -> str:
    return f"{(yen or 0) // 1000:+}千" if yen else "0"


def batch_chart(batch: Batch) -> object:
    """People by stage of a shadow or a finished batch."""
    return bars(
        "段階ごとの人数", [(f"第{s}段階" if s != "0" else "月なし", n) for s, n in _by_stage(batch)], "人", "段階"
    )  # fmt: skip


def _by_stage(batch: Batch) -> list[tuple[str, int]]:
    return sorted(batch.totals.get("by_stage", {}).items(), key=lambda row: int(row[0]))
