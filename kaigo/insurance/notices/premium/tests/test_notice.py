"""The printed premium notice says what its data says."""

import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import typst

from kaigo.base.paper import press, qr
from kaigo.insurance.notices.premium import letters as L

CREATED = datetime(2026, 6, 10, tzinfo=UTC)
SEAL = '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="60"><rect x="3" y="3" width="54" height="54" fill="none" stroke="#b00000" stroke-width="3"/></svg>'


def notice(sequence=1, name="髙橋 𠮷江", stages=13):
    """A made-up letter: ten instalments, the longest address."""
    parts = tuple(
        L.Instalment(f"第{i + 1}期", f"令和8年{6 + i}月30日", "納付書", 8_200 if i == 0 else 8_000)
        for i in range(7)
    ) + tuple(L.Instalment(f"第{8 + i}期", f"令和9年{1 + i}月28日", "納付書", 8_000) for i in range(3))
    rows = tuple(L.StageRow(i, f"条件その{i}", 10_000 * i) for i in range(1, stages + 1))
    why = L.Reason(
        "1年間の保険料は80,200円です。",
        "介護保険法129条",
        (L.Reason("第5段階にあたります。", "介護保険法施行令38条"),),
    )
    text = L.OperativeText("appeal-test", date(2016, 4, 1), None, ("三か月以内に審査請求ができます。",))
    return L.PremiumNotice(
        qr.sheet_id("R1", sequence), "令和8年度", f"8見本第{sequence}号", "令和8年6月10日", date(2026, 6, 10),
        "見本区長", SEAL, True, "100-0000", "見本県見本市" + "長" * 34, "見本" * 20 + "1234号室", name, "0000000018",
        80_200, 5, parts, ("納期限までに納めてください。",), (why,), rows, text, ("見本区 介護保険課",),
    )  # fmt: skip


def text_of(pdf, tmp_path):
    path = tmp_path / "letter.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()


@pytest.mark.parametrize("stages", [13, 19])
def test_paper_says_what_data_says(tmp_path, stages):
    printed = press.render(L.NOTICE, [notice(stages=stages).as_json()], CREATED)
    text = text_of(printed.pdf, tmp_path)
    assert printed.pages == (2,)
    assert "80,200 円" in text and text.count("8,000") == 9 and text.count("8,200") == 1
    assert f"{10_000 * stages:,}" in text and "審査請求" in text and "髙橋 𠮷江" in text


def test_same_data_gives_same_bytes_and_no_letter_shows_another(tmp_path):
    data = [notice(1, "髙橋 花").as_json(), notice(2, "山﨑 次郎").as_json()]
    printed = press.render(L.NOTICE, data, CREATED)
    assert printed == press.render(L.NOTICE, data, CREATED)
    pages = text_of(printed.pdf, tmp_path).split("\f")
    assert "山﨑" not in pages[0] + pages[1] and "髙橋" not in pages[2] + pages[3]


def test_markup_in_a_name_is_printed_as_it_is(tmp_path):
    name = '#panic("x") *a* $b$'
    assert name in text_of(press.render(L.NOTICE, [notice(name=name).as_json()], CREATED).pdf, tmp_path)


def test_a_letter_without_operative_text_is_refused():
    letter = notice()
    with pytest.raises(ValueError, match="教示"):
        replace(letter, operative_text=replace(letter.operative_text, paragraphs=())).as_json()
    data = letter.as_json()
    del data["operative_text"]
    with pytest.raises(typst.TypstError):
        press.render(L.NOTICE, [data], CREATED)


def test_an_operative_text_out_of_its_period_is_refused():
    with pytest.raises(ValueError, match="有効"):
        replace(notice(), issued_on=date(2016, 3, 31)).as_json()


def test_amounts_that_do_not_add_up_are_refused():
    with pytest.raises(ValueError, match="年額"):
        replace(notice(), annual=80_201).as_json()
