"""資格の期間: どんな事実でも答えるか Unclear であり、期間は重ならない。"""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from kaigo.law.qualification import Exception_, Exclusion, LifeFacts, Stay, periods
from kaigo.law.reasons import Unclear
from kaigo.law.values import load
from kaigo.law.words import tell_all

VALUES = load().values("standard", date(2026, 4, 1))
WIDE = st.dates()
NEAR = st.dates(date(2010, 1, 1), date(2030, 1, 1))
DAYS = st.one_of(NEAR, NEAR, NEAR, WIDE)
MAYBE = st.none() | DAYS
STAYS = st.builds(
    Stay, DAYS, st.sampled_from(["moved_in", "ex_officio"]), MAYBE,
    st.sampled_from([None, "moved_out", "died", "moved_abroad"]), MAYBE, st.booleans(), MAYBE,
)  # fmt: skip
OUT = st.builds(Exclusion, st.sampled_from(["05", "08", "99"]), DAYS, MAYBE, st.sampled_from(["", "1"]))
SPECIAL = st.builds(Exception_, st.sampled_from(["own", "other"]), DAYS, MAYBE)


@settings(max_examples=300, deadline=None)
@given(
    st.none() | st.dates(date(1940, 1, 1), date(1965, 12, 31)) | WIDE,
    st.lists(STAYS, max_size=3), st.lists(OUT, max_size=2), st.lists(SPECIAL, max_size=2),
)  # fmt: skip
def test_any_facts_give_ordered_periods_or_unclear(birth, stays, exclusions, exceptions):
    found = periods(LifeFacts(birth, tuple(stays), tuple(exclusions), tuple(exceptions)), VALUES)
    if isinstance(found, Unclear):
        assert all(missing.what and missing.why for missing in found.missing)
        return
    for period in found.value.periods:
        assert period.lost_on is None or period.acquired_on < period.lost_on
    for before, after in zip(found.value.periods, found.value.periods[1:], strict=False):
        assert before.lost_on is not None and before.lost_on <= after.acquired_on
    assert all(told.text for told in tell_all(found.reasons, "person"))
