"""The building blocks that rooms write their pages with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import RequestFactory

from kaigo.base.desk.charts import bars, histogram, timeline
from kaigo.base.desk.pages import Pages
from kaigo.base.desk.panel import Bar
from kaigo.base.desk.templatetags.desk import both_eras, reasons, wareki, yen
from kaigo.base.desk.typed import Typed
from kaigo.law.words import Told

DESK = Path(__file__).resolve().parents[1]


def asked(query: str = ""):
    return RequestFactory().get(f"/list/?{query}")


def test_a_page_of_a_long_list_loads_fifty_rows_only():
    loaded = []

    def rows(limit, offset):
        loaded.append((limit, offset))
        return range(offset, min(offset + limit, 1234))

    page = Pages(None, asked("page=3&sort=hold"), 1234, rows)
    assert loaded == [(50, 100)]
    assert (page.first, page.until, page.last, len(page)) == (101, 150, 25, 50)
    assert page.before == "?page=2&sort=hold"
    assert [number for number, _ in page.links] == [1, 2, 3, 4, 5, 0, 25]


@pytest.mark.parametrize("typed", ["0", "-1", "x", "9" * 40, "٣", "999"])
def test_a_wrong_page_number_shows_a_page(typed):
    page = Pages(list(range(120)), asked(f"page={typed}"))
    assert 1 <= page.number <= 3
    assert page.rows


def test_an_empty_list_has_no_pager():
    page = Pages([], asked())
    assert (page.total, page.first, page.rows, page.after) == (0, 0, [], "")
    assert not render_to_string("desk/pager.html", {"page": page}).strip()


def test_bars_have_their_figures_beside_them_and_no_style():
    chart = bars("段階別", [("第1段階", 300), ("第2段階", 100), ("第3段階", 0)])
    html = render_to_string("desk/bars.html", {"chart": chart})
    assert 'width="33.3%"' in html
    assert "75.0" in html
    assert "style=" not in html
    assert html.index("第1段階") < html.index("300")


def test_bars_of_nothing_say_so():
    assert "まだ何もありません" in render_to_string("desk/bars.html", {"chart": bars("段階別", [])})


def test_a_histogram_is_titled_and_has_a_table():
    html = render_to_string(
        "desk/picture.html", {"chart": histogram("差額の分布", [("−1万円", 3), ("0", 9)])}
    )
    assert 'aria-label="差額の分布"' in html
    assert '<td class="num">9</td>' in html


def test_a_timeline_tells_half_open_periods_by_their_last_day():
    chart = timeline(
        [
            (
                "資格",
                [
                    Bar("第1号", date(2020, 4, 1), date(2026, 10, 1)),
                    Bar("<b>", date(2026, 10, 1), None, "good"),
                ],
            )
        ],
        date(2019, 4, 1),
        date(2027, 4, 1),
        date(2026, 7, 1),
    )
    html = render_to_string("desk/timeline.html", {"timeline": chart})
    assert "令和2年4月1日から令和8年9月30日まで" in html
    assert "<b>" not in html
    assert "続いている" in html
    assert "style=" not in html


def test_bars_that_overlap_go_below_each_other():
    spans = [Bar("a", date(2026, 4, 1), date(2026, 8, 1)), Bar("b", date(2026, 5, 1), None)]
    chart = timeline([("y", spans)], date(2026, 4, 1), date(2027, 4, 1), date(2026, 7, 1))
    assert 'y="3"' in chart.lanes[0].svg
    assert 'y="29"' in chart.lanes[0].svg


def test_reasons_are_nested_and_deep_grounds_folded():
    leaf = Told("c", "令39条", "本人の合計所得は<120万円>です", ())
    told = (Told("a", "法129条", "年額は75,600円です", (Told("b", "", "第5段階です", (leaf,)),)),)
    html = reasons(told)
    assert html.count("<ol") == 3
    assert html.count("<details>") == 1
    assert "&lt;120万円&gt;" in html
    assert "理由の記録はありません" in reasons(())


def test_days_and_yen():
    assert wareki(date(2019, 5, 1)) == "令和元年5月1日"
    assert both_eras(date(1958, 4, 1)) == "昭和33年4月1日(1958-04-01)"
    assert (yen(1234567), yen(-80), yen(None)) == ("1,234,567", "−80", "")


def test_what_is_typed_is_read_in_any_spelling_and_never_lost():
    typed = Typed(
        QueryDict("day=S33.4.1&amount=12,300円&bad=きのう&less=-5&most=999,999,999&more=1,000,000,000")
    )
    assert typed.day("day", "生年月日") == date(1958, 4, 1)
    assert typed.yen("amount", "金額") == 12300
    assert typed
    assert typed.day("bad", "届出日") is None
    assert typed.yen("less", "金額") is None
    assert typed.yen("most", "金額") == 999_999_999
    assert typed.yen("more", "金額") is None
    assert typed.text("absent", "理由") == ""
    assert typed.choice("day", "区分", {"a"}) == ""
    assert set(typed.errors) == {"bad", "less", "more", "absent", "day"}
    assert "きのう" in typed.errors["bad"]
    assert typed.text_of["bad"] == "きのう"


def test_no_other_origin_and_no_inline_script_or_style():
    for path in [
        *DESK.glob("templates/**/*.html"),
        *DESK.glob("static/**/*.css"),
        *DESK.glob("static/**/*.js"),
    ]:
        text = path.read_text()
        assert "http://" not in text
        assert "https://" not in text
        assert "style=" not in text
        assert "<style" not in text
        assert "<script>" not in text
        assert "onclick" not in text
