"""所得照会: who is asked about, what a reply becomes, what is refused, and that the premium then rests on other facts."""

from __future__ import annotations

import pytest
from psycopg.types.range import Range

from kaigo.base.records.context import acting
from kaigo.base.records.facts import believe_rows
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification import income_inquiries as inquiries
from kaigo.insurance.qualification.decide import decide_all
from kaigo.insurance.qualification.income_wanted import wanted
from kaigo.insurance.qualification.models import IncomeInquiry, IncomeReply
from kaigo.insurance.qualification.tests.builders import (
    INSURER,
    born,
    context,
    day,
    excepted,
    fact,
    lives,
)
from kaigo.insurance.qualification.tests.test_screens import ask, text
from kaigo.insurance.registers.models import Insurer, InsurerEntry
from kaigo.insurance.residents import taxation
from kaigo.insurance.residents.models import AddresseeNumber, Household, Membership, Protection, Taxation

pytestmark = pytest.mark.django_db
OTHER = "112038"
TOLD = dict.fromkeys(taxation.YEN, "0") | {
    "status": "1", "per_capita_tax": "5000", "income_tax": "61000", "total_income": "1800000",
    "pension_revenue": "2900000", "pension_income": "1800000", "deemed_taxed": "", "declared": "1",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _towns():
    for code, name in ((OTHER, "川口市"), ("131121", "世田谷区")):
        town(code, name)


def town(code, name):
    believe_rows(
        InsurerEntry,
        [
            fact(InsurerEntry)
            | {
                "insurer_id": Insurer.objects.create(code=code).id,
                "name": name,
                "prefecture": "埼玉県" if code == OTHER else "東京都",
                "number": code,
                "effective": Range(day("2000-04-01"), None),
            }
        ],
    )


def moved_in(name="転入 花子", birth="1950-05-05", on="2026-03-10", code=OTHER, household=True):
    person = born(birth, name)
    AddresseeNumber.objects.create(person_id=person, number=f"{person:015}")
    lives(
        person, on, became_resident_on=on, became_resident_reason="01", event="01", from_code=code,
        from_address="埼玉県川口市青木2丁目1番1号",
    )  # fmt: skip
    if household:
        together(person)
    return person


def together(*people, since="2026-01-01"):
    home = Household.objects.create(number=f"{people[0]:015}")
    for person in people:
        believe_rows(
            Membership,
            [
                fact(
                    Membership,
                    person_id=person,
                    household_id=home.id,
                    relationship="02",
                    effective=Range(day(since), None),
                )
            ],
        )


def levied(person, status="2", year=2026, source="feed:1:1"):
    believe_rows(
        Taxation,
        [
            fact(Taxation, person_id=person, status=status, effective=Range(day("2026-04-01"), day("2027-04-01")))
            | {"fiscal_year": year, "source": source}
            | dict.fromkeys(taxation.YEN, 0)
        ],
    )  # fmt: skip


def decide(on="2026-07-01"):
    decide_all(context(on), INSURER)


def names(on="2026-07-01", year=2026):
    return [one.name for one in wanted(context(on), year)]


def asked(person, on="2026-07-01", **words) -> IncomeInquiry:
    (row,) = inquiries.ask(context(on), 2026, OTHER, [person], day("2026-08-31"), **words)
    return row


def sent(person, on="2026-07-13") -> IncomeInquiry:
    row = asked(person)
    inquiries.note_sent(context(on), [row.id])
    row.refresh_from_db()
    return row


def tax(person) -> Taxation:
    return Taxation.objects.get(person_id=person, fiscal_year=2026, known__upper_inf=True)


def test_who_came_after_the_first_of_january_and_has_no_record_is_asked_about():
    mover = moved_in()
    moved_in("一月一日 太郎", on="2026-01-01")
    known = moved_in("記録 次郎")
    levied(known)
    pending = moved_in("照会中 三郎")
    levied(pending, "5")
    moved_in("若い 四郎", birth="1980-01-01")  # not insured, of no insured's household
    decide()
    found = wanted(context("2026-07-01"), 2026)
    assert [(one.name, one.inquiring) for one in found] == [("転入 花子", False), ("照会中 三郎", True)]
    assert (found[0].person, found[0].municipality, found[0].since) == (mover, OTHER, day("2026-03-10"))
    assert found[0].former_address.startswith("埼玉県") and found[0].insured and found[0].askable


def test_members_of_the_household_too_but_no_children():
    mover = moved_in(household=False)
    child = moved_in("子 一郎", birth="2015-05-05", household=False)
    spouse = moved_in("妻 花代", birth="1970-05-05", household=False)
    together(mover, spouse, child)
    decide()
    assert [(one.name, one.insured) for one in wanted(context("2026-07-01"), 2026)] == [
        ("転入 花子", True),
        ("妻 花代", False),
    ]


def test_ours_in_a_home_elsewhere_are_asked_about_there():
    """I18: they were forgotten when others' incomes were asked for."""
    person = born("1940-05-05", "特例 花子")
    lives(person, "1990-01-01", "2024-05-01")
    lives(person, "2024-05-01", state="left", event="02")
    excepted(person, "own", "2024-05-01")
    decide()
    (found,) = wanted(context("2026-07-01"), 2026)
    assert (found.why, found.municipality, found.since) == ("exception", "131121", day("2024-05-01"))


def test_who_is_asked_about_is_not_wanted_again_until_it_is_dropped():
    person = moved_in()
    decide()
    row = asked(person)
    assert names() == []
    with pytest.raises(Refused, match="もう照会している"):
        asked(person)
    inquiries.drop(context("2026-07-02"), row, "転入元が誤っていた")
    assert names() == ["転入 花子"]
    with pytest.raises(Refused):
        inquiries.drop(context("2026-07-02"), row, "もう一度")


def test_sent_means_inquiring_and_a_record_that_is_there_stays():
    person, known = moved_in(), moved_in("記録 次郎")
    decide()
    rows = [asked(person), asked(known)]
    levied(known, "1")
    assert not Taxation.objects.filter(person_id=person).exists()
    assert inquiries.note_sent(context("2026-07-13"), [row.id for row in rows]) == 2
    assert inquiries.note_sent(context("2026-07-14"), [row.id for row in rows]) == 0
    assert (tax(person).status, tax(person).source) == ("5", f"inquiry:{rows[0].id}")
    assert tax(known).status == "1"
    rows[0].refresh_from_db()
    assert rows[0].sent_on == day("2026-07-13")
    inquiries.drop(context("2026-07-20"), rows[0], "転出した")
    assert not Taxation.objects.filter(person_id=person, known__upper_inf=True).exists()


def test_a_reply_becomes_the_tax_of_the_year_with_its_source():
    person = moved_in()
    decide()
    row = sent(person)
    inquiries.reply(context("2026-08-05"), row, day("2026-08-03"), TOLD, "税務課から")
    found = tax(person)
    assert (found.status, found.total_income, found.pension_revenue, found.income_tax) == (
        "1", 1_800_000, 2_900_000, 61_000,
    )  # fmt: skip
    assert (found.source, found.notified_on) == (f"reply:{OTHER}:2026-08-03", day("2026-08-03"))
    assert (found.deemed_taxed, found.declared) == (None, "1")
    assert (found.effective.lower, found.effective.upper) == (day("2026-04-01"), day("2027-04-01"))
    row.refresh_from_db()
    assert row.state == "answered" and IncomeReply.objects.get().told["total_income"] == "1800000"
    assert names("2026-08-05") == []
    # A second reply corrects the first; both are kept.
    inquiries.reply(context("2026-08-09"), row, day("2026-08-08"), TOLD | {"total_income": "1900000"})
    assert tax(person).total_income == 1_900_000
    assert IncomeReply.objects.count() == 2
    with pytest.raises(Refused, match="所得の回答が登録されています"):
        inquiries.reply_no_record(context("2026-08-10"), row, day("2026-08-10"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"status": ""}, "課税区分がありません"),
        ({"status": "9"}, "課税区分の符号にない値"),
        ({"total_income": ""}, "合計所得金額がありません"),
        ({"total_income": "百万"}, "円の整数ではありません"),
        ({"per_capita_tax": "5000000"}, "均等割額が大きすぎます"),
        ({"deemed_taxed": "7"}, "みなし課税区分の符号"),
    ],
)
def test_a_reply_passes_the_checks_of_the_tax_offices_file(change, said):
    person = moved_in()
    decide()
    row = sent(person)
    with pytest.raises(Refused, match=said):
        inquiries.reply(context("2026-08-05"), row, day("2026-08-03"), TOLD | change)
    assert tax(person).status == "5" and not IncomeReply.objects.exists()


def test_the_day_of_a_reply_lies_between_asking_and_today():
    person = moved_in()
    decide()
    row = sent(person)
    for wrong in ("2026-06-30", "2026-08-06"):
        with pytest.raises(Refused, match="回答の日"):
            inquiries.reply(context("2026-08-05"), row, day(wrong), TOLD)


def test_no_record_is_kept_and_another_municipality_may_be_asked():
    person = moved_in()
    decide()
    row = asked(person)
    inquiries.reply_no_record(context("2026-08-05"), row, day("2026-08-03"), "1月1日の住民でない")
    assert (tax(person).status, IncomeReply.objects.get().found) == ("5", False)
    assert names("2026-08-05") == []
    (second,) = inquiries.ask(context("2026-08-06"), 2026, "131121", [person], day("2026-09-30"))
    with pytest.raises(Refused, match="新しい照会"):
        inquiries.reply(context("2026-08-20"), row, day("2026-08-19"), TOLD)
    inquiries.reply(context("2026-08-20"), second, day("2026-08-19"), TOLD)
    assert tax(person).source == "reply:131121:2026-08-19"


def test_unknown_towns_past_days_and_protected_people_are_refused():
    person = moved_in()
    decide()
    with pytest.raises(Refused, match="台帳にありません"):
        inquiries.ask(context("2026-07-01"), 2026, "999999", [person], day("2026-08-31"))
    with pytest.raises(Refused, match="今日より後"):
        inquiries.ask(context("2026-07-01"), 2026, OTHER, [person], day("2026-07-01"))
    with pytest.raises(Refused, match="いません"):
        inquiries.ask(context("2026-07-01"), 2026, OTHER, [], day("2026-08-31"))
    with acting(context("2026-07-01")):
        believe_rows(
            Protection,
            [fact(Protection, person_id=person, measure="01", effective=Range(day("2026-01-01"), None))],
        )
    assert [one.guarded for one in wanted(context("2026-07-01"), 2026)] == [True]
    with pytest.raises(Refused, match="支援措置"):
        asked(person)
    assert asked(person, reason="本人が同意").reason == "本人が同意"


def test_the_clerk_asks_enters_and_sees_it_on_the_screen():
    person = moved_in()
    abroad = moved_in("国外 花子", code="999999")
    decide()
    html = text(ask("inquiries"))
    assert "埼玉県川口市" in html and "転入 花子" in html and "照会する市区町村が分からない人" in html
    assert abroad and "国外 花子" in html
    assert ask("inquiries_ask", {"year": "2026", "reply_by": "R8.8.31"}).status_code == 409
    assert (
        "日付として読めません"
        in ask("inquiries_ask", {"year": "2026", "reply_by": "八月", "municipality": OTHER}).content.decode()
    )
    done = ask("inquiries_ask", {"year": "2026", "reply_by": "R8.8.31", "municipality": OTHER})
    assert done.status_code == 302
    row = IncomeInquiry.objects.get()
    assert (row.person_id, row.state, row.reply_by) == (person, "asked", day("2026-08-31"))
    inquiries.note_sent(context("2026-07-13"), [row.id])
    assert "当てはまる照会はありません" in text(ask("inquiries", query={"view": "overdue"}, on="2026-08-31"))
    late = text(ask("inquiries", query={"view": "overdue"}, on="2026-09-02"))
    assert "転入 花子" in late and "2日過ぎた" in late
    typed = TOLD | {"replied_on": "R8.8.3", "total_income": "1,800,000", "step": "check"}
    wrong = text(ask("inquiry_reply", typed | {"pension_revenue": "多い"}, inquiry=row.id, on="2026-08-05"))
    assert "多い" in wrong and "公的年金等収入金額が円の整数ではありません" in wrong
    shown = text(ask("inquiry_reply", typed, inquiry=row.id, on="2026-08-05"))
    assert "1,800,000 円" in shown and "次のとおり登録します" in shown
    assert tax(person).status == "5"
    assert ask("inquiry_reply", typed | {"step": "do"}, inquiry=row.id, on="2026-08-05").status_code == 302
    assert tax(person).total_income == 1_800_000
    assert "登録した回答" in text(ask("inquiry", inquiry=row.id, on="2026-08-05"))
    assert "回答済み" in text(ask("person", person=person, on="2026-08-05"))


def test_pages_need_their_permission():
    row = asked(moved_in())
    look = frozenset({"qualification.view"})
    for name, path in (("inquiry_reply", {"inquiry": row.id}), ("inquiry_none", {"inquiry": row.id}),
                       ("inquiry_drop", {"inquiry": row.id}), ("inquiries_ask", {})):  # fmt: skip
        assert ask(name, {"replied_on": "R8.7.1", "reason": "x"}, may=look, **path).status_code == 404
    assert ask("inquiries", may=frozenset()).status_code == 404
    assert "回答を登録する" not in text(ask("inquiry", may=look, inquiry=row.id))
    row.refresh_from_db()
    assert row.state == "asked"


def test_the_ward_of_a_large_city_counts_as_its_city():
    town("111007", "さいたま市")
    moved_in("大宮 花子", code="111031")
    moved_in("誤り 花子", code="111030")  # a check digit that is wrong
    decide()
    found = {one.name: one.municipality for one in wanted(context("2026-07-01"), 2026)}
    assert found == {"大宮 花子": "111007", "誤り 花子": "111030"}
    html = text(ask("inquiries"))
    assert "さいたま市" in html and "台帳にない団体コード" in html
