"""What goes wrong between offices: the same file twice, two files in the wrong order, broken files, bad lines."""

from __future__ import annotations

import hashlib

from world.town import days
from world.town.files import Folder
from world.town.year import Year

# Places among the daily files of the register.
_AGAIN, _LATE, _BROKEN = 3, 7, 12
OTHER_WARD = "131130"


def bad_lines(year: Year) -> None:
    """A file of mailing addresses in which some lines cannot be used; the others are fine."""
    ward = year.ward
    when = days.day(ward.fiscal_year, 4, 22)
    numbers = [p.number for p in ward.residents() if ward.funds.age(p) >= 70][:4]

    def told(day: int) -> None:
        since, place = days.text(day), "東京都見本区桜台一丁目1番1号"
        good = (numbers[0], "2", "見本　太郎", "1760002", place, "", "1", since, "")
        no_such_day = (numbers[1], "2", "見本　次郎", "1760002", place, "", "1", f"{since[:4]}0231", "")
        short_code = (numbers[2], "2", "見本　三郎", "176-002", place, "", "1", since, "")
        nobody = (numbers[3], "9", "", "1760002", place, "", "1", since, "")
        for values in (good, no_such_day, short_code, nobody):
            year.tell("ward.mailing_address", values)
        year.refused["ward.mailing_address", day] = 3
        ward.note("ward.mailing_address", good, (numbers[0], "2", day))

    year.at(when, told)


def disturb(folder: Folder) -> None:
    """Change the order of delivery and add the files that must be refused or ignored."""
    daily = [e for e in folder.entries if e["layout"] == "ward.resident" and e["mode"] == "changes"]
    _again(folder, daily[_AGAIN], daily[_AGAIN + 1])
    _late(folder, daily[_LATE], daily[_LATE + 1])
    _refused(folder, daily[_BROKEN], "count", _wrong_count)
    tax = next(e for e in folder.entries if e["layout"] == "ward.tax" and e["mode"] == "changes")
    _refused(folder, tax, "insurer", _other_ward)


def _again(folder: Folder, entry: dict, before: dict) -> None:
    """Sent a second time under another name, just before the next one."""
    name = entry["file"].replace(".csv", "_again.csv")
    (folder.path / name).write_bytes((folder.path / entry["file"]).read_bytes())
    copy = entry | {"file": name, "date": before["date"], "expected": "repeated"}
    folder.entries.insert(folder.entries.index(before), copy)


def _late(folder: Folder, entry: dict, following: dict) -> None:
    """Arrives only after the next one of its sequence, which has to wait for it."""
    folder.entries.remove(entry)
    entry["date"] = following["date"]
    following["expected"] = "waiting"
    folder.entries.insert(folder.entries.index(following) + 1, entry)


def _refused(folder: Folder, entry: dict, rule: str, broken) -> None:
    """A broken copy comes first, the good one after it."""
    data = broken((folder.path / entry["file"]).read_bytes())
    name = entry["file"].replace(".csv", f"_{rule}.csv")
    (folder.path / name).write_bytes(data)
    copy = entry | {
        "file": name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "expected": "refused",
        "rule": rule,
    }
    folder.entries.insert(folder.entries.index(entry), copy)


def _wrong_count(data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    _, count, total = lines[-2].split(b",")
    lines[-2] = b"T,%d,%s" % (int(count) + 1, total)
    return b"\r\n".join(lines)


def _other_ward(data: bytes) -> bytes:
    return data.replace(b",131997,", f",{OTHER_WARD},".encode(), 1)


def bad_set(folder: Folder) -> list[dict]:
    """bad/: broken files to try out by hand, outside the order of delivery. Returns their part of the manifest."""
    place = folder.path / "bad"
    place.mkdir(exist_ok=True)
    for old in place.iterdir():
        old.unlink()
    entry = next(
        e for e in folder.entries if e["layout"] == "ward.resident" and e["mode"] == "changes" and e["lines"]
    )
    data = (folder.path / entry["file"]).read_bytes()
    notice = next(e for e in folder.entries if e["layout"] == "pension.special_collection")
    records = (folder.path / notice["file"]).read_bytes()
    broken = {
        "encoding": (data.decode().encode("cp932", "replace"), "ward.resident"),
        "bom": (b"\xef\xbb\xbf" + data, "ward.resident"),
        "line_end": (data[: len(data) * 2 // 3], "ward.resident"),
        "trailer": (data[: data.rstrip().rindex(b"\r\n") + 2], "ward.resident"),
        "count": (_wrong_count(data), "ward.resident"),
        "insurer": (_other_ward(data), "ward.resident"),
        "edition": (data.replace(b",2026,", b",2031,", 1), "ward.resident"),
        "layout": (data.replace(b"H,ward.resident", b"H,ward.residents", 1), "ward.resident"),
        "length": (records[:-1], "pension.special_collection"),
        "empty": (b"", "ward.resident"),
    }
    found = []
    for rule, (content, layout) in broken.items():
        name = f"bad/{rule}{'.dat' if layout.startswith('pension') else '.csv'}"
        (folder.path / name).write_bytes(content)
        found.append({"file": name, "layout": layout, "rule": rule, "expected": "refused"})
    return found
