"""Numbers of slips, barcodes and the two rows of an OCR slip: made, read back, and every wrong digit said in words."""

from __future__ import annotations

import os
import random
from datetime import date, timedelta

import polars as pl
import pytest

from kaigo.layouts import barcode, ocr, slip
from kaigo.layouts.agreed import agreed
from kaigo.layouts.barcode import BarcodeError, Payload
from kaigo.layouts.check_digits import DAMM, damm, damm_wrong, weight3, weight3_wrong
from kaigo.layouts.model import get
from kaigo.layouts.ocr import OcrError, OcrRows
from kaigo.layouts.reader import read
from kaigo.layouts.slip import Slip, SlipError
from kaigo.layouts.tests.samples import INSURER, a_barcode, a_slip, file, rows

SEED = int(os.environ.get("KAIGO_SEED", "20260401"))
# A published sample of a maker of barcode programs (Barcode.jar), with its check digit.
PUBLISHED = "91912345000000000000004520875004013100295004"
ONE = Slip(2026, "10", 12345, 7)


def test_the_published_barcode_is_read_and_made():
    payload = Payload("912345", "000000000000004520875", 0, date(2004, 1, 31), False, 29_500)
    assert barcode.decode(PUBLISHED) == payload
    assert barcode.encode(payload) == PUBLISHED
    assert barcode.printed(PUBLISHED) == ("(91)912345-0000000000000045208750", "040131-0-029500-4")


def test_weights_are_those_of_gs1():
    """The number of a book and of a tin: 13 digits of the same rule."""
    assert weight3("978030640615") == "7" and weight3("490123456789") == "4"


def test_what_is_made_is_read():
    rng = random.Random(SEED)
    for _ in range(500):
        made = a_slip(rng)
        text = slip.number(made)
        assert len(text) == 20 and slip.parse(text) == made
        expires = rng.choice([None, date(2026, 4, 1) + timedelta(rng.randrange(9_000))])
        yen = rng.randint(1, 300_000)
        code = barcode.of_slip("912345", made, expires, yen, most=300_000)
        assert barcode.slip_of(code) == (made, yen) and barcode.decode(code).expires == expires
        rows = OcrRows("13199", made, yen, date(2026, 7, 31))
        assert ocr.decode(*ocr.encode(rows)) == rows


def test_the_number_of_a_slip_is_documented():
    assert slip.number(ONE) == "20261000000123450704"
    assert slip.shown("20261000000123450704") == "2026-10-0000012345-07-0-4"


def test_different_slips_have_different_numbers_and_nobody_stands_in_one():
    """One serial number is one person, year, way and instalment; the copies of it differ in one digit and the check."""
    numbers = {
        slip.number(Slip(year, kind, serial, instalment, reissue))
        for year in (2025, 2026) for kind in slip.KINDS for serial in (1, 2) for instalment in (4, 14) for reissue in range(10)
    }  # fmt: skip
    assert len(numbers) == 2 * len(slip.KINDS) * 2 * 2 * 10
    assert set(Slip._fields) == {"fiscal_year", "kind", "serial", "instalment", "reissue"}


def test_one_wrong_digit_and_two_that_changed_places_are_always_found():
    rng = random.Random(SEED)
    for _ in range(30):
        text = slip.number(a_slip(rng))
        for place in range(20):
            for digit in set("0123456789") - {text[place]}:
                with pytest.raises(SlipError, match="検証番号"):
                    slip.parse(text[:place] + digit + text[place + 1 :])
        for place in range(19):
            swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
            if swapped != text:
                with pytest.raises(SlipError, match="検証番号"):
                    slip.parse(swapped)


def test_the_table_is_totally_anti_symmetric():
    """What makes the promise of Damm true: a Latin square, zero on the diagonal, and (c·x)·y = (c·y)·x only for x = y."""
    at = [[int(digit) for digit in row] for row in DAMM]
    for n in range(10):
        assert sorted(at[n]) == sorted(row[n] for row in at) == list(range(10)) and at[n][n] == 0
    clash = [
        (c, x, y)
        for c in range(10)
        for x in range(10)
        for y in range(x)
        if at[at[c][x]][y] == at[at[c][y]][x]
    ]
    assert clash == []
    assert damm("572") == "4"


def test_columns_and_single_numbers_have_the_same_check_digits():
    rng = random.Random(SEED)
    numbers = ["".join(rng.choices("0123456789", k=20)) for _ in range(400)] + ["", "12", "A" * 20]
    frame = pl.DataFrame({"n": numbers}).select(
        damm=damm_wrong(pl.col("n"), 20), weight=weight3_wrong(pl.col("n"), 20)
    )
    digits = [n.isdigit() and len(n) == 20 for n in numbers]
    assert frame["damm"].to_list() == [
        ok and damm(n[:-1]) != n[-1] for n, ok in zip(numbers, digits, strict=True)
    ]
    assert frame["weight"].to_list() == [
        ok and weight3(n[:-1]) != n[-1] for n, ok in zip(numbers, digits, strict=True)
    ]
    assert 0 < frame["damm"].sum() < 400


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"kind": "99"}, "種別 99 はありません。10(納付書)"),
        ({"fiscal_year": 26}, "年度 26 は 2000 から 9999 までに入りません。西暦4桁の年度にしてください"),
        ({"serial": 0}, "一連番号 0 は 1 から"),
        ({"serial": 10**10}, "一連番号の振出しを確かめてください"),
        ({"instalment": 100}, "期別 100 は"),
        ({"reissue": 10}, "10枚目からは新しい一連番号にしてください"),
    ],
)
def test_a_slip_that_cannot_be_numbered_is_refused_in_words(wrong, words):
    with pytest.raises(SlipError) as refusal:
        slip.number(ONE._replace(**wrong))
    assert words in str(refusal.value)
    with pytest.raises(BarcodeError, match=r"ください|までです"):
        barcode.of_slip("912345", ONE._replace(**wrong), None, 100, most=None)
    with pytest.raises(OcrError):
        ocr.encode(OcrRows("13199", ONE._replace(**wrong), 100, date(2026, 7, 31)))


@pytest.mark.parametrize("text", ["", "1" * 19, "1" * 21, "２" * 20, "2026100000012345070 "])
def test_what_is_no_number_of_a_slip_is_refused(text):
    with pytest.raises(SlipError, match=r"20桁の数字ではありません.*用紙の番号を見て直してください"):
        slip.parse(text)


def test_a_number_of_somebody_else_is_refused():
    body = "2026990000012345070"
    with pytest.raises(SlipError, match="種別 99 はありません"):
        slip.parse(body + damm(body))


PAYLOAD = Payload("912345", slip.number(ONE) + "0", 0, date(2026, 7, 31), False, 8_600)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"company": "12345"}, "請求書発行企業コードが6桁の数字ではありません(12345)。6桁にしてください"),
        ({"free": "1" * 20}, "自由使用欄が21桁の数字ではありません"),
        ({"free": "１" * 21}, "自由使用欄が21桁の数字ではありません"),
        ({"reissue": 10}, "再発行 10 は0から9までに入りません"),
        ({"expires": date(2100, 1, 1)}, "支払期限 2100-01-01 は2000年から2099年までに入りません"),
        ({"yen": 0}, "金額 0 円は1円から999,999円までに入りません"),
        ({"yen": 1_000_000}, "金額 1,000,000 円は1円から"),
    ],
)
def test_what_is_no_barcode_is_not_made(wrong, words):
    with pytest.raises(BarcodeError) as refusal:
        barcode.encode(PAYLOAD._replace(**wrong))
    assert words in str(refusal.value) and refusal.value.args[0].endswith("ください")


def test_the_limit_of_stores_is_an_agreement_with_a_source():
    limit = agreed("store_limit_yen", INSURER, date(2026, 4, 1))
    assert (limit.value, limit.confidence) == (300_000, "recalled")
    assert barcode.encode(PAYLOAD._replace(yen=300_000), most=limit.value)
    with pytest.raises(BarcodeError, match="店舗で取り扱える 300,000 円を超えます。バーコードを印刷せず"):
        barcode.encode(PAYLOAD._replace(yen=300_001), most=limit.value)


def resealed(place: int, new: str) -> str:
    """The barcode with other digits and the right check digit."""
    text = barcode.encode(PAYLOAD)
    body = (text[:place] + new + text[place + len(new) :])[:-1]
    return body + weight3(body)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1" * 43, "バーコードが44桁の数字ではありません"),
        ("９" * 44, "バーコードが44桁の数字ではありません"),
        (resealed(0, "90"), "バーコードが 91 で始まりません(90)"),
        (PUBLISHED[:-1] + "5", "バーコードの検証番号が合いません"),
        (resealed(30, "260231"), "支払期限 260231 が実在する日付ではありません"),
        (resealed(36, "2"), "印紙の符号 2 はありません"),
        (resealed(37, "000000"), "バーコードの金額が 0 円です"),
    ],
)
def test_what_is_no_barcode_is_refused_in_words(text, words):
    with pytest.raises(BarcodeError) as refusal:
        barcode.decode(text)
    assert words in str(refusal.value)


def test_a_barcode_without_a_slip_of_ours_is_refused():
    with pytest.raises(BarcodeError, match=r"自由使用欄: 納付書番号 .* の検証番号が合いません"):
        barcode.slip_of(resealed(8, "9"))
    for text in (resealed(28, "1"), resealed(29, "1")):
        with pytest.raises(BarcodeError, match="自由使用欄か再発行区分が納付書番号と合いません"):
            barcode.slip_of(text)


def test_every_wrong_digit_of_a_barcode_is_found():
    text = barcode.encode(PAYLOAD)
    for place in range(44):
        for digit in set("0123456789") - {text[place]}:
            with pytest.raises(BarcodeError):
                barcode.decode(text[:place] + digit + text[place + 1 :])


def test_the_two_rows_of_two_slips_do_not_go_together():
    one = ocr.encode(OcrRows("13199", ONE, 8_600, date(2026, 7, 31)))
    for serial in range(1, 12):
        other = ocr.encode(OcrRows("13199", ONE._replace(serial=serial), 8_200, date(2026, 8, 31)))
        same = weight3(one[0][:-1] + other[1][:-1]) == other[1][-1]
        if not same:
            with pytest.raises(OcrError, match="ほかの納付書の下段"):
                ocr.decode(one[0], other[1])
    assert [len(row) for row in one] == [26, 20] and one[0].startswith("13199" + slip.number(ONE))


def test_rows_that_cannot_be_read_are_refused_in_words():
    upper, lower = ocr.encode(OcrRows("13199", ONE, 8_600, date(2026, 7, 31)))

    def sealed(row: str) -> str:
        return row + weight3(upper[:-1] + row)

    for given, words in (
        ((upper[:-1], lower), "上段が26桁の数字ではありません"),
        ((upper, lower + "0"), "下段が20桁の数字ではありません"),
        (
            (upper[:-1] + str((int(upper[-1]) + 1) % 10), lower),
            "上段の検証番号が合いません。読み違いか打ち違いです",
        ),
        ((upper, lower[:-1] + str((int(lower[-1]) + 1) % 10)), "下段の検証番号が合いません"),
        ((upper, sealed(lower[:11] + "20260231")), "納期限 20260231 が実在する日付ではありません"),
        ((upper, sealed("0" * 11 + lower[11:19])), "金額が 0 円です"),
    ):
        with pytest.raises(OcrError, match=words):
            ocr.decode(*given)
    with pytest.raises(OcrError, match="収納機関番号が5桁"):
        ocr.encode(OcrRows("1319", ONE, 8_600, date(2026, 7, 31)))
    with pytest.raises(OcrError, match="金額 0 円"):
        ocr.encode(OcrRows("13199", ONE, 0, date(2026, 7, 31)))
    body = "13199" + "9" * 20
    bad = body + weight3(body)
    with pytest.raises(OcrError, match="納付書番号"):
        ocr.decode(bad, lower[:-1] + weight3(bad[:-1] + lower[:-1]))


@pytest.mark.parametrize(
    ("layout", "key", "bad", "rule"),
    [
        ("agency.store_receipts", "barcode", "1" * 43, "digits"),
        ("agency.store_receipts", "barcode", PUBLISHED[:-1] + "5", "check_digit"),
        ("agency.store_receipts", "barcode", resealed(0, "90"), "check_digit"),
        ("agency.store_receipts", "barcode", resealed(30, "260231"), "date"),
        ("agency.store_receipts", "kind", "04", "code"),
        ("agency.store_receipts", "paid_at", "20260231093000", "moment"),
        ("agency.store_receipts", "paid_at", "20260401246000", "moment"),
        ("agency.store_receipts", "paid_at", "202604010930", "moment"),
        ("agency.store_receipts", "yen", "0", "least"),
        ("agency.store_receipts", "yen", "7", "within"),
        ("bank.slip_receipts", "slip_number", "20261000000123450705", "check_digit"),
        ("bank.slip_receipts", "slip_number", "2026100000012345070", "digits"),
        ("bank.slip_receipts", "yen", "-1", "least"),
        ("bank.payeasy_receipts", "confirmation_number", "12345", "digits"),
        ("bank.payeasy_receipts", "payment_number", "1" * 21, "length"),
        ("bank.payeasy_receipts", "payment_category", "1" * 17, "length"),
        ("welfare.substitute_receipts", "outcome", "4", "code"),
        ("welfare.substitute_request", "yen", "0", "least"),
        ("finance.entries", "kind", "5", "code"),
        ("finance.entries", "setsu", "1", "digits"),
    ],
)
def test_a_receipt_that_is_wrong_is_refused_alone_and_in_words(layout, key, bad, rule):
    given = rows(random.Random(SEED), get(layout), 3)
    given[1][key] = bad
    found = read(file(get(layout), given), layout, insurer=INSURER)
    assert found.problems == [] and found.rows["line"].to_list() == [2, 4]
    (error,) = [e for e in found.refused if e.rule == rule]
    assert (error.line, error.field) == (3, get(layout).field(key).name)
    assert error.message.startswith(error.field) and error.remedy and error.value == bad


def test_the_same_receipt_twice_in_one_file_is_refused():
    layout = get("agency.store_receipts")
    (one,) = rows(random.Random(SEED), layout, 1)
    # 速報, then 確報 of the same payment are two lines; the same 確報 again is not.
    given = [one | {"kind": "01"}, one | {"kind": "02"}, one | {"kind": "02"}]
    found = read(file(layout, given), layout.name)
    assert [(e.line, e.rule) for e in found.refused] == [(4, "duplicate")]


def test_the_total_of_receipts_is_checked():
    for name in ("agency.store_receipts", "bank.slip_receipts", "bank.payeasy_receipts", "welfare.substitute_receipts",
                 "welfare.substitute_request", "finance.entries"):  # fmt: skip
        content = file(get(name), rows(random.Random(SEED), get(name), 3))
        wrong = content[: content.rindex(b",")] + b",7\r\n"
        assert [p.rule for p in read(wrong, name).problems] == ["total"], name


def test_samples_are_barcodes():
    rng = random.Random(SEED)
    assert all(barcode.decode(a_barcode(rng)).company == "912345" for _ in range(20))
