"""Two people behind every grant, by the human being and not by the account; ended, never deleted."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from kaigo.base.audit.models import Event
from kaigo.base.records.refusal import Refused
from kaigo.base.staff import applications, emergencies
from kaigo.base.staff.accounts import end_account, open_account
from kaigo.base.staff.can import EVERYWHERE, NOTHING, Reach, can
from kaigo.base.staff.models import Grant, GrantEnd, Ruling
from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tests.hired import APRIL, CARE, account, by, grant, member, on
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
    for until in (None, APRIL + timedelta(days=91)):
        with pytest.raises(Refused, match="期限を付けて90日"):
            applications.apply(by(asker), "fallback", whose, "指の怪我のため", until=until)
    with pytest.raises(Refused, match="アカウントを持つ人"):
        applications.apply(on(), "grant", whose, "試験のための権限", role="係員", section=CARE)


def test_what_was_given_begins_on_the_day_of_the_approval_and_not_before(people):
    asker, whose, ruler = people
    asked, paper = ask(asker, whose), APRIL + timedelta(days=10)
    fallback = applications.apply(
        by(asker), "fallback", whose, "指の怪我のため", until=APRIL + timedelta(days=90)
    )
    later = ask(asker, whose, begins=APRIL + timedelta(days=30))
    given = [applications.approve(by(ruler, paper), one, EVERYWHERE) for one in (asked, fallback, later)]
    assert given[0].grant.given_from == given[1].fallback.valid_from == paper
    assert given[2].grant.given_from == APRIL + timedelta(days=30)


def test_what_has_lost_its_ground_before_the_approval_is_not_given(people):
    """Between two steps: the term is over, the post has ended, the account has ended."""
    asker, whose, ruler = people
    short = ask(asker, whose, until=APRIL + timedelta(days=5))
    with pytest.raises(Refused, match="期間はもう過ぎて"):
        applications.approve(by(ruler, APRIL + timedelta(days=5)), short, EVERYWHERE)
    gone = account("020", ends=APRIL + timedelta(days=9))
    asked = ask(asker, gone)
    with pytest.raises(Refused, match="所属がありません"):
        applications.approve(by(ruler, APRIL + timedelta(days=9)), asked, EVERYWHERE)
    lent = open_account(on(), member("021"), "for-a-time", "staff", APRIL + timedelta(days=9))
    asked = ask(asker, lent)
    with pytest.raises(Refused, match="アカウントはもう終わって"):
        applications.approve(by(ruler, APRIL + timedelta(days=9)), asked, EVERYWHERE)
    asked = ask(asker, whose)
    end_account(by(ruler), whose, "2026-00099", "退職")
    with pytest.raises(Refused, match="アカウントはもう終わって"):
        applications.approve(by(ruler), asked, EVERYWHERE)
    assert not Grant.objects.exists() and not Ruling.objects.exists()


@pytest.mark.parametrize("role", ["権限承認", "個人情報保護", "権限管理"])
def test_who_rules_for_one_section_makes_nobody_who_rules_for_all(people, role):
    """The hole that was: a head let a friend in his section approve for the whole house."""
    asker, _, ruler = people
    friend = account("021", kind="administrator" if role == "権限管理" else "staff")
    asked = ask(asker, friend, role)
    with pytest.raises(Refused, match="すべての課に及ぶ"):
        applications.approve(by(ruler), asked, Reach(frozenset({CARE})))
    assert not Grant.objects.exists() and not Ruling.objects.exists()
    assert applications.reject(by(ruler), asked, "必要がない", Reach(frozenset({CARE}))).outcome == "rejected"
    assert applications.approve(by(ruler), ask(asker, friend, role), EVERYWHERE).grant.role == role


def test_an_end_is_not_asked_for_a_later_day(people):
    """It would have come on the day of the approval."""
    asker, whose, ruler = people
    grant(whose, asker=asker, ruler=ruler)
    told = {"role": "係員", "section": CARE}
    with pytest.raises(Refused, match="承認した日に終わります"):
        applications.apply(
            by(asker), "grant_end", whose, "異動のため終える", begins=APRIL + timedelta(days=1), **told
        )
    assert applications.apply(by(asker), "grant_end", whose, "異動のため終える", begins=APRIL, **told)


def test_who_is_lent_by_a_contract_gets_no_other_account(people):
    """The hole that was: an account of the kind "staff" took a contractor out of his 委託事項."""
    lent = member("022", employment="contractor", contract="2")
    for kind in ("staff", "administrator", "service"):
        with pytest.raises(Refused, match="受託者に開けるのは"):
            open_account(on(), lent, f"lent-{kind}", kind)
    with pytest.raises(Refused, match="職員には開けません"):
        open_account(on(), people[0].member, "second", "contractor")


def test_who_becomes_a_contractor_is_bound_by_his_item_in_the_account_that_he_had(people):
    asker, whose, ruler = people
    held = grant(whose, asker=asker, ruler=ruler)
    token = begin(whose, "passkey")
    assert can(identify(token, APRIL), "counter.view", NOTHING, "inquiry", APRIL).grants == (held.id,)
    member("001", employment="contractor", contract="2")
    assert not can(identify(token, APRIL), "counter.view", NOTHING, "inquiry", APRIL).allowed
    with pytest.raises(Refused, match="委託事項が"):
        ask(asker, whose)
    with pytest.raises(Refused, match="職員のアカウントだけ"):
        emergencies.begin(by(whose), whose, "受付 1", "火災で避難した人の連絡先を知るため")


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


def test_the_numbers_of_the_forms_begin_anew_in_april_and_not_in_january(people):
    asker, whose, _ = people
    days = [date(2026, 12, 31), date(2027, 1, 1), date(2027, 3, 31), date(2027, 4, 1), date(2027, 4, 2)]
    asked = [
        applications.apply(by(asker, day), "grant", whose, "試験のための権限", role="係員", section=CARE)
        for day in days
    ]
    assert [one.form_number for one in asked] == [
        "2026-00001", "2026-00002", "2026-00003", "2027-00001", "2027-00002",
    ]  # fmt: skip


def test_two_accounts_of_one_human_being_are_one_person(people):
    one, other, _ = people
    second = open_account(on(), one.member, "zweit", "staff")
    assert same_person(f"account:{one.id}", f"account:{second.id}")
    assert not same_person(f"account:{one.id}", f"account:{other.id}")
    assert not same_person(f"account:{one.id}", "job:x") and same_person("job:x", "job:x")
