"""E-14: the midnight of 1 April with the world's rotation list: everybody old on the 31st, everybody new on the 1st."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import pytest
from django.test import Client

from kaigo.base.feeds.decide import receive
from kaigo.base.jobs.run import run
from kaigo.base.records.context import Context, acting
from kaigo.base.records.tests.waiting import wait_for_readers
from kaigo.base.staff.accounts import open_account
from kaigo.base.staff.can import NOTHING, can
from kaigo.base.staff.models import Grant, GrantEnd, Member, Session
from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tests.hired import account, grant, on
from kaigo.base.staff.who import COOKIE, identify
from kaigo.personnel.people.tests.desk import HOST
from world.town.files import Folder
from world.town.staff import Staff

INSURER = "131997"
NEW = date(2027, 4, 1)
OLD = NEW - timedelta(days=1)


class Ward:
    """The world's year of staff lists, taken in on their days; what the list says is read from its own bytes."""

    def __init__(self, folder) -> None:
        self.folder = Folder(folder)
        self.expected = Staff(7, 2026).write(self.folder)
        # (number, section, since) → last day: later lines of a key replace earlier ones.
        self.lines: dict[tuple[str, str, date], tuple[date | None, str]] = {}

    def receive_all(self) -> None:
        for entry in self.folder.entries:
            content = (self.folder.path / entry["file"]).read_bytes()
            day = date.fromisoformat(entry["date"])
            ctx = Context("job:test", "intake", day)
            with acting(ctx):
                assert receive(ctx, INSURER, entry["file"], content, "ward.staff").state == "accepted"
            wait_for_readers()
            assert run(Context("job:people.take", "staff", day), "people.take").result["refused"] == 0
            self._remember(content.decode())

    def _remember(self, text: str) -> None:
        for row in text.split("\r\n"):
            if row.startswith("D,"):
                _, number, _, _, _, _, section, _, since, to, contract = row.split(",")
                self.lines[number, section, _day(since)] = (_day(to) if to else None, contract)

    def sections(self, on: date) -> dict[str, set[str]]:
        """number → sections of a day, as the list has it."""
        found = defaultdict(set)
        for (number, section, since), (last, _) in self.lines.items():
            if since <= on and (last is None or on <= last):
                found[number].add(section)
        return found


def _day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


@pytest.fixture
def ward(street, tmp_path):
    made = Ward(tmp_path)
    made.receive_all()
    return made


def test_the_midnight_of_the_first_of_april(ward, settings):
    before, after = ward.sections(OLD), ward.sections(NEW)
    regular = sorted(n for n in before if not any(c for (m, *_), (_, c) in ward.lines.items() if m == n))
    assert len(regular) >= 100
    tokens, held = {}, {}
    with acting(on(OLD)):
        asker, ruler = account("900"), account("901")
        for number in regular:
            (section,) = before[number]
            who = open_account(on(), Member.objects.get(staff_number=number), f"s{number}", "staff")
            held[number] = grant(
                who, "係員", asker=asker, ruler=ruler, begins=date(2027, 3, 1), section=section
            )
            tokens[number] = begin(who, "passkey")
    leavers = {n for n in regular if not after[n]}
    movers = {n for n in regular if after[n] and after[n] != before[n]}
    assert len(leavers) >= 5 and len(movers) >= 10

    for number in regular:
        person = identify(tokens[number], OLD)
        assert {
            p.section for p in person.posts if p.begins <= OLD and (p.ends is None or p.ends > OLD)
        } == before[number]
        assert can(person, "counter.view", NOTHING, "inquiry", OLD).grants == (held[number].id,)

        person = identify(tokens[number], NEW)
        if number in leavers:
            assert person is None
            continue
        assert person.section in after[number]
        answer = can(person, "counter.view", NOTHING, "inquiry", NEW)
        assert answer.allowed is (number not in movers), "what was given for the old section gives nothing"

    _at_the_desk(settings, tokens, OLD, set())
    _at_the_desk(settings, tokens, NEW, leavers)
    # Only now the job of the new day runs: it writes down what was true since midnight.
    ended = run(Context("job:people.take", "staff", NEW), "people.take").result["grants_ended"]
    assert ended == len(leavers | movers) == GrantEnd.objects.count()
    assert set(GrantEnd.objects.values_list("grant_id", flat=True)) == {held[n].id for n in leavers | movers}
    assert set(GrantEnd.objects.values_list("ended_on", flat=True)) == {NEW}
    open_now = {
        s.account.member.staff_number
        for s in Session.objects.all()
        if s.ends_at > s.begun_at + timedelta(hours=1)
    }
    assert open_now & set(regular) == set(regular) - leavers - movers
    assert Grant.objects.count() == len(regular), "ended, never deleted"


def _at_the_desk(settings, tokens: dict[str, str], day: date, gone: set[str]) -> None:
    """Every open session asks for its own page on a day."""
    settings.BUSINESS_DATE = day.isoformat()
    client = Client(HTTP_HOST=HOST)
    for number, token in tokens.items():
        client.cookies[COOKIE] = token
        assert client.get("/access/mine/").status_code == (302 if number in gone else 200), number


def test_contracts_that_were_not_renewed_are_over(ward):
    before, after = ward.sections(OLD), ward.sections(NEW)
    lent = {n for (n, *_), (_, contract) in ward.lines.items() if contract}
    over = {n for n in lent if before[n] and not after[n]}
    assert over and over != lent
    with acting(on(OLD)):
        tokens = {
            n: begin(open_account(on(), Member.objects.get(staff_number=n), f"c{n}", "contractor"), "passkey")
            for n in sorted(lent)
        }
    assert all(identify(token, OLD) for token in tokens.values())
    assert {n for n, token in tokens.items() if identify(token, NEW) is None} == over
