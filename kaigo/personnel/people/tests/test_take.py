"""The staff list becomes posts: full lists, changes, corrections, lines that cannot be, and what ends with a post."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from kaigo.base.audit.models import Event
from kaigo.base.feeds.decide import receive, replay
from kaigo.base.feeds.models import Repair
from kaigo.base.jobs.run import run
from kaigo.base.records.context import Context, acting
from kaigo.base.records.tests.waiting import wait_for_readers
from kaigo.base.staff.accounts import open_account
from kaigo.base.staff.models import GrantEnd, Member, MemberProfile, Post, Session
from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tests.hired import account, grant, on
from kaigo.base.staff.who import identify
from kaigo.layouts.writer import write_csv
from kaigo.personnel.people import read

INSURER = "131997"
APRIL = date(2026, 4, 1)
LINE = {
    "number": "00000001", "name": "見本　一郎", "kana": "ミホン　イチロウ", "birth_date": "19900203", "employment": "1",
    "section": "介護保険課", "title": "係員", "from": "20240401", "to": "", "contract": "",
}  # fmt: skip


def line(number: int = 1, **more: str) -> dict[str, str]:
    return LINE | {"number": f"{number:08}"} | more


class Office:
    """Sends files and takes them in, each day in transactions of its own."""

    def __init__(self) -> None:
        self.sequence = 0

    def send(self, day: date, mode: str, *lines: dict[str, str]) -> str:
        self.sequence += 1
        content = write_csv("ward.staff", INSURER, day, self.sequence, mode, lines)
        ctx = Context("job:test", "intake", day)
        with acting(ctx):
            return receive(ctx, INSURER, f"staff-{self.sequence}.csv", content, "ward.staff").state

    def take(self, day: date) -> dict:
        wait_for_readers()
        return run(Context("job:people.take", "staff", day), "people.take").result

    def sent(self, day: date, mode: str, *lines: dict[str, str]) -> dict:
        assert self.send(day, mode, *lines) == "accepted"
        return self.take(day)


@pytest.fixture
def office(street):
    return Office()


def posts(number: int = 1) -> list[tuple]:
    found = Post.objects.filter(member__staff_number=f"{number:08}", known__upper_inf=True)
    return sorted((p.section, p.title, p.effective.lower, p.effective.upper) for p in found)


def test_a_line_becomes_a_member_with_a_name_and_a_post(office):
    assert office.sent(APRIL, "full", line(to="20270331"))["members"] == 1
    assert posts() == [("介護保険課", "係員", date(2024, 4, 1), date(2027, 4, 1))], (
        "the last day is still his"
    )
    profile = MemberProfile.objects.get(known__upper_inf=True)
    assert (profile.name, profile.employment) == ("見本　一郎", "staff")
    assert Event.objects.filter(event="staff.take").count() == 1
    again = office.take(APRIL)
    assert again["members"] == 0, "nothing new, nothing done"


def test_who_is_named_no_more_has_left_on_the_day_of_the_list(office):
    office.sent(APRIL, "full", line(1), line(2))
    office.sent(date(2026, 7, 1), "full", line(2))
    assert posts(1) == [("介護保険課", "係員", date(2024, 4, 1), date(2026, 7, 1))]
    assert posts(2) == [("介護保険課", "係員", date(2024, 4, 1), None)]
    assert MemberProfile.objects.filter(known__upper_inf=True).count() == 2, "who has gone keeps his name"
    # A later list that does not name him either moves nothing; one that names him again takes it back.
    office.sent(date(2026, 8, 3), "full", line(2))
    assert posts(1)[0][3] == date(2026, 7, 1)
    office.sent(date(2026, 9, 1), "changes", line(2, title="主任"))
    assert posts(1)[0][3] == date(2026, 7, 1), "a list of changes ends and revives nobody"
    office.sent(date(2026, 10, 1), "full", line(1), line(2, title="主任"))
    assert posts(1) == [("介護保険課", "係員", date(2024, 4, 1), None)]


def test_a_change_of_place_and_title(office):
    office.sent(APRIL, "full", line())
    office.sent(
        date(2026, 6, 25), "changes", line(to="20260630"), line(section="住民課", **{"from": "20260701"})
    )
    assert posts() == [
        ("介護保険課", "係員", date(2024, 4, 1), date(2026, 7, 1)),
        ("住民課", "係員", date(2026, 7, 1), None),
    ]
    office.sent(date(2026, 9, 1), "changes", line(section="住民課", title="係長", **{"from": "20261001"}))
    assert posts()[1:] == [
        ("住民課", "係員", date(2026, 7, 1), date(2026, 10, 1)),
        ("住民課", "係長", date(2026, 10, 1), None),
    ]
    member = Member.objects.get().id
    assert len(read.posts(on(date(2026, 9, 1)), member)) == 3
    # Both titles in one file, the earlier one without an end: the later begins where the earlier ends.
    office.sent(date(2026, 9, 2), "changes", line(2), line(2, title="係長", **{"from": "20250401"}))
    assert posts(2) == [
        ("介護保険課", "係員", date(2024, 4, 1), date(2025, 4, 1)),
        ("介護保険課", "係長", date(2025, 4, 1), None),
    ]
    assert len(read.posts(on(date(2026, 9, 1)), member, history=True)) > 3, "what was believed once stays"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"to": "20240331"}, "終了年月日が発令年月日より前"),
        ({"employment": "3", "contract": "2"}, "契約の終わりの日"),
        ({"employment": "3", "to": "20270331"}, "委託事項がありません"),
        ({"contract": "2"}, "職員に委託事項"),
    ],
)
def test_a_line_that_cannot_be_comes_back_and_goes_on_repaired(office, wrong, message):
    done = office.sent(APRIL, "full", line(**wrong), line(2))
    assert done["refused"] == 1 and posts(1) == [] and len(posts(2)) == 1
    repair = Repair.objects.get(state="open")
    assert message in repair.refused.message
    ctx = Context("account:1", "intake", APRIL)
    with acting(ctx):
        assert replay(ctx, repair.id, line()) == []
    office.take(date(2026, 4, 2))
    assert posts(1) == [("介護保険課", "係員", date(2024, 4, 1), None)]
    assert office.take(date(2026, 4, 3))["members"] == 0


def test_a_grant_ends_with_the_post_and_says_which_list(office):
    office.sent(APRIL, "full", line())
    with acting(on()):
        asker, ruler = account("900"), account("901")
        clerk = open_account(on(), Member.objects.get(staff_number="00000001"), "clerk", "staff")
        held = grant(clerk, asker=asker, ruler=ruler)
        token = begin(clerk, "passkey")
    july = date(2026, 7, 1)
    office.sent(date(2026, 6, 25), "changes", line(to="20260630"))
    assert not GrantEnd.objects.exists(), "not before his last day is over"
    assert identify(token, july - timedelta(days=1)).grants[0].id == held.id
    assert identify(token, july) is None, "at the very next request, before any job has run"
    assert office.take(july)["grants_ended"] == 1
    ended = GrantEnd.objects.get(grant=held)
    assert (ended.ended_on, ended.form_number, ended.sessions_ended) == (july, "職員異動 staff-2.csv", 1)
    assert office.take(july)["grants_ended"] == 0
    # The grant prepared for a post that is still to come is left alone.
    office.sent(date(2026, 8, 3), "changes", line(**{"from": "20261001"}))
    with acting(on()):
        grant(clerk, "収納係員", asker=asker, ruler=ruler, begins=date(2026, 8, 3))
    assert office.take(date(2026, 8, 4))["grants_ended"] == 0


def test_a_contractor_is_in_until_his_contract_is_over(office):
    lent = line(employment="3", contract="2", to="20270331", **{"from": "20260401"})
    office.sent(APRIL, "full", lent)
    with acting(on()):
        worker = open_account(on(), Member.objects.get(), "lent", "contractor")
        token = begin(worker, "passkey")
    assert identify(token, date(2027, 3, 31)).post.contract == "2"
    assert identify(token, date(2027, 4, 1)) is None
    office.take(date(2027, 3, 31))
    assert Session.objects.get().ends_at > timezone.now()
    office.take(date(2027, 4, 1))
    assert Session.objects.get().ends_at <= timezone.now(), "also without any grant to end"


def test_the_staff_list_is_not_read_with_the_permissions_of_the_insurance(office):
    from kaigo.base.feeds import screens
    from kaigo.base.staff.tables import roles

    assert {screens.VIEW, screens.LOAD, screens.REPAIR} == {"staff.load"}
    holders = {name for name, role in roles().items() if "staff.load" in role.versions[-1].permissions}
    assert holders == {"権限管理"}
    assert not {p for p in roles()["権限管理"].versions[-1].permissions if p.startswith("feeds.")}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM staff_member")
        assert cursor.fetchone() == (0,)
