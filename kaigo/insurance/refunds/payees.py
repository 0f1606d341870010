"""To whom a refund goes: the person, his guardian, the representative of his heirs, or the pension payer, and what
proves it. The account is the one registered for refunds, or the one on the request form."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from kaigo.base.records.bulk import to_json
from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows_at
from kaigo.insurance.refunds.causes import Life
from kaigo.insurance.refunds.gather import lives_of
from kaigo.insurance.refunds.models import Payee
from kaigo.insurance.registers.read import bank_name
from kaigo.insurance.residents import read as residents
from kaigo.layouts.model import get
from kaigo.layouts.writer import DoesNotFit, written

KINDS = {
    "person": "本人",
    "guardian": "成年後見人など",
    "heir": "相続人代表者",
    "payer": "年金保険者",
}
# What proves that the money is theirs; the person himself is known.
PROOFS = {
    "person": {"registered": "登録した還付口座", "claim": "還付請求書"},
    "guardian": {"registry": "登記事項証明書", "court": "審判書と確定証明書"},
    "heir": {"heirs_form": "相続人代表者指定届", "family": "戸籍の謄本など"},
    "payer": {"payer_paper": "年金保険者の通知"},
}
ACCOUNT_KINDS = {"1": "普通", "2": "当座", "4": "貯蓄", "9": "その他"}
GUARDIAN = "6"  # 後見人 among the recorded relations
LAYOUT = "bank.transfer"


class Account(NamedTuple):
    """An account of the published list of banks. holder: as the passbook has it, in kana."""

    bank: str
    branch: str
    account_kind: str
    account: str
    holder: str

    def checked(self) -> Account:
        """The account, or Refused: which field, which rule, what to do."""
        if bank_name(self.bank, self.branch) is None:
            raise Refused(
                f"金融機関 {self.bank} 支店 {self.branch} は一覧にありません。番号を確かめてください。"
            )
        if self.account_kind not in ACCOUNT_KINDS:
            raise Refused("預金種目を選んでください。")
        if not (self.account.isascii() and self.account.isdigit() and len(self.account) == 7):
            raise Refused("口座番号は7桁の数字です。7桁に足りないときは頭に0を付けてください。")
        field = next(f for f in get(LAYOUT).record("2") if f.key == "holder")
        try:
            written(field, self.holder)
        except DoesNotFit as wrong:
            raise Refused(f"口座名義: {wrong}") from wrong
        return self


class Given(NamedTuple):
    """What a clerk enters of a payee. account None = the one registered for refunds. other: a person known here."""

    kind: str
    proof: str
    proof_text: str
    claimed_on: date | None
    account: Account | None
    name: str = ""
    address: str = ""
    other: int | None = None


def register(ctx: Context, person: int, given: Given) -> Payee:
    """Keep to whom a person's refund goes; an earlier payee of the same kind is changed, with its history.

    Refused when the kind does not fit whether he lives, without proof, without name, or for an account no bank has.
    """
    without_my_number(given.proof_text, given.name, given.address)
    _fits(ctx, person, given)
    account = given.account or registered(ctx, person)
    if account is None:
        raise Refused("還付に使う口座が登録されていません。請求書の口座を入力してください。")
    account.checked()
    fields = {
        "other_id": given.other,
        "name": given.name.strip(),
        "address": given.address.strip(),
        "proof": given.proof,
        "proof_text": given.proof_text.strip(),
        "claimed_on": given.claimed_on,
        "account_from": "form" if given.account else "residents",
        **account._asdict(),
    }
    made, _ = Payee.objects.update_or_create(person_id=person, kind=given.kind, defaults=fields)
    return made


def _fits(ctx: Context, person: int, given: Given) -> None:
    if given.kind not in KINDS or given.proof not in PROOFS[given.kind]:
        raise Refused("支払先と、それを確かめた書類を選んでください。")
    if not residents.exists(person):
        raise Refused("この人は台帳にいません。")
    if given.claimed_on is not None and given.claimed_on > ctx.on:
        raise Refused("請求のあった日が業務日より後です。日付を確かめてください。")
    why = unfit(ctx, person, given.kind)
    if why:
        raise Refused(why)
    if given.kind == "person":
        if given.account is not None and given.proof == "registered":
            raise Refused(
                "登録した口座に支払うときは、口座を入力しないでください。別の口座なら還付請求書を選びます。"
            )
        return
    if not given.proof_text.strip():
        raise Refused(f"{KINDS[given.kind]}であることを確かめた書類の番号または日付を書いてください。")
    if not given.name.strip():
        raise Refused(f"{KINDS[given.kind]}の名前を書いてください。")
    if given.account is None:
        raise Refused(f"{KINDS[given.kind]}の口座を入力してください。登録した還付口座は本人のものです。")
    if given.kind == "heir" and not given.address.strip():
        raise Refused("相続人代表者の住所を書いてください。通知を送る先です。")
    if given.kind == "guardian" and given.other not in guardians(ctx, person):
        raise Refused(
            "後見人として記録されていません。宛名で続柄「後見人」を登録してから、その人を支払先にしてください。"
        )


def unfit(ctx: Context, person: int, kind: str) -> str:
    """Why money cannot go to this kind of payee now, "" = it can."""
    return why_not(lives_of(ctx, [person]).get(person), kind)


def why_not(life: Life | None, kind: str) -> str:
    """The same, for somebody of whom it is known whether he lives."""
    dead = life is not None and life.died_on is not None
    if dead and kind in ("person", "guardian"):
        return "亡くなった人と後見人には支払えません(後見は死亡で終わります)。相続人代表者を支払先にしてください。"
    if not dead and kind in ("heir", "payer"):
        return (
            f"この人の死亡は記録されていません。{KINDS[kind]}には支払えません。宛名の異動を確かめてください。"
        )
    return ""


def moved(ctx: Context, row: Payee) -> str:
    """Why the account of a payee is no longer the one that the person registered, "" = it is, or it is of a form."""
    if row.account_from != "residents" or registered(ctx, row.person_id) == account_of(row):
        return ""
    return "登録した還付口座が、支払先に入れた後に変わりました。支払先を登録し直してから提案してください。"


def guardians(ctx: Context, person: int) -> list[int]:
    """Who is recorded as guardian of a person on ctx.on."""
    found = rows_at(
        ctx,
        f"SELECT DISTINCT r.other_id FROM ({residents.relation_sql(ctx)}) r WHERE r.person_id = %(person)s "
        "AND r.relation = %(guardian)s AND r.effective @> %(on)s::date ORDER BY 1",
        person=person, guardian=GUARDIAN,
    )  # fmt: skip
    return [other for (other,) in found]


def registered(ctx: Context, person: int) -> Account | None:
    """The account that the person registered for refunds, in force on ctx.on; a bank may have closed since."""
    found = rows_at(
        ctx,
        "SELECT b.bank, b.branch, b.account_kind, b.account, b.holder "
        f"FROM ({residents.bank_account_sql(ctx)}) b WHERE b.person_id = %(person)s AND b.use = 'refund' "
        "AND b.effective @> %(on)s::date",
        person=person,
    )
    return Account(*found[0]) if found else None


def account_of(payee: Payee) -> Account:
    return Account(*(getattr(payee, name) for name in Account._fields))


_TELLING = ("person_id", "kind", "other_id", "name", "address", "proof", "proof_text", *Account._fields)


def digest(payee: Payee) -> str:
    """sha256 of everything that two persons approve of a payee."""
    return hashlib.sha256(to_json([getattr(payee, name) for name in _TELLING]).encode()).hexdigest()


def digests(ids: Iterable[int]) -> dict[int, str]:
    """id → digest as the payees stand now."""
    return {payee.id: digest(payee) for payee in Payee.objects.filter(id__in=list(ids))}
