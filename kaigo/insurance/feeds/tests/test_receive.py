"""Files as they arrive: accepted, repeated, waiting, refused; lines that cannot be used, repaired and replayed."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.insurance.feeds import decide, read
from kaigo.insurance.feeds.models import Line, Outcome, Repair
from kaigo.layouts.writer import write_csv

INSURER = "131997"
pytestmark = pytest.mark.django_db


def pension(number: int, **more: str) -> dict[str, str]:
    return {"addressee": f"{number:015d}", "certificate": "A1", "from": "20200401", "to": ""} | more


def file(sequence: int, rows, mode: str = "changes") -> bytes:
    return write_csv("ward.old_age_pension", INSURER, date(2026, 4, 1), sequence, mode, rows)


def take(ctx, content: bytes) -> Outcome:
    return decide.receive(ctx, INSURER, "福祉年金.csv", content, "ward.old_age_pension")


def test_lines_are_kept_in_the_order_of_the_fields(ctx):
    outcome = take(ctx, file(1, [pension(1, certificate='引用"符\\と,コンマ')]))
    assert (outcome.state, outcome.new_lines, outcome.refused_lines) == ("accepted", 1, 0)
    line = Line.objects.get()
    assert line.values[read.columns("ward.old_age_pension")["certificate"] - 1] == '引用"符\\と,コンマ'
    assert line.number == 2


def test_the_same_file_again_changes_nothing(ctx):
    content = file(1, [pension(1)])
    take(ctx, content)
    assert take(ctx, content).state == "repeated"
    assert Line.objects.count() == 1


def test_a_missing_file_is_named_and_later_ones_wait(ctx):
    take(ctx, file(1, [pension(1)]))
    third = take(ctx, file(3, [pension(3)]))
    assert third.state == "waiting"
    assert "連番 2 がまだ届いていません" in third.problems[0]["message"]
    assert Line.objects.count() == 1
    take(ctx, file(2, [pension(2)]))
    assert [line.values[0][-1] for line in Line.objects.order_by("id")] == ["1", "2", "3"]
    assert {view.state for view in read.deliveries(ctx)} == {"accepted"}


def test_another_file_under_a_number_already_taken_is_refused(ctx):
    take(ctx, file(1, [pension(1)]))
    assert take(ctx, file(1, [pension(2)])).state == "refused"


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: c[:-20],
        lambda c: c.replace(b"131997", b"131202"),
        lambda c: c.replace(b"T,2,", b"T,3,"),
        lambda c: b"\xff" + c,
        lambda c: c.replace(b"H,ward.old_age_pension", b"H,ward.tax"),
        lambda c: b"",
    ],
)
def test_a_damaged_file_is_refused_whole_and_kept(ctx, damage):
    outcome = take(ctx, damage(file(1, [pension(1), pension(2)])))
    assert outcome.state == "refused"
    assert outcome.problems[0]["message"] and outcome.problems[0]["remedy"]
    assert Line.objects.count() == 0


def test_a_full_file_keeps_only_lines_that_changed(ctx):
    take(ctx, file(1, [pension(n) for n in range(1, 6)], "full"))
    take(ctx, file(2, [pension(4, to="20260401")]))
    outcome = take(ctx, file(3, [*(pension(n) for n in (1, 2, 3, 6)), pension(5, to="20260501")], "full"))
    assert outcome.new_lines == 2
    assert {line.values[0][-1] for line in Line.objects.filter(delivery_id=outcome.delivery_id)} == {"5", "6"}


def test_a_bad_line_waits_with_place_rule_and_remedy_and_is_replayed(ctx):
    outcome = take(ctx, file(1, [pension(1), pension(2, **{"from": "20260231"})]))
    assert (outcome.new_lines, outcome.refused_lines) == (1, 1)
    refused = read.refused(ctx, outcome.delivery_id)[0]
    assert (refused.number, refused.field, refused.rule, refused.value) == (
        3,
        "受給開始年月日",
        "date",
        "20260231",
    )
    values = [*refused.values]
    repair = Repair.objects.get()
    assert decide.replay(ctx, repair.id, values)[0].rule == "date"
    values[read.columns("ward.old_age_pension")["from"] - 1] = "20260228"
    assert decide.replay(ctx, repair.id, values) == []
    assert Line.objects.filter(delivery_id=outcome.delivery_id, number=3).count() == 1
    with pytest.raises(decide.Refused):
        decide.replay(ctx, repair.id, values)


def test_a_room_refuses_a_line_and_it_can_be_set_aside_with_a_reason(ctx):
    outcome = take(ctx, file(1, [pension(1)]))
    refusal = decide.Refusal(
        outcome.delivery_id, 2, "宛名番号", "unknown", "1", "台帳にない宛名番号です", "宛名を確かめてください"
    )
    assert decide.refuse_lines(ctx, "residents", [refusal]) == 1
    repair = Repair.objects.get()
    assert repair.values == Line.objects.get().values
    with pytest.raises(decide.Refused):
        decide.set_aside(ctx, repair.id, " ")
    decide.set_aside(ctx, repair.id, "送り手が取り消した")
    assert read.open_repairs(ctx) == 0
