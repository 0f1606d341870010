"""The money that comes back: every file reads with the house's reader, and what it tells is what was really paid."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from kaigo.layouts.reader import read
from stories import sent_out
from stories.sent_out import INSURER
from world.cli import main
from world.town.decks import Decks
from world.town.gone import Gone, People
from world.town.payments import Payments
from world.town.sent import WrongFile, debits, deductions, slips

SLIPS, DEBITS, WELFARE = range(1, 241), range(301, 361), range(401, 431)
PENSIONERS = range(501, 521)


@pytest.fixture(scope="module")
def year(tmp_path_factory) -> tuple[Path, list[dict], list[dict]]:
    """(folder, files, truth) of a year in four steps."""
    path = tmp_path_factory.mktemp("money")
    sent_out.slip_list(path / "slips", SLIPS)
    sent_out.slip_list(path / "debit-slips", DEBITS, "debit")
    sent_out.debit_request(path / "debit", DEBITS)
    sent_out.welfare_list(path / "welfare", WELFARE)
    sent_out.pension_file(path / "01", "01", PENSIONERS, date(2026, 7, 15))
    sent_out.pension_file(path / "41", "41", PENSIONERS[:5], date(2026, 11, 2))
    out = path / "out"
    play(out, "2026-07-10", "2026-08-01", "--slips", path / "slips", "--slips", path / "debit-slips",
         "--debit", path / "debit", "--welfare", path / "welfare", "--pension", path / "01")  # fmt: skip
    play(out, "2026-08-01", "2026-11-02")
    play(out, "2026-11-02", "2027-03-31", "--pension", path / "41", "--last")
    entries = json.loads((out / "payments-manifest.json").read_text())
    truth = [json.loads(line) for line in (out / "truth.jsonl").read_text().splitlines()]
    return out, entries, truth


def play(out: Path, begin: str, until: str, *more) -> None:
    assert main(["pay", "--from", begin, "--until", until, "--seed", "3", *map(str, more), str(out)]) == 0


def rows(year, layout: str, read_again: bool = True) -> list[dict]:
    out, entries, _ = year
    found = []
    for entry in entries:
        if (
            entry["layout"] == layout
            and entry["expected"] != "repeated"
            and (read_again or "read_again" not in entry)
        ):
            found += read((out / entry["file"]).read_bytes(), layout, insurer=INSURER).rows.to_dicts()
    return found


def test_every_file_reads_and_only_misread_numbers_are_refused(year):
    out, entries, truth = year
    refused = 0
    for entry in entries:
        found = read((out / entry["file"]).read_bytes(), entry["layout"], insurer=INSURER)
        assert not found.problems, (entry["file"], found.problems)
        assert {error.rule for error in found.refused} <= {"check_digit"}
        assert len(found.rows) + len(found.refused) == entry["lines"]
        refused += len(found.refused) if entry["expected"] != "repeated" and "read_again" not in entry else 0
    assert refused == sum(line["told_as"] != line["reference"] for line in truth) > 0
    assert {entry["expected"] for entry in entries} == {"accepted", "repeated", "waiting"}
    assert sum("read_again" in entry for entry in entries) > 0


def test_a_late_file_comes_after_the_next_and_each_sequence_is_whole(year):
    _, entries, _ = year
    for layout in {entry["layout"] for entry in entries if "sequence" in entry}:
        mine = [e for e in entries if e["layout"] == layout and e["expected"] != "repeated"]
        numbers = [e["sequence"] for e in mine]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        for place, entry in enumerate(mine):
            if entry["expected"] == "waiting":
                assert mine[place + 1]["sequence"] == entry["sequence"] - 1


@pytest.mark.parametrize(
    "layout, channel, number, good",
    [
        ("bank.slip_receipts", "slip", "slip_number", lambda row: True),
        ("agency.store_receipts", "store", "barcode", lambda row: row["kind"] == "02"),
        ("bank.payeasy_receipts", "payeasy", "payment_number", lambda row: True),
        ("bank.debit_result", "debit", "customer_number", lambda row: row["result"] == "0"),
    ],
)
def test_what_is_told_is_what_was_paid(year, layout, channel, number, good):
    told: Counter[tuple[str, int]] = Counter()
    for row in rows(year, layout, read_again=False):
        if good(row):
            text = row[number][8:28] if number == "barcode" else row[number]
            told[text, int(row["yen"])] += 1
    paid = Counter(
        (line["reference"], line["yen"])
        for line in year[2]
        if line["channel"] == channel and line["told_as"] == line["reference"]
    )
    assert told == paid
    assert paid


def test_pensions_are_taken_as_asked_until_they_are_stopped(year):
    taken = [line for line in year[2] if line["channel"] == "deduction"]
    by_month = Counter((line["number"], line["yen"]) for line in taken)
    assert by_month == {(10, 9_000): 20, (12, 9_100): 15, (14, 9_200): 15}
    told = Counter(int(row["yen1"]) for row in rows(year, "pension.special_collection"))
    assert told == {9_000: 20, 9_100: 15, 9_200: 15}
    assert {row["notice"] for row in rows(year, "pension.special_collection")} == {"22"}


def test_the_welfare_office_pays_all_a_part_or_says_why_not(year):
    found = rows(year, "welfare.substitute_receipts")
    assert len(found) == len(WELFARE)
    assert sum(int(row["yen"]) for row in found) == sum(
        line["yen"] for line in year[2] if line["channel"] == "substitute"
    )
    assert all((row["outcome"] == "3") == (int(row["yen"]) == 0) == bool(row["why"]) for row in found)


def test_people_pay_in_every_way_there_is(year):
    fates = Counter(line["fate"] for line in year[2])
    assert set(fates) >= {"in_time", "late", "twice", "again", "half", "misread", "after_cancelled", "debit"}
    assert fates["in_time"] > sum(fates[name] for name in ("late", "twice", "half", "misread"))
    paid = {line["reference"] for line in year[2]}
    never = [place for place in SLIPS if sent_out.reference(place) not in paid]
    assert 0 < len(never) < len(SLIPS) / 8
    bounced = [row["result"] for row in rows(year, "bank.debit_result") if row["result"] != "0"]
    assert bounced and set(bounced) <= {"1", "2", "3", "4", "9"}
    kinds = Counter(row["kind"] for row in rows(year, "agency.store_receipts"))
    assert kinds["01"] == kinds["02"] + kinds["03"] and kinds["03"] > 0


def test_the_same_seed_and_the_same_letters_bring_the_same_bytes_in_one_step_or_in_many(year, tmp_path):
    out = year[0]
    sent = out.parent
    play(tmp_path, "2026-07-10", "2026-11-02", "--slips", sent / "slips", "--slips", sent / "debit-slips",
         "--debit", sent / "debit", "--welfare", sent / "welfare", "--pension", sent / "01")  # fmt: skip
    play(tmp_path, "2026-11-02", "2027-03-31", "--pension", sent / "41", "--last")
    for name in [path.name for path in out.iterdir()]:
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes(), name


def test_the_dead_stop_paying_and_who_moved_pays_or_not_but_always_the_same(tmp_path):
    on = date(2026, 7, 20).toordinal()
    people = People(
        {sent_out.addressee(place): Gone("3" if place % 2 else "2", on) for place in SLIPS}, {}, {}
    )
    money = Payments(tmp_path, 3, people)
    begin = date(2026, 7, 10).toordinal()
    money.send_slips(begin, slips(sent_out.slip_list(tmp_path / "s", SLIPS).read_bytes()))
    money.play(begin, date(2027, 3, 31).toordinal())
    late = [line for line in money.truth if line["paid_on"] >= "2026-07-20"]
    assert late and all(int(line["addressee"]) % 2 == 0 for line in late)
    assert any(line["paid_on"] < "2026-07-20" and int(line["addressee"]) % 2 for line in money.truth)
    assert 0 < len({line["addressee"] for line in late}) < len(SLIPS) / 2


def test_with_a_new_slip_for_the_same_term_one_of_the_two_is_paid(tmp_path):
    money = Payments(tmp_path, 3, People({}, {}, {}))
    begin = date(2026, 7, 1).toordinal()
    old = slips(sent_out.slip_list(tmp_path / "old", SLIPS).read_bytes())
    money.send_slips(begin, old)
    new = [
        slip._replace(reference=sent_out.reference(1_000 + place), yen=5_000)
        for place, slip in enumerate(old)
    ]
    money.send_slips(begin + 1, new)
    money.play(begin, date(2027, 3, 31).toordinal())
    which = Counter(line["yen"] == 5_000 for line in money.truth if line["fate"] == "in_time")
    assert which[True] > 3 * which[False] > 0
    terms = Counter(line["addressee"] for line in money.truth if line["fate"] != "again")
    assert set(terms.values()) == {1}


def test_a_deck_has_its_cards_in_exact_shares_and_forgets_nothing():
    decks = Decks(1, {"d": {"a": 600, "b": 300, "c": 100}})
    drawn = [decks.draw("d") for _ in range(25)]
    again = Decks(1, {"d": {"a": 600, "b": 300, "c": 100}}, {"d": 4})
    assert [again.draw("d") for _ in range(21)] == drawn[4:]
    assert Counter(drawn[:10]) == Counter(drawn[10:20]) == {"a": 6, "b": 3, "c": 1}
    assert drawn[:10] != drawn[10:20]


def test_what_cannot_be_read_is_refused_and_nothing_is_played(tmp_path, capsys):
    bad = tmp_path / "bad"
    for content in (b"{}\n", b"x", b'{"reference": "1a"}'):
        bad.write_bytes(content)
        assert (
            main(
                [
                    "pay",
                    "--from",
                    "2026-07-01",
                    "--until",
                    "2026-07-02",
                    "--slips",
                    str(bad),
                    str(tmp_path / "o"),
                ]
            )
            == 3
        )
    with pytest.raises(WrongFile, match="120バイト"):
        debits(b"1" * 119)
    good = sent_out.pension_file(tmp_path / "22", "22", range(1, 3), date(2026, 7, 1)).read_bytes()
    with pytest.raises(WrongFile, match="通知内容コード 22"):
        deductions(good)
    assert main(["pay", "--from", "2026-07-02", "--until", "2026-07-01", str(tmp_path / "o")]) == 2
    play(tmp_path / "o", "2026-07-01", "2026-07-10")
    assert main(["pay", "--from", "2026-07-05", "--until", "2026-07-20", str(tmp_path / "o")]) == 2
    assert "2026-07-05" in capsys.readouterr().err
