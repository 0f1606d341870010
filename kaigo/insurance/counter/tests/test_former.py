"""移行の比較 on a page: files, differences, everybody."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.desk.refs import ref
from kaigo.base.jobs.run import run
from kaigo.base.records.context import Context, acting
from kaigo.insurance.collection import opening as collection
from kaigo.insurance.counter.tests.clerk import ALL, ask, text
from kaigo.insurance.premium import opening as premium
from kaigo.insurance.premium.tests.builders import insured, taxed
from kaigo.insurance.qualification import opening as qualification
from kaigo.insurance.residents.models import AddresseeNumber
from kaigo.insurance.residents.tests.former import hand_over, number_of

APRIL = date(2026, 4, 1)
CTX = Context("account:1", "operations", APRIL)
RIGHT = "111111111111,21120"


def somebody() -> int:
    found = insured()
    AddresseeNumber.objects.create(person_id=found, number=number_of(found))
    taxed(found, 2025)
    return found


def take_over(lines: dict[int, str], received: int = 21_120) -> None:
    """person → stages and yen as the former system had them; everything else agrees."""
    numbers = {who: number_of(who) for who in lines}
    yen = {who: int(line.split(",")[1]) for who, line in lines.items()}
    hand_over(CTX, "migrate.person", [f"{n},{who:010}" for who, n in numbers.items()])
    hand_over(CTX, "migrate.qualification", [f"{n},1,20150504,02,," for n in numbers.values()])
    hand_over(
        CTX,
        "migrate.assessment",
        [f"{numbers[w]},2025,20250401,12,{line},0,20250701" for w, line in lines.items()],
    )
    hand_over(CTX, "migrate.instalment", [f"{numbers[w]},2025,2,1,20250731,{y},{y}" for w, y in yen.items()])
    hand_over(CTX, "migrate.year_total", [f"{numbers[w]},2025,{y},{received},0,0" for w, y in yen.items()])
    for room in (qualification, premium, collection):
        with acting(CTX):
            room.take(CTX)
    run(CTX, "counter.compare_former")


def test_before_a_migration_the_page_says_what_to_do(street):
    html = text(ask("former"))
    assert "比較はまだありません" in html and "kaigo migrate" in html


def test_files_that_agree_show_no_difference(street):
    take_over({somebody(): RIGHT})
    html = text(ask("former", day=APRIL))
    assert html.count("一致") == 5 and "相違はありません" in html
    assert "直すべき行" in html and "21,120" in html


@pytest.mark.parametrize(
    "line, received, label, words",
    [
        ("222222222222,36000", 36_000, "所得段階", ("第2段階 36,000円", "第1段階 21,120円")),
        ("111111111111,22120", 22_120, "年額", ("22,120円", "21,120円")),
        (RIGHT, 20_000, "残高", ("1,120円", "0円")),
    ],
)
def test_a_difference_is_named_with_both_sides(street, line, received, label, words):
    one = somebody()
    take_over({one: line}, received)
    html = text(ask("former", day=APRIL))
    assert "相違 1件" in html and f"/person/{ref('person', one)}/" in html
    assert all(word in html for word in (label, *words))
    chosen = {"所得段階": "stage", "年額": "yen", "残高": "balance"}[label]
    assert f"/person/{ref('person', one)}/" in text(ask("former", f"what={chosen}", day=APRIL))
    assert f"/person/{ref('person', one)}/" not in text(ask("former", "what=levied", day=APRIL))


def test_everybody_is_judged_now_fifty_at_a_time(street):
    one, other = somebody(), somebody()
    take_over({one: RIGHT, other: "555555555555,74400"}, 21_120)
    html = text(ask("former", "all=1", day=APRIL))
    assert f"/person/{ref('person', one)}/" in html and f"/person/{ref('person', other)}/" in html
    # Five kinds of file and one person agree.
    assert html.count("tag--good") == 6 and "74,400" in html
    taxed(one, 2025, status="1", total_income=9_000_000)
    assert text(ask("former", "all=1", day=APRIL)).count("相違</span>") == 2


def test_the_page_needs_its_permission(street):
    assert ask("former", may=ALL - {"premium.view"}).status_code == 404
