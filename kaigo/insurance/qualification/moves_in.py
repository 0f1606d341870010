"""転入: who of 40 and more moved in, whether 前住所地の認定 can still be taken over, whether the income is asked about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from kaigo.base.records.context import HIDDEN, Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.insurance.qualification import income_wanted
from kaigo.insurance.qualification.income_inquiries import STATES
from kaigo.insurance.qualification.models import Handover, IncomeInquiry
from kaigo.insurance.qualification.read import in_force_sql
from kaigo.insurance.registers import read as registers
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import attained_on, fiscal_year
from kaigo.law.handover import Handover as Told
from kaigo.law.handover import HandoverFacts, handover
from kaigo.law.qualification import AGE
from kaigo.law.reasons import Finding
from kaigo.law.values import load

SECOND = 40
MOVED_IN = "01"


@dataclass(frozen=True, slots=True)
class MoveIn:
    """A move into the ward. category: 1 | 2 on the day of moving in. base: the acquisition that 法36条 counts from,
    None = insured elsewhere (住所地特例) or not acquired. told: what the law says; note: the certificate handed in.
    """

    person: int
    name: str
    birth: date
    moved_on: date
    from_code: str
    from_address: str
    category: int
    acquired_on: date | None
    elsewhere: bool
    base: date | None
    note: Handover | None
    told: Told | None

    @property
    def state(self) -> str:
        """open | in_time | late | over, "" = nothing to take over here."""
        return self.told.state if self.told else ""


def moves_in(
    ctx: Context, insurer: str, first: date, following: date, persons: Iterable[int] | None = None
) -> list[MoveIn]:
    """Everybody of 40 or more who moved in on a day in [first, following), the newest first."""
    params = {
        "on": ctx.on,
        "known_at": ctx.known_at,
        "first": first,
        "following": following,
        "born": date(following.year - SECOND, following.month, min(following.day, 28)) + timedelta(days=4),
        "persons": list(persons) if persons is not None else None,
    }
    query = f"""
        SELECT DISTINCT ON (r.became_resident_on, r.person_id) r.person_id, coalesce(p.name, ''), p.birth_date,
               r.became_resident_on, r.from_code, r.from_address, q.acquired_on, e.person_id IS NOT NULL
        FROM ({residents.residence_history_sql(ctx)}) r
        JOIN ({residents.particulars_sql(ctx)}) p ON p.person_id = r.person_id AND p.birth_date <= %(born)s
        LEFT JOIN ({in_force_sql(ctx)}) q ON q.person_id = r.person_id
             AND (q.lost_on IS NULL OR q.lost_on > r.became_resident_on)
        LEFT JOIN ({residents.address_exception_sql(ctx)}) e ON e.person_id = r.person_id AND e.exception = 'other'
             AND e.effective @> r.became_resident_on
        WHERE r.state = 'resident' AND r.became_resident_reason = '{MOVED_IN}' AND lower(r.effective) <= %(on)s
          AND r.became_resident_on >= %(first)s AND r.became_resident_on < %(following)s
          AND (%(persons)s::bigint[] IS NULL OR r.person_id = ANY(%(persons)s::bigint[]))
        ORDER BY r.became_resident_on DESC, r.person_id, lower(r.effective), q.acquired_on"""
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        rows = [row for row in cursor.fetchall() if attained_on(row[2], SECOND) <= row[3]]
    notes = {
        (n.person_id, n.acquired_on): n
        for n in Handover.objects.filter(
            person_id__in=[row[0] for row in rows], superseded_by__isnull=True, withdrawn=False
        )
    }
    return [_one(ctx, insurer, row, notes) for row in rows]


def _one(ctx: Context, insurer: str, row: tuple, notes: dict[tuple[int, date], Handover]) -> MoveIn:
    person, name, birth, moved_on, code, address, acquired_on, elsewhere = row
    address = address if ctx.sees("address") else HIDDEN
    category = 1 if attained_on(birth, AGE) <= moved_on else 2
    # 第2号 are insured from the day of moving in without a decision of ours (法10条).
    base = None if elsewhere else moved_on if category == 2 else acquired_on
    note = notes.get((person, base)) if base else None
    told = judge(ctx, insurer, base, note.handed_in_on if note else None).value if base else None
    return MoveIn(
        person, name, birth, moved_on, code, address, category, acquired_on, elsewhere, base, note, told
    )


def judge(ctx: Context, insurer: str, acquired_on: date, handed_in_on: date | None) -> Finding[Told]:
    """What 法36条 says on ctx.on."""
    facts = HandoverFacts(acquired_on, ctx.on, handed_in_on)
    return handover(facts, load().values(insurer, ctx.on))


def latest(ctx: Context, insurer: str, person: int) -> MoveIn | None:
    """The last move into the ward of a person of 40 or more."""
    found = moves_in(ctx, insurer, date(1900, 1, 1), ctx.on + timedelta(days=1), [person])
    return found[0] if found else None


def incomes(ctx: Context, persons: list[int]) -> dict[int, tuple[str, str]]:
    """person → (in words, tone) of the income inquiry of the fiscal year: needed, under way, answered; none = no entry."""
    year = fiscal_year(ctx.on)
    found = {one.person: ("照会が要る", "warn") for one in income_wanted.wanted(ctx, year, persons)}
    rows = IncomeInquiry.objects.filter(person_id__in=persons, fiscal_year=year).exclude(state="dropped")
    return found | {row.person_id: STATES[row.state] for row in rows.order_by("id")}


def hand_in(
    ctx: Context,
    insurer: str,
    person: int,
    handed_in_on: date,
    municipality: str,
    number: str = "",
    made_on: date | None = None,
) -> Handover:
    """Note that the 受給資格証明書 came with an application. A second note about the same move takes the first one's place."""
    move = latest(ctx, insurer, person)
    if move is None or move.base is None:
        raise Refused("この方には、認定を引き継ぐ転入がありません。")
    if not move.base <= handed_in_on <= ctx.on:
        raise Refused("受け取った日は、資格を取得した日から今日までの日にしてください。")
    if municipality == insurer or registers.insurer_name(ctx, municipality) is None:
        raise Refused(f"団体コード「{municipality}」のほかの市区町村は台帳にありません。")
    if made_on is not None and made_on > handed_in_on:
        raise Refused("証明書の作成日は、受け取った日より後にはできません。")
    without_my_number(number)
    return _write(
        ctx, person, move.base, handed_in_on=handed_in_on, municipality=municipality, certificate_number=number,
        certificate_made_on=made_on, reason="", withdrawn=False,
    )  # fmt: skip


def take_back(ctx: Context, note: Handover, reason: str) -> Handover:
    """The note was a mistake."""
    if note.withdrawn or hasattr(note, "superseded_by"):
        raise Refused("この記録はもう取り消されているか、新しい記録に替わっています。")
    if not reason.strip():
        raise Refused("取り消す理由を書いてください。")
    without_my_number(reason)
    return _write(
        ctx, note.person_id, note.acquired_on, handed_in_on=note.handed_in_on, municipality=note.municipality,
        certificate_number=note.certificate_number, certificate_made_on=note.certificate_made_on,
        reason=reason.strip(), withdrawn=True,
    )  # fmt: skip


def _write(ctx: Context, person: int, acquired_on: date, **values) -> Handover:
    before = Handover.objects.filter(
        person_id=person, acquired_on=acquired_on, superseded_by__isnull=True
    ).first()
    return Handover.objects.create(
        person_id=person, acquired_on=acquired_on, supersedes=before, decided_on=ctx.on, actor=ctx.actor, **values
    )  # fmt: skip
