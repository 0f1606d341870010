"""A word opens nothing before a second human being has confirmed it: not for its issuer, not for its owner, nor both accounts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from kaigo.base.audit.models import Event
from kaigo.base.records.refusal import Refused
from kaigo.base.staff import enrolment
from kaigo.base.staff.accounts import end_account, enrol, open_account
from kaigo.base.staff.can import EVERYWHERE, Reach
from kaigo.base.staff.models import (
    Account,
    Enrolment,
    EnrolmentConfirmation,
    EnrolmentRejection,
    EnrolmentUse,
    Passkey,
)
from kaigo.base.staff.notices import lately
from kaigo.base.staff.tests.authenticator import Authenticator
from kaigo.base.staff.tests.hired import APRIL, CARE, account, by, on

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_the_first_of_april(settings):
    settings.BUSINESS_DATE = APRIL.isoformat()


@pytest.fixture
def people():
    return [account(f"{n:03}") for n in range(3)]


def issue(issuer: Account, whose: Account) -> tuple[str, Enrolment]:
    word = enrol(by(issuer), whose, "2026-00001", "採用")
    return word, Enrolment.objects.latest("id")


def options(client, whose: Account, word: str):
    return client.post("/enrol/options", {"login": whose.login, "word": word})


def test_the_issuer_alone_enters_as_nobody(client, people):
    """The hole that was: whoever keeps accounts issued a word for anybody and used it himself."""
    issuer, whose, other = people
    word, made = issue(issuer, whose)
    assert options(client, whose, word).status_code == 403
    password = "ながい あいことばを きめました"
    given = {"login": whose.login, "word": word, "password": password, "again": password}
    assert client.post("/enrol/password", given).status_code == 403
    assert not EnrolmentUse.objects.exists()
    enrolment.confirm(by(other), made, EVERYWHERE)
    key = Authenticator()
    assert (
        client.post("/enrol", {"credential": key.make(options(client, whose, word).json())}).status_code
        == 200
    )
    assert Passkey.objects.get().account == whose


def test_the_confirmer_alone_has_nothing_to_confirm(people):
    """The other direction: without an issuer there is no word, and jobs issue and confirm none."""
    issuer, whose, _ = people
    with pytest.raises(Refused, match="アカウントを持つ人だけ"):
        enrol(on(), whose, "2026-00001", "採用")
    _, made = issue(issuer, whose)
    with pytest.raises(Refused, match="アカウントを持つ人だけ"):
        enrolment.confirm(on(), made, EVERYWHERE)
    assert not EnrolmentConfirmation.objects.exists()


def test_all_triples_of_people_and_second_accounts_never_confirm_their_own(people):
    ways = [
        *people,
        *(open_account(on(), one.member, f"second-{n}", "staff") for n, one in enumerate(people)),
    ]
    confirmed = 0
    for issuer in ways:
        for whose in ways:
            for confirmer in ways:
                _, made = issue(issuer, whose)
                if confirmer.member_id in (issuer.member_id, whose.member_id):
                    with pytest.raises(Refused, match="自分"):
                        enrolment.confirm(by(confirmer), made, EVERYWHERE)
                    assert not EnrolmentConfirmation.objects.filter(enrolment=made).exists()
                else:
                    enrolment.confirm(by(confirmer), made, EVERYWHERE)
                    confirmed += 1
    # Six ways in each place; the issuer may be the owner (3 people × 2 others) or another (6 × 1), by 2³ accounts.
    assert confirmed == (3 * 2 + 6 * 1) * 8 == EnrolmentConfirmation.objects.count()


def test_the_database_itself_keeps_issuer_owner_and_confirmer_apart(people):
    issuer, whose, other = people
    _, made = issue(issuer, whose)
    row = {"enrolment": made, "confirmed_on": APRIL, "actor": "x"}
    for confirmer in (issuer, whose):
        with pytest.raises(IntegrityError, match="staff_enrolment_two_people"), transaction.atomic():
            EnrolmentConfirmation.objects.create(
                **row,
                issued_by_id=issuer.member_id,
                member_id=whose.member_id,
                confirmed_by_id=confirmer.member_id,
            )
    # Copies of other people than those of the word do not pass either, nor a word with another owner.
    with pytest.raises(IntegrityError, match="staff_enrolment_confirmation_people"), transaction.atomic():
        EnrolmentConfirmation.objects.create(
            **row, issued_by_id=other.member_id, member_id=other.member_id, confirmed_by_id=issuer.member_id
        )
    with pytest.raises(IntegrityError, match="staff_enrolment_owner"), transaction.atomic():
        Enrolment.objects.create(
            account=whose, member_id=other.member_id, issued_by_id=issuer.member_id, word_hash="x",
            valid_until=timezone.now(), form_number="x", reason="x", actor="x",
        )  # fmt: skip
        _look_now()


def test_what_was_not_confirmed_is_used_by_nobody_for_the_database_either(people):
    issuer, whose, _ = people
    _, made = issue(issuer, whose)
    with pytest.raises(IntegrityError, match="staff_enrolment_use_confirmed"), transaction.atomic():
        EnrolmentUse.objects.create(enrolment=made)
    with pytest.raises(IntegrityError, match="staff_passkey_confirmed"), transaction.atomic():
        Passkey.objects.create(
            account=whose,
            enrolment=made,
            credential=b"c",
            public_key=b"k",
            model="0",
            device_bound=True,
            label="x",
        )


def _look_now() -> None:
    """Foreign keys that are looked at when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_head_confirms_only_for_his_section(people):
    issuer, _, other = people
    far = account("700", section="情報政策課")
    _, made = issue(issuer, far)
    for within in (Reach(frozenset({CARE})), Reach()):
        with pytest.raises(Refused, match="ほかの課"):
            enrolment.confirm(by(other), made, within)
    assert (
        enrolment.confirm(by(other), made, Reach(frozenset({"情報政策課"}))).confirmed_by_id
        == other.member_id
    )


def test_used_replaced_and_ended_ones_wait_for_nobody(people):
    issuer, whose, other = people
    _, first = issue(issuer, whose)
    _, second = issue(issuer, whose)
    assert list(enrolment.waiting(APRIL)) == [second]
    with pytest.raises(Refused, match="新しい券"):
        enrolment.confirm(by(other), first, EVERYWHERE)
    enrolment.confirm(by(other), second, EVERYWHERE)
    with pytest.raises(Refused, match="もう確認"):
        enrolment.confirm(by(other), second, EVERYWHERE)
    issue(issuer, whose)
    end_account(by(issuer), whose, "2026-00009", "退職")
    assert not enrolment.waiting(APRIL).exists()


def test_a_word_that_was_confirmed_ends_with_the_next_one(client, people):
    issuer, whose, other = people
    word, made = issue(issuer, whose)
    enrolment.confirm(by(other), made, EVERYWHERE)
    asked = options(client, whose, word)
    assert asked.status_code == 200
    issue(issuer, whose)
    answer = client.post("/enrol", {"credential": Authenticator().make(asked.json())})
    assert answer.status_code == 403 and not Passkey.objects.exists(), "also for a ceremony that had begun"


def test_both_acts_leave_their_event_and_tell_the_owner(people):
    issuer, whose, other = people
    _, made = issue(issuer, whose)
    enrolment.confirm(by(other), made, EVERYWHERE)
    events = Event.objects.filter(object=f"account:{whose.id}", event__startswith="staff.enrol").order_by(
        "id"
    )
    assert list(events.values_list("event", "actor")) == [
        ("staff.enrol", f"account:{issuer.id}"), ("staff.enrol_confirm", f"account:{other.id}"),
    ]  # fmt: skip
    assert {one.label for one in lately(whose.id)} == {"鍵の登録券の発行", "鍵の登録券の確認"}
    assert made.valid_until - made.created_at <= timedelta(hours=24, minutes=1)


def test_a_rejected_word_opens_nothing_also_when_it_comes_after_a_confirmation(people):
    issuer, whose, other = people
    word, made = issue(issuer, whose)
    with pytest.raises(Refused, match="理由"):
        enrolment.reject(by(other), made, " ", EVERYWHERE)
    with pytest.raises(Refused, match="自分のアカウント"):
        enrolment.reject(by(whose), made, "申請がありません", EVERYWHERE)
    enrolment.reject(by(other), made, "申請がありません", EVERYWHERE)
    for again in (enrolment.confirm, lambda ctx, one, within: enrolment.reject(ctx, one, "もう一度", within)):
        with pytest.raises(Refused, match="取り消されたか"):
            again(by(other), made, EVERYWHERE)
    assert not enrolment.waiting(APRIL).filter(id=made.id).exists()
    assert enrolment.good(whose.login, word, APRIL) is None and enrolment.still_good(made.id, APRIL) is None
    event = Event.objects.get(event="staff.enrol_reject")
    assert (event.actor, event.object) == (f"account:{other.id}", f"account:{whose.id}")
    # Both at once are kept apart by the lock; should both stand, the rejection counts.
    word, made = issue(issuer, whose)
    enrolment.confirm(by(other), made, EVERYWHERE)
    assert enrolment.good(whose.login, word, APRIL) == made
    EnrolmentRejection.objects.create(
        enrolment=made, rejected_by_id=other.member_id, rejected_on=APRIL, reason="x", actor="x"
    )
    assert enrolment.good(whose.login, word, APRIL) is None and enrolment.still_good(made.id, APRIL) is None


def test_nobody_of_another_section_rejects_a_word(people):
    issuer, whose, other = people
    _, made = issue(issuer, whose)
    for who, within in ((other, Reach()), (issuer, EVERYWHERE), (whose, EVERYWHERE)):
        with pytest.raises(Refused, match=r"ほかの課|自分"):
            enrolment.reject(by(who), made, "申請がありません", within)
    assert not EnrolmentRejection.objects.exists()
