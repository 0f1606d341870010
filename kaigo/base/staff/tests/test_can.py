"""The decision: what is not granted, for this purpose, on this day, in this post, is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from kaigo.base.staff.can import Held, Posted, Thing, can
from kaigo.base.staff.tables import OWN, Role, Version, contracts, limits, permissions, roles
from kaigo.base.staff.tests.someone import role, someone

DAY = date(2026, 7, 15)
TOMORROW = DAY + timedelta(days=1)
ONE = timedelta(days=1)


def why(actor, permission="premium.view", purpose="premium", thing=None, at=DAY):
    """Why not, "" = allowed; a refusal lets nothing be seen."""
    answer = can(actor, permission, thing, purpose, at)
    assert answer.allowed == (answer.why == "") and (answer.allowed or not answer.fields)
    return answer.why


def test_a_grant_in_force_allows_and_is_named():
    answer = can(someone({"premium.view"}, sees={"name"}), "premium.view", None, "premium", DAY)
    assert (answer.allowed, answer.grants, answer.fields) == (True, (7,), frozenset({"name"}))


def test_nobody_nothing_and_no_purpose_are_refused():
    clerk = someone({"premium.view"})
    assert why(None) == "nobody"
    assert why(clerk, "") == why(clerk, "premium.everything") == why(clerk, purpose="") == "permission"
    assert why(clerk, "premium.approve") == "permission"
    assert (
        why(clerk, purpose="collection") == ""
        and why(someone({"premium.view"}, purposes={"premium"}), purpose="collection") == "permission"
    )


@pytest.mark.parametrize("begins, ends, allowed", [
    (DAY, None, True), (DAY, TOMORROW, True), (TOMORROW, None, False), (DAY - ONE, DAY, False), (DAY, DAY, False),
])  # fmt: skip
def test_the_days_of_grant_post_and_account_are_half_open(begins, ends, allowed):
    clerk = someone({"premium.view"})
    granted = replace(clerk, grants=(replace(clerk.grants[0], begins=begins, ends=ends),))
    posted = replace(clerk, posts=(Posted("介護保険課", "係員", begins, ends),))
    opened = replace(clerk, open_from=begins, open_until=ends)
    expected = [""] * 3 if allowed else ["permission", "no_post", "closed"]
    assert [why(one) for one in (granted, posted, opened)] == expected


def test_a_grant_for_a_section_needs_a_post_in_that_section():
    clerk = someone({"premium.view"})
    elsewhere = replace(clerk, posts=(Posted("住民課", "係員", date.min),))
    both = replace(clerk, posts=(*elsewhere.posts, *clerk.posts))
    assert why(elsewhere) == "permission" and why(both) == ""


def test_a_role_gives_only_to_the_kinds_of_account_it_is_for():
    for name, one in roles().items():
        version = one.on(DAY)
        for kind in ("staff", "contractor", "administrator", "service"):
            actor = replace(
                someone(), kind=kind, grants=(Held(1, one, "介護保険課", date.min),),
                posts=(Posted("介護保険課", "", date.min, contract=_contract_of(name)),),
            )  # fmt: skip
            for permission in version.permissions:
                answer = can(actor, permission, None, sorted(version.purposes)[0], DAY)
                assert answer.allowed == (kind in version.kinds), (name, kind, permission)


def _contract_of(name: str) -> str:
    return next((item for item, contract in contracts().items() if name in contract.roles), "")


def test_a_contractor_gets_only_the_roles_of_his_contract_item():
    """委託事項 × roles: nothing else, whatever was granted by mistake."""
    allowed = set()
    for item in (*contracts(), "", "8"):
        for name, one in roles().items():
            actor = replace(
                someone(), kind="contractor", grants=(Held(1, one, "介護保険課", date.min),),
                posts=(Posted("介護保険課", "", date.min, contract=item),),
            )  # fmt: skip
            version = one.on(DAY)
            if any(
                can(actor, p, None, use, DAY).allowed for p in version.permissions for use in version.purposes
            ):
                allowed.add((item, name))
    assert allowed == {("2", "窓口受託"), ("3", "運用"), ("6", "印刷受託")}


def test_nobody_acts_on_himself_or_his_household_but_may_look():
    mine, others = b"m" * 16, b"o" * 16
    acts = {name for name, one in permissions().items() if one.acts}
    assert {"residents.change", "qualification.decide", "premium.revise", "counter.note"} <= acts
    clerk = someone(permissions(), marks={mine})
    for name in permissions():
        if name == OWN:
            continue
        own = why(clerk, name, thing=Thing("person", "1", (1,), frozenset({mine, others})))
        assert own == ("self" if name in acts else ""), name
        assert why(clerk, name, thing=Thing("person", "2", (2,), frozenset({others}))) == "", name


def test_sensitive_acts_need_a_fresh_proof():
    limit = limits()["step_up_minutes"] * 60
    sensitive = {name for name, one in permissions().items() if one.step_up}
    assert {"premium.approve", "release.approve", "staff.approve", "staff.manage"} <= sensitive
    for name in permissions():
        if name == OWN:
            continue
        for proved, fresh in ((0.0, True), (float(limit), True), (limit + 0.1, False), (None, False)):
            expected = "" if fresh or name not in sensitive else "step_up"
            assert why(someone({name}, proved=proved), name) == expected, (name, proved)


def test_an_emergency_lets_look_and_never_act():
    clerk = replace(someone(), emergency=5)
    answer = can(clerk, "premium.view", None, "premium", DAY)
    assert answer.allowed and answer.emergency == 5 and answer.fields == {"*"} and answer.grants == ()
    assert (
        why(clerk, "premium.revise")
        == why(clerk, "counter.note")
        == why(clerk, "release.approve")
        == "permission"
    )
    assert why(clerk, "audit.view", "audit") == why(clerk, "staff.view", "staff") == "permission"
    # Whoever may look anyhow looks by his grant, and the emergency is not counted.
    assert (
        can(replace(someone({"premium.view"}), emergency=5), "premium.view", None, "premium", DAY).emergency
        is None
    )


def test_a_role_changes_on_its_day():
    before, after = role({"premium.view"}).versions[0], role({"collection.view"}).versions[0]
    changing = Role(
        "試験",
        (
            before,
            Version(
                DAY,
                *after[1:]
                if isinstance(after, tuple)
                else (after.kinds, after.permissions, after.fields, after.purposes),
            ),
        ),
    )
    clerk = replace(someone(), grants=(Held(1, changing, "介護保険課", date.min),))
    assert [why(clerk, at=day) for day in (DAY - ONE, DAY)] == ["", "permission"]
    assert [why(clerk, "collection.view", at=day) for day in (DAY - ONE, DAY)] == ["permission", ""]


def test_everybody_with_a_post_may_look_at_his_own_accesses():
    assert why(someone(), OWN, "staff") == ""
    assert why(replace(someone(), posts=()), OWN, "staff") == "no_post"
