"""どの値も、2015年4月から2030年3月までの四半期の初日に答えるか、分からないと言う。"""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.law.values import ValueMissing, load

DAYS = [date(y, m, 1) for y in range(2015, 2031) for m in (1, 4, 7, 10) if (2015, 4) <= (y, m) < (2030, 4)]


@pytest.mark.parametrize("insurer", sorted(load().insurers))
def test_every_value_answers_or_names_what_it_blocks(insurer):
    book = load()
    names = book.names(insurer)
    assert names
    for name in names:
        for on in DAYS:
            try:
                assert book.values(insurer, on).get(name) is not None
            except ValueMissing as missing:
                assert missing.what and missing.blocks, (name, on)
