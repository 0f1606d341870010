"""督促・催告を止める: a period in which a person, or one of his terms, gets no demand and no reminder."""

from __future__ import annotations

from datetime import date

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.remission import read as remission
from kaigo.insurance.dunning.locks import alone
from kaigo.insurance.dunning.models import Stay
from kaigo.insurance.dunning.words import STAYS

LONGEST = 200
# Those in force; an ended one is superseded by the same with an end.
STAYS_SQL = "SELECT y.* FROM dunning_stay y WHERE NOT EXISTS (SELECT 1 FROM dunning_stay n WHERE n.supersedes_id = y.id)"


def all_sql(ctx: Context) -> str:
    """Relation (id, person_id, fiscal_year, number, why, start, end): the stays of this room in force, and what was decided
    to wait for (徴収猶予, collection), which is a stay `deferral` of its terms."""
    return (
        f'SELECT s.id, s.person_id, s.fiscal_year, s.number, s.why, s.start, s."end" FROM ({STAYS_SQL}) s UNION ALL '
        "SELECT d.deferral_id, d.person_id, d.fiscal_year, d.number, 'deferral', d.start_on, d.end_on "
        f"FROM ({remission.deferred_sql(ctx)}) d WHERE d.kind = 'direct'"
    )


def stay(
    ctx: Context, person: int, why: str, start: date, end: date | None, note: str,
    term: tuple[int, int] | None = None,
) -> Stay:  # fmt: skip
    """No letters on [start, end). term: (fiscal year, number), None = all. Refused without a note or with no day in it."""
    if why not in STAYS:
        raise Refused("止める訳を選んでください。")
    if not note.strip() or len(note.strip()) > LONGEST:
        raise Refused(f"止める訳の説明を{LONGEST}字までで書いてください。")
    if end is not None and end <= start:
        raise Refused("止める期間の終わりは、始まりの日より後の日にしてください。")
    year, number = term or (None, None)
    return Stay.objects.create(
        person_id=person, fiscal_year=year, number=number, why=why, start=start, end=end, note=note.strip(),
        decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip


def end_stay(ctx: Context, stay_id: int, end: date) -> Stay:
    """The stay does not hold from `end` on. Refused when it is over or was replaced."""
    alone("stay", stay_id)
    before = Stay.objects.filter(id=stay_id, superseded_by__isnull=True).first()
    if before is None or (before.end is not None and before.end <= end):
        raise Refused("この期間は、もう終わっているか、取り替えられています。画面を開き直してください。")
    return Stay.objects.create(
        person_id=before.person_id, fiscal_year=before.fiscal_year, number=before.number, why=before.why,
        start=before.start, end=max(before.start, end), note=before.note, supersedes=before, decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip


def held(stays: tuple[tuple[str, date, date | None], ...], on: date) -> str | None:
    """Why nothing goes on a day, other than a deferral (the law room answers that); None when it may."""
    for why, start, end in stays:
        if why != "deferral" and start <= on and (end is None or on < end):
            return why
    return None
