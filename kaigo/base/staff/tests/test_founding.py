"""The first two of an installation: once, two people of the staff list, each approved by the other."""

from __future__ import annotations

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.base.staff.enrolment import good
from kaigo.base.staff.founding import Founder, found
from kaigo.base.staff.models import Account, Enrolment, EnrolmentConfirmation, Grant
from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tests.hired import APRIL, account, grant, member, on
from kaigo.base.staff.who import identify, token_hash
from kaigo.site.commands.staff import main

pytestmark = pytest.mark.django_db
FIRST, SECOND = Founder("001", "ichi"), Founder("002", "ni")


def test_each_of_the_two_was_approved_by_the_other_and_registers_a_key():
    one, other = member("001"), member("002", section="情報政策課")
    made = found(on(), FIRST, SECOND)
    assert [(m.login, m.role, m.section) for m in made] == [
        ("ichi", "権限管理", "介護保険課"), ("ni", "権限承認", "情報政策課"),
    ]  # fmt: skip
    rulings = {g.account.login: g.ruling for g in Grant.objects.all()}
    assert (rulings["ichi"].requested_by_id, rulings["ichi"].ruled_by_id) == (one.id, other.id)
    assert (rulings["ni"].requested_by_id, rulings["ni"].ruled_by_id) == (other.id, one.id)
    assert {e.word_hash for e in Enrolment.objects.all()} == {token_hash(m.word) for m in made}
    # The words are confirmed by the other too.
    told = {c.member_id: (c.issued_by_id, c.confirmed_by_id) for c in EnrolmentConfirmation.objects.all()}
    assert told == {one.id: (one.id, other.id), other.id: (other.id, one.id)}
    assert all(good(m.login, m.word, APRIL) for m in made)
    keeper, approver = (
        identify(begin(Account.objects.get(login=f.login), "passkey"), APRIL) for f in (FIRST, SECOND)
    )
    assert keeper.may("staff.manage") and not keeper.may("staff.approve")
    assert approver.may("staff.approve") and not approver.may("staff.manage")
    # From here on everything goes its ordinary way: one asks, the other approves.
    third = account("003", "san")
    assert grant(
        third, "課長", asker=Account.objects.get(login="ichi"), ruler=Account.objects.get(login="ni")
    )


def test_it_happens_once_and_to_two_people_who_are_there():
    member("001")
    with pytest.raises(Refused, match="今日の所属がありません"):
        found(on(), FIRST, SECOND)
    with pytest.raises(Refused, match="別々の二人"):
        found(on(), FIRST, Founder("001", "ni"))
    assert not Account.objects.exists(), "nothing is half done"
    member("002")
    found(on(), FIRST, SECOND)
    member("003"), member("004")
    with pytest.raises(Refused, match="一度だけ"):
        found(on(), Founder("003", "san"), Founder("004", "yon"))
    assert Account.objects.count() == 2


def test_the_command_prints_each_word_once(capsys):
    member("001"), member("002")
    arguments = ["found", "--first", *FIRST, "--second", *SECOND, "--on", "2026-04-01"]
    assert main(arguments) == 0
    told = capsys.readouterr()
    words = [line.split("\t")[3] for line in told.out.splitlines()]
    assert {token_hash(word) for word in words} == set(Enrolment.objects.values_list("word_hash", flat=True))
    assert not any(word in told.err for word in words)
    assert main(arguments) == 1 and "一度だけ" in capsys.readouterr().err
