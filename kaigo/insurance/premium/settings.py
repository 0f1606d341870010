"""The values of the insurer in Japanese, for the page of settings: what holds on a day, whose it is, how sure we are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from kaigo.insurance.premium import settings_arrears as arrears
from kaigo.law.premium_table import money
from kaigo.law.values import Book, Entry, NoValue, ValueMissing, Values, load
from kaigo.law.words import name_of

GROUPS = {
    "premium": "段階と額",
    "income": "所得の見方",
    "tax": "住民税",
    "collection": "徴収の方法と納期",
    **arrears.GROUPS,
    "qualification": "資格",
}
NAMES = {
    "premium.base": "基準額",
    "premium.stages": "段階の境",
    "premium.rates": "段階ごとの率",
    "premium.amounts": "条例が直接定める段階ごとの額",
    "premium.threshold": "年金収入等の境(毎年度動く額)",
    "premium.proration": "月割の端数",
    "premium.special_end": "生活保護などが年度の途中で終わった後",
    "premium.interim.undeclared": "未申告の人の扱い",
    "premium.interim.investigating": "調査中の人の扱い",
    "premium.interim.inquiring": "照会中の人の扱い",
    "premium.interim.cancelled": "課税取消の人の扱い",
    "income.premium": "保険料の判定に使う所得",
    "income.old_salary_deduction": "改正前の給与所得控除(令和8年度のみなし)",
    "tax.nontaxable_limit": "住民税の非課税限度額",
    "collection.capture": "特別徴収の捕捉月と開始月",
    "collection.deduction_minimum_pension": "特別徴収の対象になる年金の額",
    "collection.deduction_split": "特別徴収(本徴収)の端数",
    "collection.levelling": "平準化の方法",
    "collection.direct_schedule": "普通徴収の納期",
    "collection.direct_split": "普通徴収の端数",
    **arrears.NAMES,
    "qualification.exclusion_kinds": "適用除外の施設",
    "qualification.handover_days": "前住所地の認定を引き継ぐ申請の期限",
    "qualification.acquisition_notification_days": "資格の取得の届出の期限",
    "qualification.other_notification_days": "資格の喪失などの届出の期限",
}
CONFIDENCE = {
    "sourced": ("出所あり", "good"),
    "derived": ("計算で求めた", "warn"),
    "recalled": ("記憶による", "warn"),
    "fictional": ("架空", "neutral"),
    "missing": ("不足", "bad"),
}
BLOCKED = {"premium.main_assessment": "本算定", "premium.provisional": "仮徴収"}
_LEVELLING = {
    "none": "しない",
    "june_1_1": "6月と8月の額を、仮徴収の合計と本徴収の合計が等しくなるように",
    "june_5": "6月と8月の額を、年額から4月の分を引いた残りの5分の1に",
    "august_1_1": "8月の額を、仮徴収の合計と本徴収の合計が等しくなるように",
    "august_4": "8月の額を、年額から4月と6月の分を引いた残りの4分の1に",
}


class Setting(NamedTuple):
    """One value on a day. lines: its content, one sentence each; owner: 国 | the insurer's name | the table it rests on."""

    name: str
    label: str
    lines: tuple[str, ...]
    owner: str
    start: date
    end: date | None
    source: str
    confidence: str
    tone: str
    missing: tuple[tuple[str, str], ...]
    place: str


class StageLine(NamedTuple):
    """A row of the insurer's table. yen None: the row is missing in the values."""

    stage: int
    who: str
    rate: str
    yen: int | None


def in_force(insurer: str, on: date, book: Book | None = None) -> dict[str, list[Setting]]:
    """group → the values of the insurer in force on a day; a name without a value on that day is shown as missing."""
    book = book or load()
    owners = _owners(book)
    found: dict[str, list[Setting]] = {group: [] for group in GROUPS}
    for name in book.names(insurer):
        try:
            entry = book.entry(insurer, name, on)
        except NoValue:
            found[name.partition(".")[0]].append(
                Setting(name, NAMES[name], (), "", on, None, "", *CONFIDENCE["missing"],
                        (("この日の値", "この値を使う業務"),), "")
            )  # fmt: skip
            continue
        found[name.partition(".")[0]].append(_setting(book, entry, owners))
    order = list(NAMES)
    return {group: sorted(rows, key=lambda s: order.index(s.name)) for group, rows in found.items() if rows}


def gaps(insurer: str, on: date, until: date, book: Book | None = None) -> list[Setting]:
    """What must be confirmed before real use: values in force in [on, until) that are missing, recalled or derived.

    A value that the law does not need of this insurer (only one of amounts and rates) is not a gap.
    """
    book = book or load()
    owners = _owners(book)
    mine = {"national", *_chain(book, insurer)}
    needless = _needless(book, insurer, on)
    found = []
    for owner, entry in book.entries():
        if owner not in mine or entry.confidence in ("sourced", "fictional") or entry.name in needless:
            continue
        if entry.start >= until or (entry.end is not None and entry.end <= on):
            continue
        start = max(entry.start, on)
        # What a nearer owner says takes the place of the general gap.
        if book.entry(insurer, entry.name, start) is not entry:
            continue
        found.append(_setting(book, entry, owners))
    return sorted(found, key=lambda s: (s.confidence != CONFIDENCE["missing"][0], max(s.start, on), s.name))


def stage_table(values: Values) -> list[StageLine]:
    """The table of the fiscal year as the law reads it: who, rate, annual yen."""
    stages, threshold = values.get("premium.stages"), values.get("premium.threshold")
    yen = values.view(money).amounts
    rates = _rates(values)
    rows = []
    for part, where in (
        (stages.low, "世帯全員が非課税"),
        (stages.middle, "本人が非課税で世帯に課税の人がいる"),
    ):
        below: int | None = None
        for line in part:
            upto = threshold if line.threshold else line.upto
            rows.append((line.stage, f"{where}、年金収入等が{_range(below, upto, '超', '以下')}"))
            below = upto
    below = None
    for row in stages.taxed:
        rows.append((row.stage, f"本人が課税、合計所得が{_range(below, row.below, '以上', '未満')}"))
        below = row.below
    rows += [(stage, "境がまだ分かりません") for stage in stages.unknown]
    return [StageLine(stage, who, rates.get(stage, ""), yen.get(stage)) for stage, who in sorted(rows)]


def text_of(name: str, raw: Any) -> tuple[str, ...]:
    """A value as written in its file, in sentences."""
    if raw is None:
        return ()
    return tuple(_TEXTS["premium.interim" if name.startswith("premium.interim.") else name](raw))


@lru_cache(maxsize=4096)
def _text_at(book: Book, file: str, line: int) -> tuple[str, ...]:
    """Reading a file of values takes its time; a book never changes."""
    entry = next(entry for _, entry in book.entries() if (entry.file, entry.line) == (file, line))
    return text_of(entry.name, book.raw(entry))


def _setting(book: Book, entry: Entry, owners: Mapping[tuple[str, int], str]) -> Setting:
    label, tone = CONFIDENCE["missing" if entry.value is None else entry.confidence]
    # An insurer's own value that has ended says so in the place of the value that stood there.
    lines = _text_at(book, entry.file, entry.line) if entry.value is not None else ()
    return Setting(
        entry.name, NAMES[entry.name], lines, owners[entry.file, entry.line],
        entry.start, entry.end, entry.source, label, tone,
        tuple((what, BLOCKED.get(blocks, blocks)) for what, blocks in entry.missing), f"{entry.file}:{entry.line}",
    )  # fmt: skip


def _owners(book: Book) -> dict[tuple[str, int], str]:
    return {
        (entry.file, entry.line): "国" if owner == "national" else str(book.insurers[owner]["name"])
        for owner, entry in book.entries()
    }


def _chain(book: Book, insurer: str) -> list[str]:
    chain = [insurer]
    while book.insurers[chain[-1]].get("based_on"):
        chain.append(book.insurers[chain[-1]]["based_on"])
    return chain


def _needless(book: Book, insurer: str, on: date) -> set[str]:
    """An ordinance sets amounts or base and rates, never both."""
    values = book.values(insurer, on)
    try:
        values.get("premium.amounts")
    except (ValueMissing, NoValue):
        return {"premium.amounts"}
    return {"premium.base", "premium.rates"}


def _rates(values: Values) -> dict[int, str]:
    try:
        found = values.get("premium.rates")
    except (ValueMissing, NoValue):
        return {}
    return {stage: _decimal(rate) for stage, rate in found.items()}


def _decimal(rate) -> str:
    """0.685 as it stands in the ordinance; a fraction that has no end as a fraction."""
    for places in range(6):
        scaled = rate * 10**places
        if scaled.denominator == 1:
            digits = f"{scaled.numerator:0{places + 1}d}"
            return f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return str(rate)


def _range(low: int | None, high: int | None, after_low: str, after_high: str) -> str:
    parts = [f"{low:,}円{after_low}"] if low is not None else []
    parts += [f"{high:,}円{after_high}"] if high is not None else []
    return " ".join(parts) or "いくらでも"


def _month(month: int) -> str:
    return f"翌年{month - 12}月" if month > 12 else f"{month}月"


def _days(raw: int) -> list[str]:
    return [f"{raw}日以内"]


def _base(raw) -> list[str]:
    per = "月額" if raw["per"] == "month" else "年額"
    return [f"{per} {raw['yen']:,}円", f"段階の額は{name_of('rounding', raw['rounding'])}"]


def _stages(raw) -> list[str]:
    return [f"{raw['count']}段階、基準は第{raw['base_stage']}段階", "段階の境は「段階の表」のとおり"]


def _by_stage(unit: str) -> Callable[[Any], list[str]]:
    def text(raw) -> list[str]:
        return ["、".join(f"第{s}段階 {v:,}{unit}" if unit else f"第{s}段階 {v}" for s, v in raw.items())]

    return text


def _interim(raw) -> list[str]:
    words = {"taxed": "課税", "untaxed": "非課税"}
    lines = [f"本人は{words[raw['person']]}、世帯員としては{words[raw['member']]}とみる"]
    for key, household in (("stage_untaxed", "非課税"), ("stage_taxed", "課税")):
        stage = raw.get(key)
        lines.append(f"世帯が{household}なら{f'第{stage}段階' if stage else '、所得の額で決める段階'}")
    return [*lines, "仮の扱い(分かれば決め直す)" if raw.get("interim", True) else "仮の扱いとしない"]


def _split(raw) -> list[str]:
    return [
        f"{raw['unit']:,}円に満たない端数は{'最初' if raw['remainder'] == 'first' else '最後'}の期に加える"
    ]


def _schedule(raw) -> list[str]:
    day = f"{raw['day']}日" if raw["day"] else "末日"
    holiday = "休日なら次の開庁日" if raw["holiday"] == "next" else "休日でも動かさない"
    months = "、".join(_month(m) for m in raw["months"])
    late = f"最後の期の後に決まった額は、決定の{raw['late_months']}か月後の月末"
    return [f"{len(raw['months'])}期: {months}の各{day}({holiday})", late]


def _income(raw) -> list[str]:
    lines = []
    if raw["subtract_special"]:
        lines.append("譲渡所得の特別控除を引く")
    if raw["subtract_pension_income"]:
        lines.append("その他の合計所得から公的年金等に係る雑所得を引く")
    if raw["salary_relief"]:
        lines.append(f"年金収入等の判定では給与所得から{raw['salary_relief']:,}円を引く")
    if raw["taxed_relief"]:
        lines.append(f"合計所得の判定では給与・年金所得から{raw['taxed_relief']:,}円を引く")
    if raw["deemed_salary"]:
        lines.append("給与は改正前の給与所得控除でみなす")
    return lines or ["合計所得金額をそのまま使う"]


def _old_salary(raw) -> list[str]:
    return [f"給与収入 {raw['low']:,}円以上 {raw['high']:,}円未満の人に"] + [
        f"収入 {s['upto']:,}円まで: 収入の{s['percent']}% {s['plus']:+,}円" for s in raw["steps"]
    ]


def _exclusions(raw) -> list[str]:
    return [f"{code} {kind['name']}({kind['article']})" for code, kind in raw.items()]


_TEXTS: dict[str, Callable[[Any], list[str]]] = {
    "premium.base": _base,
    "premium.stages": _stages,
    "premium.rates": _by_stage(""),
    "premium.amounts": _by_stage("円"),
    "premium.threshold": lambda raw: [f"{raw:,}円"],
    "premium.proration": lambda raw: [
        f"月割の額は{name_of('rounding', raw['rounding'])}",
        *(["一年を通して同じ段階なら端数処理をしない"] if raw["only_broken"] else []),
    ],
    "premium.special_end": lambda raw: [
        {"keep": "年度末までそのままの段階とする", "rejudge": "終わった月から判定し直す"}[raw]
    ],
    "premium.interim": _interim,
    "income.premium": _income,
    "income.old_salary_deduction": _old_salary,
    "tax.nontaxable_limit": lambda raw: [f"扶養のない人の合計所得 {raw['single']:,}円"],
    "collection.capture": lambda raw: [
        "、".join(f"{captured}月に捕捉した人は{_month(start)}から" for captured, start in raw.items())
    ],
    "collection.deduction_minimum_pension": lambda raw: [f"一つの年金で年 {raw:,}円以上"],
    "collection.deduction_split": _split,
    "collection.direct_split": _split,
    "collection.levelling": lambda raw: [_LEVELLING[raw]],
    "collection.direct_schedule": _schedule,
    **arrears.TEXTS,
    "qualification.exclusion_kinds": _exclusions,
    "qualification.handover_days": _days,
    "qualification.acquisition_notification_days": _days,
    "qualification.other_notification_days": _days,
}
