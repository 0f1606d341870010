"""被保険者台帳: everything we hold of one person, as of a day, on paper that says who printed it and for what."""

from __future__ import annotations

import subprocess
from datetime import date

import pytest
from django.utils import timezone
from psycopg.types.range import Range

from kaigo.base.audit.models import Event
from kaigo.base.desk.refs import ref
from kaigo.base.paper.fonts import GETA, with_geta
from kaigo.base.records.facts import believe_rows
from kaigo.insurance.certificates.decide import issue
from kaigo.insurance.collection.tests.builders import assess, insured, on, person, welfare
from kaigo.insurance.collection.tests.test_plan import plan_on
from kaigo.insurance.counter.ledger.sheet import ledger, pdf
from kaigo.insurance.counter.person import PURPOSES
from kaigo.insurance.counter.tests.clerk import ALL, TODAY, ask, text
from kaigo.insurance.premium.tests.builders import at_home
from kaigo.insurance.qualification.models import InsuredNumber
from kaigo.insurance.qualification.tests.builders import excepted, fact, lives
from kaigo.insurance.residents.models import Protection

pytestmark = pytest.mark.django_db(databases=["default", "staff"])
COMMON = {"insurer": "見本区", "printed_by": "係員 試験", "printed_at": "令和8年7月15日 9:00", "purpose": "x"}


@pytest.fixture
def who():
    somebody = person()
    lives(somebody, "1990-01-01", "2026-06-01", address="見本区旧町1番1号")
    lives(somebody, "2026-06-01", address="見本区新町2番2号")
    at_home([somebody])
    insured(somebody)
    InsuredNumber.objects.create(person_id=somebody, number="0000012345")
    excepted(somebody, "own", "2026-06-01")
    welfare(somebody, date(2026, 5, 1))
    assess(on(TODAY), somebody, 66_000)
    plan_on(TODAY)
    issue(on(TODAY), somebody)
    return somebody


def words(who: int, day: date = TODAY, may=lambda permission: True) -> dict:
    return ledger(on(day), who, "時点", may)


def table(words: dict, title: str) -> list[dict]:
    """A section as one dictionary per row."""
    section = next(s for s in words["sections"] if s["title"] == title)
    heads = [column[0] for column in section["columns"]]
    assert all(len(row) == len(heads) for row in section["rows"])
    return [dict(zip(heads, row, strict=True)) for row in section["rows"]]


def test_the_ledger_holds_what_every_room_holds(who):
    found = words(who)
    assert (found["name"], found["number"], found["protected"]) == ("見本 花子", "0000012345", False)
    assert table(found, "資格の異動")[0]["取得年月日"] == "平成27年5月4日"
    assert table(found, "被保険者証")[0]["いま"] == "所持"
    assert [row["住所(転出先)"] for row in table(found, "住所の履歴")] == [
        "見本区新町2番2号",
        "見本区旧町1番1号",
    ]
    assert table(found, "住所の履歴")[1]["期間"] == "平成2年1月1日〜令和8年5月31日"
    assert table(found, "住所地特例・施設の履歴")[0]["種別"] == "住所地特例(当区の被保険者)"
    assert table(found, "生活保護・老齢福祉年金・境界層")[0]["内容"].endswith("代理納付")
    assert table(found, "賦課の決定")[0]["年額(円)"] == "66,000"
    terms = table(found, "令和8年度 期別")
    assert sum(int(row["額(円)"].replace(",", "")) for row in terms) == 66_000
    balance = table(found, "収納の残高")[0]
    assert (balance["調定(円)"], balance["収納(円)"], balance["残高(円)"]) == ("66,000", "0", "66,000")


def test_as_of_an_earlier_day_what_began_later_is_left_out(who):
    found = words(who, date(2026, 5, 15))
    assert [row["住所(転出先)"] for row in table(found, "住所の履歴")] == ["見本区旧町1番1号"]
    assert table(found, "住所地特例・施設の履歴") == []
    assert len(table(found, "生活保護・老齢福祉年金・境界層")) == 1
    assert table(found, "収納の残高")[0]["残高(円)"] == "0"
    assert dict(found["facts"])["住所"] == "見本区旧町1番1号"


def test_rooms_that_the_printer_may_not_enter_are_absent_and_named(who):
    found = words(who, may=lambda permission: permission != "collection.view")
    titles = {section["title"] for section in found["sections"]}
    assert "賦課の決定" in titles
    assert not titles & {"収納の残高", "口座", "令和8年度 期別"}
    assert "収納は載せていません" in found["holds"]
    assert "載せていません" not in words(who)["holds"]


def test_one_click_prints_it_and_the_access_record_knows_who_when_and_what_for(who):
    html = text(ask("person", person=who))
    assert f'action="/person/{ref("person", who)}/ledger/"' in html and 'value="premium"' in html
    answer = ask("ledger", data={"purpose": "premium", "on": "R8.6.30", "known": ""}, person=who)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF")
    event = Event.objects.get(event="ledger.print")
    assert (event.object, event.subjects, event.purpose, event.outcome) == ("person", 1, "premium", "done")
    assert event.details["on"] == "2026-06-30" and event.details["pages"] >= 1


@pytest.mark.parametrize("data", [{"purpose": "curiosity"}, {"purpose": "inquiry", "on": "きのう"}])
def test_without_a_purpose_of_the_list_or_a_day_nothing_is_printed(who, data):
    assert ask("ledger", data=data, person=who).status_code == 409
    assert not Event.objects.filter(event="ledger.print").exists()


def test_who_may_not_and_who_is_not(who):
    data = {"purpose": "inquiry"}
    assert ask("ledger", data=data, person=who, may=ALL - {"counter.print"}).status_code == 404
    assert ask("ledger", data=data, person=999_999).status_code == 404
    assert ask("ledger", person=who).status_code == 405, "no link in passing prints"


def pages_of(printed, tmp_path) -> list[str]:
    """The text of every page."""
    path = tmp_path / "ledger.pdf"
    path.write_bytes(printed.pdf)
    said = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()
    return said.split("\f")[:-1]


def test_every_page_says_whose_it_is_who_printed_it_and_that_it_is_internal(who, tmp_path):
    believe_rows(Protection, [fact(Protection, person_id=who) | {"effective": Range(date(2026, 1, 1), None)}])
    long = words(who)
    long["sections"] *= 3
    printed = pdf([long], COMMON, timezone.now())
    pages = pages_of(printed, tmp_path)
    assert printed.pages == (len(pages),) and len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert f"{number} / {len(pages)} ページ" in page
        assert "係員 試験" in page and "令和8年7月15日 9:00 印刷" in page and "内部資料" in page
        assert "支援措置の対象者です" in page and "見本 花子" in page
    assert (
        "支援措置" not in pages_of(pdf([words(who, date(2025, 1, 1))], COMMON, timezone.now()), tmp_path)[0]
    )


def test_characters_that_no_font_has_do_not_stop_the_print(who):
    printed = pdf([words(who) | {"name": "見本\ue000"}], COMMON, timezone.now())
    assert printed.pdf.startswith(b"%PDF")
    assert with_geta({"name": ["見本\ue000"]}) == {"name": [f"見本{GETA}"]}


def test_every_purpose_is_one_of_the_access_record():
    assert set(PURPOSES) == {"inquiry", "qualification", "premium", "collection"}
