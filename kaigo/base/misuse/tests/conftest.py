"""Who works there, for tests of the real path."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.misuse.tests.town import CARE, PRIVACY, Staff, use


@pytest.fixture
def staff(street):
    """1 and 2 are clerks, 3 their head, 4 keeps personal data, 5 is lent by a contract, 6 left the section."""
    use(street)
    made = Staff(street)
    for member in (1, 2):
        made.member(member)
    made.member(3)
    made.member(4, PRIVACY)
    made.member(5, contract="2")
    made.member(6, "住民課")
    made.post(6, CARE, ends=date(2026, 4, 1))
    made.holds(3, "課長")
    made.holds(4, "個人情報保護", PRIVACY)
    return made
