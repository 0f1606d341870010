"""From lines to what we believe: late, cancelled, doubled, out of order, unknown; nothing that we believed is lost."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from kaigo.base.feeds.models import RefusedLine
from kaigo.base.records.context import Context
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents import read
from kaigo.insurance.residents.tests.lines import deliver, take, told

ME = f"{7:015}"
RESIDENT, GUEST, TAX = "ward.resident", "ward.nonresident", "ward.tax"
MOVE = {"history": "2", "event": "03", "event_on": "20260501", "address": "見本区北2-2-2"}


def person() -> int:
    return m.AddresseeNumber.objects.get(number=ME).person_id


def moment():
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def believed(model, *columns, known_at=None):
    """(from, to, columns…) believed now or at a moment, oldest first."""
    when = "upper_inf(known)" if known_at is None else "known @> %(at)s::timestamptz"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT lower(effective)::text, upper(effective)::text, {', '.join(columns)} FROM {model._meta.db_table} "
            f"WHERE {when} ORDER BY person_id, lower(effective)",
            {"at": known_at},
        )
        return cursor.fetchall()


def lives(known_at=None):
    return believed(m.Residence, "address", "state", known_at=known_at)


FIRST = ("2020-04-01", None, "見本区中央1-1-1", "resident")


def test_a_person_and_a_household_begin_with_their_first_line(street, ctx):
    done = told(ctx, RESIDENT, {})
    assert done["people"] == 1
    view = read.one(ctx, person())
    assert (view.name, view.birth_date, view.state, view.relationship) == (
        "見本　太郎", date(1950, 5, 5), "resident", "02",
    )  # fmt: skip
    assert view.household_number == f"{1:015}"
    assert lives() == [FIRST]
    assert m.Residence.objects.get().source.startswith("feed:")
    assert [hit.person for hit in read.search(ctx, "みほん S25.5.5").hits] == [person()]


def test_lines_become_periods_until_the_next_history(street, ctx):
    told(ctx, RESIDENT, {}, MOVE)
    assert lives() == [
        ("2020-04-01", "2026-05-01", "見本区中央1-1-1", "resident"),
        ("2026-05-01", None, "見本区北2-2-2", "resident"),
    ]
    # Name and household did not change: one period each, not two.
    assert believed(m.Particulars, "name") == [("2020-04-01", None, "見本　太郎")]
    assert len(believed(m.Membership, "relationship")) == 1


def test_taking_again_without_new_lines_or_with_the_same_line_changes_nothing(street, ctx):
    told(ctx, RESIDENT, {}, MOVE)
    rows = [
        list(model.objects.order_by("id").values()) for model in (m.Residence, m.Particulars, m.Membership)
    ]
    take(ctx)
    told(ctx, RESIDENT, {}, MOVE)
    assert rows == [
        list(model.objects.order_by("id").values()) for model in (m.Residence, m.Particulars, m.Membership)
    ]


def test_a_late_correction_changes_what_we_believe_not_what_we_believed(street, ctx):
    told(ctx, RESIDENT, {}, MOVE)
    before = moment()
    told(ctx, RESIDENT, MOVE | {"correction": "1", "address": "見本区北3-3-3"})
    assert lives()[1] == ("2026-05-01", None, "見本区北3-3-3", "resident")
    assert lives(before)[1] == ("2026-05-01", None, "見本区北2-2-2", "resident")
    assert read.one(ctx, person()).address == "見本区北3-3-3"
    then = Context(ctx.actor, ctx.purpose, ctx.on, known_at=before)
    assert read.one(then, person()).address == "見本区北2-2-2"


def test_a_correction_may_move_the_day_of_the_event(street, ctx):
    told(ctx, RESIDENT, {}, MOVE)
    told(ctx, RESIDENT, MOVE | {"correction": "1", "event_on": "20260601"})
    assert [row[:2] for row in lives()] == [("2020-04-01", "2026-06-01"), ("2026-06-01", None)]


def test_a_correction_of_the_first_day_voids_what_is_no_longer_stated(street, ctx):
    told(ctx, RESIDENT, {})
    told(ctx, RESIDENT, {"correction": "1", "event_on": "20200501", "became_resident_on": "20200501"})
    assert [row[:2] for row in lives()] == [("2020-05-01", None)]
    assert [row[:2] for row in believed(m.Particulars, "name")] == [("2020-05-01", None)]
    assert [row[:2] for row in believed(m.Membership, "relationship")] == [("2020-05-01", None)]


def test_a_cancelled_event_never_happened(street, ctx):
    told(ctx, RESIDENT, {}, MOVE)
    before = moment()
    told(ctx, RESIDENT, MOVE | {"correction": "2"})
    assert lives() == [FIRST]
    assert len(lives(before)) == 2


def test_a_person_whose_only_line_is_cancelled_is_believed_nothing(street, ctx):
    told(ctx, RESIDENT, {})
    told(ctx, RESIDENT, {"correction": "2"})
    assert lives() == []
    assert read.one(ctx, person()).state == ""


def test_of_two_events_of_one_day_the_higher_history_wins(street, ctx):
    told(ctx, RESIDENT, {}, MOVE, MOVE | {"history": "3", "event": "02", "state": "2", "to_code": "141003"})
    assert lives() == [
        ("2020-04-01", "2026-05-01", "見本区中央1-1-1", "resident"),
        ("2026-05-01", None, "見本区北2-2-2", "left"),
    ]
    assert believed(m.Membership, "relationship") == [("2020-04-01", "2026-05-01", "02")]


def test_lines_out_of_order_come_to_the_same(street, ctx):
    third = {"history": "3", "event": "03", "event_on": "20260601", "address": "見本区南4"}
    told(ctx, RESIDENT, third)
    told(ctx, RESIDENT, MOVE)
    told(ctx, RESIDENT, {})
    assert [row[:3] for row in lives()] == [
        ("2020-04-01", "2026-05-01", "見本区中央1-1-1"),
        ("2026-05-01", "2026-06-01", "見本区北2-2-2"),
        ("2026-06-01", None, "見本区南4"),
    ]


def test_an_event_notified_late_is_true_until_today(street, ctx):
    """History 3 was entered after 2 but reaches further back: from its day on it is the whole record."""
    told(
        ctx, RESIDENT, {}, MOVE, {"history": "3", "event": "07", "event_on": "20260415", "name": "見本　次郎"}
    )
    assert believed(m.Particulars, "name")[-1] == ("2026-04-15", None, "見本　次郎")
    assert [row[:2] for row in lives()] == [("2020-04-01", "2026-04-15"), ("2026-04-15", None)]


def test_who_left_before_our_oldest_line_lived_here_until_then(street, ctx):
    told(
        ctx, RESIDENT, {
            "history": "4", "event": "02", "event_on": "20251110", "state": "2", "became_resident_on": "20010401",
            "joined_household_on": "20100401", "to_code": "141003", "to_address": "神奈川県横浜市中区二丁目3番",
        },
    )  # fmt: skip
    assert lives() == [
        ("2001-04-01", "2025-11-10", "見本区中央1-1-1", "resident"),
        ("2025-11-10", None, "見本区中央1-1-1", "left"),
    ]
    assert believed(m.Membership, "relationship") == [("2010-04-01", "2025-11-10", "02")]
    assert m.Residence.objects.get(state="left").to_address_key == "横浜市中区2-3"


def test_an_unknown_part_of_a_birth_date_stays_unknown(street, ctx):
    told(ctx, RESIDENT, {"birth": "19300400"})
    view = read.one(ctx, person())
    assert (view.birth_date, view.birth_raw) == (None, "19300400")


def test_protection_begins_ends_and_is_told_to_release(street, ctx):
    told(ctx, RESIDENT, {}, {"addressee": f"{8:015}", "relationship": "12"})
    before = moment()
    told(ctx, RESIDENT, MOVE | {"event": "15", "protection": "1", "protection_until": "20270401"})
    assert believed(m.Protection, "measure") == [("2026-05-01", "2027-04-01", "1")]
    assert read.protected_among(ctx, [person()]) == {person()}
    changed = f"SELECT person_id FROM ({read.protection_changes_sql(ctx)}) c"
    with connection.cursor() as cursor:
        cursor.execute(changed, {"since": before})
        # The other member of the household too: a letter to him could tell where she lives.
        assert len(cursor.fetchall()) == 2
    told(ctx, RESIDENT, MOVE | {"history": "3", "event": "16", "event_on": "20260601"})
    assert believed(m.Protection, "measure") == [("2026-05-01", "2026-06-01", "1")]
    after = moment()
    with connection.cursor() as cursor:
        cursor.execute(changed, {"since": after})
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    ("until", "expected"),
    [("", [("2026-05-01", None)]), ("20260601", [("2026-05-01", "2026-06-01")]), ("20260401", [])],
)
def test_protection_lasts_until_its_day_or_without_end(street, ctx, until, expected):
    told(ctx, RESIDENT, {}, MOVE | {"protection": "1", "protection_until": until})
    assert [row[:2] for row in believed(m.Protection, "measure")] == expected


def test_hold_comes_from_the_line(street, ctx):
    told(ctx, RESIDENT, {}, MOVE | {"hold": "調査中"})
    assert believed(m.Hold, "reason") == [("2026-05-01", None, "調査中")]


def test_highest_tax_history_wins_and_a_cancelled_one_is_none(street, ctx):
    told(ctx, RESIDENT, {})
    told(ctx, TAX, {"history": "2", "total_income": "2000000"}, {"history": "1"}, {"fiscal_year": "2025"})
    rows = believed(m.Taxation, "fiscal_year", "total_income")
    assert rows == [
        ("2025-04-01", "2026-04-01", 2025, 1_000_000),
        ("2026-04-01", "2027-04-01", 2026, 2_000_000),
    ]
    told(ctx, TAX, {"history": "3", "total_income": "300000", "corrected_on": "20260920"})
    assert believed(m.Taxation, "total_income")[1][2] == 300_000
    told(ctx, TAX, {"history": "3", "correction": "2"})
    assert len(believed(m.Taxation, "total_income")) == 1


def test_lines_about_nobody_we_know_are_refused_and_used_when_replayed(street, ctx):
    delivery = deliver(ctx, TAX, {"addressee": f"{99:015}"})
    assert take(ctx)["refused_lines"] == 1
    refused = RefusedLine.objects.get()
    assert (refused.delivery_id, refused.number, refused.room, refused.rule) == (
        delivery, 2, "residents", "unknown_addressee",
    )  # fmt: skip
    assert refused.value == f"{99:015}"
    told(ctx, RESIDENT, {"addressee": f"{99:015}"})
    assert m.Taxation.objects.count() == 0
    from kaigo.base.feeds.decide import replay
    from kaigo.base.records.context import acting

    with acting(ctx):
        assert replay(ctx, refused.repair.id, refused.values) == []
    take(ctx)
    assert m.Taxation.objects.count() == 1


def test_periods_upside_down_and_unknown_facilities_are_refused(street, ctx):
    told(ctx, RESIDENT, {})
    welfare = {"welfare_kind": "1", "history": "1", "correction": "0", "substitute_payment": "1"}
    done = told(ctx, "ward.welfare", welfare | {"from": "20260401", "to": "20260301"})
    assert done["refused_lines"] == 1
    done = told(ctx, "ward.facility_stay", {"facility": "1370000009", "from": "20260401"})
    assert done["refused_lines"] == 1
    assert set(RefusedLine.objects.values_list("rule", flat=True)) == {"upside_down", "unknown_facility"}
    assert m.Welfare.objects.count() == m.FacilityStay.objects.count() == 0


def test_a_refused_correction_leaves_what_was_right(street, ctx):
    told(ctx, RESIDENT, {})
    stay = {
        "use": "1",
        "recipient": "後見人",
        "postal_code": "1790001",
        "address": "見本区南1",
        "reason": "2",
    }
    told(ctx, "ward.mailing_address", stay | {"from": "20260401"})
    told(ctx, "ward.mailing_address", stay | {"from": "20260401", "to": "20260101"})
    assert believed(m.MailingAddress, "use", "address") == [("2026-04-01", None, "all", "見本区南1")]


def test_a_period_is_replaced_by_its_key_and_ended_by_the_next(street, ctx):
    told(ctx, RESIDENT, {})
    account = {
        "use": "1",
        "bank": "0001",
        "branch": "001",
        "account_kind": "1",
        "account": "1234567",
        "holder": "ミホン",
    }
    told(ctx, "ward.bank_account", account | {"from": "20240401"})
    told(ctx, "ward.bank_account", account | {"from": "20260401", "account": "7654321"})
    assert believed(m.BankAccount, "use", "account") == [
        ("2024-04-01", "2026-04-01", "debit", "1234567"),
        ("2026-04-01", None, "debit", "7654321"),
    ]
    told(ctx, "ward.bank_account", account | {"from": "20260401", "account": "7654321", "to": "20260601"})
    assert believed(m.BankAccount, "account")[1][:2] == ("2026-04-01", "2026-06-01")


@pytest.mark.parametrize("relation", ["1", "9"])
def test_relations_reach_outside_the_household(street, ctx, relation):
    told(ctx, RESIDENT, {})
    told(ctx, GUEST, {"addressee": f"{8:015}", "name": "外野　人"})
    told(ctx, "ward.relationship", {"other": f"{8:015}", "relation": relation, "from": "20260101"})
    (related,) = read.relations(ctx, person())
    assert (related.name, related.relation) == ("外野　人", relation)


def test_a_guest_is_registered_and_dies(street, ctx):
    told(ctx, GUEST, {})
    told(ctx, GUEST, {"history": "2", "state": "3", "state_on": "20260620"})
    assert [(row[0], row[1], row[3]) for row in lives()] == [
        ("2020-04-01", "2026-06-20", "nonresident"),
        ("2026-06-20", None, "dead"),
    ]
    assert believed(m.Membership, "relationship") == []


def test_while_somebody_is_a_resident_his_record_as_guest_is_silent(street, ctx):
    told(ctx, GUEST, {"from": "20190101"})
    told(ctx, RESIDENT, {})
    assert [(row[0], row[1], row[3]) for row in lives()] == [
        ("2019-01-01", "2020-04-01", "nonresident"),
        ("2020-04-01", None, "resident"),
    ]
    left = MOVE | {"event": "02", "state": "2"}
    told(ctx, RESIDENT, left)
    told(ctx, GUEST, {"history": "2", "from": "20260501", "address": "見本県見本市9"})
    # The register keeps the day of moving out (reason, destination); the guest's address follows.
    assert [(row[0], row[1], row[3]) for row in lives()][1:] == [
        ("2020-04-01", "2026-05-01", "resident"),
        ("2026-05-01", "2026-05-02", "left"),
        ("2026-05-02", None, "nonresident"),
    ]


def test_february_of_the_former_system_tells_the_pension_number_if_it_has_one(street, ctx):
    told(ctx, RESIDENT, {})
    february = {"fiscal_year": "2025", "yen": "12000"}
    told(ctx, "migrate.february", february | {"basic_pension_number": ""})
    assert believed(m.PensionNumber, "number") == []
    told(ctx, "migrate.february", february | {"basic_pension_number": "1234567890"})
    assert believed(m.PensionNumber, "number") == [("2025-04-01", None, "1234567890")]
    told(ctx, "migrate.february", february | {"addressee": f"{99:015}", "basic_pension_number": "1234567891"})
    assert believed(m.PensionNumber, "number") == [("2025-04-01", None, "1234567890")]
