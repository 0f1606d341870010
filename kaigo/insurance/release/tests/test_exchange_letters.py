"""住所地特例連絡票: from the decision to tell to the letter at the post; what has changed since stops it."""

from __future__ import annotations

import subprocess
from datetime import date

import pytest
from psycopg.types.range import Range

from kaigo.base.paper import press
from kaigo.base.records.context import acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.insurance.certificates.tests.asking import ask, text
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.notices import decide, screens
from kaigo.insurance.notices.exchange.drafting import draft_exchange
from kaigo.insurance.notices.exchange.letters import LETTER, MOST
from kaigo.insurance.notices.models import Draft
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.qualification import exchange_letters
from kaigo.insurance.qualification.models import ExchangeNotice, ExchangeTelling, InsuredNumber
from kaigo.insurance.qualification.tests.builders import facility
from kaigo.insurance.registers.models import Facility, FacilityEntry, Insurer, InsurerEntry
from kaigo.insurance.release import gate, printing, pulls, requests
from kaigo.insurance.release import screens as release_screens
from kaigo.insurance.release.models import Letter
from kaigo.insurance.residents.models import AddressException, Particulars

pytestmark = pytest.mark.django_db
ASKS, APPROVES = N.on(), N.on(actor="account:2")
MAY = {"notices.view", "notices.draft", "release.view"}
BEGAN, CHANGED = date(2026, 6, 10), date(2026, 7, 1)
KAWAGUCHI, ICHIKAWA = "112038", "122033"


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    def run(self, template, letters, created, common=None, pages=None, standards=press.STANDARDS):
        yield press.render(template, list(letters), created, common, pages, standards)

    monkeypatch.setattr(printing.Press, "run", run)
    for code, name in ((KAWAGUCHI, "川口市"), (ICHIKAWA, "市川市")):
        row = N.fact(InsurerEntry, name=name, prefecture="県", number=code)
        believe_rows(InsurerEntry, [row | {"insurer_id": Insurer.objects.create(code=code).id}])
    facility("1100000001", "埼玉県川口市青木1-1", exception=True)


def lives_in(who: int, since: date, until: date | None = None, home="1100000001", town=KAWAGUCHI) -> None:
    words = {"exception": "own", "municipality": town, "facility": home, "effective": Range(since, until)}
    believe_rows(AddressException, [N.fact(AddressException, person_id=who, **words)])


def began(name="特例 花子", town=KAWAGUCHI) -> int:
    who = B.person(name)
    lives_in(who, BEGAN, town=town)
    return who


def wanted(*people: int, town=KAWAGUCHI, reason="") -> list[ExchangeTelling]:
    return exchange_letters.want(ASKS, [(who, "start", BEGAN, town) for who in people], reason)


def rename(who: int, name: str) -> None:
    old = Particulars.objects.get(person_id=who, known__upper_inf=True)
    row = {column: getattr(old, column) for column in Particulars.value_columns()}
    believe_rows(
        Particulars,
        [row | {"person_id": who, "name": name, "effective": old.effective, "source": "test:2", "notified_on": None}],
    )  # fmt: skip


def compared():
    return gate.compare_letters(ASKS, LETTER, 2026)


def printed():
    asked = requests.request_run(ASKS, LETTER, 2026, ASKS.on)
    requests.approve(APPROVES, asked)
    return printing.print_run(ASKS, asked)


def words_of(pdf: bytes, tmp_path) -> str:
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()


def test_one_letter_for_each_municipality_and_none_twice():
    wanted(began("特例 花子"), began("特例 太郎"))
    wanted(began("特例 次郎", ICHIKAWA), town=ICHIKAWA)
    assert draft_exchange(ASKS, N.INSURER) == {"drafts": 2, "events": 3, "left": 0}
    assert draft_exchange(ASKS, N.INSURER) == {"drafts": 0, "events": 0, "left": 0}
    first, second = Draft.objects.order_by("id")
    assert (first.person_id, first.letter, first.fiscal_year) == (None, LETTER, 2026)
    assert {e["name"] for e in first.content.data["events"]} == {"特例 花子", "特例 太郎"}
    assert second.content.data["recipient"] == "県市川市 介護保険担当課"


def test_nobody_whom_the_section_did_not_choose_is_in_a_letter():
    began()
    assert draft_exchange(ASKS, N.INSURER)["drafts"] == 0
    assert compared().difference_count == 0


def test_the_paper_says_who_where_since_when_and_what(tmp_path):
    facility("1100000002", "埼玉県川口市本町2-2", exception=True)
    who = began()
    InsuredNumber.objects.create(person_id=who, number="0000012345")
    lives_in(who, CHANGED, home="1100000002")
    wanted(who)
    exchange_letters.want(ASKS, [(who, "change", CHANGED, KAWAGUCHI)])
    draft_exchange(ASKS, N.INSURER)
    draft = Draft.objects.get()
    html = text(ask(screens, "letter", may=MAY, draft=draft.id))
    paper = words_of(ask(screens, "paper", may=MAY, draft=draft.id).content, tmp_path)
    for said in ("特例 花子", "0000012345", "埼玉県川口市青木1-1", "埼玉県川口市本町2-2", "令和8年6月10日",
                 "令和8年7月1日", "適用", "施設の変更", "1100000002", "昭和25年5月5日"):  # fmt: skip
        assert said in html and said in paper, said
    assert "県川口市 への住所地特例連絡票" in html
    assert "御中" in paper and "介護保険法第13条" in paper and "前の施設" in paper
    # Nothing of the premium, the income or the household.
    assert not [word for word in ("年額", "所得", "段階", "世帯", "認定") if word in paper]


def test_the_longest_names_of_a_register_stay_on_their_page(tmp_path):
    for number in ("1100000003", "1100000004"):
        home = Facility.objects.create(number=number)
        row = N.fact(FacilityEntry, facility_id=home.id, name="長い名前の施設" * 17, address="長い住所" * 50)
        row |= {"kind": "01", "capacity": 100, "municipality": KAWAGUCHI, "exception_target": True}
        believe_rows(FacilityEntry, [row])
    people = [B.person("長" * 120, "ナガイ" * 40) for _ in range(MOST + 1)]
    for who in people:
        lives_in(who, date(2026, 6, 1), BEGAN, home="1100000004")
        lives_in(who, BEGAN, home="1100000003")
    exchange_letters.want(ASKS, [(who, "change", BEGAN, KAWAGUCHI) for who in people])
    assert draft_exchange(ASKS, N.INSURER)["drafts"] == 2
    run = printed()
    assert (run.letters, run.pages) == (2, 2)


def test_it_goes_through_the_gate_by_two_persons_and_posting_notes_that_they_were_told():
    (row,) = wanted(began())
    assert [d["what"] for d in compared().differences] == ["missing"]
    draft_exchange(ASKS, N.INSURER)
    asked = requests.request_run(ASKS, LETTER, 2026, ASKS.on)
    with pytest.raises(Refused, match="本人は承認できません"):
        requests.approve(ASKS, asked)
    requests.approve(APPROVES, asked)
    run = printing.print_run(ASKS, asked)
    row.refresh_from_db()
    assert (row.state, run.letters, ExchangeNotice.objects.count()) == ("wanted", 1, 0)
    # Printed and not yet posted: no second letter.
    assert draft_exchange(ASKS, N.INSURER)["drafts"] == 0
    assert pulls.post(N.on(date(2026, 7, 13)), run.id).letters == 1
    row.refresh_from_db()
    notice = ExchangeNotice.objects.get()
    number = Letter.objects.get().number
    assert (row.state, row.sent_on) == ("sent", date(2026, 7, 13))
    assert (notice.told_on, notice.how) == (date(2026, 7, 13), f"連絡票 {number}")
    assert number.startswith("令8見介住第")


def test_what_changed_since_stops_the_gate_and_is_drafted_anew():
    who = began()
    (row,) = wanted(who)
    draft_exchange(ASKS, N.INSURER)
    assert compared().difference_count == 0
    rename(who, "改名 花子")
    assert compared().differences == [{"person": who, "what": "exchange"}]
    with pytest.raises(requests.Differs):
        requests.request_run(ASKS, LETTER, 2026, ASKS.on)
    assert decide.recheck(ASKS, N.INSURER) == {"checked": 1, "withdrawn": 1, "drafts": 1}
    assert compared().difference_count == 0
    exchange_letters.drop(ASKS, row, "電話で連絡した")
    assert [d["what"] for d in compared().differences] == ["exchange"]
    assert decide.recheck(ASKS, N.INSURER)["drafts"] == 0
    assert not Draft.objects.filter(state="draft").exists()


def test_an_event_that_our_records_know_no_longer_is_not_told():
    who = began()
    wanted(who)
    draft_exchange(ASKS, N.INSURER)
    run = printed()
    # The register says now that it began a day later.
    with acting(ASKS):
        lives_in(who, date(2026, 6, 1), BEGAN)
    with pytest.raises(Refused, match="事情の変わった通知が1通"):
        pulls.post(APPROVES, run.id)
    assert pulls.recheck(APPROVES, run.id) == 1
    assert pulls.post(APPROVES, run.id).letters == 0
    assert not ExchangeNotice.objects.exists()
    assert draft_exchange(ASKS, N.INSURER) == {"drafts": 0, "events": 0, "left": 1}


def test_a_protected_person_is_in_no_letter_and_one_printed_is_taken_out():
    who = began()
    (row,) = wanted(who)
    draft_exchange(ASKS, N.INSURER)
    run = printed()
    N.protect(who)
    with pytest.raises(Refused, match="事情の変わった通知が1通"):
        pulls.post(APPROVES, run.id)
    assert pulls.recheck(APPROVES, run.id) == 1
    assert pulls.pull_list(run.id)[0].code == "protected"
    assert pulls.post(APPROVES, run.id).letters == 0
    assert not ExchangeNotice.objects.exists()
    assert draft_exchange(ASKS, N.INSURER) == {"drafts": 0, "events": 0, "left": 1}
    assert compared().difference_count == 0
    exchange_letters.drop(ASKS, row, "支援措置の開始")
    wanted(who, reason="本人が同意")
    assert draft_exchange(ASKS, N.INSURER)["events"] == 1


def test_the_clerk_drafts_from_the_page_and_reads_the_letter_after_print():
    assert ask(screens, "draft_exchange", {}, may=MAY).status_code == 409
    wanted(began())
    assert ask(screens, "draft_exchange", {}, may={"notices.view"}).status_code == 404
    assert ask(screens, "draft_exchange", {}, may=MAY).status_code == 302
    assert "県川口市" in text(ask(screens, "drafts", may=MAY, query=f"letter={LETTER}"))
    run = printed()
    assert "県川口市" in text(ask(release_screens, "run", may=MAY, run=run.id))
    page = text(ask(release_screens, "letter", may=MAY, letter=Letter.objects.get().id))
    assert "御中" in page and "年額" not in page
