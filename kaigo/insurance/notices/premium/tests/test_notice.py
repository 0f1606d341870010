"""The printed letters say what their data says."""

import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import typst
import zxingcpp

from kaigo.base.jobs.registry import NotReady
from kaigo.base.paper import press
from kaigo.insurance.notices.certificates.letters import CERTIFICATE
from kaigo.insurance.notices.common import common
from kaigo.insurance.notices.premium import letters as L
from kaigo.insurance.notices.tests import samples as S
from kaigo.insurance.notices.texts import TextsError, text

CREATED = datetime(2026, 7, 10, tzinfo=UTC)


def text_of(pdf, tmp_path):
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()


def test_paper_says_what_data_says(tmp_path):
    letter = S.notice()
    printed = press.render(L.NOTICE, [S.printable(letter)], CREATED, S.shared(), 2)
    text = text_of(printed.pdf, tmp_path)
    assert printed.pages == (2,)
    assert f"{letter.annual:,} 円" in text
    assert text.count(" 8,000\n") == 10 and text.count(" 8,100\n") == 3
    words = "".join(text.split())  # the paper breaks lines where it likes
    for said in (
        "「法」は介護保険法、",
        "東京都介護保険審査会",
        "3か月以内",
        "6か月以内",
        "髙橋𠮷江",
        "令和8年7月10日",
    ):
        assert said in words


def test_the_fullest_letter_keeps_its_two_pages(tmp_path):
    """Nineteen stages, ten terms, six deductions, longest name and address."""
    letter = S.notice(
        stage=19,
        long=True,
        found=S.parts(10, (4, 6, 8, 10, 12, 14)),
        name=S.LONGEST,
        recipient=S.LONGEST + "子",
    )
    printed = press.render(L.NOTICE, [S.printable(letter)], CREATED, S.shared(stages=19), 2)
    text = text_of(printed.pdf, tmp_path)
    assert printed.pages == (2,) and "190,000" in text and "正当な理由" in text.split("\f")[1]


def test_the_fullest_change_keeps_its_two_pages(tmp_path):
    after, before = S.parts(10, (4, 6, 8, 10, 12, 14), 9_000), S.parts(8, (4, 6, 8), 7_000)
    letter = S.change(after, before, name=S.LONGEST, long=True)
    printed = press.render(L.CHANGE, [S.printable(letter)], CREATED, S.shared("change_notice", 19), 2)
    text = text_of(printed.pdf, tmp_path)
    assert printed.pages == (2,) and "変更前" in text and f"{letter.annual:,} 円" in text
    assert f"＋{letter.annual - letter.before.annual:,}円" in text


def test_a_certificate_has_every_item_and_one_page(tmp_path):
    printed = press.render(
        CERTIFICATE, [S.printable(S.certificate())], CREATED, S.shared("insured_certificate"), 1
    )
    text = text_of(printed.pdf, tmp_path)
    assert printed.pages == (1,)
    for item in (
        "0000000018",
        "タカハシ ヨシエ",
        "昭和36年7月11日",
        "女",
        "令和8年7月10日",
        "131995",
        "見本区",
    ):
        assert item in text


def test_a_letter_of_other_length_is_refused():
    with pytest.raises(press.PagesWrong, match="1通目が1ページ"):
        press.render(L.NOTICE, [S.printable(S.notice())], CREATED, S.shared(), 1)


def test_same_data_gives_same_bytes_and_no_letter_shows_another(tmp_path):
    data = [S.printable(S.notice(name="髙橋 花"), 1), S.printable(S.notice(name="山﨑 次郎"), 2)]
    printed = press.render(L.NOTICE, data, CREATED, S.shared())
    assert printed == press.render(L.NOTICE, data, CREATED, S.shared())
    pages = text_of(printed.pdf, tmp_path).split("\f")
    assert "山﨑" not in pages[0] + pages[1] and "髙橋" not in pages[2] + pages[3]


def test_the_press_keeps_order_and_takes_letters_as_it_needs_them():
    taken = []

    def letters():
        for place in range(24):
            taken.append(place)
            yield S.printable(S.notice(name=f"見本 {place}"), place + 1)

    parts = press.Press(workers=1, chunk=4).run(L.NOTICE, letters(), CREATED, S.shared(), 2)
    first = next(parts)
    assert first.pages == (2, 2, 2, 2) and len(taken) < 24
    assert sum(len(part.pages) for part in parts) == 20


def test_the_code_on_the_paper_is_the_id_of_its_sheet(tmp_path):
    """Read as the folding machine reads it: from the printed page, at the 300 dots an inch of a plain printer."""
    data = [S.printable(S.notice(), 1), S.printable(S.notice(), 123_456)]
    path = tmp_path / "letter.pdf"
    path.write_bytes(press.render(L.NOTICE, data, CREATED, S.shared(), 2).pdf)
    for page, sheet in ((1, data[0]["sheet"]), (3, data[1]["sheet"])):
        place = [str(page)] * 2
        made = subprocess.run(
            ["pdftoppm", "-r", "300", "-gray", "-f", place[0], "-l", place[1], path],
            capture_output=True,
            check=True,
        ).stdout
        _, size, _, pixels = made.split(b"\n", 3)
        wide, high = map(int, size.split())
        found = zxingcpp.read_barcodes(memoryview(pixels).cast("B", (high, wide)))
        assert [code.text for code in found] == [sheet]


def test_a_letter_too_long_among_others_is_named(tmp_path):
    """The total is counted first; which letter it is comes out only when the total is wrong."""
    long = replace(S.notice(), reasons=S.WHY * 6)
    data = [S.printable(S.notice(), 1), S.printable(long, 2), S.printable(S.notice(), 3)]
    with pytest.raises(press.PagesWrong, match=r"2通目が2ページに収まりません\(3ページ\)") as wrong:
        press.render(L.NOTICE, data, CREATED, S.shared(), 2)
    assert wrong.value.place == 1
    assert press.render(L.NOTICE, data, CREATED, S.shared()).pages == (2, 3, 2)


def test_markup_in_a_name_is_printed_as_it_is(tmp_path):
    name = '#panic("x") *a* $b$'
    printed = press.render(L.NOTICE, [S.printable(S.notice(name=name))], CREATED, S.shared())
    assert name in text_of(printed.pdf, tmp_path)


def test_a_letter_without_operative_text_is_refused(monkeypatch):
    """教示: without it nothing compiles, and on a day for which there is none nothing is drafted."""
    words = S.shared()
    del words["operative_text"]
    with pytest.raises(typst.TypstError):
        press.render(L.NOTICE, [S.printable(S.notice())], CREATED, words)
    words["operative_text"] = {"id": "x", "paragraphs": []}
    with pytest.raises(typst.TypstError):
        press.render(L.NOTICE, [S.printable(S.notice())], CREATED, words)
    with pytest.raises(NotReady):
        common(S.INSURER, "premium_notice", 2026, date(2016, 3, 31))


def test_texts_that_overlap_or_have_unknown_keys_are_errors(tmp_path):
    row = "- {name: contact, from: 2020-01-01, to: %s, value: {lines: [a]}, source: x, confidence: x, checked_on: 2026-01-01}\n"
    for number, content in enumerate([row % "null" + row % "null", row.replace("source", "sauce") % "null"]):
        folder = tmp_path / str(number) / "999999"
        folder.mkdir(parents=True)
        (folder / "a.yaml").write_text(content)
        with pytest.raises(TextsError):
            text("999999", "contact", date(2026, 1, 1), tmp_path / str(number))


def test_amounts_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="年額"):
        replace(S.notice(), annual=80_201).as_json()
