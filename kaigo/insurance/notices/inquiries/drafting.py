"""From decisions to ask to what a 所得照会票 says of each."""

from __future__ import annotations

import json
from collections.abc import Sequence

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.insurance.notices.certificates.words import unknown_birth
from kaigo.insurance.notices.inquiries.letters import LETTER, MOST, TITLE, Asked
from kaigo.insurance.notices.offices import Office, Row
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year_name, wareki


class Inquiries(Office):
    """所得照会票 to the municipalities where people lived on 1 January."""

    letter, title, most = LETTER, TITLE, MOST
    name, ids, many = "inquiry", "inquiries", "people"
    printed = ("name", "kana", "former")
    guarded = "支援措置対象者またはその世帯員が含まれます。照会を取りやめるか、理由を書いて一人ずつ照会してください。"
    changed = "照会する人の氏名などが変わったか、照会がもう要らなくなりました。"

    def rows(self, ctx: Context, ids: Sequence[int] | None = None) -> list[Row]:
        found = _asked(ctx, ids)
        guarded = qualification.guarded(ctx, [row[1] for row in found])
        return [
            Row(
                id, person, year, code, (("year", fiscal_year_name(year)), ("reply_by", wareki(reply_by))),
                state == "asked", bool(reason) or person not in guarded,
                Asked(
                    id, name, kana, wareki(born) if born else unknown_birth(raw),
                    _former(ctx, code, moves, elsewhere),
                ),
            )
            for id, person, year, code, reply_by, state, reason, name, kana, born, raw, moves, elsewhere in found
        ]  # fmt: skip


INQUIRIES = Inquiries()


def _asked(ctx: Context, ids: Sequence[int] | None) -> list[tuple]:
    found = rows_at(
        ctx,
        f"""
        SELECT i.id, i.person_id, i.fiscal_year, i.municipality, i.reply_by, i.state, i.reason,
               coalesce(p.name, ''), coalesce(p.kana, ''), p.birth_date, p.birth_raw,
               (SELECT json_agg(json_build_array(r.from_code, r.from_address) ORDER BY lower(r.effective))
                FROM ({residents.residence_history_sql(ctx)}) r
                WHERE r.person_id = i.person_id AND r.from_address <> ''),
               coalesce((SELECT CASE WHEN r.state = 'nonresident' THEN r.address ELSE r.to_address END
                         FROM ({residents.residence_sql(ctx)}) r
                         WHERE r.person_id = i.person_id AND r.state <> 'resident'), '')
        FROM ({qualification.income_inquiries_sql()}) i
        LEFT JOIN ({residents.particulars_sql(ctx)}) p ON p.person_id = i.person_id
        WHERE CASE WHEN %(ids)s::bigint[] IS NULL THEN i.state = 'asked' ELSE i.id = ANY(%(ids)s::bigint[]) END
        ORDER BY i.fiscal_year, i.municipality, i.reply_by, 9, i.id""",
        ids=None if ids is None else list(ids),
    )
    saw(row[1] for row in found)
    return found


def _former(ctx: Context, municipality: str, moves, elsewhere: str) -> str:
    """The address there that the register knows; none of another municipality's."""
    moves = json.loads(moves) if isinstance(moves, str) else moves or ()
    for code, address in moves:
        if municipality in (code, registers.insurer_code(ctx, code)):
            return address
    return elsewhere
