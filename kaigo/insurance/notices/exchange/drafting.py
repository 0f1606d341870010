"""From decisions to tell to what a 住所地特例連絡票 says of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.insurance.notices.certificates.words import unknown_birth
from kaigo.insurance.notices.exchange.letters import LETTER, MOST, TITLE, Told
from kaigo.insurance.notices.offices import Office, Row
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import wareki


class Exchange(Office):
    """住所地特例連絡票 to the municipalities of the homes."""

    letter, title, most = LETTER, TITLE, MOST
    name, ids, many = "exchange", "tellings", "events"
    printed = ("name", "kana", "facility", "facility_address", "before")
    guarded = "支援措置対象者またはその世帯員が含まれます。連絡票を取りやめるか、理由を書いて一件ずつ連絡票にしてください。"
    changed = "連絡する異動または人の記録が変わったか、連絡票がもう要らなくなりました。"

    def rows(self, ctx: Context, ids: Sequence[int] | None = None) -> list[Row]:
        found = qualification.to_tell(ctx, ids)
        said = _said(ctx, [row for row in found if row.event])
        return [
            Row(
                row.id, row.person, None, row.municipality, (), row.state == "wanted", row.free, said.get(row.id)
            )
            for row in found
        ]  # fmt: skip


EXCHANGE = Exchange()


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
    saw(persons)
    found = rows_at(
        ctx,
        "SELECT p.person_id, p.name, p.kana, p.birth_date, p.birth_raw "
        f"FROM ({residents.particulars_sql(ctx)}) p WHERE p.person_id = ANY(%(persons)s::bigint[])",
        persons=persons,
    )
    return {row[0]: tuple(row[1:]) for row in found}
