"""収納率と未納: how much of what was due came in, by method and by stage, and how old what is open is. About nobody."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from kaigo.base.desk.charts import bars, levels
from kaigo.base.desk.views import Page
from kaigo.base.records.context import Context
from kaigo.insurance.collection import rates, read
from kaigo.insurance.ledger.books import rate
from kaigo.law.dates import fiscal_year, fiscal_year_name

_WAYS = read.LABELS | {"direct": "普通徴収(期別のないもの)"}


class Rates(Page):
    """Of the terms that are due; charts with the same figures as tables."""

    permission = "collection.view"
    purpose = "collection"

    def get(self, ctx: Context, request: HttpRequest, year: int):
        years = sorted({*read.years(ctx), fiscal_year(ctx.on)}, reverse=True)
        if year not in years:
            raise Http404
        by_way, by_stage, ages = rates.by_way(ctx, year), rates.by_stage(ctx, year), rates.ages(ctx)
        return "collection/rates.html", {
            "title": f"{fiscal_year_name(year)}の収納率と未納",
            "year": year,
            "years": [(y, fiscal_year_name(y)) for y in years],
            "total": _sum(by_way),
            "tables": [
                ("納め方ごと", "納め方", [(_WAYS.get(r.key, r.key), r, _rate(r)) for r in by_way]),
                ("所得段階ごと", "段階", [(_stage(r.key), r, _rate(r)) for r in by_stage]),
            ],
            "charts": [
                levels("納め方ごとの収納率", [(_WAYS.get(r.key, r.key), _tenths(r)) for r in by_way], "納め方"),
                levels("所得段階ごとの収納率", [(_stage(r.key), _tenths(r)) for r in by_stage], "段階"),
            ],
            "ages": ages,
            "age_chart": bars("納期限を過ぎた未納の古さ", [(a.label, a.yen) for a in ages], "円", "納期限から", tone="warn"),
        }  # fmt: skip


def _stage(key: str) -> str:
    return f"第{key}段階" if key != "0" else "段階の定まらないもの"


def _rate(line: rates.Rate) -> str:
    return rate(line.collected, line.levied)


def _tenths(line: rates.Rate) -> int:
    """Tenths of a per cent, cut off: the same figure as the table's."""
    return max(0, line.collected) * 1000 // line.levied if line.levied > 0 else 0


def _sum(lines: list[rates.Rate]) -> dict:
    levied, kept, open_yen, collected = (
        sum(getattr(r, name) for r in lines) for name in ("levied", "kept", "open_yen", "collected")
    )
    return {"levied": levied, "kept": kept, "open_yen": open_yen, "rate": rate(collected, levied)}
