"""作業一覧: approved by somebody else, it explains its people to its users until its day, and nothing besides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.base.staff.can import Staff
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.collection.tests.builders import person
from kaigo.insurance.counter import screens_worklists, worklists
from kaigo.insurance.counter.models import WorkList
from kaigo.insurance.counter.tests.visitor import CLERK, TODAY, last, page_of, visit
from kaigo.insurance.qualification.models import InsuredNumber

pytestmark = [pytest.mark.django_db, pytest.mark.asks]
HEAD = CLERK | {"worklist.approve"}
ASKED = {
    "name": "転入者の点検", "purpose": "qualification", "reason": "転入した人の資格を一人ずつ点検する", "last": "2026-07-31",
    "users": ["account:1", "account:5"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def colleagues(monkeypatch):
    """The section as the staff list has it; account 5 is a second account of the person of account 1."""
    people = {"account:1": "試験 一", "account:5": "試験 一", "account:6": "試験 六"}
    monkeypatch.setattr(screens_worklists, "colleagues", lambda section, day: people)
    monkeypatch.setattr(
        worklists,
        "same_person",
        lambda one, other: one == other or {one, other} <= {"account:1", "account:5"},
    )


@pytest.fixture
def numbered() -> dict[str, int]:
    found = {}
    for n in range(3):
        number = f"00000{n:05}"
        found[number] = person(f"点検 {n}", "テンケン")
        InsuredNumber.objects.create(person_id=found[number], number=number)
    return found


def ask(numbers, /, **more):
    return visit("/worklists/new/", ASKED | {"numbers": "\n".join(numbers)} | more)


def ruled(account: int, outcome: str = "approved", proved: float | None = 0.0):
    asked = WorkList.objects.get()
    return visit(
        f"/worklists/{ref('work_list', asked.id)}/rule/", {"outcome": outcome}, staff=boss(account, proved)
    )


def boss(account: int, proved: float | None = 0.0) -> Staff:
    return someone(HEAD, account=account, proved=proved)


def opens(who: int, account: int = 1, day=TODAY) -> bool:
    return visit(page_of(who), staff=someone(CLERK, account=account, day=day), day=day).status_code == 200


def test_a_list_explains_its_people_to_its_users_when_somebody_else_has_approved_it(numbered):
    first, second, third = numbered.values()
    assert ask(list(numbered)[:2]).status_code == 302
    assert last().subjects == 2
    assert not opens(first)
    assert ruled(2).status_code == 302
    asked = WorkList.objects.get()
    assert opens(first) and last().case == f"worklist:{asked.id}" and not last().unexplained
    assert opens(second, account=5)
    assert not opens(third) and not opens(first, account=6)
    assert opens(first, day=TODAY + timedelta(days=16))
    assert not opens(first, day=TODAY + timedelta(days=17))
    html = visit(f"/worklists/{ref('work_list', asked.id)}/").content.decode()
    assert "点検 0" in html and "account:1(" in html and "account:5(" in html
    assert visit(f"/worklists/{ref('work_list', asked.id)}/end/", {}).status_code == 302
    assert not opens(first)
    again = visit(f"/worklists/{ref('work_list', asked.id)}/end/", {})
    assert again.status_code == 409 and "もう終わっています" in again.content.decode()


def test_nobody_approves_his_own_list_not_by_a_second_account_and_not_without_proof(numbered):
    ask(list(numbered))
    for account in (1, 5):
        answer = ruled(account)
        assert answer.status_code == 409 and "自分では承認" in answer.content.decode()
    assert ruled(2, proved=None).status_code == 403
    without = visit(
        f"/worklists/{ref('work_list', WorkList.objects.get().id)}/rule/", {"outcome": "approved"}, staff=someone(CLERK, account=2)
    )  # fmt: skip
    assert without.status_code == 404
    assert not opens(next(iter(numbered.values())))
    assert ruled(2, "rejected").status_code == 302
    assert ruled(3).status_code == 409
    assert not opens(next(iter(numbered.values())))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"numbers": "0000000000\n9999999999"}, "9999999999"),
        ({"numbers": "000000000"}, "読めません"),
        ({"numbers": ""}, "一つ以上"),
        ({"numbers": " ".join(f"{n:010}" for n in range(501))}, "500人まで"),
        ({"last": "2026-08-15"}, "31日以内"),
        ({"last": "2026-07-14"}, "31日以内"),
        ({"users": []}, "使う人"),
        ({"users": ["account:99"]}, "使う人"),
        ({"purpose": "staff"}, "目的を選んで"),
        ({"reason": "点検"}, "10字以上"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_asked_for(numbered, change, words):
    answer = ask(["0000000000"], **change)
    assert answer.status_code == 200 and words in answer.content.decode()
    assert not WorkList.objects.exists()


def test_who_asked_is_told_to_wait_instead_of_being_offered_to_approve(numbered, monkeypatch):
    monkeypatch.setattr(screens_worklists, "same_person", worklists.same_person)
    ask(list(numbered))
    address = f"/worklists/{ref('work_list', WorkList.objects.get().id)}/"
    own, other = (visit(address, staff=boss(account)).content.decode() for account in (5, 2))
    assert "承認する" not in own and "申請した本人は承認できません" in own
    assert "承認する" in other


def test_what_is_missing_is_told_at_once_in_the_order_of_the_form(numbered):
    page = ask(list(numbered), name="", users=[]).content.decode()
    assert page.index('href="#name"') < page.index('href="#users"')


def test_the_last_possible_day_is_accepted(numbered):
    assert ask(["０００００ ".strip() + "00001"], last="2026-08-14").status_code == 302


def test_an_approved_list_lifts_the_limit_of_the_day_for_its_people(numbered, monkeypatch):
    monkeypatch.setattr(
        "kaigo.insurance.counter.caps.limits", lambda: {"opened_per_day": 1, "listed_per_day": 5000}
    )
    ask(list(numbered))
    ruled(2)
    assert all(opens(who) for who in numbered.values())
    ctx = Context("account:1", "inquiry", TODAY)
    from kaigo.insurance.counter.decide import take

    others = [person(), person()]
    for other in others:
        take(ctx, other, "call", "x", "", False)
    assert [opens(other) for other in others] == [True, False]
