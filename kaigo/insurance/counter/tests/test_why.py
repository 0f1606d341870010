"""Nobody is opened without a why: work that waits, a contact, or a purpose with a reason that stays marked."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg.types.range import Range

from kaigo.base.desk.refs import ref
from kaigo.base.records.context import Context
from kaigo.base.records.facts import believe_rows
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.collection.models import Task as CollectionTask
from kaigo.insurance.collection.tests.builders import person
from kaigo.insurance.counter.decide import take
from kaigo.insurance.counter.explained import cases, joined
from kaigo.insurance.counter.models import Access, Ticket
from kaigo.insurance.counter.screens_why import UNNAMED
from kaigo.insurance.counter.tests.visitor import CLERK, TODAY, body, last, page_of, visit
from kaigo.insurance.notices.models import Draft
from kaigo.insurance.premium.models import Task as PremiumTask
from kaigo.insurance.qualification.models import ExchangeTelling, IncomeInquiry, InsuredNumber
from kaigo.insurance.qualification.models import Task as QualificationTask
from kaigo.insurance.residents.models import AddresseeNumber, Hold

pytestmark = [pytest.mark.django_db, pytest.mark.asks]
REASON = "窓口で預かった書類を本人の記録と突き合わせる"
SECRETS = ("綾小路 桜子", "アヤノコウジ", "昭和25年5月5日", "1950", "0000055555", "000000077777777")
ME = Context("account:1", "inquiry", TODAY)


@pytest.fixture
def somebody() -> int:
    made = person("綾小路 桜子", "アヤノコウジ サクラコ")
    InsuredNumber.objects.create(person_id=made, number="0000055555")
    AddresseeNumber.objects.create(person_id=made, number="000000077777777")
    return made


def asked(answer) -> str:
    """The address of the asking page to which an answer leads."""
    assert answer.status_code == 302, answer.status_code
    assert answer["Location"].split("?")[0].endswith("/why/"), answer["Location"]
    return answer["Location"]


def opens(who: int, **more) -> bool:
    answer = visit(page_of(who), **more)
    return answer.status_code == 200


def test_the_page_that_asks_tells_nothing_of_the_person(somebody):
    address = page_of(somebody) + "?on=2025-10-01"
    answer = visit(address)
    question = asked(answer)
    assert last().outcome == "refused" and last().why == "purpose" and last().subjects == 1
    assert parse_qs(urlsplit(question).query) == {"to": [address]}
    html = visit(question).content.decode()
    assert "電話を受けた" in html and 'data-key="kt"' in html and 'data-key="km"' in html
    assert not [secret for secret in SECRETS if secret in html + question + answer.content.decode()]
    # What the secrets are worth: the person's own page shows them.
    visit(f"{page_of(somebody)}why/call/", {"to": address})
    page = visit(page_of(somebody)).content.decode()
    assert not [secret for secret in SECRETS if secret not in page]


@pytest.mark.parametrize("kind", ["call", "counter"])
def test_one_click_takes_the_contact_and_goes_on(somebody, kind):
    address = f"/residents/{ref('person', somebody)}/"
    question = asked(visit(address))
    to = parse_qs(urlsplit(question).query)["to"][0]
    answer = visit(f"{question.split('?')[0]}{kind}/", {"to": to})
    assert (answer.status_code, answer["Location"]) == (302, address)
    ticket = Ticket.objects.get(person_id=somebody)
    assert (ticket.kind, ticket.state, ticket.subject) == (kind, "open", UNNAMED)
    assert visit(address).status_code == 200
    assert (last().case, last().unexplained) == (f"ticket:{ticket.id}", False)
    # An open contact explains the look of a colleague too.
    assert opens(somebody, staff=someone(CLERK, account=2))


def test_a_closed_contact_explains_only_whoever_took_it_on_its_day(somebody):
    take(ME, somebody, "call", "納付書", "", True)
    assert opens(somebody)
    assert not opens(somebody, staff=someone(CLERK, account=2))
    assert not opens(somebody, day=TODAY + timedelta(days=1))


def test_a_reason_opens_for_the_day_and_stays_marked(somebody):
    answer = visit(
        f"{page_of(somebody)}why/", {"to": page_of(somebody), "purpose": "premium", "reason": REASON}
    )
    assert (answer.status_code, answer["Location"]) == (302, page_of(somebody))
    given = Access.objects.get()
    assert (given.person_id, given.actor, given.purpose, given.given_on) == (
        somebody,
        "account:1",
        "premium",
        TODAY,
    )
    written = type(last()).objects.filter(event="access.explain")
    assert [(e.purpose, e.case, e.subjects) for e in written] == [("premium", f"access:{given.id}", 1)]
    assert opens(somebody)
    assert (last().case, last().unexplained) == (f"access:{given.id}", True)
    assert not opens(somebody, staff=someone(CLERK, account=2))
    assert not opens(somebody, day=TODAY + timedelta(days=1))
    assert not opens(person())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"purpose": "premium", "reason": "確認のため"}, "10字以上"),
        ({"purpose": "premium", "reason": "   " * 9}, "理由を書いてください"),
        ({"purpose": "premium", "reason": "あ" * 401}, "400字まで"),
        ({"purpose": "staff", "reason": REASON}, "目的を選んでください"),
        ({"purpose": "audit", "reason": REASON}, "目的を選んでください"),
        ({"reason": REASON}, "目的を選んでください"),
    ],
)
def test_what_is_no_reason_opens_nothing(somebody, given, words):
    staff = someone(CLERK, purposes={"inquiry", "premium", "staff"})
    answer = visit(f"{page_of(somebody)}why/", {"to": page_of(somebody), **given}, staff=staff)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Access.objects.exists()


def test_a_reason_with_an_individual_number_is_refused(somebody):
    data = {"purpose": "premium", "reason": "個人番号 123456789018 の人を確かめる"}
    assert visit(f"{page_of(somebody)}why/", data).status_code == 409
    assert not Access.objects.exists()


@pytest.mark.parametrize(
    "to",
    [
        "https://example.org/", "//example.org/person/", "/\\example.org", "javascript:alert(1)", "/nowhere/", "",
        "person/", "/" + "a" * 600, "/person/\r\nSet-Cookie: a=b/",
    ],
)  # fmt: skip
def test_only_our_own_pages_are_gone_on_to(somebody, to):
    assert visit(f"{page_of(somebody)}why/call/", {"to": to})["Location"] == page_of(somebody)


WAITS = {
    "qualification.task": lambda who: QualificationTask.objects.create(
        person_id=who, sort="unclear", what="x", message="x", state="open"
    ),
    "qualification.inquiry": lambda who: IncomeInquiry.objects.create(
        person_id=who, fiscal_year=2026, municipality="131008", state="sent", asked_on=TODAY, asked_by="account:2",
        reply_by=TODAY,
    ),
    "qualification.telling": lambda who: ExchangeTelling.objects.create(
        person_id=who, event="start", day=TODAY, municipality="131008", state="wanted", asked_on=TODAY,
        asked_by="account:2",
    ),
    "premium.task": lambda who: PremiumTask.objects.create(
        person_id=who, fiscal_year=2026, sort="unclear", state="open"
    ),
    "collection.task": lambda who: CollectionTask.objects.create(
        person_id=who, sort="unclear", what="year:2026", message="x", state="open"
    ),
    "notices.draft": lambda who: Draft.objects.create(
        person_id=who, letter="premium_notice", fiscal_year=2026, annual_yen=0, dated=TODAY, state="draft",
        held="protected",
    ),
    "residents.hold": lambda who: believe_rows(
        Hold,
        [{"person_id": who, "reason": "x", "effective": Range(date(2026, 7, 1), None), "source": "test:1"}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WAITS)
def test_what_waits_in_a_room_explains_those_who_may_enter_it(somebody, what):
    WAITS[what](somebody)
    assert opens(somebody)
    assert last().case.rpartition(":")[0] == what and not last().unexplained
    room = what.split(".")[0]
    assert not opens(somebody, staff=someone(CLERK - {f"{room}.view"}))
    assert not opens(person())


def test_what_is_settled_or_may_go_out_explains_nothing(somebody):
    QualificationTask.objects.create(
        person_id=somebody, sort="unclear", what="x", message="x", state="settled"
    )
    PremiumTask.objects.create(person_id=somebody, fiscal_year=2026, sort="unclear", state="settled")
    Draft.objects.create(
        person_id=somebody,
        letter="premium_notice",
        fiscal_year=2026,
        annual_yen=0,
        dated=TODAY,
        state="draft",
    )
    assert not opens(somebody)


def test_an_open_contact_explains_for_ninety_days_and_not_for_ever(somebody):
    take(ME, somebody, "call", "x", "", False)
    for days, explained in ((89, True), (90, False)):
        Ticket.objects.update(taken_on=TODAY - timedelta(days=days), taken_by="account:9")
        assert bool(cases(ME, someone(CLERK), (somebody,))) is explained, days


def test_the_record_keeps_the_best_that_explains(somebody):
    """His own contact, also where a colleague's number stands before it in the alphabet; then what waits."""
    taken = {"ticket:9": "account:1", "ticket:10": "account:9"}
    for case, actor in taken.items():
        Ticket.objects.create(
            id=int(case[7:]),
            person_id=somebody,
            kind="call",
            subject="x",
            state="open",
            taken_on=TODAY,
            taken_by=actor,
        )
    assert cases(ME, someone(CLERK), (somebody,)) == {somebody: ("ticket:9", False)}
    Ticket.objects.filter(id=9).update(taken_by="account:8")
    WAITS["residents.hold"](somebody)
    hold = Hold.objects.get(person_id=somebody).id
    assert cases(ME, someone(CLERK), (somebody,)) == {somebody: (f"residents.hold:{hold}", False)}


def test_a_page_about_two_needs_both_and_one_query(somebody):
    other, staff = person(), someone(CLERK)
    take(ME, somebody, "call", "x", "", False)
    assert cases(ME, staff, (somebody, other)).keys() == {somebody}
    second = Access.objects.create(
        person_id=other, actor="account:1", purpose="premium", reason=REASON, given_on=TODAY
    )
    with CaptureQueriesContext(connection) as queries:
        case, unexplained = joined(cases(ME, staff, (somebody, other)))
    assert len(queries) == 1
    assert sorted(case.split(",")) == sorted([f"ticket:{Ticket.objects.get().id}", f"access:{second.id}"])
    assert unexplained


def test_an_act_without_a_why_is_refused_in_words(somebody):
    answer = visit(f"/premium/person/{ref('person', somebody)}/2026/revise/", {})
    assert answer.status_code == 403
    assert "きっかけ" in answer.content.decode()
    assert (last().outcome, last().why) == ("refused", "purpose")


def test_whoever_is_not_there_is_not_asked_about(somebody):
    nowhere = visit(page_of(999_999))
    assert nowhere.status_code == 404
    not_mine = visit(page_of(somebody), staff=someone(["jobs.view"]))
    assert body(nowhere) == body(not_mine)
    for address in ("why/", "why/call/"):
        for data in (None, {"purpose": "premium", "reason": REASON}):
            answer = visit(page_of(999_999) + address, data)
            assert answer.status_code == (405 if data is None and "call" in address else 404)
    assert not Ticket.objects.exists() and not Access.objects.exists()


def test_the_only_hit_of_a_search_is_asked_about_first(somebody):
    found = visit("/search", {"words": "0000055555"})
    assert found["Location"] == page_of(somebody)
    assert not [secret for secret in SECRETS if secret in found.content.decode()]
    asked(visit(found["Location"]))


def test_who_may_take_no_contact_gives_a_reason(somebody):
    auditor = someone({"counter.view"}, purposes={"audit", "inquiry"})
    html = visit(asked(visit(page_of(somebody), staff=auditor)), staff=auditor).content.decode()
    assert "電話を受けた" not in html and "監査・点検" in html and "賦課の調べ" not in html
    assert visit(f"{page_of(somebody)}why/call/", {}, staff=auditor).status_code == 404
