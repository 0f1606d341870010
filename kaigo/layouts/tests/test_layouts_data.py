"""What the data says: layouts that we do not have, confidence, notices, agreements, days without a year."""

from __future__ import annotations

import json
import os
import random
from datetime import date

import pytest
import yaml

from kaigo.layouts import model
from kaigo.layouts.agreed import NotAgreed, account, agreed
from kaigo.layouts.cli import main
from kaigo.layouts.model import LayoutError, NotObtained, get, known, layouts
from kaigo.layouts.month_day import is_month_day, nearest
from kaigo.layouts.reader import read
from kaigo.layouts.tests.samples import INSURER, MADE, file, head, rows
from kaigo.layouts.writer import DoesNotFit, write_blocks, write_csv, write_fixed

SEED = int(os.environ.get("KAIGO_SEED", "20260401"))
QR = "eltax.payment_qr"
PENSION = "pension.special_collection"


def test_a_layout_that_we_do_not_have_is_known_and_off(capsys):
    assert QR in known() and QR not in layouts()
    (layout,) = known()[QR]
    assert (layout.confidence, layout.fields, layout.records) == ("missing", (), ())
    with pytest.raises(NotObtained, match="入手していないため、読むことも書くこともできません"):
        get(QR)
    with pytest.raises(DoesNotFit, match="仕様書を入手し"):
        write_csv(QR, INSURER, MADE, 1, "full", [])
    with pytest.raises(DoesNotFit, match="仕様書を入手し"):
        write_fixed(QR, {}, [])
    (problem,) = read(b"anything", QR).problems
    assert problem.rule == "missing" and "入手していない" in problem.message and problem.remedy
    assert main(["describe", QR]) == 3
    assert "仕様書を入手し" in capsys.readouterr().err
    assert main(["list"]) == 0
    assert "missing" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(known()))
def test_every_edition_says_its_source_and_confidence(name):
    for layout in known()[name]:
        assert layout.source and layout.confidence in ("sourced", "recalled", "fictional", "missing")
        assert bool(layout.missing) == (layout.confidence == "missing")


def test_what_was_recalled_is_marked():
    marked = {name: get(name).confidence for name in layouts()}
    assert {n for n, c in marked.items() if c == "recalled"} == {
        "agency.store_receipts", "bank.slip_receipts", "bank.payeasy_receipts",
    }  # fmt: skip
    assert {marked[n] for n in ("bank.transfer", "bank.debit", "bank.debit_result", PENSION)} == {"sourced"}
    assert {
        marked[n] for n in ("welfare.substitute_request", "welfare.substitute_receipts", "finance.entries")
    } == {"fictional"}


@pytest.mark.parametrize(
    "code", ["00", "01", "02", "22", "30", "31", "32", "41", "42", "61", "62", "81", "82"]
)
def test_every_notice_of_pension_payers_is_written_and_read(code):
    layout = get(PENSION)
    notice = next(notice for notice in layout.notices if notice.code == code)
    sourced = ("00", "30", "31", "41", "61", "81")
    assert notice.confidence == ("sourced" if code in sourced else "recalled")
    given = [
        row | {"notice": code, "kind": "01", "result": "00"} for row in rows(random.Random(SEED), layout, 5)
    ]
    content = write_fixed(PENSION, head(layout) | {"notice": code, "payer": "001"}, given)
    found = read(content, PENSION, insurer=INSURER)
    assert (found.problems, found.refused, found.lines) == ([], [], 5)
    assert content[9:11] == code.encode() and content[6 * 500 + 9 : 6 * 500 + 11] == code.encode()
    assert found.rows["notice"].to_list() == [code] * 5
    keys = ["basic_pension_number", "kind", "result", "day", "yen1", "yen2", "yen3"]
    assert found.rows.select(keys).to_dicts() == [{key: row[key] for key in keys} for row in given]


def test_blocks_of_several_notices_are_one_file():
    layout = get(PENSION)
    given = rows(random.Random(SEED), layout, 4)
    blocks = [
        (head(layout) | {"notice": code}, [r | {"notice": code} for r in given]) for code in ("22", "41")
    ]
    found = read(write_blocks(PENSION, blocks), PENSION, insurer=INSURER)
    assert (found.problems, found.refused, found.lines) == ([], [], 8)
    assert found.rows["notice"].to_list() == ["22"] * 4 + ["41"] * 4


def test_accounts_are_data_with_days():
    on = date(2026, 6, 30)
    assert account("2", "1", "1", INSURER, on).name == "現年度分特別徴収保険料"
    assert account("4", "2", "2", INSURER, on).side == "歳出"
    for kind, _ in get("finance.entries").field("kind").codes[:3]:
        assert account(kind, "2", "2", INSURER, on).setsu == "03"
    for lacking in (
        ("4", "1", "1", INSURER, on),
        ("2", "1", "1", "000000", on),
        ("2", "1", "1", INSURER, date(2014, 4, 1)),
    ):
        with pytest.raises(
            NotAgreed, match=r"款項目節がありません。kaigo/layouts/agreed/\d+\.yaml に出どころとともに"
        ):
            account(*lacking)
    with pytest.raises(NotAgreed, match="取決め nothing"):
        agreed("nothing", INSURER, on)
    with pytest.raises(NotAgreed):
        agreed("store_limit_yen", "../131997", on)
    assert agreed("store_company_code", INSURER, on).confidence == "fictional"


def test_days_without_a_year():
    assert nearest("0127", date(2026, 12, 10)) == date(2027, 1, 27)
    assert nearest("1227", date(2027, 1, 5)) == date(2026, 12, 27)
    assert nearest("0427", date(2026, 4, 27)) == date(2026, 4, 27)
    assert nearest("0229", date(2026, 2, 20)) == date(2024, 2, 29)
    assert nearest("0229", date(2027, 3, 1)) == date(2028, 2, 29)
    assert nearest("0229", date(2100, 3, 1)) == date(2104, 2, 29)
    # Half a year either way: the one that comes.
    assert nearest("0701", date(2026, 12, 31)) == date(2027, 7, 1)
    for bad in ("0230", "1301", "0000", "427", "０４２７", "04-7"):
        assert not is_month_day(bad)
        with pytest.raises(ValueError, match="月日"):
            nearest(bad, date(2026, 4, 1))


def test_a_layout_whose_data_is_wrong_is_said_by_its_file(tmp_path, monkeypatch):
    good = yaml.safe_load((model.FOLDER / "bank.debit.yaml").read_text(encoding="utf-8"))
    monkeypatch.setattr(model, "FOLDER", tmp_path)

    def loading(change) -> str:
        made = yaml.safe_load(yaml.safe_dump(good, allow_unicode=True))
        change(made)
        path = tmp_path / "bank.debit.yaml"
        path.write_text(yaml.safe_dump(made, allow_unicode=True), encoding="utf-8")
        with pytest.raises(LayoutError) as refusal:
            model._read(path)
        return str(refusal.value)

    assert "レコード 2 の長さの合計が 120 になりません" in loading(
        lambda m: m["records"]["2"][1].update(length=5)
    )
    assert "塊の並び(blocks)" in loading(lambda m: m["blocks"].update(tail="7"))
    assert "塊の並び(blocks)" in loading(lambda m: m["blocks"].update(line_ends=["nel"]))
    assert "後尾の件数か合計の項目がありません" in loading(
        lambda m: m["blocks"]["totals"][0].update(count="number")
    )
    assert "後尾の件数か合計の項目がありません" in loading(
        lambda m: m["blocks"]["totals"][0].update(sums={"total": "money"})
    )
    assert "の 型 money はありません" in loading(lambda m: m["records"]["2"][1].update(type="money"))
    assert "の size はありません" in loading(lambda m: m["records"]["2"][1].update(size=5))
    assert "answer" in loading(lambda m: m["blocks"].update(answer=""))
    assert "先頭から写す" in loading(lambda m: m["blocks"].update(carry=["nothing"]))


def test_bank_files_by_command(tmp_path, capsys):
    layout = get("bank.debit")
    given = [row | {"result": ""} for row in rows(random.Random(SEED), layout, 3)]
    source, out, again = tmp_path / "rows.jsonl", tmp_path / "debit.txt", tmp_path / "again.txt"
    source.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in given), encoding="utf-8")
    heads = [word for key, value in head(layout).items() for word in ("--head", f"{key}={value}")]
    words = ["--layout", "bank.debit", "--insurer", INSURER, "--made-on", "2026-04-01", "--line-end", "crlf"]
    assert main(["write", str(source), str(out), *words, *heads]) == 0
    assert len(out.read_bytes()) == 6 * 122
    capsys.readouterr()
    assert main(["read", str(out), "--layout", "bank.debit", "--rows"]) == 0
    source.write_text(capsys.readouterr().out, encoding="utf-8")
    # What was read can be written again: the head of the batch stands in its lines.
    rest = [word for key in ("consignor_name", "our_bank_name", "our_branch_name", "our_account_kind", "our_account")
            for word in ("--head", f"{key}={head(layout)[key]}")]  # fmt: skip
    assert main(["write", str(source), str(again), *words, *rest]) == 0
    assert again.read_bytes() == out.read_bytes()
    capsys.readouterr()
    assert main(["write", str(source), str(again), *words, *rest, "--head", "our_bank=0000"]) == 1
    assert "ヘッダの項目 our_bank が一つに決まりません" in capsys.readouterr().err
    assert main(["write", str(source), str(again), *words, *rest, "--head", "nothing=1"]) == 1
    assert "ヘッダにない項目です: nothing" in capsys.readouterr().err
    assert main(["read", str(out), "--layout", "bank.debit_result"]) == 3
    assert "依頼のファイルです" in capsys.readouterr().out
    assert main(["describe", "bank.debit"]) == 0
    told = capsys.readouterr().out
    assert "振替結果コード" in told and "委託者コード" in told and "行末: none・cr・crlf・lf" in told
    assert main(["describe", "bank.debit", "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["blocks"]["answer"] == "result" and set(described["records"]) == set("1289")
    assert main(["describe", PENSION]) == 0
    assert "通知内容 32 特別徴収追加依頼処理結果通知(recalled)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", sorted(n for n in layouts() if n.split(".")[0] in ("agency", "welfare", "finance", "bank"))
)
def test_the_new_layouts_by_command(name, tmp_path, capsys):
    layout = get(name)
    given = rows(random.Random(SEED), layout, 3)
    source, out = tmp_path / "rows.jsonl", tmp_path / "out"
    source.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in given), encoding="utf-8")
    heads = [word for key, value in head(layout).items() for word in ("--head", f"{key}={value}")]
    words = [
        "write",
        str(source),
        str(out),
        "--layout",
        name,
        "--insurer",
        INSURER,
        "--made-on",
        "2026-04-01",
    ]
    assert main([*words, *heads]) == 0
    assert out.read_bytes() == file(layout, given)
    capsys.readouterr()
    assert main(["read", str(out), "--layout", name, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accepted"] == 3
