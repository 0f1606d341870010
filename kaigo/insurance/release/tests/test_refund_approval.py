"""A second account of who proposed a refund is no second person, with real accounts of the staff system."""

from __future__ import annotations

import pytest

from kaigo.base.records.context import acting
from kaigo.base.records.refusal import Refused
from kaigo.insurance.refunds import decide
from kaigo.insurance.refunds.tests import builders as R
from kaigo.insurance.refunds.tests.test_at_once import too_much
from kaigo.insurance.release.tests.hired import Office


@pytest.fixture
def _unblocked(street, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def test_a_second_account_of_the_proposer_does_not_approve(street, _unblocked):
    office = Office(street)
    try:
        for login in ("shuno", "kacho"):
            office.hire(login, "係員")
        office.hire("shuno2", "係長", member=office.members["shuno"])
        actor = office.accounts
        who, to = too_much()
        with acting(R.on()):
            made = decide.propose(R.on(account=actor["shuno"]), who, to)
        with pytest.raises(Refused, match="提案した本人は承認できません"), acting(R.on()):
            decide.approve(R.on(account=actor["shuno2"]), made.id)
        with acting(R.on()):
            assert decide.approve(R.on(account=actor["kacho"]), made.id).outcome == "approved"
    finally:
        office.close()
