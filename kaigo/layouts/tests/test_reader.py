"""Written and read again; every rule says where, what and how to mend it."""

from __future__ import annotations

import json
import os
import random
from datetime import date

import pytest

from kaigo.law.qualification import ACQUIRED, LOST
from kaigo.layouts.cli import main
from kaigo.layouts.model import get, known, layouts
from kaigo.layouts.reader import raw_lines, read
from kaigo.layouts.tests.samples import INSURER, MADE, file, rows
from kaigo.layouts.writer import DoesNotFit, write_csv, write_fixed

SEED = int(os.environ.get("KAIGO_SEED", "20260401"))


@pytest.mark.parametrize("name", sorted(layouts()))
def test_what_is_written_is_read(name):
    rng = random.Random(f"{SEED}:{name}")
    print(f"seed {SEED}")
    layout = get(name)
    given = rows(rng, layout, 60)
    found = read(file(layout, given), name, insurer=INSURER)
    assert (found.problems, found.refused, found.lines) == ([], [], 60)
    keys = [field.key for field in layout.columns() if layout.form == "csv" or field.key not in
            ("payer", "notice", "medium", "scheme")]  # fmt: skip
    assert found.rows.select(keys).to_dicts() == [{k: row[k] for k in keys} for row in given]
    first = 2
    assert found.rows["line"].to_list() == list(range(first, first + 60))


@pytest.mark.parametrize("name", sorted(layouts()))
def test_a_file_without_quotes_is_read_the_same(name):
    """Such a file is split at once, others line by line."""
    layout = get(name)
    given = [
        {key: text.replace('"', "").replace(",", "") for key, text in row.items()}
        for row in rows(random.Random(SEED), layout, 30)
    ]
    content = file(layout, given)
    found = read(content, name)
    assert (found.problems, found.refused, found.lines) == ([], [], 30)
    if layout.form == "csv":
        assert b'"' not in content
        assert found.rows.drop("line").to_dicts() == given
        slow = read(content.replace(b"D,", b'"D",', 1), name)
        assert slow.rows.to_dicts() == found.rows.to_dicts()


@pytest.mark.parametrize("name", sorted(layouts()))
def test_later_editions_only_add_fields_and_the_key_comes_first(name):
    """Lines of all editions lie in one table: their items must have one order, and the index is on the first."""
    editions = layouts()[name]
    for old, new in zip(editions, editions[1:], strict=False):
        assert [f.key for f in new.columns()][: len(old.columns())] == [f.key for f in old.columns()]
        assert old.end == new.start
    layout = editions[-1]
    assert not layout.key or layout.fields[0].key == layout.key[0]
    assert all(layout.field(key).required for key in layout.key if key != "relation")
    assert layout.confidence in ("sourced", "fictional", "recalled")


# Kept as eight bytes: incomes; as four: what counts up.
LARGE = {
    "income_tax", "total_income", "pension_revenue", "pension_income", "salary_revenue", "salary_income",
    "income_adjustment", "long_special_deduction", "short_special_deduction", "entry_yen",
}  # fmt: skip
WIDE = {"history", "capacity", "count"}
# rule → (layout, field, bad text); each must be refused by exactly this rule.
WRONG = {
    "required": ("ward.tax", "status", ""),
    "control": ("ward.resident", "name", "見本\x0b花子"),
    "length": ("ward.resident", "name", "あ" * 121),
    "digits": ("ward.resident", "household", "１" * 15),
    "int": ("ward.tax", "history", "1.5"),
    "yen": ("ward.tax", "income_tax", "-"),
    "year": ("ward.tax", "fiscal_year", "0"),
    "code": ("ward.tax", "status", "9"),
    "date": ("ward.resident", "event_on", "20260229"),
    "birth": ("ward.resident", "birth", "20261300"),
    "kana": ("ward.resident", "kana", "見本"),
    "stages": ("migrate.assessment", "stages", "111"),
}


@pytest.mark.parametrize(
    "layout", [e for es in layouts().values() for e in es if e.form == "csv"], ids=lambda e: e.name
)
def test_no_number_of_a_line_is_greater_than_its_column(layout):
    """One line with fiscal year 99999 would stop a whole day's taking-in: it is refused here, alone."""
    small = [f for f in layout.fields if f.type in ("int", "year", "yen") and f.key not in LARGE]
    for field in small:
        given = rows(random.Random(SEED), layout, 2)
        for bad in ("99999", "9" * 10) if field.type != "yen" and field.key not in WIDE else ("9" * 10,):
            given[1][field.key] = bad
            found = read(file(layout, given), layout.name, insurer=INSURER)
            assert {(e.line, e.field) for e in found.refused} == {(3, field.name)}, (field.key, bad)


@pytest.mark.parametrize("rule", sorted(WRONG))
def test_a_rule_refuses_its_line_only_and_says_what_to_do(rule):
    name, key, bad = WRONG[rule]
    layout = get(name)
    given = rows(random.Random(SEED), layout, 3)
    given[1][key] = bad
    found = read(file(layout, given), name, insurer=INSURER)
    assert found.problems == []
    assert found.rows["line"].to_list() == [2, 4]
    (error,) = found.refused
    place = [field.key for field in layout.fields].index(key)
    assert (error.line, error.column, error.field, error.rule) == (
        3,
        place + 2,
        layout.fields[place].name,
        rule,
    )
    assert error.value == bad[:60] and error.message.startswith(error.field) and error.remedy
    assert found.rejected[3][place] == bad


def test_money_that_is_no_number_is_refused_though_the_total_cannot_be_checked():
    layout = get("ward.tax")
    given = rows(random.Random(SEED), layout, 2)
    content = file(layout, given).replace(f",{given[0]['total_income']},".encode(), b",12a,", 1)
    found = read(content, "ward.tax", insurer=INSURER)
    assert [e.rule for e in found.refused] == ["yen"] and len(found.rows) == 1


def test_the_second_of_two_lines_with_one_key_is_refused():
    layout = get("ward.facility_stay")
    given = rows(random.Random(SEED), layout, 2)
    given[1] |= {"addressee": given[0]["addressee"], "from": given[0]["from"]}
    (error,) = read(file(layout, given), layout.name).refused
    assert (error.line, error.rule) == (3, "duplicate")
    assert given[0]["addressee"] in error.value


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("record", b"\r\nD,", b"\r\nE,"),
        ("columns", b"\r\nD,", b"\r\nD,1,"),
        ("quote", b"\r\nD,", b'\r\nD,"a"b,'),
    ],
)
def test_lines_that_cannot_be_split_are_refused_one_by_one(rule, old, new):
    layout = get("ward.facility_stay")
    content = file(layout, rows(random.Random(SEED), layout, 3)).replace(old, new, 1)
    found = read(content, layout.name)
    assert [(e.line, e.rule) for e in found.refused] == [(2, rule)]
    assert len(found.rows) == 2 and found.rejected[2]


@pytest.mark.parametrize(
    ("rule", "damage"),
    [
        ("empty", lambda c: b""),
        ("encoding", lambda c: c.replace(b"D,", b"D\xff,", 1)),
        ("bom", lambda c: b"\xef\xbb\xbf" + c),
        ("nul", lambda c: c.replace(b"D,", b"D,\x00", 1)),
        ("line_end", lambda c: c[:-1]),
        ("structure", lambda c: b"H\r\n"),
        ("header", lambda c: c.replace(b"H,", b"h,", 1)),
        ("layout", lambda c: c.replace(b"facility_stay", b"facility", 1)),
        ("edition", lambda c: c.replace(b",2026,131997", b",2025,131997", 1)),
        ("edition", lambda c: c.replace(b",20260401,1,", b",20140401,1,", 1)),
        ("insurer", lambda c: c.replace(b"131997", b"131202", 1)),
        ("made_on", lambda c: c.replace(b",20260401,1,", b",2026W101,1,", 1)),
        ("sequence", lambda c: c.replace(b",1,changes", b",0,changes", 1)),
        ("sequence", lambda c: c.replace(b",1,changes", b"," + b"9" * 5000 + b",changes", 1)),
        ("mode", lambda c: c.replace(b",1,changes", b",1,some", 1)),
        ("count", lambda c: c.replace(b"\r\nT,3", b"\r\nT,2", 1)),
        ("trailer", lambda c: c.replace(b"\r\nT,", b"\r\nD,", 1)),
    ],
)
def test_structure_errors_refuse_the_whole_file(rule, damage):
    layout = get("ward.facility_stay")
    given = [row | {"from": "20200101", "to": ""} for row in rows(random.Random(SEED), layout, 3)]
    found = read(damage(file(layout, given)), layout.name, insurer=INSURER)
    assert rule in [p.rule for p in found.problems]
    assert len(found.rows) == 0 and not found.refused
    assert all(p.where and p.message and p.remedy for p in found.problems)


def test_a_wrong_total_refuses_the_file():
    layout = get("ward.tax")
    content = file(layout, rows(random.Random(SEED), layout, 2))
    content = content[: content.rindex(b",")] + b",7\r\n"
    assert [p.rule for p in read(content, "ward.tax").problems] == ["total"]


PENSION = "pension.special_collection"


def pension_file(count: int = 3) -> bytes:
    layout = get(PENSION)
    return file(layout, rows(random.Random(SEED), layout, count))


def part(content: bytes, record: int, place: int, new: bytes) -> bytes:
    at = record * 500 + place
    return content[:at] + new + content[at + len(new) :]


@pytest.mark.parametrize(
    ("rule", "damage"),
    [
        ("length", lambda c: c[:-3]),
        ("nul", lambda c: part(c, 2, 40, b"\x00")),
        ("block", lambda c: part(c, 1, 0, b"9")),
        ("insurer", lambda c: part(c, 2, 1, b"13120")),
        ("made_on", lambda c: part(c, 0, 13, b"20261301")),
        ("encoding", lambda c: part(c, 0, 6, b"\x82\xff\xff")),
        ("count", lambda c: part(c, 4, 21, b"000000009")),
        ("total", lambda c: part(c, 4, 30, b"00000000001")),
        ("trailer", lambda c: c[:-500]),
    ],
)
def test_fixed_records_are_checked_by_block(rule, damage):
    found = read(damage(pension_file()), PENSION, insurer=INSURER)
    assert [p.rule for p in found.problems] == [rule]
    assert len(found.rows) == 0


def test_a_bad_amount_in_a_fixed_record_refuses_its_record_only():
    layout = get(PENSION)
    place = sum(f.length for f in layout.fields[: [f.key for f in layout.fields].index("yen2")])
    found = read(part(pension_file(), 2, place, b"      12a34"), PENSION, insurer=INSURER)
    assert [(e.line, e.rule) for e in found.refused] == [(3, "amount")]
    assert len(found.rows) == 2 and found.rejected[3]


def test_a_code_without_a_list_takes_no_control_character():
    layout = get(PENSION)
    place = sum(f.length for f in layout.fields[: [f.key for f in layout.fields].index("pension_code")])
    found = read(part(pension_file(), 2, place, b"1\x0b50"), PENSION, insurer=INSURER)
    assert [(e.line, e.field, e.rule) for e in found.refused] == [(3, "年金コード", "control")]


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_fixed_records_may_have_line_ends(end):
    content = pension_file()
    lined = b"".join(content[n : n + 500] + end for n in range(0, len(content), 500))
    assert read(lined, PENSION).rows.to_dicts() == read(content, PENSION).rows.to_dicts()


def test_a_value_that_does_not_fit_is_not_cut():
    head = {"municipality": "13199", "made_on": "20260401"}
    with pytest.raises(DoesNotFit, match="25 バイト"):
        write_fixed(PENSION, head, [{"kana": "ｱ" * 26}])
    with pytest.raises(DoesNotFit, match="CP932"):
        write_fixed(PENSION, head, [{"name": "𠮷田"}])
    assert "吉田".encode("cp932") in write_fixed(PENSION, head, [{"name": "𠮷田"}], {"𠮷": "吉"})
    with pytest.raises(DoesNotFit, match="改行"):
        write_csv("ward.tax", INSURER, MADE, 1, "full", [{"addressee": "1\n"}])


def test_raw_lines_are_the_same_by_both_ways():
    for content in (
        b"H\r\nD,1\r\n\r\nT\r\n",
        b'H\r\n"a\r\n\xe9\xab\x99\r\n',
        b"H\r\nD\x01\r\nT\r\n",
        b"a\nb\r\nc\r\n",
    ):
        assert raw_lines(content).to_list() == content.decode()[:-2].split("\r\n")


def test_codes_of_the_opening_files_are_those_of_the_law():
    layout = get("migrate.qualification")
    assert {code for code, _ in layout.field("acquired_reason").codes} == set(ACQUIRED.values())
    assert {code for code, _ in layout.field("lost_reason").codes} == set(LOST.values())


def test_the_commands(tmp_path, capsys):
    assert main(["list", "--json"]) == 0
    assert {row["name"] for row in json.loads(capsys.readouterr().out)} == set(known())
    assert main(["describe", "ward.tax"]) == 0
    assert "課税区分" in capsys.readouterr().out
    assert main(["describe", PENSION, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["records"]["2"]) == 30
    assert main(["describe", "ward.nothing"]) == 2

    source, out = tmp_path / "rows.jsonl", tmp_path / "stay.csv"
    good = {"addressee": "1".rjust(15, "0"), "facility": "1319900001", "from": "20260401"}
    source.write_text(json.dumps(good) + "\n", encoding="utf-8")
    words = ["write", str(source), str(out), "--layout", "ward.facility_stay", "--insurer", INSURER,
             "--made-on", "2026-04-01"]  # fmt: skip
    assert main(words) == 0
    assert read(out.read_bytes(), "ward.facility_stay").header.made_on == date(2026, 4, 1)
    capsys.readouterr()
    assert main(["read", str(out), "--layout", "ward.facility_stay", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accepted"] == 1
    assert main(["read", str(out), "--layout", "ward.facility_stay", "--insurer", "131202"]) == 3
    assert "131202 を待っています" in capsys.readouterr().out
    out.unlink()
    for bad in ({"from": "20260231"}, {"nothing": "1"}, {"facility": 1}):
        source.write_text(json.dumps(good | bad) + "\n", encoding="utf-8")
        assert main(words) == 1
    assert not out.exists()
