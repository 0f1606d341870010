"""双子: 所得、課税、特別な事情のない段階(令38条・39条)を列の式で。"""

from __future__ import annotations

from functools import reduce

import polars as pl

from kaigo.law.twin_values import TwinValues

# 課税の区分の番号。
STATUS = {
    name: number
    for number, name in enumerate(
        ("taxed", "untaxed", "undeclared", "investigating", "inquiring", "cancelled", "unknown")
    )
}
_NO = pl.lit(None, dtype=pl.Boolean)
_NONE = pl.lit(None, dtype=pl.Int64)


def base_stages(people: pl.DataFrame, members: pl.DataFrame, told: TwinValues) -> pl.DataFrame:
    """people に base_stage(分からなければ null)と household_taxed を足す。"""
    people, members = _with_old_salary(people, told), _with_old_salary(members, told)
    others = members.select("person", one=_taxed(told, "member"))
    taxed = others.filter(pl.col("one"))["person"]
    unknown = others.filter(pl.col("one").is_null())["person"]
    own, household = pl.col("own_taxed"), pl.col("household_taxed")
    untaxed = (
        pl.when(household)
        .then(_pending_or(told, "stage_taxed", _upto(told.middle)))
        .when(household.not_())
        .then(_pending_or(told, "stage_untaxed", _upto(told.low)))
        .otherwise(_NONE)
    )
    return (
        people.with_columns(
            own_taxed=_taxed(told, "person"),
            any_taxed=_marked(people.height, taxed),
            any_unknown=_marked(people.height, unknown),
            **_income(told),
        )
        .with_columns(
            household_taxed=pl.when(own | pl.col("any_taxed"))
            .then(True)
            .when(pl.col("any_unknown"))
            .then(_NO)
            .otherwise(False)
        )
        .with_columns(
            base_stage=pl.when(own).then(_below(told.taxed)).when(own.not_()).then(untaxed).otherwise(_NONE)
        )
        .select("person", "mask", "base_stage", "household_taxed")
    )


def _marked(people: int, who: pl.Series) -> pl.Series:
    # scatter は元の列を書き換えるので、いつも新しい列から始める。
    return pl.zeros(people, dtype=pl.Boolean, eager=True).scatter(who, True)


def _income(told: TwinValues) -> dict[str, pl.Expr]:
    """判定に使う合計所得(judged)と、年金収入とその他の合計所得の計(pension_and_other)。"""
    view = told.income
    salary, total = pl.col("salary_income"), pl.col("total_income")
    if view.deemed_salary:
        deemed = pl.when(pl.col("deemed")).then(pl.col("old_salary")).otherwise(salary)
        total = total + deemed - salary
        salary = deemed
    if view.subtract_special:
        total = total - pl.col("special_deduction")
    other = total - pl.col("pension_income") if view.subtract_pension_income else total
    if view.salary_relief:
        relieved = _floor_0(salary + pl.col("income_adjustment") - view.salary_relief)
        other = pl.when(salary != 0).then(other - salary + relieved).otherwise(other)
    if view.taxed_relief:
        both = _floor_0(salary + pl.col("pension_income"))
        total = total - both.clip(upper_bound=view.taxed_relief)
    return {
        "judged": _floor_0(total),
        "pension_and_other": pl.col("pension_revenue") + _floor_0(other),
    }


def _floor_0(yen: pl.Expr) -> pl.Expr:
    return yen.clip(lower_bound=0)


def _with_old_salary(taxes: pl.DataFrame, told: TwinValues) -> pl.DataFrame:
    """令和8年度のみなしの対象か(deemed)、改正前の給与所得(old_salary)。みなしのない年度はそのまま。"""
    if not told.income.deemed_salary:
        return taxes
    old, revenue = told.old_salary, pl.col("salary_revenue")
    deemed = pl.col("deemed_applies") & (revenue >= old.low) & (revenue < old.high)
    return taxes.with_columns(deemed=deemed, old_salary=_old_salary(told))


def _old_salary(told: TwinValues) -> pl.Expr:
    """改正前の給与所得控除による給与所得から、所得金額調整控除を引いた額。"""
    revenue = pl.col("salary_revenue")
    found = _NONE
    for step in reversed(told.old_salary.steps):
        each = _floor_0(revenue * step.percent // 100 + step.plus)
        found = pl.when(revenue <= step.upto).then(each).otherwise(found)
    return _floor_0(found - pl.col("income_adjustment"))


def _taxed(told: TwinValues, who: str) -> pl.Expr:
    """課税なら True、非課税なら False、分からなければ null。"""
    status = pl.col("status")
    untaxed: pl.Expr = pl.lit(False)
    if told.income.deemed_salary:
        before = pl.col("total_income") - pl.col("salary_income") + pl.col("old_salary")
        guessed = _NO
        if told.limit is not None:
            guessed = (
                pl.when(before <= told.limit)
                .then(False)
                .when(pl.col("dependants") == 0)
                .then(True)
                .otherwise(_NO)
            )
        untaxed = pl.when(pl.col("deemed")).then(pl.coalesce("deemed_taxed", guessed)).otherwise(False)
    found = pl.when(status == STATUS["taxed"]).then(True).when(status == STATUS["untaxed"]).then(untaxed)
    for name, setting in told.pending.items():
        if setting is not None:
            found = found.when(status == STATUS[name]).then(pl.lit(getattr(setting, who) == "taxed"))
    return found.otherwise(_NO)


def _pending_or(told: TwinValues, which: str, stage: pl.Expr) -> pl.Expr:
    """申告や調査の済まない本人に条例が決めた段階、なければ金額による段階。"""
    for name, setting in told.pending.items():
        fixed = setting and getattr(setting, which)
        if fixed:
            stage = (
                pl.when(pl.col("status") == STATUS[name]).then(pl.lit(fixed, dtype=pl.Int64)).otherwise(stage)
            )
    return stage


def _upto(lines: tuple[tuple[int | None, int], ...]) -> pl.Expr:
    """年金収入等が境以下である最初の段階。"""
    money = pl.col("pension_and_other")
    found = _NONE
    for upto, stage in reversed(lines):
        number = pl.lit(stage, dtype=pl.Int64)
        found = number if upto is None else pl.when(money <= upto).then(number).otherwise(found)
    return found


def _below(lines: tuple[tuple[int | None, int], ...]) -> pl.Expr:
    """合計所得が境未満である最初の段階。"""

    def step(found: pl.Expr, line: tuple[int | None, int]) -> pl.Expr:
        below, stage = line
        number = pl.lit(stage, dtype=pl.Int64)
        return number if below is None else pl.when(pl.col("judged") < below).then(number).otherwise(found)

    return reduce(step, reversed(lines), _NONE)
