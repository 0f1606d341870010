"""What the section enters: dated, sourced, refused when it may not be; and two records of one person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kaigo.base.records.context import acting
from kaigo.base.records.models import WorkHistory
from kaigo.base.records.refusal import Refused
from kaigo.insurance.residents import decide, read
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents.tests.lines import told
from kaigo.insurance.residents.tests.test_take import GUEST, MOVE, RESIDENT, TAX, believed, lives, person

APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)
VALID_SHAPE = "1234 5678 9018"  # twelve digits whose check digit is right: nobody's


@pytest.fixture
def someone(street, ctx):
    told(ctx, RESIDENT, {})
    return person()


def mail(ctx, who, address="見本区南1", start=APRIL, end=None, recipient="後見人　甲", use="all"):
    with acting(ctx):
        return decide.set_mailing_address(ctx, who, use, recipient, "1790001", address, "", "2", start, end)


def test_a_mailing_address_begins_changes_and_ends(someone, ctx):
    desk = replace(ctx, case="2026-15")
    mail(desk, someone)
    mail(desk, someone, "見本区南2", MAY)
    assert believed(m.MailingAddress, "address", "source") == [
        ("2026-04-01", "2026-05-01", "見本区南1", "case:2026-15"),
        ("2026-05-01", None, "見本区南2", "case:2026-15"),
    ]
    with acting(ctx):
        decide.end_mailing_address(ctx, someone, "all", JUNE)
    assert read.letter_addresses(ctx, [someone])[someone].kind == "registered"
    with pytest.raises(Refused, match="続いている登録はありません"), acting(ctx):
        decide.end_mailing_address(ctx, someone, "all", JUNE)


def test_a_file_does_not_overrule_the_section_until_it_says_something_new(someone, ctx):
    line = {"use": "1", "recipient": "古い", "postal_code": "1790001", "address": "見本区旧1", "reason": "1"}
    told(ctx, "ward.mailing_address", line | {"from": "20240401"})
    mail(ctx, someone, "見本区南1", MAY)
    told(ctx, "ward.mailing_address", line | {"use": "2", "from": "20240401"})
    assert read.letter_addresses(ctx, [someone], "benefit")[someone].address == "見本区南1"
    told(ctx, "ward.mailing_address", line | {"from": "20260601", "address": "見本区新9"})
    assert read.letter_addresses(ctx, [someone], "benefit")[someone].address == "見本区新9"


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda c, p: decide.set_mailing_address(c, p, "x", "a", "1790001", "b", "", "1", APRIL), "用途"),
        (lambda c, p: decide.set_mailing_address(c, p, "all", VALID_SHAPE, "1790001", "b", "", "1", APRIL), "個人番号"),
        (lambda c, p: decide.set_mailing_address(c, p, "all", "a", "1790001", "b", "", "1", MAY, APRIL), "終わりの日"),
        (lambda c, p: decide.set_bank_account(c, p, "debit", "0001", "000", "1", "1234567", "ア", APRIL), "一覧にありません"),
        (lambda c, p: decide.set_bank_account(c, p, "debit", "0001", "001", "1", "123", "ア", APRIL), "7桁"),
        (lambda c, p: decide.set_relation(c, p, p, "1", APRIL), "本人"),
        (lambda c, p: decide.set_borderline(c, p, "境1", "段階", 0, APRIL, None), "段階"),
        (lambda c, p: decide.set_hold(c, p, " ", APRIL), "理由"),
        (lambda c, p: decide.set_pension_number(c, p, "12", APRIL), "10桁"),
        (lambda c, p: decide.write_memo(c, p, "番号は１２３４５６７８９０１８です"), "個人番号"),
        (lambda c, p: decide.write_memo(c, p, ""), "記事"),
        (lambda c, p: decide.write_memo(c, 10**12, "x"), "この人はいません"),
        (lambda c, p: decide.set_hold(c, 10**12, "x", APRIL), "この人はいません"),
        (lambda c, p: decide.merge(c, p, p, "同じ"), "同じ"),
        (lambda c, p: decide.part(c, p, "違う"), "まとめられていません"),
    ],
)  # fmt: skip
def test_acts_that_may_not_be_say_why(someone, ctx, act, why):
    with pytest.raises(Refused, match=why), acting(ctx):
        act(ctx, someone)


def test_twelve_digits_that_are_no_individual_number_may_be_written(someone, ctx):
    with acting(ctx):
        decide.write_memo(ctx, someone, "受付 123456789012 の件")
    assert m.Memo.objects.get(person_id=someone).text == "受付 123456789012 の件"


def test_accounts_relations_borderline_hold_and_pension_number(someone, ctx):
    told(ctx, GUEST, {"addressee": f"{8:015}", "name": "外野　人"})
    other = read.person_of_number(ctx, f"{8:015}")
    with acting(ctx):
        decide.set_bank_account(ctx, someone, "debit", "0001", "001", "1", "1234567", "ミホン", APRIL)
        decide.set_relation(ctx, someone, other, "1", APRIL)
        decide.set_borderline(ctx, someone, "境12", "保険料の段階", 1, APRIL, date(2026, 8, 1))
        decide.set_hold(ctx, someone, "調査中", MAY)
        decide.set_pension_number(ctx, someone, "1234567890", APRIL)
    assert believed(m.BankAccount, "account")[0][2] == "1234567"
    assert [r.person for r in read.relations(ctx, someone)] == [other]
    assert believed(m.Borderline, "stage") == [("2026-04-01", "2026-08-01", 1)]
    assert read.one(ctx, someone).hold == "調査中"
    with acting(ctx):
        decide.end_hold(ctx, someone, JUNE)
        decide.end_relation(ctx, someone, other, "1", JUNE)
        decide.end_bank_account(ctx, someone, "debit", JUNE)
        decide.end_borderline(ctx, someone, JUNE)
    assert read.one(ctx, someone).hold == ""
    assert read.relations(ctx, someone) == []
    assert believed(m.Borderline, "stage") == [("2026-04-01", "2026-06-01", 1)]


def test_a_memo_changes_and_its_former_text_is_kept(someone, ctx):
    with acting(ctx):
        memo = decide.write_memo(ctx, someone, "電話は午後に")
    with acting(ctx):
        decide.write_memo(ctx, someone, "電話は午前に", memo.id)
    assert m.Memo.objects.get().text == "電話は午前に"
    assert WorkHistory.objects.get(table="residents_memo").before["text"] == "電話は午後に"


def test_a_protected_persons_mailing_address_may_not_be_the_former_home(someone, ctx):
    told(ctx, RESIDENT, MOVE | {"protection": "1"})
    with pytest.raises(Refused, match="支援措置"):
        mail(ctx, someone, "東京都見本区中央1-1-1", JUNE)
    assert m.MailingAddress.objects.count() == 0
    mail(ctx, someone, "見本区南1", JUNE)


def test_a_guest_who_became_a_resident_is_one_person(street, ctx):
    told(ctx, GUEST, {"addressee": f"{8:015}", "from": "20190101", "birth": "19500505"})
    guest = read.person_of_number(ctx, f"{8:015}")
    told(ctx, TAX, {"addressee": f"{8:015}"})
    mail(ctx, guest, "見本区南1")
    told(ctx, RESIDENT, {})
    me = person()
    with acting(ctx):
        decide.merge(ctx, guest, me, "氏名・生年月日・前住所が一致")
    assert read.person_of_number(ctx, f"{8:015}") == me
    assert read.one(ctx, guest).merged_into == me
    assert read.one(ctx, me).numbers == (f"{8:015}", f"{7:015}")
    assert [(row[0], row[3]) for row in lives()] == [
        ("2019-01-01", "nonresident"),
        ("2020-04-01", "resident"),
    ]
    assert m.Taxation.objects.get(known__upper_inf=True).person_id == me
    assert read.letter_addresses(ctx, [me])[me].address == "見本区南1"
    assert [hit.person for hit in read.search(ctx, "8").hits] == [me]
    # Later lines of either number are his.
    told(ctx, TAX, {"addressee": f"{8:015}", "history": "2", "total_income": "5"})
    assert m.Taxation.objects.get(known__upper_inf=True).total_income == 5
    with acting(ctx):
        decide.part(ctx, guest, "別人とわかった")
    assert read.one(ctx, guest).merged_into is None
    assert m.Taxation.objects.get(known__upper_inf=True).person_id == guest
    assert [row[3] for row in lives()] == ["nonresident", "resident"]


def test_merging_keeps_an_abuser_an_abuser(street, ctx):
    told(
        ctx,
        RESIDENT,
        {"protection": "1"},
        {"addressee": f"{9:015}", "household": f"{2:015}", "address": "見本区東1"},
    )
    told(ctx, GUEST, {"addressee": f"{8:015}"})
    told(ctx, "ward.relationship", {"other": f"{8:015}", "relation": "9", "from": "20200401"})
    he, guest = read.person_of_number(ctx, f"{9:015}"), read.person_of_number(ctx, f"{8:015}")
    with acting(ctx):
        decide.merge(ctx, guest, he, "同じ人")
    assert [r.person for r in read.relations(ctx, person())] == [he]
    with pytest.raises(Refused, match="支援措置"):
        mail(ctx, person(), "見本区東1", JUNE)
