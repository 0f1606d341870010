"""仮徴収額変更通知書: from a changed provisional decision to paper and through the gate, once, with its 教示."""

from __future__ import annotations

import subprocess
from datetime import date

import pytest

from kaigo.insurance.collection.tests.builders import (
    INSURER,
    YEAR,
    assess,
    february,
    insured,
    lose,
    on,
    person,
)
from kaigo.insurance.collection.tests.test_plan import plan_on
from kaigo.insurance.notices import decide, preview
from kaigo.insurance.notices.models import Draft
from kaigo.insurance.notices.provisional.drafting import draft_provisional
from kaigo.insurance.notices.read import content
from kaigo.insurance.premium import provisional_changes as changes
from kaigo.insurance.premium.models import Assessment
from kaigo.insurance.premium.provisional import decide_provisional
from kaigo.insurance.premium.tests.builders import at_home
from kaigo.insurance.qualification.models import InsuredNumber
from kaigo.insurance.qualification.tests.builders import lives
from kaigo.insurance.release.gate import compare_letters

pytestmark = pytest.mark.django_db
APRIL, MAY, JULY = date(YEAR, 4, 1), date(YEAR, 5, 20), date(YEAR, 7, 1)
LETTER = "provisional_change"


@pytest.fixture
def who():
    somebody = person()
    lives(somebody, "1990-01-01")
    at_home([somebody])
    insured(somebody)
    InsuredNumber.objects.create(person_id=somebody, number="0000012345")
    february(somebody, 10_000)
    decide_provisional(on(APRIL), INSURER, YEAR)
    plan_on(APRIL)
    return somebody


def lowered(who, **yen):
    changes.change_amounts(
        on(MAY), INSURER, YEAR, who, {int(m[1:]): y for m, y in yen.items()}, "所得が減った"
    )
    plan_on(MAY)


def drafted():
    return draft_provisional(on(MAY), INSURER, YEAR)["drafts"]


def issue(draft):
    decide.note_issued(on(MAY), [(draft.id, f"令8見介仮第{draft.id}号", MAY)])


def gate():
    return compare_letters(on(MAY), LETTER, YEAR)


def test_only_who_was_changed_gets_the_letter_and_only_once(who):
    assert drafted() == 0
    lowered(who, m6=4_000, m8=4_000)
    report = gate()
    assert [d["what"] for d in report.differences] == ["missing"]
    assert drafted() == 1
    assert drafted() == 0
    report = gate()
    assert (report.difference_count, report.totals["letters"], report.totals["letters_yen"]) == (0, 1, 18_000)


def test_the_page_says_both_sides_why_and_how_to_object(who, tmp_path):
    lowered(who, m6=4_000, m8=4_000)
    drafted()
    row = Draft.objects.get(letter=LETTER)
    assert (row.annual_yen, row.held) == (18_000, "")
    path = tmp_path / "letter.pdf"
    path.write_bytes(preview.pdf(on(MAY), row.id))
    said = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()
    for words in (
        "仮徴収額変更通知書",
        "18,000 円",
        "12,000円減り",
        "4,000",
        "10,000",
        "不服があるとき",
        "審査請求",
        "0000012345",
    ):
        assert words in said, words
    assert "段階" not in said, "no stage is known before the main assessment"


def test_who_lost_the_qualification_is_told_that_it_stops_and_what_comes_back(who):
    lose(who, date(YEAR, 4, 21), "51")
    changes.run(on(MAY), INSURER, YEAR)
    plan_on(MAY)
    assert drafted() == 1
    words, _ = content(on(MAY), Draft.objects.get(letter=LETTER).id)
    assert "特別徴収中止通知書" in words["title"]
    assert "被保険者でなくなった" in words["why"]
    assert any("10,000円は、お返しします" in line for line in words["what"]), words["what"]
    assert gate().difference_count == 0


def test_decided_anew_before_it_went_out_the_old_draft_is_withdrawn(who):
    lowered(who, m6=4_000)
    drafted()
    lowered(who, m6=5_000)
    assert gate().differences[0]["what"] in ("superseded", "missing")
    assert drafted() == 1
    assert [d.state for d in Draft.objects.filter(letter=LETTER).order_by("id")] == ["withdrawn", "draft"]
    assert gate().difference_count == 0


def test_what_was_taken_back_before_anybody_was_told_needs_no_letter(who):
    lowered(who, m6=4_000)
    lowered(who, m6=10_000)
    assert drafted() == 0


def test_what_was_told_is_the_other_side_of_the_next_letter(who):
    lowered(who, m6=4_000)
    drafted()
    issue(Draft.objects.get(letter=LETTER))
    lowered(who, m6=10_000)
    assert drafted() == 1
    words, _ = content(on(MAY), Draft.objects.latest("id").id)
    assert (words["before"]["annual"], words["annual"]) == (24_000, 30_000)


def test_the_letter_of_the_year_is_still_a_first_letter(who):
    lowered(who, m6=4_000, m8=4_000)
    drafted()
    issue(Draft.objects.get(letter=LETTER))
    before = Assessment.objects.get(person_id=who, superseded_by__isnull=True)
    assess(on(JULY), who, 36_000, "main", before.id)
    plan_on(JULY)
    assert decide.draft_premium(on(JULY), INSURER, YEAR)["drafts"] == 1
    assert Draft.objects.latest("id").letter == "premium_notice"


def test_a_letter_that_may_no_longer_go_where_it_said_is_drafted_anew(who):
    lowered(who, m6=4_000)
    drafted()
    lives(who, "2026-05-15", address="見本区新町2番2号")
    assert [d["what"] for d in gate().differences] == ["place"]
    assert decide.recheck(on(MAY), INSURER) == {"checked": 1, "withdrawn": 1, "drafts": 1}
    words, _ = content(on(MAY), Draft.objects.latest("id").id)
    assert words["address"] == "見本区新町2番2号"
    assert gate().difference_count == 0
