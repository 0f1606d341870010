"""people.take: new lines of the staff list become names and posts; what a post carried ends with it.

Files are taken one after the other, in their order. A full list says everything: a post that it names no more is over
from the day on which it was made, also when its line had no end.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from kaigo.base.audit.write import record
from kaigo.base.feeds.decide import Refusal, refuse_lines
from kaigo.base.feeds.read import columns, lines_sql
from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.base.records.watermarks import Span, reading
from kaigo.base.staff.people import Told, believe_people
from kaigo.layouts.reader import read
from kaigo.personnel.people.ending import end_what_lost_its_post

READER, LAYOUT = "people", "ward.staff"
CONTRACTOR = "3"
ROOM = "people"


class File(NamedTuple):
    """An accepted file. fresh: accepted since last time, or one of its lines was repaired since."""

    id: int
    name: str
    made_on: date
    mode: str
    digest: str
    fresh: bool


class Line(NamedTuple):
    """A line with its place, and what it says. ends: the day of the full list that named it no more."""

    delivery: int
    number: int
    told: Told
    ends: date | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.told.staff_number, self.told.section, f"{self.told.begins:%Y%m%d}"


def take(ctx: Context) -> dict[str, Any]:
    """New files, then grants and sessions of those who have lost their post by ctx.on."""
    changed = refused = 0
    with reading(READER, "feeds_line") as span:
        files = _files(span)
        fresh = [file for file in files if file.fresh]
        if fresh:
            changed, refused = _take(ctx, files, fresh)
    ended = end_what_lost_its_post(ctx, files[-1].name if files else "職員の一覧")
    record(ctx, "staff.take", changed=changed, ended=ended)
    return {"members": changed, "refused": refused, "grants_ended": ended}


def _files(span: Span) -> list[File]:
    """Every accepted file up to now, in the order of their numbers."""
    query = """
    SELECT d.id, d.name, d.made_on, d.mode, d.digest, o.tx >= %(after)s::text::xid8
      OR EXISTS (SELECT 1 FROM feeds_line l WHERE l.delivery_id = d.id AND l.tx >= %(after)s::text::xid8
                 AND l.tx < %(upto)s::text::xid8)
    FROM feeds_delivery d JOIN feeds_outcome o ON o.delivery_id = d.id AND o.state = 'accepted'
    WHERE d.layout = %(layout)s AND o.tx < %(upto)s::text::xid8 ORDER BY d.sequence, d.id"""
    return [File(*row) for row in rows(query, span._asdict() | {"layout": LAYOUT})]


def _take(ctx: Context, files: list[File], fresh: list[File]) -> tuple[int, int]:
    """Restate everybody whom the fresh files touch. (members, refused lines)."""
    standing, touched = _standing(files)
    new = {file.id for file in fresh}
    said: dict[str, list[Told]] = defaultdict(list)
    refusals = []
    for line in standing.values():
        wrong = _wrong(line.told)
        if wrong and line.delivery in new:
            refusals.append(Refusal(line.delivery, line.number, *wrong))
        elif not wrong and line.told.staff_number in touched:
            said[line.told.staff_number].append(_shortened(line))
    lines = [told for many in said.values() for told in _apart(many)]
    believe_people(ctx, lines, f"feed:{fresh[-1].id}", touched - {told.staff_number for told in lines})
    refuse_lines(ctx, ROOM, refusals)
    return len(touched), len(refusals)


def _standing(files: list[File]) -> tuple[dict[tuple[str, str, str], Line], set[str]]:
    """(what stands of every key after all files, staff numbers that the fresh ones touched)."""
    lines = defaultdict(list)
    for line in _lines():
        lines[line.delivery].append(line)
    standing: dict[tuple[str, str, str], Line] = {}
    touched: set[str] = set()
    for file in files:
        changed = {}
        for line in lines[file.id]:
            changed[line.key] = line
        if file.mode == "full":
            named = _keys(file.digest)
            for key, line in standing.items():
                if key not in named and line.ends is None:
                    changed[key] = line._replace(ends=file.made_on)
                elif key in named and line.ends is not None:
                    changed.setdefault(key, line._replace(ends=None))
        standing |= changed
        if file.fresh:
            touched |= {key[0] for key in changed}
    return standing, touched


@lru_cache(maxsize=512)
def _keys(digest: str) -> frozenset[tuple[str, str, str]]:
    """(number, section, from) of every line of a full list, also of those that could not be used: named is named."""
    found = read(store.get(digest), LAYOUT)
    at = columns(LAYOUT)
    keys = {(row["number"], row["section"], row["from"]) for row in found.rows.iter_rows(named=True)}
    for values in found.rejected.values():
        if len(values) >= len(at):
            keys.add(tuple(values[at[key] - 1] for key in ("number", "section", "from")))
    return frozenset(keys)


def _lines() -> list[Line]:
    """The newest line at each place of each file: a repaired line stands where the refused one stood."""
    query = f"""
    SELECT DISTINCT ON (l.delivery_id, l.number) l.delivery_id, l.number, l.values
    FROM ({lines_sql()}) l WHERE l.layout = %s ORDER BY l.delivery_id, l.number, l.id DESC"""
    place = columns(LAYOUT)
    return [
        Line(delivery, number, _told({key: values[p - 1] for key, p in place.items()}))
        for delivery, number, values in rows(query, [LAYOUT])
    ]


def _told(said: dict[str, str]) -> Told:
    last = _day(said["to"])
    return Told(
        said["number"], said["name"], said["kana"], _day(said["birth_date"]),
        "contractor" if said["employment"] == CONTRACTOR else "staff", said["section"], said["title"],
        _day(said["from"]), last + timedelta(days=1) if last else None, said["contract"],
    )  # fmt: skip


def _day(text: str) -> date | None:
    return date(int(text[:4]), int(text[4:6]), int(text[6:])) if text else None


def _wrong(told: Told) -> tuple[str, str, str, str, str] | None:
    """(field, rule, value, message, remedy) of the first thing that cannot be."""
    if told.ends is not None and told.ends <= told.begins:
        return (
            "to",
            "order",
            str(told.ends),
            "終了年月日が発令年月日より前です",
            "人事に日付を確かめてください",
        )
    if told.employment == "contractor" and told.ends is None:
        return "to", "contract_term", "", "受託者に契約の終わりの日がありません", "契約書の終わりの日を書いてください"  # fmt: skip
    if told.employment == "contractor" and not told.contract:
        return (
            "contract",
            "contract_item",
            "",
            "受託者に委託事項がありません",
            "契約の委託事項を書いてください",
        )
    if told.employment != "contractor" and told.contract:
        return "contract", "contract_item", told.contract, "職員に委託事項が書かれています", "雇用区分か委託事項を直してください"  # fmt: skip
    return None


def _shortened(line: Line) -> Told:
    ends = [day for day in (line.told.ends, line.ends) if day is not None]
    return line.told._replace(ends=min(ends, default=None))


def _apart(lines: list[Told]) -> list[Told]:
    """Of one member: a later post in the same section ends the earlier one; what never was is left out."""
    by_section: dict[str, list[Told]] = defaultdict(list)
    for told in sorted(lines, key=lambda told: told.begins):
        by_section[told.section].append(told)
    kept = []
    for posts in by_section.values():
        for place, told in enumerate(posts):
            following = posts[place + 1].begins if place + 1 < len(posts) else None
            ends = min((day for day in (told.ends, following) if day is not None), default=None)
            if ends is None or ends > told.begins:
                kept.append(told._replace(ends=ends))
    return kept
