"""The sections of a ledger that are about money: decisions of each year, terms, bookings, balance, way of payment."""

from __future__ import annotations

from collections.abc import Iterator

from kaigo.base.records.context import Context
from kaigo.insurance.collection import read as collection
from kaigo.insurance.counter.ledger.sections import Section, facts, period, told
from kaigo.insurance.premium import read as premium
from kaigo.insurance.premium.pages import REASONS, SORTS, stages_text
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, fiscal_year_name


def yen(amount: int) -> str:
    """1,234; −1,234."""
    return f"{amount:,}".replace("-", "−")


def assessments(ctx: Context, person: int) -> Section:
    """Every decision of the years up to that of ctx.on, the newest first."""
    rows = (
        (
            fiscal_year_name(view.fiscal_year), told(view.decided_on), SORTS[view.sort],
            REASONS.get(view.change_reason, view.change_reason),
            "本算定まで未定" if view.sort == "provisional" else stages_text(view) + ("(仮の取扱い)" if view.interim else ""),
            "" if view.sort == "provisional" else str(view.months), yen(view.annual_yen), "有効" if view.current else "変更前",
        )
        for view in premium.history(ctx, person)
        if view.fiscal_year <= fiscal_year(ctx.on)
    )  # fmt: skip
    columns = (
        ("年度", 0, False), ("決定日", 0, False), ("種類", 2, False), ("事由", 3, False), ("段階", 5, False),
        ("月数", 1, True), ("年額(円)", 2, True), ("状態", 2, False),
    )  # fmt: skip
    return Section("賦課の決定", columns, tuple(rows))


def years(ctx: Context, person: int) -> Iterator[Section]:
    """Balances of all years; then of each year its terms and its bookings up to ctx.on."""
    kept = []
    for year in collection.ledger(ctx, person):
        if year.fiscal_year <= fiscal_year(ctx.on):
            kept.append((year, [line for line in year.lines if line.on <= ctx.on]))
    yield Section(
        "収納の残高",
        (("年度", 0, False), ("納め方", 4, False), ("調定(円)", 2, True), ("収納(円)", 2, True), ("還付(円)", 2, True),
         ("残高(円)", 2, True)),
        tuple(
            (
                fiscal_year_name(year.fiscal_year), _ways(year),
                *(yen(_sum(lines, sorts)) for sorts in (("levy", "adjust"), ("receipt", "offset"), ("refund",))),
                yen(lines[-1].balance if lines else 0),
            )
            for year, lines in kept
        ),
        "残高は、納期限の来ていない期も含めて、まだ納められていない額です。",
    )  # fmt: skip
    for year, lines in kept:
        name = fiscal_year_name(year.fiscal_year)
        if year.instalments:
            yield Section(
                f"{name} 期別",
                (("期・月", 2, False), ("納期限・支払日", 0, False), ("納め方", 4, False), ("額(円)", 2, True)),
                tuple(
                    (part.label, told(part.due_on), part.way_label + ("(仮徴収)" if part.provisional else ""), yen(part.yen))
                    for part in year.instalments
                ),
            )  # fmt: skip
        if lines:
            yield Section(
                f"{name} 収納の記録",
                (("日", 0, False), ("種類", 3, False), ("期・月", 2, False), ("納め方", 3, False), ("わけ", 4, False),
                 ("額(円)", 2, True), ("残高(円)", 2, True)),
                tuple(
                    (told(line.on), line.what, line.label, line.way_label, line.why, yen(line.yen), yen(line.balance))
                    for line in lines
                ),
            )  # fmt: skip


def _ways(year) -> str:
    return "・".join(dict.fromkeys(part.way_label for part in year.instalments if part.yen)) or "—"


def _sum(lines: list, sorts: tuple[str, ...]) -> int:
    return sum(line.yen for line in lines if line.sort in sorts)


def paying(ctx: Context, person: int) -> Section:
    """口座: the account is told by its last three digits, as it is on slips."""
    uses = {"debit": "口座振替", "refund": "還付先", "benefit": "給付の振込先"}
    rows = []
    for since, until, notified, use, bank, branch, account in facts(
        ctx, residents.bank_account_sql(ctx), "f.use, f.bank, f.branch, f.account", person
    ):
        name = registers.bank_name(bank, branch) or registers.bank_name(bank) or f"{bank}-{branch}"
        rows.append((period(since, until), told(notified), uses.get(use, use), name, f"****{account[-3:]}"))
    return Section(
        "口座",
        (("期間", 0, False), ("届出日", 0, False), ("使いみち", 3, False), ("金融機関", 6, False), ("口座番号", 2, False)),
        tuple(rows),
    )  # fmt: skip
