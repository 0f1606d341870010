"""納付書: what the cashier's scanner reads is the term and the yen that the ledger says are open."""

from __future__ import annotations

import subprocess
from datetime import UTC, date, datetime

import pytest
import zxingcpp

from kaigo.base.audit.models import Event
from kaigo.base.paper import barcode, qr
from kaigo.insurance.collection.tests.builders import INSURER, on
from kaigo.insurance.collection.tests.test_plan import JULY
from kaigo.insurance.receipts import slip_paper
from kaigo.insurance.receipts.tests.test_posting import AUGUST, balances, by_slips, slip_of, told
from kaigo.insurance.receipts.tests.test_screens import ask, text
from kaigo.layouts import barcode as barcodes
from kaigo.layouts import ocr

pytestmark = pytest.mark.django_db
MAY = frozenset({"collection.view", "receipts.payment_slip"})
CREATED = datetime(2026, 7, 15, 9, 0, tzinfo=UTC)


def scanned(pdf: bytes, tmp_path, page: int = 1) -> list:
    """What a scanner reads on a page of a PDF, printed at 300 dots an inch."""
    path = tmp_path / "slips.pdf"
    path.write_bytes(pdf)
    made = subprocess.run(
        ["pdftoppm", "-r", "300", "-gray", "-f", str(page), "-l", str(page), path], capture_output=True, check=True
    ).stdout  # fmt: skip
    _, size, _, pixels = made.split(b"\n", 3)
    wide, high = map(int, size.split())
    return zxingcpp.read_barcodes(memoryview(pixels).cast("B", (high, wide)))


def paper(who: int, day: date = JULY) -> list[dict]:
    parts = slip_paper.open_parts(on(day), who)
    return [slip_paper.words(on(day), INSURER, "見本 花子", "0000012345", one) for one in parts]


def test_the_scanner_reads_the_term_and_what_is_open_of_it(tmp_path):
    who, terms = by_slips()
    told((slip_of(terms[1]), 1_000, JULY, "final"))
    found = paper(who)
    printed = slip_paper.sheets(found, {"insurer": "見本区", "head": "介護保険課"}, CREATED)
    assert printed.pages == (1,) * -(-len(terms) // slip_paper.ON_A_PAGE)
    codes = scanned(printed.pdf, tmp_path)
    store = [c for c in codes if c.format == zxingcpp.BarcodeFormat.Code128]
    assert len(store) == slip_paper.ON_A_PAGE and {c.symbology_identifier for c in store} == {"]C1"}
    read = {barcodes.slip_of(c.bytes.decode()) for c in store}
    assert {(slip.serial, slip.instalment, yen) for slip, yen in read} == {
        (terms[n].id, n, terms[n].yen - (1_000 if n == 1 else 0)) for n in (1, 2, 3)
    }
    squares = {c.text for c in codes if c.format == zxingcpp.BarcodeFormat.QRCode}
    assert squares == {slip_of(terms[n]) for n in (1, 2, 3)}


def test_the_two_rows_say_the_same_as_the_barcode_and_the_bank_books_it():
    who, terms = by_slips()
    first = paper(who)[0]
    rows = ocr.decode(*first["ocr"])
    assert (rows.slip.serial, rows.yen, rows.due_on) == (terms[1].id, terms[1].yen, terms[1].due_on)
    told((first["reference"].replace("-", ""), first["yen"], AUGUST, "final"))
    assert balances(who)[1] == 0
    assert [one.number for one in slip_paper.open_parts(on(AUGUST), who)] == sorted(set(terms) - {1})


def test_an_overdue_or_too_large_term_has_no_barcode_for_the_store():
    who, terms = by_slips()
    on_the_day, after = (paper(who, day)[0] for day in (terms[1].due_on, date(2026, 8, 1)))
    assert on_the_day["bars"] and not on_the_day["no_store"]
    assert after["bars"] is None and "納期限を過ぎている" in after["no_store"]
    rich, parts = by_slips(9_000_000)
    assert min(part.yen for part in parts.values()) > 300_000
    large = paper(rich)[0]
    assert large["bars"] is None and "300,000円を超える" in large["no_store"]


def test_the_page_prints_what_was_chosen_and_says_so_in_the_record():
    who, terms = by_slips()
    html = text(ask("slips", may=MAY, day=JULY, person=who))
    assert all(slip_of(part) in html for part in terms.values())
    answer = ask("slips", {"slip": slip_of(terms[2])}, may=MAY, day=JULY, person=who)
    assert answer["Content-Type"] == "application/pdf" and answer.content.startswith(b"%PDF")
    event = Event.objects.filter(event="receipts.print_slips").latest("id")
    assert event.details == {"slips": 1, "yen": terms[2].yen}
    assert (
        "番号" not in answer["Content-Disposition"] and slip_of(terms[2]) not in answer["Content-Disposition"]
    )


def test_a_slip_of_somebody_else_or_of_a_paid_term_is_refused():
    who, terms = by_slips()
    _, others = by_slips()
    told((slip_of(terms[1]), terms[1].yen, AUGUST, "final"))
    for wrong in (slip_of(others[1]), slip_of(terms[1]), "", "1"):
        answer = ask("slips", {"slip": wrong}, may=MAY, day=AUGUST, person=who)
        assert answer.status_code == 409 or "納付書にする期を選んでください" in answer.content.decode()
    assert ask("slips", may=MAY, day=AUGUST, person=999_999).status_code == 404


def test_only_digits_of_a_slip_become_pictures():
    for wrong in ("91" + "1" * 41, "92" + "1" * 42, "91" + "1" * 41 + "x"):
        with pytest.raises(ValueError, match="44桁"):
            barcode.bars(wrong)
    with pytest.raises(ValueError, match="納付書番号だけ"):
        qr.pixels("1" * 19)
