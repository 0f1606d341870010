"""権限表: what is printed is what `can` says, for everybody and every permission, on days before, between and after."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import pytest
from django.db import connection, transaction
from django.utils import timezone

from kaigo.base.staff import applications
from kaigo.base.staff.accounts import end_account
from kaigo.base.staff.can import NOTHING, can
from kaigo.base.staff.models import Account
from kaigo.base.staff.people import Told, believe_people
from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tables import OWN, fields, permissions, roles
from kaigo.base.staff.tests.hired import account, by, grant, on
from kaigo.base.staff.who import identify
from kaigo.personnel.access import table
from kaigo.personnel.access.words import PURPOSES
from kaigo.personnel.people.tests.desk import text

LABELS = {p.label: name for name, p in permissions().items()}
DAYS = (date(2026, 4, 1), date(2026, 7, 15), date(2026, 10, 1))
ROW = re.compile(
    r'<tr data-account="([^"]+)" data-role="([^"]+)">.*?<td class="given"[^>]*>(.*?)</td>', re.DOTALL
)


@pytest.fixture
def ward(desk):
    """Grants that begin, end, move with their people, wait for a post, or hang on a contract."""
    asker, ruler = desk.kengen, desk.kacho
    mover = account("201", "mover")
    grant(mover, "係員", asker=asker, ruler=ruler)
    spans = [("介護保険課", date(2026, 4, 1), date(2026, 7, 1)), ("住民課", date(2026, 7, 1), None)]
    believe_people(
        on(),
        [
            Told("201", "試験 201", "シケン", None, "staff", s, "係員", begins, ends)
            for s, begins, ends in spans
        ],
        "feed:test",
    )
    grant(mover, "収納係員", asker=asker, ruler=ruler, section="住民課", begins=date(2026, 8, 1))
    lent = account("202", "lent", "contractor", employment="contractor", contract="2", ends=date(2026, 10, 1))
    grant(lent, "窓口受託", asker=asker, ruler=ruler)
    gone = account("203", "gone")
    grant(gone, "係長", asker=asker, ruler=ruler)
    end_account(by(asker, date(2026, 6, 1)), gone, "紙-9", "退職")
    ended = account("204", "ended")
    held = grant(ended, "係員", asker=asker, ruler=ruler, until=date(2026, 12, 1))
    applications.end_grant(by(asker, date(2026, 7, 15)), held, "紙-10", "担当替え")
    grant(account("205", "term"), "課長", asker=asker, ruler=ruler, until=date(2026, 10, 1))
    return desk


def printed(desk, day: date, **more: str) -> dict[str, set[str]]:
    """account → permissions, as the paper says."""
    page = text(desk.get(desk.kacho, "/access/table/print/", on=day.isoformat(), **more))
    found: dict[str, set[str]] = {}
    for login, _, given in ROW.findall(page):
        found.setdefault(login, set()).update(LABELS[label] for label in unescape(given).split("、"))
    return found


def decided(day: date) -> dict[str, set[str]]:
    """account → permissions that `can` gives to the person behind a session of that day."""
    found: dict[str, set[str]] = {}
    for one in Account.objects.all():
        person = identify(begin(one, "passkey"), day)
        may = {
            name
            for name in permissions()
            if person and any(can(person, name, NOTHING, p, day).grants for p in PURPOSES)
        }
        if may:
            found[one.login] = may
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("day", DAYS)
def test_the_paper_says_what_can_decides(ward, day):
    paper = printed(ward, day)
    assert paper == decided(day)
    assert {"kacho", "kengen", "hogo", "clerk"} <= set(paper)
    assert ("lent" in paper, "gone" in paper, "ended" in paper, "term" in paper) == (
        day < date(2026, 10, 1), day < date(2026, 6, 1), day < date(2026, 7, 15), day < date(2026, 10, 1)
    )  # fmt: skip
    assert ("mover" in paper) == (day != date(2026, 7, 15)), "between two posts his grants give nothing"


def test_every_purpose_of_the_roles_has_words():
    assert set(PURPOSES) == frozenset().union(*(v.purposes for r in roles().values() for v in r.versions))


@pytest.mark.django_db
def test_the_table_as_it_was_known(ward):
    today = timezone.localdate()
    assert printed(ward, DAYS[0], known=(today - timedelta(days=1)).isoformat()) == {}
    assert printed(ward, DAYS[0], known=(today + timedelta(days=1)).isoformat()) == decided(DAYS[0])


def test_a_grant_and_its_end_stand_in_the_table_from_when_they_were_written(street):
    def moment():
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            return cursor.fetchone()[0]

    def roles_held(known_at):
        return [row.role for row in table.held(replace(on(), known_at=known_at))]

    with transaction.atomic():
        asker, ruler, clerk = account("001"), account("002"), account("003")
    before = moment()
    with transaction.atomic():
        held = grant(clerk, asker=asker, ruler=ruler)
    between = moment()
    with transaction.atomic():
        applications.end_grant(by(ruler), held, "紙-1", "担当替え")
    assert (roles_held(before), roles_held(between), roles_held(None)) == ([], ["係員"], [])


@pytest.mark.django_db
def test_the_screen_has_fifty_rows_and_says_what_it_cannot_read(ward):
    for number in range(300, 350):
        grant(account(str(number), f"s{number}"), asker=ward.kengen, ruler=ward.kacho)
    page = text(ward.get(ward.kacho, "/access/table/", section="介護保険課"))
    assert page.count('<tr><td class="who"') == 50 and "のうち 1–50件目" in page
    assert "日付として読めません" in text(ward.get(ward.kacho, "/access/table/", on="いつか"))
    assert "使える権限はありませんでした" in text(ward.get(ward.kacho, "/access/table/", on="2020-01-01"))
    assert ward.get(ward.clerk, "/access/table/").status_code == 404


@pytest.mark.django_db
def test_the_matrix_of_roles_shows_every_role_permission_field_and_item(ward):
    page = text(ward.get(ward.kacho, "/access/table/roles/"))
    line = page.split("承認・棚卸しの範囲</th>")[1].split("</tr>")[0]
    assert (line.count("<td>所属の課</td>"), line.count("<td>すべての課</td>")) == (1, 2), (
        "課長; 権限承認 and 個人情報保護"
    )
    first = page.split("<table")[1].split("</table>")[0]
    heads = re.findall(r'<th scope="col">(.*?)</th>', first)[1:]
    assert heads == list(roles())
    for row in first.split("<tbody>")[1].split("</tr>")[2:-1]:
        label = re.search(r'<th scope="row">(.*?)</th>', row)[1]
        marks = [mark == "○" for mark in re.findall(r"<td>(.*?)</td>", row)]
        name = LABELS[label]
        given = [name == OWN or name in roles()[role].on(DAYS[1]).permissions for role in heads]
        assert marks == given, label
    tables = page.split("<table")[2:]
    for table_of, words, part in ((tables[0], fields(), "fields"), (tables[1], PURPOSES, "purposes")):
        keys = {label: key for key, label in words.items()}
        lines = table_of.split("<tbody>")[1].split("</tr>")[:-1]
        assert len(lines) == len(words)
        for row in lines:
            label = re.search(r'<th scope="row">(.*?)</th>', row)[1]
            marks = [mark == "○" for mark in re.findall(r"<td>(.*?)</td>", row)]
            assert marks == [keys[label] in getattr(roles()[r].on(DAYS[1]), part) for r in heads], label
    assert "窓口業務委託" in page and "使える目的" in page and "見える項目" in page
