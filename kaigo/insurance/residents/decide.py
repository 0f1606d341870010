"""What the section itself enters about people. Each act is a dated Fact with the source `case:<reference>`."""

from __future__ import annotations

from datetime import date
from typing import Any

from psycopg.types.range import Range

from kaigo.base.records.context import Context
from kaigo.base.records.facts import Believed, believe_rows
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.insurance.registers.read import bank_name
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents.letters import letter_addresses, protected_among
from kaigo.insurance.residents.merging import merge, part

__all__ = [
    "end_bank_account", "end_borderline", "end_hold", "end_mailing_address", "end_relation", "merge", "part",
    "set_bank_account", "set_borderline", "set_hold", "set_mailing_address", "set_pension_number", "set_relation",
    "write_memo",
]  # fmt: skip

USES = {"all": "すべて", "premium": "保険料", "benefit": "給付"}
ACCOUNT_USES = {"debit": "口座振替", "refund": "還付", "benefit": "給付"}
ACCOUNT_KINDS = {"1": "普通", "2": "当座"}
MAILING_REASONS = {"1": "本人の希望", "2": "成年後見", "3": "施設入所", "4": "その他"}
RELATIONS = {
    "1": "配偶者", "2": "子", "3": "親", "4": "兄弟姉妹", "5": "その他の親族", "6": "後見人", "9": "加害者",
}  # fmt: skip


def set_mailing_address(
    ctx: Context,
    person: int,
    use: str,
    recipient: str,
    postal_code: str,
    address: str,
    building: str,
    reason: str,
    start: date,
    end: date | None = None,
) -> Believed:
    """送付先 of a use for a time. For a protected person only where no member of the household or abuser reads it."""
    without_my_number(recipient, address, building)
    _among(use, USES, "用途")
    _among(reason, MAILING_REASONS, "事由")
    done = _believe(
        ctx, m.MailingAddress, person, start, end,
        use=use, recipient=recipient, postal_code=postal_code, address=address, building=building, reason=reason,
    )  # fmt: skip
    if protected_among(ctx.at(start), [person]):
        letter = letter_addresses(ctx.at(start), [person], "premium" if use == "all" else use)[person]
        if letter.held:
            raise Refused(letter.why)
    return done


def end_mailing_address(ctx: Context, person: int, use: str, end: date) -> Believed:
    """From `end` on letters of the use go to the registered address again."""
    return _end(ctx, m.MailingAddress, person, end, use=use)


def set_bank_account(
    ctx: Context,
    person: int,
    use: str,
    bank: str,
    branch: str,
    account_kind: str,
    account: str,
    holder: str,
    start: date,
    end: date | None = None,
) -> Believed:
    """Account of a use; bank and branch are of the published list."""
    _among(use, ACCOUNT_USES, "用途")
    _among(account_kind, ACCOUNT_KINDS, "預金種目")
    if bank_name(bank, branch) is None:
        raise Refused(f"金融機関 {bank} 支店 {branch} は一覧にありません。番号を確かめてください。")
    if not (account.isascii() and account.isdigit() and len(account) == 7):
        raise Refused("口座番号は7桁の数字です。7桁に足りないときは頭に0を付けてください。")
    return _believe(
        ctx, m.BankAccount, person, start, end,
        use=use, bank=bank, branch=branch, account_kind=account_kind, account=account, holder=holder,
    )  # fmt: skip


def end_bank_account(ctx: Context, person: int, use: str, end: date) -> Believed:
    """From `end` on there is no account of the use."""
    return _end(ctx, m.BankAccount, person, end, use=use)


def set_relation(
    ctx: Context, person: int, other: int, relation: str, start: date, end: date | None = None
) -> Believed:
    """A relationship, also to somebody outside the household (a spouse elsewhere, a guardian, an abuser)."""
    _among(relation, RELATIONS, "続柄")
    if person == other:
        raise Refused("本人との続柄は登録できません。相手の宛名番号を確かめてください。")
    return _believe(ctx, m.Relation, person, start, end, other_id=other, relation=relation)


def end_relation(ctx: Context, person: int, other: int, relation: str, end: date) -> Believed:
    """From `end` on the relationship is over."""
    return _end(ctx, m.Relation, person, end, other_id=other, relation=relation)


def set_borderline(
    ctx: Context,
    person: int,
    certificate: str,
    measures: str,
    stage: int | None,
    start: date,
    end: date | None,
) -> Believed:
    """境界層証明書: measures granted, and the premium stage when that is one of them."""
    without_my_number(certificate, measures)
    if stage is not None and stage < 1:
        raise Refused("保険料の段階は1以上の数です。")
    return _believe(
        ctx, m.Borderline, person, start, end, certificate=certificate, measures=measures, stage=stage
    )


def end_borderline(ctx: Context, person: int, end: date) -> Believed:
    """From `end` on the certificate no longer counts."""
    return _end(ctx, m.Borderline, person, end)


def set_hold(ctx: Context, person: int, reason: str, start: date, end: date | None = None) -> Believed:
    """処理停止: named acts stop for this person."""
    without_my_number(reason)
    if not reason.strip():
        raise Refused("処理を止める理由を書いてください。")
    return _believe(ctx, m.Hold, person, start, end, reason=reason)


def end_hold(ctx: Context, person: int, end: date) -> Believed:
    """From `end` on nothing is stopped."""
    return _end(ctx, m.Hold, person, end)


def set_pension_number(ctx: Context, person: int, number: str, start: date) -> Believed:
    """基礎年金番号 as the person told it."""
    if not (number.isascii() and number.isdigit() and len(number) == 10):
        raise Refused("基礎年金番号は10桁の数字です。")
    return _believe(ctx, m.PensionNumber, person, start, None, number=number)


def write_memo(ctx: Context, person: int, text: str, memo: int | None = None) -> m.Memo:
    """記事: a new one, or the text of an old one changed (its former text stays in the history)."""
    without_my_number(text)
    if not text.strip():
        raise Refused("記事を書いてください。")
    _there(person)
    if memo is None:
        return m.Memo.objects.create(person_id=person, text=text.strip(), written_by=ctx.actor)
    found = m.Memo.objects.filter(id=memo, person_id=person).first()
    if found is None:
        raise Refused("この記事はありません。")
    found.text, found.written_by = text.strip(), ctx.actor
    found.save(update_fields=["text", "written_by"])
    return found


def _among(key: str, words: dict[str, str], label: str) -> None:
    if key not in words:
        raise Refused(f"{label}を選んでください。")


def _there(person: int) -> None:
    if not m.Person.objects.filter(id=person).exists():
        raise Refused("この人はいません。")


def _source(ctx: Context) -> str:
    return f"case:{ctx.case or ctx.actor}"[:60]


def _believe(
    ctx: Context, model: type[m.PersonFact], person: int, start: date, end: date | None, **values: Any
) -> Believed:
    if end is not None and end <= start:
        raise Refused("終わりの日は始まりの日より後にしてください。")
    _there(person)
    row = {
        "person_id": person,
        "effective": Range(start, end),
        "notified_on": ctx.on,
        "source": _source(ctx),
    }
    return believe_rows(model, [row | values])


def _end(ctx: Context, model: type[m.PersonFact], person: int, end: date, **key: Any) -> Believed:
    row = {
        "person_id": person,
        "effective": Range(end, None),
        "source": _source(ctx),
        "void": True,
    }
    done = believe_rows(model, [row | key])
    if not done.closed:
        raise Refused("その日に続いている登録はありません。終わりの日を確かめてください。")
    return done
