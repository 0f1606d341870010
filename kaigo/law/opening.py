"""年度を開く: 前の年度の保険者の定めを引き継ぎ、新しい年度に足りない値を挙げる。値の並びだけを見て、何も書かない。"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import yaml

from kaigo.law.dates import fiscal_year_name
from kaigo.law.reasons import Missing
from kaigo.law.values import Book, Entry, NoValue, ValueMissing

# 計画期または政令の改正ごとに決まる値。前の年度の値を引き継ぐと、誤った保険料になる(事例 I04)。割合は毎年、告示で決まる。
DECIDED_ANEW = (
    "premium.stages", "premium.rates", "premium.base", "premium.amounts", "premium.threshold", "income.premium",
    "late_charges.rates", "refund_interest.rates",
)  # fmt: skip


class Opening(NamedTuple):
    """continues: 新しい年度にもう値のある名前。copied: 引き継ぐ定め。missing: 足りない値と止まる業務。"""

    insurer: str
    fiscal_year: int
    continues: tuple[str, ...]
    copied: tuple[tuple[Entry, Any], ...]
    missing: tuple[tuple[str, Missing], ...]


def open_year(book: Book, insurer: str, fiscal_year: int) -> Opening:
    """保険者の新しい年度。知らない保険者は NoValue。"""
    new, old = (book.values(insurer, date(year, 4, 1)) for year in (fiscal_year, fiscal_year - 1))
    continues, copied, missing = [], [], []
    for name in book.names(insurer):
        try:
            new.get(name)
            continues.append(name)
            continue
        except ValueMissing as error:
            lack = Missing(error.what, error.blocks)
        except NoValue:
            lack = Missing(f"{name} の{fiscal_year_name(fiscal_year)}の値", "この値を使う業務")
        if name not in DECIDED_ANEW and _known(old, name):
            entry = old.entry(name)
            copied.append((entry, book.raw(entry)))
        else:
            missing.append((name, lack))
    needed = tuple(pair for pair in missing if not _needless(pair, set(continues)))
    return Opening(insurer, fiscal_year, tuple(continues), tuple(copied), needed)


def _known(values, name: str) -> bool:
    try:
        values.get(name)
    except (ValueMissing, NoValue):
        return False
    return True


def _needless(pair: tuple[str, Missing], known: set[str]) -> bool:
    """何も止めない値と、別の値で足りる値。額は、条例の額か、基準額と率のどちらかがあればよい。"""
    name, lack = pair
    if lack.why.startswith("なし"):
        return True
    if name == "premium.amounts":
        return {"premium.rates", "premium.base"} <= known
    return name in ("premium.rates", "premium.base") and "premium.amounts" in known


class _Plain(yaml.SafeDumper):
    """同じ日付が二度あっても参照の印を書かない。"""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def render(opening: Opening) -> str:
    """保険者のフォルダに置く新しい年度の値のファイル。足りない値は、書く場所を注釈で示す。"""
    year = fiscal_year_name(opening.fiscal_year)
    begin = date(opening.fiscal_year, 4, 1)
    lines = [f"# {year}の値。引き継いだ定めは条例と照らして確かめ、confidence を改める。"]
    for entry, raw in opening.copied:
        told = {
            "name": entry.name, "from": begin, "to": None, "value": raw,
            "source": f"{fiscal_year_name(opening.fiscal_year - 1)}の定めを引き継いだもの({entry.source})",
            "confidence": "derived", "checked_on": begin,
        }  # fmt: skip
        text = yaml.dump([told], Dumper=_Plain, allow_unicode=True, sort_keys=False, width=110)
        lines.append(text.rstrip())
    for name, lack in opening.missing:
        lines += [f"# {name}: {lack.what}(止まる業務: {lack.why})", f"# - name: {name}", f"#   from: {begin}"]
    return "\n".join(lines) + "\n"
