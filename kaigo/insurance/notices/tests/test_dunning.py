"""督促状・催告書: they ask for what is open, once; who paid gets none; the gate holds letter and ledger together."""

from __future__ import annotations

import subprocess
from datetime import UTC, date, datetime, timedelta

import pytest

from kaigo.base.paper import press, qr
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.slips import reference_of
from kaigo.insurance.collection.tests.builders import YEAR
from kaigo.insurance.dunning import batch as batches
from kaigo.insurance.dunning import reminders
from kaigo.insurance.dunning.models import Demand
from kaigo.insurance.dunning.tests.builders import DATED, INSURER, by, demanded, parts, pay, payer
from kaigo.insurance.ledger.post import Line, post
from kaigo.insurance.notices import decide
from kaigo.insurance.notices.common import common, kept
from kaigo.insurance.notices.dunning import drafting
from kaigo.insurance.notices.dunning.letters import DEMAND, REMINDER, TEMPLATES, DemandNotice, ReminderNotice
from kaigo.insurance.notices.models import Asking, Draft, Issue
from kaigo.insurance.notices.premium.letters import Person
from kaigo.insurance.notices.tests import samples as S
from kaigo.insurance.notices.tests.builders import lives, protect
from kaigo.insurance.qualification.models import InsuredNumber

pytestmark = pytest.mark.django_db
CREATED = datetime(YEAR, 8, 18, tzinfo=UTC)
DAY = date(YEAR, 10, 20)


def ctx(day: date = DATED) -> Context:
    return Context("account:1", "notice", day)


def debtor(yen: int = 66_000) -> int:
    who = payer(yen)
    InsuredNumber.objects.create(person_id=who, number=f"{who:010}")
    return who


def make(letter: str = DEMAND, day: date = DATED) -> dict:
    return drafting.draft(ctx(day), INSURER, letter)


def waiting(letter: str = DEMAND) -> list[Draft]:
    issued = Issue.objects.values("draft_id")
    return list(Draft.objects.filter(letter=letter, state="draft").exclude(id__in=issued).order_by("id"))


def text_of(pdf: bytes, tmp_path) -> str:
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()


def printed(letter: str, data: dict) -> press.Printed:
    words = data | {"document_number": "8見介督第1号", "sheet": qr.sheet_id("T", 1)}
    template, pages = TEMPLATES[letter]
    return press.render(template, [words], CREATED, common(INSURER, letter, YEAR, DATED), pages)


def test_a_demand_notice_asks_for_the_term_with_its_slip_number_and_prints(tmp_path):
    who = debtor()
    demanded()
    assert make()["drafts"] == 1
    (row,) = waiting()
    data, demand = row.content.data, Demand.objects.get()
    assert (row.annual_yen, data["open"], data["yen"], data["paid"]) == (
        demand.yen,
        demand.yen,
        demand.yen,
        0,
    )
    assert data["slip"].replace("-", "") == reference_of(YEAR, "slip", parts(who)[1].id, 1)
    assert "operative_text" in kept(row.content.common)
    assert make()["drafts"] == 0
    words = "".join(text_of(printed(DEMAND, data).pdf, tmp_path).split())
    for said in (
        "介護保険料督促状",
        f"{demand.yen:,}円",
        "令和8年8月28日",
        "東京都介護保険審査会",
        "第1期",
        "令和8年7月31日",
    ):
        assert said in words
    assert data["slip"].replace(" ", "") in words


def test_who_paid_before_the_letter_went_gets_none():
    who, part = debtor(), debtor()
    demanded()
    make()
    pay(who, 1, day=DATED)
    pay(part, 1, 1_000, day=DATED)
    done = make()
    assert (done["withdrawn"], done["drafts"]) == (2, 1)
    (row,) = waiting()
    assert (row.person_id, row.content.data["paid"]) == (part, 1_000)
    assert row.annual_yen == parts(part)[1].yen - 1_000
    assert {d.withdrawn_reason for d in Draft.objects.filter(state="withdrawn")} == {"paid"}


def test_a_letter_sent_again_is_no_new_demand():
    debtor()
    demanded()
    make()
    demand, (first,) = Demand.objects.get(), waiting()
    with pytest.raises(Refused, match="まだ発行を待って"):
        drafting.again(ctx(), INSURER, demand.id)
    decide.note_issued(ctx(), [(first.id, "8見介督第1号", DATED)])
    later = DATED + timedelta(days=5)
    row = Draft.objects.get(id=drafting.again(ctx(later), INSURER, demand.id))
    assert (row.dated, row.content.data["title"]) == (later, "介護保険料督促状（再発行）")
    assert row.content.data["deadline"] == "令和8年8月28日"
    assert Demand.objects.count() == 1
    assert [a.again for a in Asking.objects.order_by("id")] == [False, True]
    pay(demand.person_id, 1, day=DATED)
    decide.withdraw(ctx(), [row.id], "hand")
    with pytest.raises(Refused, match="納められています"):
        drafting.again(ctx(later), INSURER, demand.id)


def test_a_letter_whose_address_changed_is_drafted_anew_and_a_protected_ones_goes_to_the_new_one_only():
    who, other = debtor(), debtor()
    demanded()
    make()
    lives(who, "東京都見本区東3丁目3番3号", since=DATED)
    protect(other, DATED)
    lives(other, "東京都見本区南4丁目4番4号", since=DATED)
    done = decide.recheck(ctx(), INSURER)
    assert (done["withdrawn"], done["drafts"]) == (2, 2)
    now = {row.person_id: row for row in waiting()}
    assert now[who].content.data["address"] == "東京都見本区東3丁目3番3号"
    # Who is protected moved away: nothing goes to where she lived, and nothing keeps her letter back.
    assert (now[other].held, now[other].content.data["address"]) == ("", "東京都見本区南4丁目4番4号")
    assert Demand.objects.count() == 2


def test_a_reminder_notice_lists_all_and_prints(tmp_path):
    who = debtor(960_000)
    demanded(DATED)
    demanded(date(YEAR, 9, 18))
    made = reminders.shadow(by(1, DAY), INSURER, DAY, date(YEAR, 11, 10))
    batches.approve(by(2, DAY), made)
    reminders.execute(by(1, DAY), made)
    pay(who, 1, 20_000, day=DAY)
    assert make(REMINDER, DAY)["drafts"] == 1
    (row,) = waiting(REMINDER)
    data = row.content.data
    assert (
        data["open"]
        == sum(line[3] for line in data["lines"])
        == parts(who)[1].yen + parts(who)[2].yen - 20_000
    )
    assert (row.fiscal_year, row.dated, len(data["lines"])) == (YEAR, DAY, 2)
    ((_, _, asked, open_yen, held),) = drafting.compared(ctx(DAY), REMINDER, YEAR)
    assert (asked, open_yen, held) == (data["open"], data["open"], False)
    words = "".join(text_of(printed(REMINDER, data).pdf, tmp_path).split())
    for said in ("介護保険料催告書", f"{data['open']:,}円", "令和8年11月10日", "第1期", "第2期"):
        assert said in words


def test_a_reminder_asks_for_no_more_than_was_decided_and_nothing_of_what_is_overpaid():
    who = debtor()
    demanded(DATED)
    demanded(date(YEAR, 9, 18))
    made = reminders.shadow(by(1, DAY), INSURER, DAY, date(YEAR, 11, 10))
    batches.approve(by(2, DAY), made)
    reminders.execute(by(1, DAY), made)
    first, second = parts(who)[1].yen, parts(who)[2].yen
    post(ctx(DAY), [Line(who, "x", "x", 1_000, YEAR, YEAR, "adjust", "slip", 2, "revision")])
    make(REMINDER, DAY)
    (row,) = waiting(REMINDER)
    assert row.content.data["open"] == first + second
    pay(who, 1, first + 500, day=DAY)
    ((_, _, asked, open_yen, _),) = drafting.compared(ctx(DAY), REMINDER, YEAR)
    assert (asked, open_yen) == (first + second, second)


def test_without_an_insured_number_a_letter_is_held_and_the_gate_learns_what_lacks_in_its_year():
    who = payer()
    demanded()
    assert drafting.lacking(ctx(), DEMAND, YEAR) == [(who, parts(who)[1].yen)]
    assert drafting.lacking(ctx(), DEMAND, YEAR - 1) == []
    assert make()["held"] == {"address": 1}
    assert drafting.lacking(ctx(), DEMAND, YEAR) == []


def test_a_late_charge_that_is_not_known_leaves_the_sum_open():
    def told(*late: int | None) -> int | None:
        lines = tuple(("令和8年度", "第1期", "令和8年7月31日", 100, yen, "1") for yen in late)
        return ReminderNotice(Person("", "", "", "", "", ""), 1, "", "", lines).as_json()["late"]

    assert (told(300, 200), told(300, None)) == (500, None)


def test_the_fullest_letters_keep_their_pages():
    person = Person(
        "1760001", "東京都見本区" + "あ" * 60, "い" * 40, S.LONGEST + "子", S.LONGEST, "0000000001"
    )
    said = [
        ["納期限 令和8年7月31日 の 123,456 円がまだ納められていません。", "自治法231条の3第1項・条例", []]
    ]
    demand = DemandNotice(
        person,
        1,
        "令和8年度",
        "第10期",
        "令和9年3月31日",
        123_456,
        1,
        "令和9年4月30日",
        "1000 0000 000145",
        True,
        said,
    )
    assert printed(DEMAND, demand.as_json()).pages == (1,)
    line = ("令和8年度", "第10期", "令和9年3月31日", 123_456, 1_200, "1000 0000 000145")
    reminder = ReminderNotice(person, 1, "令和9年4月30日", "令和9年4月1日", (line,) * 30)
    assert printed(REMINDER, reminder.as_json()).pages == (2,)
    with pytest.raises(ValueError, match="催告書"):
        ReminderNotice(person, 1, "", "", ()).as_json()
    with pytest.raises(ValueError, match="督促状"):
        DemandNotice(person, 1, "", "", "", 100, 100, "", "", False, []).as_json()
