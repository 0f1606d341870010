"""Files as they come: whole, late, twice, early, foreign, broken; and what of them is new."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from kaigo.base.feeds import accept, read
from kaigo.base.feeds.decide import receive, withdraw
from kaigo.base.feeds.models import Delivery, Line, Outcome, RefusedLine, Repair
from kaigo.base.feeds.tests.files import INSURER, STAY, stay, stays
from kaigo.base.files import store
from kaigo.base.records.refusal import Refused
from kaigo.layouts.model import get
from kaigo.layouts.tests.samples import file as sample
from kaigo.layouts.tests.samples import rows
from kaigo.layouts.writer import write_fixed

pytestmark = pytest.mark.django_db


def take(ctx, content, layout=STAY, name="stay.csv"):
    return receive(ctx, INSURER, name, content, layout)


def told(outcome):
    return [(p["rule"], p["message"]) for p in outcome.problems]


def test_a_good_file_is_kept_whole_and_line_by_line(ctx):
    content = stays(1, stay(1), stay(2, to="20260501"))
    outcome = take(ctx, content)
    assert (outcome.state, outcome.new_lines, outcome.refused_lines) == ("accepted", 2, 0)
    delivery = Delivery.objects.get()
    assert (delivery.insurer, delivery.edition, delivery.sequence, delivery.mode) == (
        INSURER,
        "2026",
        1,
        "changes",
    )
    assert (delivery.received_on, delivery.lines, delivery.actor) == (ctx.on, 2, ctx.actor)
    assert store.get(delivery.digest) == content
    assert list(Line.objects.order_by("id").values_list("number", "values")) == [
        (2, ["000000000000001", "1319900001", "20260401", "", ""]),
        (3, ["000000000000002", "1319900001", "20260401", "20260501", ""]),
    ]
    places = read.columns(STAY)
    assert (places["addressee"], places["to"]) == (1, 4)


def test_awkward_characters_survive(ctx):
    text = 'a"b\\c,d{e}NULL\\N ü髙𠮷'
    take(ctx, stays(1, {"addressee": "0" * 15, "certificate": text, "from": "20260401"},
                    layout="ward.old_age_pension"), "ward.old_age_pension")  # fmt: skip
    assert Line.objects.get().values == ["0" * 15, text, "20260401", ""]


def test_bad_lines_are_refused_and_the_rest_is_in(ctx):
    outcome = take(
        ctx, stays(1, stay(1), stay(2, **{"from": "20260231", "grant_kind": "7"}), stay(3, facility="12"))
    )
    assert (outcome.state, outcome.new_lines, outcome.refused_lines) == ("accepted", 1, 2)
    first, second = RefusedLine.objects.order_by("number")
    assert (first.number, first.field, first.rule, first.value) == (3, "入所年月日", "date", "20260231")
    assert [more["field"] for more in first.more] == ["支給決定"]
    assert first.message and first.remedy
    assert second.values == ["000000000000003", "12", "20260401", "", ""]
    assert Repair.objects.filter(state="open").count() == 2 == read.waiting(ctx)


def test_the_same_file_twice_changes_nothing(ctx):
    content = stays(1, stay(1), stay(2, facility="x"))
    take(ctx, content)
    again = take(ctx, content, name="again.csv")
    assert again.state == "repeated"
    assert "stay.csv" in again.problems[0]["message"]
    assert (Line.objects.count(), RefusedLine.objects.count(), Repair.objects.count()) == (1, 1, 1)


def test_a_refused_file_may_come_again_under_the_right_layout(ctx):
    content = stays(1, stay(1))
    assert told(take(ctx, content, "ward.tax"))[0][0] == "layout"
    assert take(ctx, content).state == "accepted"


@pytest.mark.parametrize(
    ("rule", "spoil"),
    [
        ("insurer", lambda b: b.replace(b"131997", b"131202")),
        ("edition", lambda b: b.replace(b",2026,", b",2019,")),
        ("layout", lambda b: b.replace(b"ward.facility_stay", b"ward.facility_stax")),
        ("encoding", lambda b: b.replace(b"20260401,,", b"\x83\x8d,,")),
        ("count", lambda b: b.replace(b"T,2", b"T,3")),
        ("line_end", lambda b: b[:-20]),
        ("bom", lambda b: b"\xef\xbb\xbf" + b),
        ("empty", lambda b: b""),
        ("trailer", lambda b: b[: b.index(b"T,")]),
    ],
)
def test_structure_errors_refuse_the_whole_file_and_keep_its_bytes(ctx, rule, spoil):
    content = spoil(stays(1, stay(1), stay(2)))
    outcome = take(ctx, content)
    assert outcome.state == "refused"
    assert rule in [p["rule"] for p in outcome.problems]
    assert all(p["where"] and p["message"] and p["remedy"] for p in outcome.problems)
    assert (Line.objects.count(), RefusedLine.objects.count()) == (0, 0)
    assert store.get(Delivery.objects.get().digest) == content


def test_a_missing_file_is_named_and_later_ones_wait_for_it(ctx):
    take(ctx, stays(1, stay(1)))
    fourth = take(ctx, stays(4, stay(4)))
    assert (fourth.state, told(fourth)) == ("waiting", [("sequence", "連番 2〜3 がまだ届いていません")])
    third = take(ctx, stays(3, stay(3)))
    assert told(third) == [("sequence", "連番 2 がまだ届いていません")]
    fifth = take(ctx, stays(5, stay(5)))
    assert told(fifth) == [("sequence", "連番 2 がまだ届いていません")]
    assert Line.objects.count() == 1
    assert take(ctx, stays(2, stay(2))).state == "accepted"
    assert [v[0][-1] for v in Line.objects.order_by("id").values_list("values", flat=True)] == list("12345")
    assert {d.state for d in read.deliveries(ctx)} == {"accepted"}


def test_a_refused_number_is_named_as_refused(ctx):
    take(ctx, stays(1, stay(1)))
    take(ctx, stays(2, stay(2)).replace(b"T,1", b"T,9"))
    third = take(ctx, stays(3, stay(3)))
    assert told(third) == [("sequence", "連番 2 が断られたままで、送り直しが届いていません")]


def test_a_number_that_is_taken_is_refused(ctx):
    take(ctx, stays(1, stay(1)))
    assert told(take(ctx, stays(1, stay(2))))[0][0] == "sequence"
    take(ctx, stays(3, stay(3)))
    rival = take(ctx, stays(3, stay(4)))
    assert rival.state == "refused"


def test_a_waiting_file_can_be_withdrawn_with_a_reason(ctx):
    take(ctx, stays(1, stay(1)))
    early = take(ctx, stays(3, stay(3)))
    with pytest.raises(Refused):
        withdraw(ctx, early.delivery_id, " ")
    withdraw(ctx, early.delivery_id, "連番の誤り")
    assert read.delivery(ctx, early.delivery_id).state == "refused"
    with pytest.raises(Refused):
        withdraw(ctx, early.delivery_id, "もう一度")
    assert take(ctx, stays(2, stay(2))).state == "accepted"
    assert Outcome.objects.filter(delivery=early.delivery, state="accepted").count() == 0


@pytest.mark.parametrize("many", [1, accept.MANY])
def test_only_lines_that_changed_are_new(ctx, monkeypatch, many):
    monkeypatch.setattr(accept, "MANY", many)
    take(ctx, stays(1, stay(1), stay(2), stay(3), mode="full"))
    second = take(ctx, stays(2, stay(1), stay(2, to="20260601"), stay(3), stay(4), mode="full"))
    assert second.new_lines == 2
    # 2 goes back to what the first file said: a change against what is known, though the text is an old one.
    third = take(ctx, stays(3, stay(1), stay(2), stay(3), stay(4), mode="full"))
    assert third.new_lines == 1
    fourth = take(ctx, stays(4, stay(1, to="20260701"), stay(2)))
    assert fourth.new_lines == 1
    # The text for 1 is that of the third file, but the changes file came between.
    fifth = take(ctx, stays(5, stay(1), stay(2), stay(3), stay(4), mode="full"))
    assert fifth.new_lines == 1
    view = read.delivery(ctx, fifth.delivery_id)
    assert (view.lines, view.same_lines) == (4, 3)
    line = read.changed_lines(ctx, view)[0]
    assert (line.before[3], line.values[3]) == ("20260701", "")


def test_quotes_do_not_make_a_line_new(ctx):
    take(ctx, stays(1, stay(1), mode="full"))
    quoted = stays(2, stay(1), mode="full").replace(b"1319900001", b'"1319900001"')
    assert take(ctx, quoted).new_lines == 0


def test_the_refused_half_of_a_pair_is_taken_when_it_comes_alone(ctx):
    take(ctx, stays(1, stay(1), stay(1, to="20260501"), mode="full"))
    assert RefusedLine.objects.get().rule == "duplicate"
    assert take(ctx, stays(2, stay(1, to="20260501"), mode="full")).new_lines == 1
    assert Repair.objects.get().state == "set_aside"


def test_the_same_bad_line_every_day_is_told_once_and_closes_itself_when_good(ctx):
    for day in (1, 2):
        outcome = take(ctx, stays(day, stay(1), stay(2, facility="x"), mode="full"))
        assert outcome.refused_lines == 1
    assert Repair.objects.get().state == "open"
    take(ctx, stays(3, stay(1), stay(2), mode="full"))
    repair = Repair.objects.get()
    assert repair.state == "set_aside"
    assert "連番 3" in repair.reason


def test_an_unknown_layout_is_refused_in_words(ctx):
    with pytest.raises(Refused, match="様式"):
        take(ctx, b"x", "ward.nothing")


def test_a_job_on_another_day_shows_its_day(ctx):
    take(replace(ctx, on=ctx.on.replace(month=8)), stays(1, stay(1)))
    assert read.deliveries(ctx)[0].received_on.month == 8


def test_pension_records_have_no_sequence_but_are_taken_once(ctx):
    layout = "pension.special_collection"
    head = {"municipality": "13199", "payer": "001", "notice": "00", "made_on": "20260518"}
    record = {
        "basic_pension_number": "1234567890",
        "birth": "19500505",
        "sex": "2",
        "kana": "ﾐﾎﾝ ﾊﾅｺ",
        "yen1": "780000",
    }
    content = write_fixed(layout, head, [record, record | {"birth": "19509905"}])
    outcome = take(ctx, content, layout, "00.dat")
    assert (outcome.state, outcome.new_lines, outcome.refused_lines) == ("accepted", 1, 1)
    delivery = Delivery.objects.get()
    assert (delivery.sequence, str(delivery.made_on), delivery.insurer) == (0, "2026-05-18", "13199")
    values = Line.objects.get().values
    places = read.columns(layout)
    assert [values[places[key] - 1] for key in ("birth", "kana", "yen1")] == [
        "19500505",
        "ﾐﾎﾝ ﾊﾅｺ",
        "00000780000",
    ]
    assert take(ctx, content, layout).state == "repeated"
    assert take(ctx, write_fixed(layout, head, [record]), layout).state == "accepted"


def test_tax_corrections_are_lines_of_their_own_and_the_total_is_checked(ctx):
    first = rows(random.Random(1), get("ward.tax"), 3)
    take(ctx, sample(get("ward.tax"), first, 1, "full"), "ward.tax")
    later = first[0] | {"history": "9999", "correction": "1", "total_income": "123"}
    outcome = take(ctx, sample(get("ward.tax"), [later], 2), "ward.tax")
    assert outcome.new_lines == 1
    wrong = sample(get("ward.tax"), [later | {"history": "10000"}], 3).replace(b"T,1,123", b"T,1,124")
    assert told(take(ctx, wrong, "ward.tax")) == [
        ("total", "合計所得金額の合計が合いません(後尾 124、実際 123)")
    ]
