"""To whom the money goes and what proves it; one account for strangers is asked about by a second person (I27d)."""

from __future__ import annotations

from datetime import date

import pytest
from psycopg.types.range import Range

from kaigo.base.records.facts import believe_rows
from kaigo.base.records.models import WorkHistory
from kaigo.base.records.refusal import Refused
from kaigo.insurance.refunds import decide, payees, read, shared
from kaigo.insurance.refunds.models import Payee, Ruling
from kaigo.insurance.refunds.tests import builders as R
from kaigo.insurance.residents.models import Household, MailingAddress

pytestmark = pytest.mark.django_db
DIED = date(R.YEAR, 8, 1)
HEIR = {
    "kind": "heir",
    "proof": "heirs_form",
    "proof_text": "8月20日",
    "name": "見本 一郎",
    "address": "東京都見本区2",
}


def too_much(name: str = "見本 花子") -> int:
    who = R.payer(name=name)
    R.pay_all(who)
    R.pay(who, 1, 1_000, R.AUGUST)
    return who


def test_the_registered_account_or_the_one_of_the_form():
    who = too_much()
    with pytest.raises(Refused, match="口座が登録されていません"):
        R.register(who, None, proof="registered")
    R.refund_account(who)
    row = R.register(who, None, proof="registered")
    assert (row.account, row.account_from) == ("7654321", "residents")
    with pytest.raises(Refused, match="口座を入力しないで"):
        R.register(who, proof="registered")
    changed = R.register(who)
    assert (changed.id, changed.account, changed.account_from) == (row.id, "1234567", "form")
    history = WorkHistory.objects.get(table="refunds_payee", row=row.id)
    assert history.before["account"] == "7654321"


def test_a_registered_account_that_was_changed_since_gets_no_money():
    who = too_much()
    R.refund_account(who)
    row = R.register(who, None, proof="registered")
    made = decide.propose(R.on(), who, row.id)
    R.refund_account(who, "5555555")
    with pytest.raises(Refused, match="登録した還付口座が"):
        decide.approve(R.on(account=2), made.id)
    decide.withdraw(R.on(), made.id, "口座の変更")
    with pytest.raises(Refused, match="登録した還付口座が"):
        decide.propose(R.on(), who, row.id)
    assert R.register(who, None, proof="registered").account == "5555555"
    decide.approve(R.on(account=2), decide.propose(R.on(), who, row.id).id)


@pytest.mark.parametrize(
    "account, why",
    [
        (R.ACCOUNT._replace(bank="0002"), "一覧にありません"),
        (R.ACCOUNT._replace(account="12345"), "7桁の数字"),
        (R.ACCOUNT._replace(account_kind="3"), "預金種目"),
        (R.ACCOUNT._replace(holder="見本 花子"), "口座名義"),
        (R.ACCOUNT._replace(holder=""), "口座名義"),
    ],
)
def test_an_account_that_a_bank_would_refuse_is_not_kept(account, why):
    who = too_much()
    with pytest.raises(Refused, match=why):
        R.register(who, account)
    assert not Payee.objects.exists()


def test_after_a_death_only_heirs_and_for_what_was_deducted_then_the_pension_payer():
    who = too_much()
    with pytest.raises(Refused, match="死亡は記録されていません"):
        R.register(who, **HEIR)
    R.register(who)
    R.dies(who, DIED)
    R.pay(who, 8, 4_000, date(R.YEAR, 8, 14), "deduction")
    with pytest.raises(Refused, match="亡くなった人"):
        decide.propose(R.on(), who, Payee.objects.get().id)
    with pytest.raises(Refused, match="住所を書いて"):
        R.register(who, **HEIR | {"address": ""})
    with pytest.raises(Refused, match="番号または日付"):
        R.register(who, **HEIR | {"proof_text": ""})
    heir = R.register(who, **HEIR)
    payer = R.register(
        who,
        R.ACCOUNT._replace(account="0000009"),
        "payer",
        proof="payer_paper",
        proof_text="8月25日の通知",
        name="日本年金機構",
    )
    to_heir = decide.propose(R.on(), who, heir.id)
    assert (to_heir.refund_yen, [line.cause for line in to_heir.lines.all()]) == (1_000, ["too_much"])
    to_payer = decide.propose(R.on(), who, payer.id)
    assert (to_payer.refund_yen, to_payer.interest_yen) == (4_000, 0)
    assert [line.cause for line in to_payer.lines.all()] == ["after_death"]
    assert "年金保険者に返す 4,000 円: 還付加算金なし" in str(read.told(R.on(), to_payer.id))


def test_a_guardian_must_be_recorded():
    who, guardian = too_much(), R.B.person("後見 太郎")
    given = {
        "kind": "guardian",
        "proof": "registry",
        "proof_text": "第1号",
        "name": "後見 太郎",
        "other": guardian,
    }
    with pytest.raises(Refused, match="後見人として記録されていません"):
        R.register(who, **given)
    R.related(who, guardian, payees.GUARDIAN)
    row = R.register(who, **given)
    assert decide.propose(R.on(), who, row.id).payee_kind == "guardian"


def test_one_account_for_strangers_waits_until_a_second_person_says_why():
    who, other = too_much(), too_much("見本 太郎")
    R.register(other)
    made = decide.propose(R.on(), who, R.register(who).id)
    with pytest.raises(Refused, match="関わりのない1人と同じ口座"):
        decide.approve(R.on(account=2), made.id)
    decide.approve(R.on(account=2), made.id, "同じ施設の預り口。施設に電話で確かめた")
    ruling = Ruling.objects.get()
    assert (ruling.shared, ruling.actor) == ([other], "account:2")
    assert "施設" in ruling.shared_why


def test_those_who_live_together_or_are_related_are_no_strangers_but_an_abuser_is():
    one, home, kin, abuser = (too_much(f"見本 {n}") for n in "一二三四")
    row = R.register(one)
    R.together(Household.objects.create(number="1").id, one, home)
    R.related(kin, one, "2")
    R.related(one, abuser, shared.ABUSER)
    for other in (home, kin, abuser):
        R.register(other)
    assert shared.strangers(R.on(), [row.id]) == [(row.id, abuser, "account")]


def test_a_mailing_address_of_a_stranger_and_an_account_for_debits_count_too():
    one, other = too_much(), too_much("見本 太郎")
    for who in (one, other):
        words = {
            "use": "all",
            "recipient": "山田",
            "postal_code": "1790000",
            "address": "東京都見本区9",
            "effective": Range(date(2020, 1, 1), None),
        }
        believe_rows(MailingAddress, [R.fact(MailingAddress, person_id=who, **words)])
    row = R.register(one)
    assert [(s.person, s.what) for s in shared.strangers(R.on(), [row.id])] == [(other, "address")]
    R.B.mandate(other, date(2026, 4, 1))
    R.register(one, payees.Account("0001", "001", "1", "1234567", "ﾐﾎﾝ ﾊﾅｺ"))
    assert {s.what for s in shared.strangers(R.on(), [row.id])} == {"address"}
    R.refund_account(other, "1234567")
    assert {s.what for s in shared.strangers(R.on(), [row.id])} == {"account", "address"}
