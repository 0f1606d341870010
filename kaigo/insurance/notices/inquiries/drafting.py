"""From inquiries to letters, one for a municipality (more when many are asked about), and whether a letter is still right."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import NamedTuple

from django.db import connection

from kaigo.base.paper import fonts
from kaigo.base.records.context import Context
from kaigo.insurance.notices.certificates.words import unknown_birth
from kaigo.insurance.notices.common import common, keep
from kaigo.insurance.notices.holds import FREE, Hold
from kaigo.insurance.notices.inquiries.letters import MOST, Asked, IncomeInquiryLetter
from kaigo.insurance.notices.save import Drafted, save
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year_name, wareki

LETTER = "income_inquiry"
GUARDED = (
    "支援措置対象者またはその世帯員が含まれます。照会を取りやめるか、理由を書いて一人ずつ照会してください。"
)
CHANGED = "照会する人の氏名などが変わったか、照会がもう要らなくなりました。"


class Row(NamedTuple):
    """An inquiry with what a letter says of the person. free: a letter about him may go out."""

    inquiry: int
    person: int
    fiscal_year: int
    municipality: str
    reply_by: date
    state: str
    free: bool
    asked: Asked


def draft_inquiries(ctx: Context, insurer: str, dated: date | None = None) -> dict[str, int]:
    """Letters about everybody who is to be asked about and stands in no waiting letter. {drafts, people, left}.

    left: people of whom no letter may be made (支援措置). NotReady when a text is missing on the day.
    """
    dated = dated or ctx.on
    waiting = _waiting()
    rows = [row for row in inquiries(ctx, "i.state = 'asked'") if row.inquiry not in waiting]
    free = [row for row in rows if row.free]
    made: list[Drafted] = []
    for (year, code, reply_by), same in groupby(
        free, key=lambda r: (r.fiscal_year, r.municipality, r.reply_by)
    ):
        words = common(insurer, LETTER, year, dated)
        digest = keep(words)
        place, people = registers.insurer_name(ctx, code) or code, list(same)
        for begin in range(0, len(people), MOST):
            part = tuple(row.asked for row in people[begin : begin + MOST])
            letter = IncomeInquiryLetter(
                code, place, words["inquiry"]["recipient"], fiscal_year_name(year), wareki(reply_by), part
            )
            made.append(
                Drafted(
                    None, LETTER, year, None, None, None, 0, dated, _printable(part), letter.as_json(), digest
                )
            )
    save(made)
    return {"drafts": len(made), "people": len(free), "left": len(rows) - len(free)}


def _printable(people: tuple[Asked, ...]) -> Hold:
    words = "".join(one.name + one.kana + one.former for one in people)
    if fonts.prints(words):
        return FREE
    signs = "、".join(f"U+{ord(sign):04X}" for sign in sorted(set(words)) if not fonts.prints(sign))
    return Hold("unprintable", f"印刷できない文字({signs})があります。")


def _waiting() -> set[int]:
    """Those in a letter that waits, is printed or went out; one that was taken out counts no more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT jsonb_array_elements(c.data->'inquiries')::bigint FROM notices_draft d "
            "JOIN notices_content c ON c.draft_id = d.id WHERE d.letter = %s AND d.state = 'draft'",
            [LETTER],
        )
        return {row[0] for row in cursor.fetchall()}


def inquiries(ctx: Context, where: str, params: dict | None = None) -> list[Row]:
    """Inquiries (alias i) in the order in which they stand in letters."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT i.id, i.person_id, i.fiscal_year, i.municipality, i.reply_by, i.state, i.reason <> '',
                   coalesce(p.name, ''), coalesce(p.kana, ''), p.birth_date, p.birth_raw,
                   (SELECT json_agg(json_build_array(r.from_code, r.from_address) ORDER BY lower(r.effective))
                    FROM ({residents.residence_history_sql(ctx)}) r
                    WHERE r.person_id = i.person_id AND r.from_address <> ''),
                   coalesce((SELECT CASE WHEN r.state = 'nonresident' THEN r.address ELSE r.to_address END
                             FROM ({residents.residence_sql(ctx)}) r
                             WHERE r.person_id = i.person_id AND r.state <> 'resident'), '')
            FROM ({qualification.income_inquiries_sql()}) i
            LEFT JOIN ({residents.particulars_sql(ctx)}) p ON p.person_id = i.person_id
            WHERE {where} ORDER BY i.fiscal_year, i.municipality, i.reply_by, 9, i.id""",
            {"on": ctx.on, "known_at": ctx.known_at, **(params or {})},
        )
        rows = cursor.fetchall()
    guarded = qualification.guarded(ctx, [row[1] for row in rows])
    return [
        Row(
            *row[:6],
            row[6] or row[1] not in guarded,
            Asked(
                row[0], row[7], row[8], wareki(row[9]) if row[9] else unknown_birth(row[10]),
                _former(ctx, row[3], row[11], row[12]),
            ),
        )
        for row in rows
    ]  # fmt: skip


def _former(ctx: Context, municipality: str, moves, elsewhere: str) -> str:
    """The address there that the register knows; none of another municipality's."""
    moves = json.loads(moves) if isinstance(moves, str) else moves or ()
    for code, address in moves:
        if municipality in (code, registers.insurer_code(ctx, code)):
            return address
    return elsewhere


def differing(ctx: Context, drafts: Iterable[tuple[int, dict]]) -> dict[int, Hold]:
    """draft → what is no longer right, of (draft, its words): who is asked about, how he is called, whether still."""
    drafts = list(drafts)
    ids = [inquiry for _, data in drafts for inquiry in data["inquiries"]]
    now = {row.inquiry: row for row in inquiries(ctx, "i.id = ANY(%(ids)s::bigint[])", {"ids": ids})}
    found: dict[int, Hold] = {}
    for draft, data in drafts:
        rows = [now.get(inquiry) for inquiry in data["inquiries"]]
        if any(row is not None and not row.free for row in rows):
            found[draft] = Hold("protected", GUARDED)
        elif any(
            row is None
            or row.state != "asked"
            or row.municipality != data["municipality"]
            or wareki(row.reply_by) != data["reply_by"]
            or row.asked._asdict() != said
            for row, said in zip(rows, data["people"], strict=True)
        ):
            found[draft] = Hold("address", CHANGED)
    return found


def missing(ctx: Context, fiscal_year: int) -> list[int]:
    """People who are to be asked about, and may be, in no waiting letter of the year."""
    waiting = _waiting()
    rows = inquiries(ctx, "i.state = 'asked' AND i.fiscal_year = %(year)s", {"year": fiscal_year})
    return [row.person for row in rows if row.free and row.inquiry not in waiting]
