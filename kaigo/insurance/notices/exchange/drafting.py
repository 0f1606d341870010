"""From decisions to tell to letters, one for a municipality (more when much is told), and whether a letter is still right."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import groupby

from django.db import connection

from kaigo.base.paper import fonts
from kaigo.base.records.context import Context
from kaigo.insurance.notices.certificates.words import unknown_birth
from kaigo.insurance.notices.common import common, keep
from kaigo.insurance.notices.exchange.letters import LETTER, MOST, ExchangeLetter, Told
from kaigo.insurance.notices.holds import FREE, Hold
from kaigo.insurance.notices.save import Drafted, save
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year, wareki

GUARDED = "支援措置対象者またはその世帯員が含まれます。連絡票を取りやめるか、理由を書いて一件ずつ連絡票にしてください。"
CHANGED = "連絡する異動または人の記録が変わったか、連絡票がもう要らなくなりました。"


def draft_exchange(ctx: Context, insurer: str, dated: date | None = None) -> dict[str, int]:
    """Letters about every event that is to be told and stands in no waiting letter. {drafts, events, left}.

    left: events of which no letter may be made (支援措置, or no longer in our records). NotReady when a text is missing.
    """
    dated = dated or ctx.on
    lettered = _lettered()
    rows = [row for row in qualification.to_tell(ctx) if row.id not in lettered]
    free = [row for row in rows if row.free and row.event]
    said = _said(ctx, free)
    made: list[Drafted] = []
    for code, same in groupby(free, key=lambda row: row.municipality):
        words = common(insurer, LETTER, fiscal_year(dated), dated)
        digest = keep(words)
        place, events = registers.insurer_name(ctx, code) or code, [said[row.id] for row in same]
        for begin in range(0, len(events), MOST):
            part = tuple(events[begin : begin + MOST])
            letter = ExchangeLetter(code, place, words["exchange"]["recipient"], part)
            made.append(
                Drafted(
                    None, LETTER, fiscal_year(dated), None, None, None, 0, dated, _printable(part), letter.as_json(),
                    digest,
                )
            )  # fmt: skip
    save(made)
    return {"drafts": len(made), "events": len(free), "left": len(rows) - len(free)}


def _said(ctx: Context, rows: list[qualification.ToTell]) -> dict[int, Told]:
    """Decision to tell → what a letter says of it, of rows with an event."""
    people = _people(ctx, [row.person for row in rows])
    numbers = qualification.numbers(ctx, [row.person for row in rows])
    found: dict[int, Told] = {}
    for row in rows:
        name, kana, born, raw = people.get(row.person, ("", "", None, ""))
        number, day = row.event.facility, row.event.day
        # As it was on the day; one that closed on the day of the end as it was before.
        home = registers.facility(ctx.at(day), number) or registers.facility(
            ctx.at(day - timedelta(days=1)), number
        )
        before = row.event.before
        found[row.id] = Told(
            row.id, qualification.EVENTS[row.kind], wareki(day), numbers.get(row.person, ""), name, kana,
            wareki(born) if born else unknown_birth(raw), home.name if home else "", number,
            home.address if home else "",
            registers.facility_names(ctx, [before]).get(before, before) if before else "",
        )  # fmt: skip
    return found


def _people(ctx: Context, persons: list[int]) -> dict[int, tuple[str, str, date | None, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.person_id, p.name, p.kana, p.birth_date, p.birth_raw "
            f"FROM ({residents.particulars_sql(ctx)}) p WHERE p.person_id = ANY(%(persons)s::bigint[])",
            {"on": ctx.on, "known_at": ctx.known_at, "persons": persons},
        )
        return {row[0]: tuple(row[1:]) for row in cursor.fetchall()}


def _printable(events: tuple[Told, ...]) -> Hold:
    words = "".join(e.name + e.kana + e.facility + e.facility_address + e.before for e in events)
    if fonts.prints(words):
        return FREE
    signs = "、".join(f"U+{ord(sign):04X}" for sign in sorted(set(words)) if not fonts.prints(sign))
    return Hold("unprintable", f"印刷できない文字({signs})があります。")


def _lettered() -> set[int]:
    """Those in a letter that waits, is printed or went out; one that was taken out counts no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT jsonb_array_elements(c.data->'tellings')::bigint FROM notices_draft d "
            "JOIN notices_content c ON c.draft_id = d.id WHERE d.letter = %s AND d.state = 'draft'",
            [LETTER],
        )
        return {row[0] for row in cursor.fetchall()}


def differing(ctx: Context, drafts: Iterable[tuple[int, dict]]) -> dict[int, Hold]:
    """draft → what is no longer right, of (draft, its words): what is told of whom, whether still, whether it may be."""
    drafts = list(drafts)
    ids = [telling for _, data in drafts for telling in data["tellings"]]
    now = {row.id: row for row in qualification.to_tell(ctx, ids)}
    said = _said(ctx, [row for row in now.values() if row.event])
    found: dict[int, Hold] = {}
    for draft, data in drafts:
        rows = [now.get(telling) for telling in data["tellings"]]
        if any(row is not None and not row.free for row in rows):
            found[draft] = Hold("protected", GUARDED)
        elif any(
            row is None
            or row.event is None
            or row.state != "wanted"
            or row.municipality != data["municipality"]
            or said[row.id]._asdict() != words
            for row, words in zip(rows, data["events"], strict=True)
        ):
            found[draft] = Hold("address", CHANGED)
    return found


def missing(ctx: Context) -> list[int]:
    """People of whom something is to be told, and may be, in no waiting letter."""
    lettered = _lettered()
    return [
        row.person for row in qualification.to_tell(ctx) if row.free and row.event and row.id not in lettered
    ]
