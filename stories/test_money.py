"""A year of money: the ward levies and sends, the world pays as people do, and every yen of it is found again."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest
from django.db import connection

from kaigo.base.feeds import read as feeds
from kaigo.base.feeds.decide import replay, set_aside
from kaigo.base.records.context import acting
from kaigo.base.records.rows import rows
from kaigo.insurance.collection import read as collection
from kaigo.insurance.ledger import books, invariant
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.receipts import invariant as receipts_invariant
from kaigo.insurance.receipts import unknown
from kaigo.layouts.model import get
from kaigo.site.commands import ledger as command
from stories.money import YEAR, Town, context, months

END = date(YEAR + 1, 6, 1)


@pytest.fixture(scope="module")
def town(long_street, tmp_path_factory, django_db_blocker):
    """The ward after its year: 1 April 2026 until 出納閉鎖."""
    with django_db_blocker.unblock():
        yield year(Town(tmp_path_factory.mktemp("town")))


def year(town: Town) -> Town:
    opening = date(YEAR, 4, 1)
    town.take_ward(opening)
    town.jobs(opening, "premium.take_february", "premium.provisional", "premium.monthly", "collection.plan")
    for first in months(opening, 14):
        after = months(first, 2)[1]
        sent: list[str] = []
        if first.month == 6:
            town.take_ward(date(YEAR, 6, 10))
            town.jobs(date(YEAR, 6, 10), "collection.match_targets")
        if first != opening:
            town.take_ward(first)
        if first == date(YEAR, 7, 1):
            town.levy(first)
        if opening < first < date(YEAR + 1, 4, 1):
            town.jobs(first, "premium.monthly", "collection.plan")
        if date(YEAR, 7, 1) <= first:
            sent += town.slips(first, after + timedelta(days=5))
            sent += town.debit(first, after + timedelta(days=5)) + town.welfare(
                first, first, after - timedelta(days=1)
            )
            sent += town.pensions(first, "01", "61") if first.month == 7 else town.pensions(first, "31", "41")
        town.play(min(after, END), *sent, last=after >= END)
    return town


CHANNELS = {"slip", "store", "payeasy", "debit", "deduction", "substitute"}
FATES = {"in_time", "late", "twice", "again", "half", "misread", "after_cancelled"}


def test_the_world_pays_in_every_way_and_its_files_arrive_as_it_said(town):
    truth = town.truth()
    assert {line["channel"] for line in truth} == CHANNELS
    assert {line["fate"] for line in truth} >= FATES
    assert [(name, state) for name, expected, state in town.states if state != expected] == []
    assert {state for _, _, state in town.states} == {"accepted", "repeated", "waiting"}
    bounced = rows("SELECT code, count(*) FROM receipts_debit_result WHERE code <> '0' GROUP BY code")
    assert (
        bounced
        and rows("SELECT count(*) FROM receipts_debit_result")[0][0]
        == rows("SELECT count(*) FROM receipts_debit_request")[0][0]
    )
    # Somebody died, somebody left, somebody's year was revised after it was sent.
    causes = dict(rows("SELECT cause, count(*) FROM collection_plan GROUP BY cause"))
    assert causes["revision"] > 5
    gone = rows(
        "SELECT lost_reason, count(*) FROM qualification_decision WHERE lost_on >= '2026-04-01' GROUP BY 1"
    )
    assert {"51", "52"} <= {reason for reason, _ in gone}


def test_misread_numbers_are_mended_by_a_clerk_and_then_booked(town):
    misread = {line["told_as"]: line["reference"] for line in town.truth() if line["fate"] == "misread"}
    ctx = context(END - timedelta(days=1), "intake")
    keys = [field.key for field in get("bank.slip_receipts").columns()]
    before = receipts_invariant.sums(ctx)
    mended: dict[tuple, int] = {}
    with acting(ctx):
        for repair in feeds.repairs(ctx, state="open", limit=200):
            if repair.layout != "bank.slip_receipts":
                continue
            values = dict(zip(keys, repair.refused_values, strict=True))
            seen = values["slip_number"], values["paid_on"]
            if seen in mended:
                set_aside(ctx, repair.id, "同じ納付書が二度読み取られた行")
                continue
            mended[seen] = int(values["yen"])
            assert replay(ctx, repair.id, values | {"slip_number": misread[values["slip_number"]]}) == []
    town.jobs(END - timedelta(days=1), "receipts.take")
    after = receipts_invariant.sums(ctx)
    assert after.booked_yen - before.booked_yen == sum(mended.values()) > 0
    assert (after.nobody, after.nobody_yen) == (before.nobody, before.nobody_yen)
    assert len(mended) == len(misread)


def told_again(town: Town) -> int:
    """Yen of slips that the bank's reader told a second time."""
    return sum(entry.get("read_again", 0) for entry in town.told())


def test_every_yen_of_the_world_is_in_the_ledger_or_waits_for_its_owner(town):
    truth = town.truth()
    found = Counter(
        rows("SELECT channel, reference, yen FROM receipts_receipt WHERE stage = 'final' AND why <> 'twice'")
    )
    # The welfare office numbers its own lines; it names the person.
    paid = Counter(
        (line["channel"], line["reference"], line["yen"]) for line in truth if line["channel"] != "substitute"
    )
    assert Counter({key: n for key, n in found.items() if key[0] != "substitute"}) == paid
    sums = receipts_invariant.sums(context(END))
    again = rows("SELECT coalesce(sum(yen), 0)::bigint FROM receipts_receipt WHERE why = 'twice'")[0][0]
    aside = rows(
        "SELECT coalesce(sum(r.values[4]::int), 0) FROM feeds_repair p JOIN feeds_refused_line r ON r.id = p.refused_id WHERE p.state = 'set_aside'"
    )[0][0]
    assert again + aside == told_again(town) > 0
    assert sums.booked_yen + sums.nobody_yen - again == sum(line["yen"] for line in truth)
    # What waits is what names a term that this ward has not levied: deductions of the year after.
    waiting = rows(
        "SELECT why, channel, sum(yen)::bigint FROM receipts_receipt WHERE person_id IS NULL AND why <> 'twice' GROUP BY 1, 2"
    )
    ahead = sum(line["yen"] for line in truth if line["fiscal_year"] > YEAR)
    assert waiting == [("term", "deduction", ahead)]
    assert (
        unknown.count(context(END))
        == rows("SELECT count(*) FROM receipts_receipt WHERE person_id IS NULL")[0][0]
    )


def test_every_term_of_everybody_has_what_was_paid_for_it(town):
    persons = dict(rows("SELECT number, person_id FROM residents_addressee_number"))
    paid: dict[tuple, int] = defaultdict(int)
    for line in town.truth():
        if line["fiscal_year"] == YEAR:
            kind = "deduction" if line["channel"] == "deduction" else "direct"
            paid[persons[line["addressee"]], kind, line["number"]] += line["yen"]
    booked: dict[tuple, int] = defaultdict(int)
    for person, kind, number, received in rows(
        f"SELECT person_id, kind, number, received FROM ({ledger.terms_sql(context(END))}) t WHERE fiscal_year = {YEAR} "
        "AND received <> 0",
        {"known_at": None},
    ):
        booked[person, kind, number] += received
    assert booked == paid
    assert len(booked) > 1_000


def test_the_ledger_holds_term_by_term_and_in_all(town, capsys, monkeypatch):
    ctx = context(END)
    assert collection.invariant(ctx, YEAR) == []
    assert invariant.wrong(ctx) == [] and receipts_invariant.wrong(ctx) == []
    whole = invariant.whole(ctx)
    assert whole.open_yen > 0 and whole.overpaid > 0 and whole.received > 10_000_000
    monkeypatch.setattr(command, "django_ready", lambda: None)
    assert command.main(["check", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["whole"] == whole._asdict() and told["books"] == [] == told["receipts_wrong"]
    accounts = books.year(ctx, YEAR)
    assert sum(part.open_yen for part in accounts) == whole.open_yen


def test_the_year_closes_with_what_is_open_and_money_of_june_stands_in_the_next(town):
    town.jobs(END, "ledger.close")
    ctx = context(END)
    (closed,) = ledger.closed(ctx)
    whole = invariant.whole(ctx)
    assert (closed.accounting_year, closed.carried_yen, closed.overpaid_yen) == (
        YEAR,
        whole.open_yen,
        whole.overpaid,
    )
    assert closed.received_yen == whole.received
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_entry WHERE accounting_year <> %s", [YEAR])
        assert cursor.fetchone() == (0,)
