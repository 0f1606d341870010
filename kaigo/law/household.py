"""世帯と本人の市民税課税。調査中などの扱いは条例の定め(値)による。"""

from __future__ import annotations

from typing import NamedTuple

from kaigo.law.income import IncomeRule, OldSalary, deemed_salary_income, is_deemed, of_year
from kaigo.law.premium_facts import HouseholdFacts, PersonTax
from kaigo.law.reasons import Finding, Missing, Reason, Unclear
from kaigo.law.rule import rule
from kaigo.law.values import ValueMissing, Values, value

PENDING = ("undeclared", "investigating", "inquiring", "cancelled")


class Interim(NamedTuple):
    """申告や調査が済まない人の扱い。person: 本人の課税(taxed|untaxed)、member: 世帯員としての課税。

    stage_untaxed / stage_taxed: 本人に当てる段階(世帯非課税のとき・世帯課税のとき)。None なら金額で決める。
    """

    person: str
    member: str
    stage_untaxed: int | None
    stage_taxed: int | None
    interim: bool


def interim_setting(raw) -> Interim:
    if raw["person"] not in ("taxed", "untaxed") or raw["member"] not in ("taxed", "untaxed"):
        raise ValueError("person と member は taxed か untaxed")
    return Interim(
        raw["person"],
        raw["member"],
        raw.get("stage_untaxed"),
        raw.get("stage_taxed"),
        raw.get("interim", True),
    )


for _status in PENDING:
    value(f"premium.interim.{_status}")(interim_setting)


@value("tax.nontaxable_limit")
def _limit(raw) -> int:
    return int(raw["single"])


class HouseholdTax(NamedTuple):
    """person_taxed: 本人の課税。household_taxed: 本人を含む世帯の誰かの課税。"""

    person_taxed: bool
    household_taxed: bool


class TaxView(NamedTuple):
    """課税を見るための値。"""

    income: IncomeRule
    old_salary: OldSalary
    limit: int | None
    interim: dict[str, Interim | None]


def tax_view(values: Values) -> TaxView:
    """値を一度だけ引く。定めのない扱いは None(出会ったときに Unclear)。"""

    def setting(name):
        try:
            return values.get(name)
        except ValueMissing:
            return None

    return TaxView(
        values.get("income.premium"),
        values.get("income.old_salary_deduction"),
        setting("tax.nontaxable_limit"),
        {status: setting(f"premium.interim.{status}") for status in PENDING},
    )


def taxed(tax: PersonTax, view: TaxView, member: bool) -> tuple[bool, bool] | Unclear:
    """(課税か, 仮の扱いか)。令和8年度は改正前の給与所得控除でみなす。"""
    status = tax.status
    if status == "taxed":
        return True, False
    if status == "untaxed":
        return _deemed(tax, view)
    if status == "unknown":
        return Unclear(
            (
                Missing(
                    "tax.record",
                    "本人または世帯員の市民税の記録がありません。前住所地へ所得を照会してください",
                ),
            )
        )
    setting = view.interim[status]
    if setting is None:
        return Unclear((Missing(f"premium.interim.{status}", "条例の仮の扱いが値に入っていません"),))
    return (setting.member if member else setting.person) == "taxed", setting.interim


def _deemed(tax: PersonTax, view: TaxView) -> tuple[bool, bool] | Unclear:
    if not is_deemed(tax, view.income, view.old_salary):
        return False, False
    if tax.deemed_taxed is not None:
        return tax.deemed_taxed, False
    before = tax.total_income - tax.salary_income + deemed_salary_income(tax, view.old_salary)
    if view.limit is None:
        return Unclear((Missing("tax.nontaxable_limit", "非課税限度額が値に入っていません"),))
    # 単身の限度が最も低い: それ以下なら扶養の数によらず非課税。
    if before <= view.limit:
        return False, False
    if tax.dependants == 0:
        return True, False
    return Unclear((Missing("tax.deemed_taxed", "みなし課税の判定に扶養の数か税の部署の区分が要ります"),))


@rule("household.tax_status", facts=HouseholdFacts, article="令38条1項・附則(令和8年度のみなし課税)")
def tax_status(facts: HouseholdFacts, values: Values) -> Finding[HouseholdTax] | Unclear:
    """本人と世帯の課税。誰か一人でも課税なら世帯課税。"""
    view = of_year(values, facts.fiscal_year).view(tax_view)
    own = taxed(facts.person, view, member=False)
    if isinstance(own, Unclear):
        return own
    household, interim = own
    parts = [Reason("household.person_taxed" if own[0] else "household.person_untaxed", "令38条1項")]
    unclear: Unclear | None = None
    for number, member in enumerate(facts.members, 1):
        found = taxed(member, view, member=True)
        if isinstance(found, Unclear):
            unclear = unclear or found
            continue
        interim = interim or found[1]
        if found[0]:
            household = True
            parts.append(Reason("household.member_taxed", "令38条1項", (number,)))
    # 一人でも課税と分かれば、分からない人がいても世帯課税は動かない。
    if unclear and not household:
        return unclear
    parts.append(
        Reason(
            "household.taxed" if household else "household.untaxed", "令38条1項", (len(facts.members) + 1,)
        )
    )
    return Finding(HouseholdTax(own[0], household), tuple(parts), interim)
