"""Receiving files: keep the bytes, read them by their layout, keep what changed, list what cannot be used.

A file is accepted, refused as a whole, made to wait for the one before it, or recognised as received already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import polars as pl
from django.db import connection

from kaigo.base.files import store
from kaigo.base.records.bulk import copy_rows, reserve_ids
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.feeds import lines
from kaigo.insurance.feeds.models import Delivery, Line, Outcome, RefusedLine, Repair
from kaigo.insurance.feeds.read import columns
from kaigo.layouts.checks import check
from kaigo.layouts.model import Layout, get, layouts
from kaigo.layouts.reader import read
from kaigo.layouts.reading import FileError, Header, LineError, Reading


class Refusal(NamedTuple):
    """A line that a room could not use. field: its Japanese name; rule: short word; remedy: what to do now."""

    delivery: int
    number: int
    field: str
    rule: str
    value: str
    message: str
    remedy: str


def receive(ctx: Context, insurer: str, name: str, content: bytes, layout: str) -> Outcome:
    """Take one file in the caller's transaction. The bytes are kept whatever becomes of it.

    Raises Refused when the layout does not exist.
    """
    if layout not in layouts():
        raise Refused(f"様式「{layout}」はありません。様式の一覧から選んでください。")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"feeds:{layout}"])
    digest = store.put(content)
    if _accepted(layout, digest):
        header = read(content, layout, insurer=insurer).header
        return _end(ctx, _deliver(ctx, layout, name, digest, header, 0), "repeated")
    reading = read(content, layout, insurer=insurer)
    delivery = _deliver(ctx, layout, name, digest, reading.header, reading.lines)
    if reading.problems:
        return _end(ctx, delivery, "refused", problems=reading.problems)
    problem = _out_of_order(delivery)
    if problem:
        return _end(ctx, delivery, "waiting" if problem.rule == "waiting" else "refused", problems=[problem])
    outcome = _accept(ctx, delivery, get(layout), reading, content)
    _take_waiting(ctx, insurer, layout)
    return outcome


def refuse_lines(ctx: Context, room: str, refusals: Iterable[Refusal]) -> int:
    """Lines that a room above could not use go to the same list as lines that the layout refused."""
    refusals = list(refusals)
    if not refusals:
        return 0
    values = _kept_values({(r.delivery, r.number) for r in refusals})
    return _list(room, [(r.delivery, r.number, r, values.get((r.delivery, r.number), [])) for r in refusals])


def replay(ctx: Context, repair: int, values: Sequence[str]) -> list[LineError]:
    """Take a repaired line: errors (and nothing saved), or [] and the line goes down the street once more."""
    work = _open(repair)
    delivery = work.refused.delivery
    layout = get(delivery.layout)
    errors = _check(layout, work.refused.number, values)
    if errors:
        return errors
    Line.objects.create(
        delivery=delivery, layout=delivery.layout, number=work.refused.number, values=list(values)
    )
    work.state, work.values = "replayed", list(values)
    work.save(update_fields=["state", "values"])
    return []


def set_aside(ctx: Context, repair: int, reason: str) -> None:
    """Not to be processed, with the reason. Raises Refused without one."""
    if not reason.strip():
        raise Refused("処理しない理由を書いてください。")
    work = _open(repair)
    work.state, work.reason = "set_aside", reason.strip()
    work.save(update_fields=["state", "reason"])


def _open(repair: int) -> Repair:
    work = (
        Repair.objects.select_for_update(of=("self",))
        .select_related("refused__delivery")
        .filter(id=repair)
        .first()
    )
    if work is None or work.state != "open":
        raise Refused("この行はもう処理されています。一覧に戻って確かめてください。")
    return work


def _check(layout: Layout, number: int, values: Sequence[str]) -> list[LineError]:
    keys = list(columns(layout.name))
    if len(values) != len(keys):
        message = f"項目が {len(keys)} ではなく {len(values)} あります"
        return [
            LineError(
                number, 0, "項目の数", "columns", str(len(values)), message, "すべての項目を入れてください"
            )
        ]
    row = pl.DataFrame(
        [[number, *values]], schema={"line": pl.Int64, **dict.fromkeys(keys, pl.String)}, orient="row"
    )
    return check(row, tuple(f for f in layout.fields if f.type != "blank"))[1]


def _accepted(layout: str, digest: str) -> bool:
    return Outcome.objects.filter(delivery__layout=layout, delivery__digest=digest, state="accepted").exists()


def _deliver(
    ctx: Context, layout: str, name: str, digest: str, header: Header | None, count: int
) -> Delivery:
    """The record of an arrival; what an unreadable file says of itself stays empty."""
    return Delivery.objects.create(
        layout=layout,
        edition=header.edition if header else "",
        name=name[:200],
        sequence=header.sequence if header else 0,
        made_on=header.made_on if header else ctx.on,
        mode=header.mode if header else "",
        digest=digest,
        lines=count,
        actor=ctx.actor,
    )


def _out_of_order(delivery: Delivery) -> FileError | None:
    """Sequence numbers follow each other without a gap; files without one (0) come in any order."""
    if not delivery.sequence:
        return None
    last = (
        Outcome.objects.filter(delivery__layout=delivery.layout, state="accepted")
        .order_by("-delivery__sequence")
        .values_list("delivery__sequence", flat=True)
        .first()
    ) or 0
    if delivery.sequence <= last:
        return FileError(
            "sequence", "1行目", f"連番 {delivery.sequence} は受入済みです(最後は {last})",
            "同じ番号で中身の違うファイルです。送り手に確かめてください",
        )  # fmt: skip
    if delivery.sequence > last + 1:
        lacking = "、".join(str(n) for n in range(last + 1, min(delivery.sequence, last + 6)))
        return FileError(
            "waiting", "1行目", f"連番 {lacking} がまだ届いていません", "届けば自動で続けて受け入れます"
        )
    return None


def _accept(ctx: Context, delivery: Delivery, layout: Layout, reading: Reading, content: bytes) -> Outcome:
    rows = lines.changed(layout, reading.rows) if delivery.mode == "full" else reading.rows
    kept = lines.keep(delivery, rows)
    refused = _first_errors(reading.refused)
    values = lines.raw_values(content, layout, {error.line for error in refused}) if refused else {}
    _list("feeds", [(delivery.id, error.line, error, values[error.line]) for error in refused])
    return _end(ctx, delivery, "accepted", kept, len(refused))


def _first_errors(errors: list[LineError]) -> list[LineError]:
    """One entry a line: the first error names the field, the others follow when it is repaired."""
    found: dict[int, LineError] = {}
    for error in errors:
        found.setdefault(error.line, error)
    return list(found.values())


def _take_waiting(ctx: Context, insurer: str, layout: str) -> None:
    """What waited for the file just accepted, in order."""
    while True:
        waiting = [
            delivery
            for delivery in Delivery.objects.filter(layout=layout, outcomes__state="waiting")
            .distinct()
            .order_by("sequence")
            if delivery.outcomes.order_by("-id").first().state == "waiting"
        ]
        following = next((delivery for delivery in waiting if _out_of_order(delivery) is None), None)
        if following is None:
            return
        content = store.get(following.digest)
        reading = read(content, layout, insurer=insurer)
        _accept(ctx, following, get(layout), reading, content)


def _kept_values(places: set[tuple[int, int]]) -> dict[tuple[int, int], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.delivery_id, l.number, l.values FROM feeds_line l JOIN unnest(%s::bigint[], %s::int[]) "
            "AS p(delivery, number) ON l.delivery_id = p.delivery AND l.number = p.number ORDER BY l.id",
            [[d for d, _ in places], [n for _, n in places]],
        )
        return {(delivery, number): values for delivery, number, values in cursor.fetchall()}


def _list(room: str, found: Sequence[tuple[int, int, LineError | Refusal, list[str]]]) -> int:
    if not found:
        return 0
    ids = reserve_ids(RefusedLine, len(found))
    copy_rows(
        "feeds_refused_line",
        ("id", "delivery_id", "number", "room", "field", "rule", "value", "message", "remedy", "values"),
        (
            (i, delivery, number, room, e.field[:60], e.rule[:60], e.value, e.message, e.remedy, values)
            for i, (delivery, number, e, values) in zip(ids, found, strict=True)
        ),
    )
    copy_rows(
        "feeds_repair",
        ("refused_id", "state", "reason", "values"),
        ((i, "open", "", values) for i, (*_, values) in zip(ids, found, strict=True)),
    )
    return len(ids)


def _end(
    ctx: Context,
    delivery: Delivery,
    state: str,
    new: int = 0,
    refused: int = 0,
    problems: Iterable[FileError] = (),
) -> Outcome:
    return Outcome.objects.create(
        delivery=delivery,
        state=state,
        new_lines=new,
        refused_lines=refused,
        problems=[problem._asdict() for problem in problems],
        actor=ctx.actor,
    )
