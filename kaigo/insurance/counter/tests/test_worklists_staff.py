"""作業一覧 with the staff list as it is: who may be chosen for one, and that two accounts are one human being."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.db import transaction

from kaigo.base.desk.refs import ref
from kaigo.base.staff.who import colleagues
from kaigo.insurance.collection.tests.builders import person
from kaigo.insurance.counter.models import WorkList
from kaigo.insurance.qualification.models import InsuredNumber
from kaigo.insurance.release.tests.hired import CARE, Office

pytestmark = pytest.mark.asks
DAY = date(2026, 7, 15)
FORM = {
    "name": "転入者の点検", "purpose": "qualification", "reason": "転入した人の資格を一人ずつ点検する", "last": "2026-07-31",
    "numbers": "0000000001",
}  # fmt: skip


@pytest.fixture
def office(street, django_db_blocker, settings):
    settings.BUSINESS_DATE = DAY.isoformat()
    with django_db_blocker.unblock():
        office = Office(street)
        for login in ("kakari", "other"):
            office.hire(login, "係員")
        office.hire("kakaricho", "係長")
        # The clerk's own second account, with what an approver has.
        office.hire("kakari2", "係長", member=office.members["kakari"])
        yield office
        office.close()


@pytest.fixture
def who(office) -> int:
    with transaction.atomic():
        made = person("点検 花子", "テンケン ハナコ")
        InsuredNumber.objects.create(person_id=made, number="0000000001")
    return made


def account(office, login: str) -> str:
    return f"account:{office.accounts[login]}"


def test_a_second_account_of_who_asked_does_not_approve_and_another_human_being_does(office, who):
    users = [account(office, "kakari")]
    assert office.ask("kakari", "/worklists/new/", FORM | {"users": users}).status_code == 302
    rule = f"/worklists/{ref('work_list', WorkList.objects.get().id)}/rule/"
    answer = office.ask("kakari2", rule, {"outcome": "approved"})
    assert answer.status_code == 409 and "自分では承認" in answer.content.decode()
    page = f"/person/{ref('person', who)}/tickets/"
    assert office.ask("kakari", page).status_code == 302, "it asks why"
    assert office.ask("kakaricho", rule, {"outcome": "approved"}).status_code == 302
    assert office.ask("kakari", page).status_code == 200
    assert office.ask("other", page).status_code == 302, "not one of those who were named"


def test_only_who_is_in_the_section_today_with_an_open_account_is_offered(office, who):
    """Not the neighbours of another section, who left, who is yet to come, whose account ended, nor administrators."""
    for login in ("moved", "left", "next", "ended", "over", "early", "admin", "lent"):
        kind = {"admin": "administrator", "lent": "contractor"}.get(login, "staff")
        office.hire(login, "係員", kind, "2" if login == "lent" else "")
    for login, change in (
        ("moved", "section = '住民課'"),
        ("left", "effective = daterange('2026-04-01', '2026-07-15')"),
        ("next", "effective = daterange('2026-07-16', NULL)"),
    ):
        office.do(f"UPDATE staff_post SET {change} WHERE member_id = %s", office.members[login])
    for login, change in (("over", "open_until = '2026-07-15'"), ("early", "open_from = '2026-07-16'")):
        office.do(f"UPDATE staff_account SET {change} WHERE id = %s", office.accounts[login])
    office.do(
        "INSERT INTO staff_account_end (account_id, ended_on, form_number, reason, actor) VALUES (%s, %s, '1', '退職', 'x')",
        office.accounts["ended"], DAY,
    )  # fmt: skip
    offered = {"kakari", "kakari2", "kakaricho", "other", "lent"}
    html = office.ask("kakari", "/worklists/new/").content.decode()
    assert set(re.findall(r'value="(account:\d+)"', html)) == {account(office, login) for login in offered}
    refused = office.ask("kakari", "/worklists/new/", FORM | {"users": [account(office, "moved")]})
    assert "使う人を一人以上" in refused.content.decode() and not WorkList.objects.exists()
    # The day before, one was still there, one still open, and one not yet over.
    before = set(colleagues(CARE, date(2026, 7, 14)))
    assert before == {account(office, login) for login in offered | {"left", "over", "ended"}}
    assert colleagues(CARE, DAY)[account(office, "kakari")] == "試験 kakari"
