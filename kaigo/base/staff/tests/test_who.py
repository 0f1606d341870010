"""Deny by default."""

from kaigo.base.staff.who import Staff, can


def test_nobody_and_nothing_is_allowed_without_a_grant():
    clerk = Staff(1, "試験 職員", "staff", "介護保険課", "係員", frozenset({"premium.view"}))
    assert not can(None, "premium.view")
    assert not can(clerk, "")
    assert not can(clerk, "premium.approve")
    assert can(clerk, "premium.view")
