"""Taking files in: keep the bytes, read them by their layout, save what changed or say why not.

Everything happens in the caller's transaction: a file is in with all its good lines, or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import NamedTuple

import polars as pl
from django.db import connection

from kaigo.base.feeds.accept import Mistake, accept, save_refused
from kaigo.base.feeds.models import Delivery, Line, Outcome, Repair
from kaigo.base.feeds.sequence import missing_before, place_in_sequence
from kaigo.base.files import store
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.law.dates import wareki
from kaigo.layouts.checks import check
from kaigo.layouts.model import Layout, get, layouts
from kaigo.layouts.reader import read
from kaigo.layouts.reading import FileError, Header, LineError, Reading


class Refusal(NamedTuple):
    """A room cannot use a line: which field (key or Japanese name), by which rule, what to do."""

    delivery: int
    number: int
    field: str
    rule: str
    value: str
    message: str
    remedy: str


def receive(ctx: Context, insurer: str, name: str, content: bytes, layout: str) -> Outcome:
    """Take one file in. The Outcome says accepted, refused (why), waiting (for which) or repeated.

    The bytes are kept whatever happens. Files that waited for this one are taken in after it, in their order.
    """
    if layout not in layouts():
        raise Refused(f"様式「{layout}」はありません。一覧から選んでください。")
    _one_at_a_time(layout)
    digest = hashlib.sha256(content).hexdigest()
    earlier = _same_file(layout, digest)
    if earlier:
        return _repeat(ctx, earlier, name)
    with ThreadPoolExecutor(1) as aside:
        # Compressing and sealing takes as long as reading, and neither needs the other.
        keeping = aside.submit(store.put, content)
        reading = read(content, layout, insurer=insurer)
        keeping.result()
    delivery = _note(ctx, layout, name, digest, reading)
    problem = _problem_of_place(delivery)
    if reading.problems or problem:
        return _refuse(ctx, delivery, [*reading.problems, *([problem] if problem else [])])
    lacking = missing_before(delivery)
    if lacking:
        return Outcome.objects.create(
            delivery=delivery, state="waiting", problems=[p._asdict() for p in lacking], actor=ctx.actor
        )
    outcome = accept(delivery, _layout_of(delivery), reading, content, ctx.actor)
    _take_waiting(ctx, insurer, layout)
    return outcome


def withdraw(ctx: Context, delivery_id: int, reason: str) -> Outcome:
    """A waiting file that must not be used after all: refused by a person, with a reason."""
    reason = _reason(reason)
    delivery = Delivery.objects.filter(id=delivery_id).first()
    if delivery is None:
        raise Refused("そのファイルはありません。")
    _one_at_a_time(delivery.layout)
    if delivery.outcomes.order_by("-id").values_list("state", flat=True).first() != "waiting":
        raise Refused("待っているファイルではないため、取り下げられません。")
    return _refuse(
        ctx,
        delivery,
        [FileError("withdrawn", "ファイル", f"取り下げました: {reason}", "することはありません")],
    )


def refuse_lines(ctx: Context, room: str, refusals: Iterable[Refusal]) -> list[int]:
    """Lines that a room has read and cannot use go to the list of lines to repair. Returns their ids there."""
    by_place: dict[tuple[int, int], list[Refusal]] = {}
    for refusal in refusals:
        by_place.setdefault((refusal.delivery, refusal.number), []).append(refusal)
    if not by_place:
        return []
    lines = _lines_at(list(by_place))
    lacking = [place for place in by_place if place not in lines]
    if lacking:
        raise LookupError(f"no accepted line at {lacking[:5]}")
    mistakes = []
    for place, found in by_place.items():
        layout, values = lines[place]
        names = {field.key: field.name for field in get(layout).columns()}
        errors = [
            {
                "field": names.get(r.field, r.field), "rule": r.rule, "value": r.value, "message": r.message,
                "remedy": r.remedy,
            }
            for r in found
        ]  # fmt: skip
        mistakes.append((place[0], room, Mistake(place[1], values, errors)))
    return save_refused(mistakes)


def replay(ctx: Context, repair_id: int, values: Sequence[str] | Mapping[str, str]) -> list[LineError]:
    """Check the mended line and accept it in the place of the refused one. Errors = nothing has changed.

    Accepted even if equal to the last line: the cause may have lain elsewhere and is gone.
    """
    repair = _open_repair(repair_id)
    delivery = repair.refused.delivery
    layout = _layout_of(delivery)
    columns = layout.columns()
    if isinstance(values, Mapping):
        values = [values.get(field.key, "") for field in columns]
    if len(values) != len(columns):
        raise Refused(f"項目が {len(columns)} ではなく {len(values)} あります。")
    schema = {"line": pl.Int64, **{field.key: pl.String for field in columns}}
    row = pl.DataFrame([[repair.refused.number, *values]], schema=schema, orient="row")
    _, errors = check(row, columns, offset=1 if layout.form == "fixed" else 2)
    if errors:
        return errors
    _one_at_a_time(delivery.layout)
    Line.objects.create(
        delivery=delivery, layout=delivery.layout, number=repair.refused.number, values=list(values)
    )
    _close(repair, "replayed", "", list(values))
    return []


def set_aside(ctx: Context, repair_id: int, reason: str) -> None:
    """A line that will not be used, with the reason."""
    repair = _open_repair(repair_id)
    _close(repair, "set_aside", _reason(reason), repair.values)


def _one_at_a_time(layout: str) -> None:
    """Files of one layout are taken in one after the other, so that the order of lines is the order of ids."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"feeds:{layout}"])


def _same_file(layout: str, digest: str) -> Delivery | None:
    """The earlier delivery of the same bytes that is in or waits. A refused one may come again."""
    for delivery in Delivery.objects.filter(digest=digest, layout=layout).order_by("id"):
        if delivery.outcomes.order_by("-id").values_list("state", flat=True).first() in (
            "accepted",
            "waiting",
        ):
            return delivery
    return None


def _repeat(ctx: Context, earlier: Delivery, name: str) -> Outcome:
    again = Delivery.objects.create(
        layout=earlier.layout, edition=earlier.edition, insurer=earlier.insurer, name=name[:200],
        sequence=earlier.sequence, made_on=earlier.made_on, mode=earlier.mode, digest=earlier.digest,
        lines=earlier.lines, received_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip
    problem = FileError(
        "repeated",
        "ファイル",
        f"同じ内容のファイル「{earlier.name}」を{wareki(earlier.received_on)}に受け取っています",
        "何も変えていません。することはありません",
    )
    return Outcome.objects.create(
        delivery=again, state="repeated", problems=[problem._asdict()], actor=ctx.actor
    )


def _note(ctx: Context, layout: str, name: str, digest: str, reading: Reading) -> Delivery:
    head = reading.header or Header(layout, "", "", date.min, 0, "")
    return Delivery.objects.create(
        layout=layout, edition=head.edition, insurer=head.insurer, name=name[:200], sequence=head.sequence,
        made_on=head.made_on if reading.header else None, mode=head.mode, digest=digest, lines=reading.lines,
        received_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip


def _problem_of_place(delivery: Delivery) -> FileError | None:
    return place_in_sequence(delivery) if delivery.sequence else None


def _refuse(ctx: Context, delivery: Delivery, problems: list[FileError]) -> Outcome:
    return Outcome.objects.create(
        delivery=delivery, state="refused", problems=[p._asdict() for p in problems], actor=ctx.actor
    )


def _take_waiting(ctx: Context, insurer: str, layout: str) -> None:
    """Take in what waited, in its order, as far as the sequence goes."""
    while delivery := _next_waiting(layout):
        content = store.get(delivery.digest)
        reading = read(content, layout, insurer=insurer)
        if reading.problems:
            _refuse(ctx, delivery, reading.problems)
            return
        accept(delivery, _layout_of(delivery), reading, content, ctx.actor)


def _next_waiting(layout: str) -> Delivery | None:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT_WAITING, {"layout": layout})
        found = cursor.fetchone()
    return Delivery.objects.get(id=found[0]) if found else None


_NEXT_WAITING = """
SELECT d.id FROM feeds_delivery d
JOIN LATERAL (SELECT state FROM feeds_outcome o WHERE o.delivery_id = d.id ORDER BY o.id DESC LIMIT 1) s ON true
WHERE d.layout = %(layout)s AND s.state = 'waiting' AND d.sequence = 1 + (
    SELECT max(a.sequence) FROM feeds_delivery a JOIN feeds_outcome o ON o.delivery_id = a.id
    WHERE a.layout = %(layout)s AND o.state = 'accepted')"""


def _layout_of(delivery: Delivery) -> Layout:
    return next(e for e in layouts()[delivery.layout] if e.edition == delivery.edition)


def _lines_at(places: list[tuple[int, int]]) -> dict[tuple[int, int], tuple[str, list[str]]]:
    """(delivery, number) → (layout, values) of the newest line there."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (l.delivery_id, l.number) l.delivery_id, l.number, l.layout, l.values "
            "FROM unnest(%s::bigint[], %s::int[]) AS p (delivery, number) "
            "JOIN feeds_line l ON l.delivery_id = p.delivery AND l.number = p.number "
            "ORDER BY l.delivery_id, l.number, l.id DESC",
            [[d for d, _ in places], [n for _, n in places]],
        )
        return {(d, n): (layout, values) for d, n, layout, values in cursor.fetchall()}


def _open_repair(repair_id: int) -> Repair:
    repair = (
        Repair.objects.select_for_update(of=("self",))
        .select_related("refused__delivery")
        .filter(id=repair_id)
        .first()
    )
    if repair is None:
        raise Refused("その行は一覧にありません。")
    if repair.state != "open":
        raise Refused("この行は、もう処理が終わっています。")
    return repair


def _close(repair: Repair, state: str, reason: str, values: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE feeds_repair SET state = %s, reason = %s, values = %s, changed_at = now() WHERE id = %s",
            [state, reason, values, repair.id],
        )


def _reason(text: str) -> str:
    if not text.strip():
        raise Refused("理由を書いてください。")
    return text.strip()
