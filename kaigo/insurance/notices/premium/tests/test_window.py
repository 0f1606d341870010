"""The address stays in the window of the envelope whatever a name is like, and everything else where it is."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime

import pytest

from kaigo.base.paper import press
from kaigo.insurance.notices.certificates.letters import CERTIFICATE
from kaigo.insurance.notices.premium import letters as L
from kaigo.insurance.notices.tests import samples as S

CREATED = datetime(2026, 7, 10, tzinfo=UTC)
MM = 25.4 / 72
# The page begins 14 mm from the top, the window is 40 mm high and 100 mm wide from 20 mm on.
BOTTOM, RIGHT = 54.0, 120.0
LATIN = "WOLFESCHLEGELSTEINHAUSENBERGERDORFF CHRISTOPHER ALEXANDER MO"
WIDEST = "W" * 60
ENTRY = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')


def places(template, letter, common, pages, head, tmp_path) -> tuple[float, float, float]:
    """(top of the heading, lowest edge and rightmost edge of the address block), in mm."""
    path = tmp_path / "letter.pdf"
    path.write_bytes(press.render(template, [S.printable(letter)], CREATED, common, pages).pdf)
    told = subprocess.run(["pdftotext", "-bbox", "-l", "1", path, "-"], capture_output=True, check=True)
    words = [
        (float(x) * MM, float(y) * MM, float(right) * MM, float(bottom) * MM, said)
        for x, y, right, bottom, said in ENTRY.findall(told.stdout.decode())
    ]
    top = next(y for _, y, _, _, said in words if said.startswith(head))
    block = [(bottom, right) for x, y, right, bottom, _ in words if x < RIGHT - 11 and bottom < top + 1]
    return top, max(bottom for bottom, _ in block), max(right for _, right in block)


@pytest.mark.parametrize(
    "words",
    [
        {"name": LATIN},
        {"name": LATIN, "recipient": "見本 太郎", "long": True},
        {"name": WIDEST, "recipient": WIDEST + " X"},
        {"name": S.LONGEST, "recipient": S.LONGEST + "子", "long": True},
        {"name": "長" * 60, "recipient": "長" * 59, "long": True},
    ],
    ids=["latin", "mailed", "widest", "longest", "sixty"],
)
def test_a_long_name_or_address_stays_in_the_window(words, tmp_path):
    plain = places(L.NOTICE, S.notice(), S.shared(), 2, "令和8年度", tmp_path)
    found = places(L.NOTICE, S.notice(**words), S.shared(), 2, "令和8年度", tmp_path)
    assert found[0] == plain[0], "the rest of the letter moved"
    assert found[1] <= BOTTOM and found[2] <= RIGHT, found


def test_an_ordinary_address_keeps_its_size(tmp_path):
    _, bottom, _ = places(L.NOTICE, S.notice(), S.shared(), 2, "令和8年度", tmp_path)
    assert 38 < bottom < 42


def test_the_letter_with_a_certificate_has_the_same_window(tmp_path):
    common = S.shared("insured_certificate")
    plain = places(CERTIFICATE, S.certificate(), common, 1, "介護保険被保険者証", tmp_path)
    found = places(
        CERTIFICATE, S.certificate(name=LATIN, long=True), common, 1, "介護保険被保険者証", tmp_path
    )
    assert found[0] == plain[0] and found[1] <= BOTTOM and found[2] <= RIGHT
