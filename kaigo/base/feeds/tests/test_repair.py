"""Refused lines: mended and replayed, set aside with a reason, refused by a room."""

from __future__ import annotations

import pytest

from kaigo.base.feeds import read
from kaigo.base.feeds.decide import Refusal, receive, refuse_lines, replay, set_aside
from kaigo.base.feeds.models import Line, RefusedLine
from kaigo.base.feeds.tests.files import INSURER, STAY, stay, stays
from kaigo.base.records.refusal import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def refused(ctx):
    receive(ctx, INSURER, "stay.csv", stays(1, stay(1), stay(2, facility="x")), STAY)
    return read.open_repairs(ctx)[0]


def test_a_mended_line_becomes_a_line_of_its_file(ctx, refused):
    assert (refused.file, refused.number, refused.errors[0]["field"]) == ("stay.csv", 3, "施設番号")
    assert replay(ctx, refused.id, stay(2)) == []
    line = Line.objects.order_by("-id")[0]
    assert (line.delivery_id, line.number, line.values[1]) == (refused.delivery, 3, "1319900001")
    done = read.repair(ctx, refused.id)
    assert (done.state, done.values, read.waiting(ctx)) == ("replayed", line.values, 0)


def test_a_line_that_is_still_wrong_is_told_and_nothing_changes(ctx, refused):
    errors = replay(ctx, refused.id, stay(2, facility="12", to="99999999"))
    assert [(e.field, e.rule) for e in errors] == [("施設番号", "digits"), ("退所年月日", "date")]
    assert Line.objects.count() == 1
    assert read.repair(ctx, refused.id).state == "open"


def test_setting_aside_needs_a_reason_and_ends_it(ctx, refused):
    with pytest.raises(Refused, match="理由"):
        set_aside(ctx, refused.id, "  ")
    set_aside(ctx, refused.id, "送り手が取り消した")
    assert read.repair(ctx, refused.id).reason == "送り手が取り消した"
    for again in (lambda: set_aside(ctx, refused.id, "x"), lambda: replay(ctx, refused.id, stay(2))):
        with pytest.raises(Refused, match="終わって"):
            again()


def test_a_wrong_number_of_items_is_refused(ctx, refused):
    with pytest.raises(Refused, match="項目"):
        replay(ctx, refused.id, ["1"])


def test_a_room_refuses_a_line_and_it_can_come_again_unchanged(ctx):
    outcome = receive(ctx, INSURER, "stay.csv", stays(1, stay(1)), STAY)
    refusals = [
        Refusal(outcome.delivery_id, 2, "facility", "unknown", "1319900001", "施設がありません", "登録してください"),
        Refusal(outcome.delivery_id, 2, "入所年月日", "early", "20260401", "早すぎます", "確かめてください"),
    ]  # fmt: skip
    refuse_lines(ctx, "residents", refusals)
    row = RefusedLine.objects.get()
    assert (row.room, row.field, row.rule, row.more[0]["rule"]) == (
        "residents",
        "施設番号",
        "unknown",
        "early",
    )
    repair = read.open_repairs(ctx)[0]
    assert replay(ctx, repair.id, repair.refused_values) == []
    first, second = Line.objects.order_by("id")
    assert first.values == second.values


def test_refusing_a_line_that_was_never_accepted_is_an_error(ctx):
    with pytest.raises(LookupError):
        refuse_lines(ctx, "residents", [Refusal(1, 1, "facility", "unknown", "", "x", "y")])
    assert refuse_lines(ctx, "residents", []) == []
