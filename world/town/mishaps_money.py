"""The files of a day, in the order of their delivery, and what goes wrong with some of them on purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from world.town import days, money_lines

if TYPE_CHECKING:
    from world.town.payments import Payments


def deliver(money: Payments, day: int) -> list[dict]:
    """Write what was told today. Returns the entries: file, layout, date, lines, totals, expected."""
    entries = [
        money.files.keep(name, layout, day, content, lines, {"count": lines})
        for name, layout, content, lines in money.whole
    ]
    money.whole = []
    for layout, rows in sorted(money.rows.items()):
        count = money.state["told"][layout] = money.state["told"].get(layout, 0) + 1
        entry = money.files.write(layout, day, "changes", rows)
        entries += _with_mishaps(money, day, entry, rows, count % money.mishaps["every"])
    money.rows = {}
    money.state["sequences"] = money.files.sequences()
    return entries


def _with_mishaps(
    money: Payments, day: int, entry: dict, rows: list[money_lines.Line], place: int
) -> list[dict]:
    """What arrives on the day of a file: itself, one that was late before it, a copy, slips read a second time."""
    late = [e for e in money.state["late"] if e["layout"] == entry["layout"]]
    if place == money.mishaps["late"] and not late:
        # Not delivered on its day: it comes after the next one, which has to wait for it.
        money.state["late"].append(entry)
        return []
    made = [entry]
    if late:
        money.state["late"] = [e for e in money.state["late"] if e not in late]
        entry["expected"] = "waiting"
        made += [missed | {"date": entry["date"]} for missed in late]
    if place == money.mishaps["twice"]:
        name = entry["file"].replace(".csv", "_again.csv")
        (money.folder / name).write_bytes((money.folder / entry["file"]).read_bytes())
        made.append(entry | {"file": name, "expected": "repeated"})
    if place == money.mishaps["read_again"] and entry["layout"] == money_lines.BANK:
        again = [_renumbered(row, money.number()) for row in rows]
        made.append(
            money.files.write(entry["layout"], day, "changes", again)
            | {"read_again": sum(r.yen for r in again)}
        )
    return made


def _renumbered(row: money_lines.Line, number: int) -> money_lines.Line:
    """The same slip, read a second time under another running number."""
    return money_lines.Line(f"{number:012},{row.text.split(',', 1)[1]}", row.yen)


def late(money: Payments, on: int) -> list[dict]:
    """The files that are late, delivered on a day after all."""
    found, money.state["late"] = money.state["late"], []
    return [entry | {"date": days.iso(on)} for entry in found]
