"""全銀 120 bytes: the sample of others, requests and results, several batches, line ends, every refusal in words."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pytest

from kaigo.layouts.model import get
from kaigo.layouts.reader import read
from kaigo.layouts.tests.samples import head, rows
from kaigo.layouts.writer import DoesNotFit, write_blocks, write_fixed, written

SEED = int(os.environ.get("KAIGO_SEED", "20260401"))
SAMPLE = Path(__file__).parent / "zengin4j"
# The names of the other project → the keys of ours.
KEYS = {
    "beneficiaryBankCode": "bank", "beneficiaryBankName": "bank_name", "beneficiaryBranchCode": "branch",
    "beneficiaryBranchName": "branch_name", "clearingHouseCode": "clearing_house", "accountType": "account_kind",
    "accountNumber": "account", "beneficiaryName": "holder", "amount": "yen", "newCode": "new_code",
    "customerCode1": "customer_code1", "customerCode2": "customer_code2", "transferCategory": "transfer_kind",
    "identification": "edi_mark",
}  # fmt: skip
HEAD_KEYS = {
    "typeCode": "type_code", "codeKubun": "code_kind", "originatorCode": "consignor", "originatorName": "consignor_name",
    "valueDate": "transfer_on", "originBankCode": "our_bank", "originBankName": "our_bank_name",
    "originBranchCode": "our_branch", "originBranchName": "our_branch_name", "accountType": "our_account_kind",
    "accountNumber": "our_account",
}  # fmt: skip


def expected() -> list[tuple[str, dict[str, str]]]:
    """(kind of record, field → value) of the sample, as the other project reads it."""
    found: list[tuple[str, dict[str, str]]] = []
    for line in (SAMPLE / "sougou-furikomi.expected.txt").read_text(encoding="utf-8").splitlines():
        record = re.match(r"-- record \d+ (\w+)", line)
        field = re.match(r"   (\w+) +\[\d+\+\d+\] (.*)", line)
        if record:
            found.append((record.group(1), {}))
        elif field:
            found[-1][1][field.group(1)] = "" if field.group(2) == "(empty)" else field.group(2)
    return found


def sample() -> bytes:
    return (SAMPLE / "sougou-furikomi.txt").read_bytes()


def test_every_field_of_the_sample_is_read_as_the_other_project_reads_it():
    found = read(sample(), "bank.transfer")
    assert (found.problems, found.refused, found.lines) == ([], [], 2)
    told = expected()
    assert [kind for kind, _ in told] == ["HEADER", "DATA", "DATA", "TRAILER", "END"]
    compared = 0
    for row, (_, fields) in zip(found.rows.to_dicts(), told[1:3], strict=True):
        assert set(fields) - {"dataKubun", "dummy"} == set(KEYS)
        for name, key in KEYS.items():
            assert row[key] == fields[name], name
            compared += 1
        for name, key in HEAD_KEYS.items():
            if key in row:
                assert row[key] == told[0][1][name]
    assert compared == 28
    trailer = told[3][1]
    assert int(trailer["recordCount"]) == len(found.rows)
    assert int(trailer["totalAmount"]) == found.rows["yen"].cast(int).sum() == 115_015


def test_the_sample_is_written_again_byte_for_byte():
    found = read(sample(), "bank.transfer").rows.to_dicts()
    header = {key: expected()[0][1][name] for name, key in HEAD_KEYS.items()}
    assert write_fixed("bank.transfer", header, found, line_end="cr") == sample()


def test_a_total_of_the_sample_that_is_odd_by_one_yen_refuses_it():
    found = read(sample().replace(b"000000115015", b"000000115016"), "bank.transfer")
    (problem,) = found.problems
    assert (problem.rule, problem.where) == ("total", "4レコード目")
    assert problem.message == "トレイラの合計金額が合いません(トレイラ 115,016、実際 115,015)"
    assert found.lines == 2 and len(found.rows) == 0


def debits(count: int = 4, results: bool = True) -> list[dict[str, str]]:
    found = rows(random.Random(SEED), get("bank.debit"), count)
    return found if results else [row | {"result": ""} for row in found]


def debit_file(given: list[dict[str, str]], **other: str) -> bytes:
    return write_fixed("bank.debit", head(get("bank.debit")), given, **other)


def yen_of(given: list[dict[str, str]]) -> int:
    return sum(int(row["yen"]) for row in given)


def test_the_trailer_of_a_request_says_nothing_of_results():
    given = debits(3, results=False)
    content = debit_file(given)
    assert len(content) == 6 * 120 and {content[n : n + 1] for n in range(0, 720, 120)} == {
        b"1",
        b"2",
        b"8",
        b"9",
    }
    assert content[480:535] == f"8{3:06d}{yen_of(given):012d}{0:036d}".encode()
    assert content[120 + 111 : 120 + 112] == b"0"
    found = read(content, "bank.debit")
    assert (found.problems, found.refused, found.header.mode) == ([], [], "request")
    # 0 means paid in a result and nothing in a request: whoever reads a request sees no answer.
    assert found.rows["result"].to_list() == ["", "", ""]


def test_a_result_has_counts_and_sums_of_done_and_not_done():
    given = [row | {"result": code} for row, code in zip(debits(7), "0123489", strict=True)]
    content = debit_file(given)
    done, failed = given[:1], given[1:]
    wanted = f"8{7:06d}{yen_of(given):012d}{1:06d}{yen_of(done):012d}{6:06d}{yen_of(failed):012d}"
    assert content[8 * 120 : 8 * 120 + 55] == wanted.encode()
    found = read(content, "bank.debit_result")
    assert (found.problems, found.refused, found.header.mode) == ([], [], "result")
    assert "".join(found.rows["result"]) == "0123489"


def test_a_result_in_which_everybody_paid_is_no_request():
    content = debit_file([row | {"result": "0"} for row in debits(3)])
    assert read(content, "bank.debit").header.mode == "result"
    assert read(content, "bank.debit_result").rows["result"].to_list() == ["0", "0", "0"]


def test_our_own_request_is_not_taken_for_a_result():
    """Every record of it says 0, which would be: everybody paid."""
    found = read(debit_file(debits(3, results=False)), "bank.debit_result")
    (problem,) = found.problems
    assert (problem.rule, problem.remedy) == ("answer", "銀行から届いた結果のファイルを選んでください")
    assert len(found.rows) == 0


@pytest.mark.parametrize(
    ("place", "rule", "name"),
    [(1, "count", "合計件数"), (7, "total", "合計金額"), (19, "count", "振替済件数"), (25, "total", "振替済金額"),
     (37, "count", "振替不能件数"), (43, "total", "振替不能金額")],
)  # fmt: skip
def test_each_count_and_sum_of_the_trailer_is_checked(place, rule, name):
    given = [row | {"result": code} for row, code in zip(debits(4), "0011", strict=True)]
    content = bytearray(debit_file(given))
    at = 5 * 120 + place + (5 if rule == "count" else 11)
    content[at] = ord("0") + (content[at] - ord("0") + 1) % 10
    (problem,) = read(bytes(content), "bank.debit").problems
    assert (problem.rule, problem.where) == (rule, "6レコード目")
    assert problem.message.startswith(f"トレイラの{name}が合いません(トレイラ ")


def test_an_empty_batch_has_no_results():
    """No record, yet five paid: somebody lost them."""
    content = changed(write_fixed("bank.debit", head(get("bank.debit")), []), 1, 19, b"000005")
    (problem,) = read(content, "bank.debit").problems
    assert problem.message == "トレイラの振替済件数が合いません(トレイラ 5、実際 0)"


def test_several_batches_are_read_and_each_line_knows_its_own():
    layout = get("bank.debit")
    first = head(layout) | {"our_bank": "9999", "debit_on": "0427"}
    second = head(layout) | {"our_bank": "9998", "debit_on": "0527"}
    given = debits(5)
    content = write_blocks(
        "bank.debit", [(first, given[:2]), (second, []), (second, given[2:])], line_end="crlf"
    )
    found = read(content, "bank.debit")
    assert (found.problems, found.refused, found.lines) == ([], [], 5)
    assert found.rows["line"].to_list() == [2, 3, 8, 9, 10]
    assert found.rows["our_bank"].to_list() == ["9999"] * 2 + ["9998"] * 3
    assert found.rows["debit_on"].to_list() == ["0427"] * 2 + ["0527"] * 3


def test_a_request_and_a_result_in_one_file_are_refused():
    layout, given = get("bank.debit"), debits(4)
    asked = [row | {"result": ""} for row in given]
    found = read(write_blocks("bank.debit", [(head(layout), given), (head(layout), asked)]), "bank.debit")
    assert [(p.rule, p.where) for p in found.problems] == [("answer", "12レコード目")]
    with pytest.raises(DoesNotFit, match="3件目: 結果のある行とない行が混ざっています"):
        debit_file([*given[:2], *asked[2:]])


@pytest.mark.parametrize("end", ["none", "cr", "crlf", "lf"])
@pytest.mark.parametrize("tail", ["whole", "without the last end", "with the end of a file of MS-DOS"])
def test_line_ends_of_banks(end, tail):
    given = debits(130)
    content = debit_file(given, line_end=end)
    if tail == "without the last end":
        content = content.rstrip(b"\r\n")
    elif tail != "whole":
        content += b"\x1a"
    found = read(content, "bank.debit")
    assert (found.problems, found.refused) == ([], [])
    assert found.rows.to_dicts() == read(debit_file(given), "bank.debit").rows.to_dicts()


def test_records_that_are_not_even_are_named():
    content = debit_file(debits(3), line_end="crlf")
    lines = content.split(b"\r\n")
    short = b"\r\n".join([*lines[:2], lines[2].rstrip(), *lines[3:]])
    (problem,) = read(short, "bank.debit").problems
    assert (problem.rule, problem.where) == ("length", "3レコード目")
    assert problem.message == f"レコードの長さが 120 バイトではありません({len(lines[2].rstrip())} バイト)"
    (problem,) = read(b"\n".join(lines[:2]) + b"\n" + b"\r\n".join(lines[2:]), "bank.debit").problems
    assert problem.message == "レコードの行末がそろっていません"
    (problem,) = read(debit_file(debits(3))[:-1], "bank.debit").problems
    assert problem.message == "ファイルの長さ 719 バイトが、レコードの長さ 120 バイトで割り切れません"


def changed(content: bytes, record: int, place: int, new: bytes) -> bytes:
    at = record * 120 + place
    return content[:at] + new + content[at + len(new) :]


@pytest.mark.parametrize(
    ("rule", "where", "damage"),
    [
        ("block", "1レコード目", lambda c: c[120:]),
        ("block", "3レコード目", lambda c: changed(c, 2, 0, b"1")),
        ("block", "3レコード目", lambda c: changed(c, 2, 0, b"9")),
        ("block", "7レコード目", lambda c: c + c),
        ("trailer", "末尾", lambda c: c[:-120]),
        ("trailer", "末尾", lambda c: c[:-240]),
        ("nul", "2レコード目", lambda c: changed(c, 1, 40, b"\x00")),
        ("code", "1レコード目", lambda c: changed(c, 0, 1, b"21")),
        ("code", "1レコード目", lambda c: changed(c, 0, 3, b"1")),
        ("required", "1レコード目", lambda c: changed(c, 0, 4, b" " * 10)),
        ("digits", "1レコード目", lambda c: changed(c, 0, 58, b"01A3")),
        ("month_day", "1レコード目", lambda c: changed(c, 0, 54, b"0431")),
        ("encoding", "1レコード目", lambda c: changed(c, 0, 53, b"\x82")),
    ],
)
def test_what_refuses_the_whole_file(rule, where, damage):
    found = read(damage(debit_file(debits(3))), "bank.debit")
    (problem,) = found.problems
    assert (problem.rule, problem.where) == (rule, where)
    assert problem.message and problem.remedy
    assert len(found.rows) == 0 and not found.refused


def test_a_file_of_transfers_is_no_file_of_debits():
    (problem,) = read(sample(), "bank.debit").problems
    assert problem.message == "種別コードの符号にない値です(21)"
    assert problem.remedy.startswith("様式の選び違いでなければ")


@pytest.mark.parametrize(
    ("rule", "field", "place", "new"),
    [
        ("digits", "引落銀行番号", 1, b"99 9"),
        ("required", "預金種目", 42, b" "),
        ("code", "預金種目", 42, b"5"),
        ("digits", "口座番号", 43, b"12-4567"),
        ("required", "預金者名", 50, b" " * 30),
        ("bank", "預金者名", 50, "見本".encode("cp932")),
        ("amount", "引落金額", 80, b"     00100"),
        ("code", "振替結果コード", 111, b"5"),
        ("required", "振替結果コード", 111, b" "),
        ("digits", "顧客番号", 91, b"A" * 20),
        ("code", "新規コード", 90, b"7"),
    ],
)
def test_what_refuses_one_record(rule, field, place, new):
    """The sums of that block cannot be checked when its money or its answer is unreadable; all else is."""
    given = [row | {"result": "0", "yen": "0000000100"} for row in debits(3)]
    found = read(changed(debit_file(given), 2, place, new), "bank.debit")
    assert found.problems == []
    assert [(e.line, e.field, e.rule) for e in found.refused] == [(3, field, rule)]
    assert all(e.message.startswith(field) and e.remedy for e in found.refused)
    assert found.rows["line"].to_list() == [2, 4] and list(found.rejected) == [3]
    assert len(found.rejected[3]) == len(get("bank.debit").columns())


def test_a_debit_of_nothing_is_refused():
    given = [
        row | {"yen": yen, "result": "0"}
        for row, yen in zip(debits(2), ("0000000100", "0000000000"), strict=True)
    ]
    with pytest.raises(DoesNotFit, match="2件目: 引落金額が 1 円以上ではありません"):
        debit_file(given)
    content = changed(debit_file([given[0], given[0]]), 2, 80, b"0" * 10)
    found = read(content.replace(b"000000000200", b"000000000100"), "bank.debit")
    assert [(e.line, e.rule) for e in found.refused] == [(3, "least")]


def test_an_unreadable_record_keeps_its_words():
    given = debits(3)
    found = read(changed(debit_file(given), 2, 79, b"\x82"), "bank.debit")
    assert [(e.line, e.rule) for e in found.refused] == [(3, "encoding")]
    columns = [field.key for field in get("bank.debit").columns()]
    rejected = dict(zip(columns, found.rejected[3], strict=True))
    assert rejected["account"] == given[1]["account"] and rejected["our_bank"] == given[1]["our_bank"]


# field → value → what is said. Every refusal says what, by which rule and what to do.
REFUSED = [
    ("holder", "ミホン,ハナコ", "「,」は銀行が受け付けません", "通帳のカナの書き方を確かめて直してください"),
    ("holder", "カヲル", "「ｦ」は銀行が受け付けません", "通帳のカナ"),
    ("holder", "スヱ", "「ヱ」は銀行が受け付けません", "通帳のカナ"),
    ("holder", "ヴァン・ダム", "「・」は銀行が受け付けません", "通帳のカナ"),
    ("holder", "見本 花子", "「見」は銀行が受け付けません", "通帳のカナ"),
    ("holder", "ゝ", "「ゝ」は銀行が受け付けません", "通帳のカナ"),
    ("holder", "ﾔﾞﾏﾀﾞ", "「ﾔﾞ」の ﾞ は、その前の文字に付きません", "通帳のカナ"),
    ("holder", "ｱ" * 31, "30 バイトに入りません(31 バイト)", "短い正しい書き方を確かめてください"),
    ("holder", "", "がありません", "入れてください"),
    ("bank_name", "ミホン(カ", "「(」は銀行が受け付けません", "記号は -"),
    ("account", "123456", "が 7 桁の数字ではありません(123456)", "先頭の 0 も含めて 7 桁にしてください"),
    ("account", "１２３４５６７", "が 7 桁の数字ではありません", "7 桁にしてください"),
    ("account_kind", "4", "の符号にない値です(4)", "次のどれかにしてください: 1(普通)、2(当座)"),
    ("yen", "-1", "は 0 以上の整数だけです(-1)", "整数"),
    ("yen", "0", "が 1 円以上ではありません(0)", "その行を除いてください"),
    ("yen", "12345678901", "999,999,999 円を超えています(12345678901)", "額を確かめてください"),
    ("result", "7", "の符号にない値です(7)", "0(振替済)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "message", "remedy"), REFUSED, ids=[f"{k}-{v}" for k, v, *_ in REFUSED]
)
def test_what_a_bank_does_not_take_is_not_written(key, value, message, remedy):
    field = get("bank.debit").field(key)
    with pytest.raises(DoesNotFit) as refusal:
        debit_file([debits(1)[0], debits(1)[0] | {key: value}])
    words = str(refusal.value)
    assert words.startswith(f"2件目: {field.name}") and message in words and remedy in words


def test_the_head_is_refused_in_words_too():
    layout = get("bank.debit")
    for key, value, words in (
        ("debit_on", "0431", "ヘッダ: 引落日が実在する月日ではありません(0431)。4桁(例 0427)にしてください"),
        ("debit_on", "", "ヘッダ: 引落日がありません。入れてください"),
        ("consignor", "123", "ヘッダ: 委託者コードが 10 桁の数字ではありません(123)"),
    ):
        with pytest.raises(DoesNotFit, match=re.escape(words)):
            write_fixed("bank.debit", head(layout) | {key: value}, [])


def test_a_batch_of_more_than_the_count_can_say_is_refused():
    layout = get("bank.debit")
    with pytest.raises(DoesNotFit, match="合計件数が 6 バイトに入りません"):
        written(layout.record("8")[1], "1000000")


def test_names_are_made_such_as_banks_accept():
    """Small kana large, ー a hyphen, full width half, capitals; a voicing mark is a byte of its own."""
    field = get("bank.debit").field("holder")
    for given, wanted in (
        ("ミホン　ハナコ", "ﾐﾎﾝ ﾊﾅｺ"), ("キャサリーン", "ｷﾔｻﾘ-ﾝ"), ("ｷｬｻﾘｰﾝ", "ｷﾔｻﾘ-ﾝ"), ("ヴァッカ", "ｳﾞｱﾂｶ"),
        ("ガッパ", "ｶﾞﾂﾊﾟ"), ("ｶﾞｯﾊﾟ", "ｶﾞﾂﾊﾟ"), ("abcＡｂｃ", "ABCABC"), ("ヵヶヮ", "ｶｹﾜ"), ("(カ)ミホン．", "(ｶ)ﾐﾎﾝ."),
        ("１－２−３‐４", "1-2-3-4"),
    ):  # fmt: skip
        assert written(field, given).decode("cp932") == wanted.ljust(30), given


def test_only_the_name_of_who_receives_a_transfer_may_be_cut():
    transfer, debit = get("bank.transfer").field("holder"), get("bank.debit").field("holder")
    assert [f.key for f in get("bank.transfer").columns() + get("bank.debit").columns() if f.cut] == [
        "holder"
    ]
    assert written(transfer, "ｱ" * 29 + "ｶｷ") == ("ｱ" * 29 + "ｶ").encode("cp932")
    with pytest.raises(DoesNotFit, match="30 バイトに入りません"):
        written(debit, "ｱ" * 29 + "ｶｷ")
    # Cut between a kana and its mark it would be another kana.
    with pytest.raises(
        DoesNotFit, match="先頭の 30 字で切ると濁点が落ちて別の字になります。銀行に書き方を確かめてください"
    ):
        written(transfer, "ア" * 29 + "ガ")
    with pytest.raises(DoesNotFit, match="濁点"):
        written(transfer, "ア" * 29 + "パ")


def test_omitted_numbers_are_zeros_in_the_file_and_nothing_to_who_reads():
    layout = get("bank.transfer")
    row = rows(random.Random(SEED), layout, 1)[0] | {"clearing_house": "", "transfer_kind": ""}
    content = write_fixed("bank.transfer", head(layout), [row])
    assert content[120 + 38 : 120 + 42] == b"0000" and content[120 + 111 : 120 + 112] == b"0"
    (found,) = read(content, "bank.transfer").rows.to_dicts()
    assert (found["clearing_house"], found["transfer_kind"]) == ("", "")
    # Some banks leave them blank.
    assert read(changed(content, 1, 38, b"    "), "bank.transfer").rows["clearing_house"].to_list() == [""]


def test_line_ends_and_layouts_that_are_not_there_are_refused():
    layout = get("bank.debit")
    with pytest.raises(DoesNotFit, match="行末に nel は使えません"):
        write_fixed("bank.debit", head(layout), [], line_end="nel")
    with pytest.raises(DoesNotFit, match="行末に cr は使えません"):
        write_fixed("pension.special_collection", {}, [], line_end="cr")
    with pytest.raises(DoesNotFit, match="固定長の様式ではありません"):
        write_fixed("ward.tax", {}, [])


def test_money_beyond_nine_digits_is_refused_alone():
    """What no column holds would stop the taking-in of a whole day; so only its record is refused."""
    given = [
        row | {"yen": yen, "result": "0"}
        for row, yen in zip(debits(2), ("0000000100", "0999999999"), strict=True)
    ]
    assert read(debit_file(given), "bank.debit").refused == []
    with pytest.raises(DoesNotFit, match="2件目: 引落金額が 999,999,999 円を超えています"):
        debit_file([given[0], given[1] | {"yen": "1000000000"}])
    content = changed(debit_file(given), 2, 80, b"1000000000").replace(b"001000000099", b"001000000100")
    found = read(content, "bank.debit")
    assert found.problems == [] and [(e.line, e.rule) for e in found.refused] == [(3, "most")]
    assert found.rows["line"].to_list() == [2]
