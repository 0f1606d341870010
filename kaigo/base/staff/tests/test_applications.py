"""Two people behind every grant, by the human being and not by the account; ended, never deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from kaigo.base.audit.models import Event
from kaigo.base.records.refusal import Refused
from kaigo.base.staff import applications
from kaigo.base.staff.accounts import open_account
from kaigo.base.staff.can import EVERYWHERE
from kaigo.base.staff.models import Grant, GrantEnd, Ruling
from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tests.hired import APRIL, CARE, account, by, grant, on
from kaigo.base.staff.who import identify, same_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return [account(f"{n:03}") for n in range(3)]


def ask(asker, whose, role="係員", **more):
    return applications.apply(by(asker), "grant", whose, "試験のための権限", role=role, section=CARE, **more)


def test_all_ordered_pairs_and_second_accounts_never_rule_their_own(people):
    """E-30: for every asker, subject and ruler, by first and second accounts."""
    seconds = [open_account(on(), one.member, f"second-{n}", "staff") for n, one in enumerate(people)]
    ways = [*people, *seconds]
    approved = 0
    for asker in ways:
        for whose in ways:
            for ruler in ways:
                asked = ask(asker, whose)
                same = ruler.member_id in (asker.member_id, whose.member_id)
                if same:
                    with pytest.raises(Refused, match="自分の"):
                        applications.approve(by(ruler), asked, EVERYWHERE)
                    assert not Ruling.objects.filter(application=asked).exists()
                else:
                    assert applications.approve(by(ruler), asked, EVERYWHERE).outcome == "approved"
                    approved += 1
    assert approved == sum(
        len({a.member_id, w.member_id}) + 0 < 3 and r.member_id not in (a.member_id, w.member_id)
        for a in ways for w in ways for r in ways
    )  # fmt: skip


def test_the_database_itself_keeps_asker_and_ruler_apart(people):
    asker, whose, other = people
    asked = ask(asker, whose)
    rows = {"application": asked, "outcome": "approved", "actor": "x", "ruled_on": APRIL}
    for ruler in (asker, whose):
        with pytest.raises(IntegrityError, match="staff_ruling_two_people"), transaction.atomic():
            Ruling.objects.create(
                **rows,
                requested_by_id=asked.requested_by_id,
                member_id=asked.member_id,
                ruled_by_id=ruler.member_id,
            )
    # Copies of other people than those of the application do not pass either.
    with pytest.raises(IntegrityError, match="staff_ruling_people"), transaction.atomic():
        Ruling.objects.create(
            **rows, requested_by_id=other.member_id, member_id=other.member_id, ruled_by_id=asker.member_id
        )


def test_an_application_is_ruled_once_and_only_the_asker_takes_it_back(people):
    asker, whose, ruler = people
    asked = ask(asker, whose)
    with pytest.raises(Refused, match="申請した人だけ"):
        applications.withdraw(by(ruler), asked)
    applications.withdraw(by(asker), asked)
    with pytest.raises(Refused, match="もう処理"):
        applications.approve(by(ruler), asked, EVERYWHERE)
    with pytest.raises(Refused, match="理由"):
        applications.reject(by(ruler), ask(asker, whose), "  ", EVERYWHERE)
    assert not Grant.objects.exists()


def test_what_cannot_be_asked_for(people):
    asker, whose, _ = people
    for wrong in (
        {"role": "万能"}, {"until": APRIL}, {"reason": "短い"},
    ):  # fmt: skip
        told = {"role": "係員", "section": CARE, "reason": "試験のための権限"} | wrong
        with pytest.raises(Refused):
            applications.apply(by(asker), "grant", whose, told.pop("reason"), **told)
    with pytest.raises(Refused, match="90日"):
        applications.apply(by(asker), "fallback", whose, "指の怪我のため", until=APRIL + timedelta(days=91))
    with pytest.raises(Refused, match="アカウントを持つ人"):
        applications.apply(on(), "grant", whose, "試験のための権限", role="係員", section=CARE)


def test_an_ended_grant_stays_with_its_form_and_ends_the_sessions(people):
    asker, whose, ruler = people
    held = grant(whose, asker=asker, ruler=ruler)
    token = begin(whose, "passkey")
    assert identify(token, APRIL) is not None
    asked = applications.apply(by(asker), "grant_end", whose, "異動のため終える", role="係員", section=CARE)
    applications.approve(by(ruler), asked, EVERYWHERE)
    ended = GrantEnd.objects.get(grant=held)
    assert (ended.form_number, ended.sessions_ended, ended.ended_on) == (asked.form_number, 1, APRIL)
    assert identify(token, APRIL) is None
    with pytest.raises(Refused):
        applications.end_grant(by(ruler), held, "x", "二度目")
    for statement in (
        "DELETE FROM staff_grant",
        "UPDATE staff_grant SET role = '係長'",
        "DELETE FROM staff_grant_end",
    ):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_forms_are_numbered_by_fiscal_year_and_every_step_leaves_its_event(people):
    asker, whose, ruler = people
    first, second = ask(asker, whose), ask(asker, whose)
    assert [first.form_number, second.form_number] == ["2026-00001", "2026-00002"]
    applications.approve(by(ruler), first, EVERYWHERE)
    events = list(Event.objects.order_by("id").values_list("event", "actor"))
    assert events[-4:] == [
        ("staff.apply", f"account:{asker.id}"), ("staff.apply", f"account:{asker.id}"),
        ("staff.rule", f"account:{ruler.id}"), ("staff.grant", f"account:{ruler.id}"),
    ]  # fmt: skip


def test_two_accounts_of_one_human_being_are_one_person(people):
    one, other, _ = people
    second = open_account(on(), one.member, "zweit", "staff")
    assert same_person(f"account:{one.id}", f"account:{second.id}")
    assert not same_person(f"account:{one.id}", f"account:{other.id}")
    assert not same_person(f"account:{one.id}", "job:x") and same_person("job:x", "job:x")
