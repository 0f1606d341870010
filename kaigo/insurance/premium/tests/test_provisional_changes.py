"""仮算定異動: a loss, a lowered amount, a deduction that stopped, before the main assessment; each one supersedes."""

from __future__ import annotations

import pytest

from kaigo.base.records.refusal import Refused
from kaigo.insurance.premium import provisional_changes as changes
from kaigo.insurance.premium import read
from kaigo.insurance.premium.decide import assess_persons
from kaigo.insurance.premium.models import AssessmentFinding, Batch
from kaigo.insurance.premium.monthly import monthly
from kaigo.insurance.premium.provisional import decide_provisional
from kaigo.insurance.premium.tests.builders import (
    INSURER,
    assessments,
    context,
    deducted,
    died,
    in_force,
    insured,
    left,
    lives,
    qualify,
    taxed,
)
from kaigo.insurance.premium.tests.test_screens import ALL, ask, text

pytestmark = pytest.mark.django_db
YEAR = 2026


@pytest.fixture
def who():
    """Deducted 13,750 yen in February and so in April, June and August."""
    person = insured()
    deducted(person, 13_750)
    qualify("2026-04-01")
    decide_provisional(context("2026-04-01"), INSURER, YEAR)
    return person


def yen_of(person):
    return [(sort, yen) for sort, yen, _ in assessments(person)]


def why_of(person):
    return in_force(person).change_reason, [
        r.id for r in read.reasons(context("2026-07-01"), in_force(person).id)
    ]


def test_the_monthly_run_stops_the_deduction_of_who_died(who):
    assert monthly(context("2026-05-01"), INSURER)["decisions"] == 0
    died(who, "2026-05-05")
    qualify("2026-05-20")
    assert monthly(context("2026-05-20"), INSURER)["decisions"] == 1
    assert yen_of(who) == [("provisional", 41_250), ("provisional", 13_750)]
    assert why_of(who) == ("lost", ["provisional.before", "provisional.ended"])
    assert monthly(context("2026-06-20"), INSURER)["decisions"] == 0, "the same loss is decided once"


def test_who_moved_out_before_a_month_was_over_owes_nothing_and_gets_it_back(who):
    left(who, "2026-04-20")
    qualify("2026-04-25")
    changes.run(context("2026-04-25"), INSURER, YEAR)
    assert yen_of(who)[-1] == ("provisional", 0)
    assert in_force(who).months == 0
    assert why_of(who)[1][-1] == "provisional.no_month"


def test_a_move_that_is_only_planned_changes_nothing(who):
    lives(who, "1990-01-01", move_planned_on="2026-05-20")
    qualify("2026-05-10")
    assert changes.run(context("2026-05-10"), INSURER, YEAR)["decisions"] == 0


def test_a_corrected_day_of_death_keeps_the_day_on_which_the_payer_was_told(who):
    died(who, "2026-05-05")
    qualify("2026-05-20")
    changes.run(context("2026-05-20"), INSURER, YEAR)
    died(who, "2026-05-07")
    lives(who, "1990-01-01", "2026-05-07")
    qualify("2026-07-02")
    changes.run(context("2026-07-02"), INSURER, YEAR)
    assert changes.standing(context("2026-07-02"), YEAR, who).facts.ended_on.isoformat() == "2026-05-08"
    assert yen_of(who)[-1] == ("provisional", 13_750), "June was stopped in May already"


def test_who_did_not_lose_it_after_all_stays_stopped_and_may_be_let_go_on_by_hand(who):
    died(who, "2026-05-05")
    qualify("2026-05-20")
    changes.run(context("2026-05-20"), INSURER, YEAR)
    lives(who, "1990-01-01")
    qualify("2026-05-25")
    changes.run(context("2026-05-25"), INSURER, YEAR)
    assert changes.standing(context("2026-05-25"), YEAR, who).facts.stopped_from == 6
    assert why_of(who)[0] == "restored"
    changes.stop(context("2026-05-25"), INSURER, YEAR, who, None, "資格喪失の通知はまだ送っていない")
    assert yen_of(who)[-1] == ("provisional", 41_250)


def test_other_amounts_for_june_and_august(who):
    ctx = context("2026-05-20")
    changes.change_amounts(ctx, INSURER, YEAR, who, {6: 6_000, 8: 6_000}, "所得が大きく減った")
    assert yen_of(who)[-1] == ("provisional", 25_750)
    assert why_of(who) == ("lowered", ["provisional.before", "provisional.changed", "provisional.changed"])
    changes.change_amounts(context("2026-06-10"), INSURER, YEAR, who, {8: 5_000}, "さらに減った")
    assert yen_of(who)[-1] == ("provisional", 24_750), "what June was set to stays"
    found = AssessmentFinding.objects.get(decision_id=in_force(who).id)
    assert found.facts[2]["why"] == "さらに減った"


def test_the_amount_of_february_takes_a_change_back(who):
    ctx = context("2026-05-20")
    changes.change_amounts(ctx, INSURER, YEAR, who, {6: 6_000}, "所得が減った")
    changes.change_amounts(ctx, INSURER, YEAR, who, {6: 13_750}, "申請の取下げ")
    assert yen_of(who)[-1] == ("provisional", 41_250)
    assert why_of(who)[0] == "restored"


@pytest.mark.parametrize(
    ("on", "amounts", "why"),
    [
        ("2026-05-20", {4: 1_000}, "4月は変えられない"),
        ("2026-06-01", {6: 1_000}, "6月はもう始まっている"),
        ("2026-05-20", {6: 0}, "引かないのは別の登録"),
        ("2026-05-20", {6: 13_750}, "同じ額"),
        ("2026-05-20", {6: 1_000}, " "),
    ],
)
def test_what_the_law_does_not_let_us_set(who, on, amounts, why):
    with pytest.raises(Refused):
        changes.change_amounts(context(on), INSURER, YEAR, who, amounts, why)
    assert len(assessments(who)) == 1


def test_june_may_be_set_until_the_last_day_of_may(who):
    changes.change_amounts(context("2026-05-31"), INSURER, YEAR, who, {6: 1_000}, "所得が減った")
    assert yen_of(who)[-1] == ("provisional", 28_500)


def test_a_deduction_that_stopped(who):
    changes.stop(context("2026-06-25"), INSURER, YEAR, who, 6, "年金の支給停止")
    assert yen_of(who)[-1] == ("provisional", 13_750)
    assert why_of(who)[0] == "stopped"
    with pytest.raises(Refused):
        changes.stop(context("2026-06-25"), INSURER, YEAR, who, 6, "もう一度")
    with pytest.raises(Refused):
        changes.change_amounts(context("2026-06-25"), INSURER, YEAR, who, {8: 1_000}, "止まった人")


def test_the_main_assessment_supersedes_what_was_changed_and_ends_it(who):
    changes.change_amounts(context("2026-05-20"), INSURER, YEAR, who, {6: 6_000}, "所得が減った")
    taxed(who)
    qualify("2026-07-01")
    assess_persons(context("2026-07-01"), INSURER, YEAR, [who], "main")
    assert [sort for sort, _ in yen_of(who)] == ["provisional", "provisional", "main"]
    for act in (
        lambda: changes.change_amounts(context("2026-07-02"), INSURER, YEAR, who, {8: 1_000}, "もう遅い"),
        lambda: changes.stop(context("2026-07-02"), INSURER, YEAR, who, 8, "もう遅い"),
    ):
        with pytest.raises(Refused):
            act()
    assert changes.run(context("2026-07-02"), INSURER, YEAR)["decisions"] == 0


def test_while_a_main_assessment_waits_nothing_is_decided_beside_it(who):
    Batch.objects.create(
        sort="main",
        fiscal_year=YEAR,
        on="2026-07-01",
        state="shadowed",
        law="0" * 64,
        requested_by="account:1",
    )
    died(who, "2026-06-20")
    qualify("2026-07-01")
    assert monthly(context("2026-07-01"), INSURER)["decisions"] == 0
    with pytest.raises(Refused):
        changes.stop(context("2026-07-01"), INSURER, YEAR, who, 8, "年金の支給停止")


def test_the_section_sees_it_before_it_is_done_and_finds_it_in_the_list(who):
    path = {"person": who, "year": YEAR, "on": "2026-05-20"}
    assert "仮徴収を変える" in text(ask("person", person=who, on="2026-05-20"))
    typed = {"act": "amounts", "m6": "6,000", "m8": "", "from": "", "why": "所得が大きく減った"}
    wrong = text(ask("change_provisional", typed | {"m6": "六千", "why": ""}, **path))
    assert "六千" in wrong and "理由を書いてください" in wrong
    shown = text(ask("change_provisional", typed | {"step": "check"}, **path))
    assert "41,250 → 33,500 円" in shown and "13,750 円から 6,000 円" in shown
    assert len(assessments(who)) == 1
    assert ask("change_provisional", typed | {"step": "do"}, **path).status_code == 302
    assert yen_of(who)[-1] == ("provisional", 33_500)
    listed = text(ask("provisional", on="2026-05-20"))
    assert "仮徴収額の変更" in listed and "33,500" in listed and "−7,750 円" in listed
    assert "仮徴収の変更はありません" in text(ask("provisional", query={"month": "2026-06"}, on="2026-06-20"))
    decision = text(ask("decision", assessment=in_force(who).id))
    assert "6,000 円" in decision and "所得が大きく減った" in decision
    stop = {"act": "stop", "from": "8", "why": "年金の支給停止", "step": "do"}
    assert ask("change_provisional", stop, **path).status_code == 302
    assert "やはり引かれるとする" in text(ask("change_provisional", **path))
    assert ask("go_on", {"why": "誤り"}, **path).status_code == 302
    assert yen_of(who)[-1] == ("provisional", 33_500)
    assert ask("change_provisional", may=ALL - {"premium.revise"}, **path).status_code == 404
