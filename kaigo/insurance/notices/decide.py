"""Decisions → drafts of letters. Whoever may not get a letter now has a draft that is held, with the reason."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

from django.db import connection

from kaigo.base.jobs.registry import NotReady, Progress
from kaigo.base.records.bulk import copy_rows
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.certificates import read as certificates
from kaigo.insurance.collection import read as collection
from kaigo.insurance.notices import gather, offices
from kaigo.insurance.notices.certificates.words import certificate
from kaigo.insurance.notices.common import common, keep
from kaigo.insurance.notices.exchange.drafting import EXCHANGE
from kaigo.insurance.notices.holds import FREE, INTERIM, LIFTABLE, Hold, Place, places
from kaigo.insurance.notices.inquiries.drafting import INQUIRIES
from kaigo.insurance.notices.models import Content, Draft, Issue
from kaigo.insurance.notices.premium.letters import Person
from kaigo.insurance.notices.premium.words import Wanted, change, notice, parts_json, to_parts
from kaigo.insurance.notices.relations import QUEUED
from kaigo.insurance.notices.save import Drafted, save
from kaigo.insurance.notices.texts import lacks
from kaigo.law.dates import fiscal_year as fiscal_year_of

OFFICES = {office.letter: office for office in (INQUIRIES, EXCHANGE)}


class Shared:
    """The shared words of the letters of a run, each made and kept once."""

    def __init__(self, insurer: str, fiscal_year: int, dated: date) -> None:
        self.insurer, self.fiscal_year, self.dated = insurer, fiscal_year, dated
        self._found: dict[str, tuple[dict, str]] = {}

    def of(self, letter: str) -> tuple[dict, str]:
        """(words, digest)."""
        if letter not in self._found:
            words = common(self.insurer, letter, self.fiscal_year, self.dated)
            self._found[letter] = words, keep(words)
        return self._found[letter]


def draft_premium(
    ctx: Context,
    insurer: str,
    fiscal_year: int,
    progress: Progress | None = None,
    dated: date | None = None,
    persons: list[int] | None = None,
) -> dict:
    """Drafts for everybody of the year who was told nothing yet (納入通知書・決定通知書・特別徴収開始通知書).

    dated: the day on the letter (None = ctx.on). Returns {drafts, yen, held: {code: count}, withdrawn}.
    """
    return _draft(ctx, insurer, fiscal_year, True, progress, dated, persons)


def draft_changes(
    ctx: Context,
    insurer: str,
    fiscal_year: int,
    progress: Progress | None = None,
    dated: date | None = None,
    persons: list[int] | None = None,
) -> dict:
    """変更通知書 for everybody whose decision or instalments differ from the last letter that went out."""
    return _draft(ctx, insurer, fiscal_year, False, progress, dated, persons)


def _draft(
    ctx: Context, insurer: str, fiscal_year: int, first: bool, progress, dated: date | None, persons
) -> dict:
    dated = dated or ctx.on
    if missing := lacks(insurer, dated):
        raise NotReady(missing)
    step = (progress or Progress()).step
    withdrawn = withdraw_superseded(ctx, fiscal_year)
    shared = Shared(insurer, fiscal_year, dated)
    held: Counter[str] = Counter()
    count = yen = 0
    for chunk in gather.wanted(ctx, fiscal_year, first, persons):
        where = places(ctx, [w.person for w in chunk])
        told = {} if first else _told([w.told for w in chunk if w.told])
        drafted = [_one(w, where[w.person], shared, dated, told) for w in chunk]
        save(drafted)
        held.update(d.hold.code for d in drafted if d.hold.code)
        count += len(drafted)
        yen += sum(d.annual_yen for d in drafted)
        step(count, 0, "通知の下書き")
    return {"drafts": count, "yen": yen, "held": dict(sorted(held.items())), "withdrawn": withdrawn}


def _one(w: Wanted, place: Place, shared: Shared, dated: date, told: dict[int, dict]) -> Drafted:
    words, digest = shared.of(w.letter)
    person = Person(
        place.postal_code, place.address, place.building, place.recipient, place.name, w.number or ""
    )
    if w.told is None and w.opening is None:
        letter = notice(w, person, words, dated)
    else:
        letter = change(w, person, words, dated, told[w.told] if w.told else _former(w.opening))
    hold = place.hold
    if hold is FREE and w.interim:
        hold = Hold("interim", INTERIM)
    if hold is FREE and not w.number:
        hold = Hold("address", "被保険者番号がありません。資格を確かめてください。")
    data = letter.as_json()
    del data["parts"]
    return Drafted(
        w.person, w.letter, shared.fiscal_year, w.assessment, w.plan, None, w.annual, dated, hold, data, digest,
        parts_json(w.instalments),
    )  # fmt: skip


def _former(opening: str) -> dict:
    """What a former system told, as the data of a letter."""
    found = json.loads(opening)
    return found | {"parts": to_parts(json.dumps(found["instalments"]))}


def _told(drafts: list[int]) -> dict[int, dict]:
    return dict(Content.objects.filter(draft_id__in=drafts).values_list("draft_id", "data"))


def draft_certificates(ctx: Context, insurer: str, dated: date | None = None) -> dict:
    """A letter with the certificate for everybody who was issued one and has no letter yet."""
    dated = dated or ctx.on
    if missing := lacks(insurer, dated):
        raise NotReady(missing)
    year = fiscal_year_of(dated)
    shared = Shared(insurer, year, dated)
    held: Counter[str] = Counter()
    count = 0
    withdraw_replaced_certificates(ctx)
    for chunk in gather.certificate_letters(ctx):
        where = places(ctx, [row[1] for row in chunk], "all")
        _, digest = shared.of("insured_certificate")
        drafted = []
        for row in chunk:
            found, lack = certificate(row, where[row[1]])
            hold = where[row[1]].hold
            if hold is FREE and lack:
                hold = Hold("address", lack)
            drafted.append(
                Drafted(
                    row[1], "insured_certificate", year, None, None, row[0], 0, dated, hold, found, digest
                )
            )
        save(drafted)
        held.update(d.hold.code for d in drafted if d.hold.code)
        count += len(drafted)
    return {"drafts": count, "held": dict(sorted(held.items()))}


# -- what happens to drafts afterwards --------------------------------------------------------------------


def withdraw_superseded(ctx: Context, fiscal_year: int) -> int:
    """Drafts that wait but whose plan is no longer in force are withdrawn. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notices_draft d SET state = 'withdrawn', withdrawn_reason = 'superseded' "
            f"FROM ({QUEUED}) q WHERE q.id = d.id AND d.fiscal_year = %(year)s AND d.plan_id IS NOT NULL "
            f"AND NOT EXISTS (SELECT 1 FROM ({collection.plans_in_force_sql(ctx)}) p WHERE p.id = d.plan_id)",
            {"year": fiscal_year, "on": ctx.on, "known_at": ctx.known_at},
        )
        return cursor.rowcount


def withdraw_replaced_certificates(ctx: Context) -> int:
    """Letters that wait with a certificate that another one has replaced since. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE notices_draft d SET state = 'withdrawn', withdrawn_reason = 'superseded' "
            f"FROM ({QUEUED}) q WHERE q.id = d.id AND d.certificate_id IS NOT NULL AND NOT EXISTS "
            f"(SELECT 1 FROM ({certificates.issued_sql(ctx)}) c WHERE c.certificate_id = d.certificate_id)",
            {"on": ctx.on, "known_at": ctx.known_at},
        )
        return cursor.rowcount


def recheck(ctx: Context, insurer: str, persons: Sequence[int] | None = None) -> dict:
    """Look again where every waiting letter goes (支援措置, address, death, 処理停止), and draft anew what changed.

    Returns {checked, withdrawn, drafts}. persons: only theirs (None = everybody's).
    """
    checked = 0
    gone: list[tuple[int, int, int, str, date]] = []
    query = (
        f"SELECT q.id, q.person_id, q.fiscal_year, q.letter, q.dated, q.held, c.data, q.lifted_reason FROM ({QUEUED}) q "
        "JOIN notices_content c ON c.draft_id = q.id "
        "WHERE %(persons)s::bigint[] IS NULL OR q.person_id = ANY(%(persons)s::bigint[]) ORDER BY q.id"
    )
    for rows in gather.chunks(query, {"persons": list(persons) if persons is not None else None}):
        checked += len(rows)
        different = differing(ctx, [(*row[:6], json.loads(row[6]), row[7]) for row in rows])
        gone += [row[:5] for row in rows if row[0] in different]
    if not gone:
        return {"checked": checked, "withdrawn": 0, "drafts": 0}
    withdraw(ctx, [row[0] for row in gone], "rechecked")
    drafts = 0
    for year, letter, dated in sorted({(row[2], row[3], row[4]) for row in gone}):
        mine = [row[1] for row in gone if (row[2], row[3], row[4]) == (year, letter, dated)]
        if letter == "insured_certificate":
            drafts += draft_certificates(ctx, insurer, dated)["drafts"]
        elif letter in OFFICES:
            drafts += offices.draft(ctx, insurer, OFFICES[letter], dated)["drafts"]
        elif letter in ("demand_notice", "reminder_notice"):
            # Drafted from the same pieces as these letters: it stands above this module.
            from kaigo.insurance.notices.dunning.drafting import draft, of_drafts

            ids = of_drafts([row[0] for row in gone if row[3] == letter])
            drafts += draft(ctx, insurer, letter, ids)["drafts"]
        elif letter == "provisional_change":
            # Drafted from the same pieces as these letters: it stands above this module.
            from kaigo.insurance.notices.provisional.drafting import draft_provisional

            drafts += draft_provisional(ctx, insurer, year, dated, mine)["drafts"]
        else:
            drafts += _draft(ctx, insurer, year, letter != "change_notice", None, dated, mine)["drafts"]
    return {"checked": checked, "withdrawn": len(gone), "drafts": drafts}


def differing(ctx: Context, rows: Iterable[tuple]) -> dict[int, Hold]:
    """draft → what is different now, of rows (draft, person, year, letter, dated, held, data, lifted reason)."""
    rows = list(rows)
    found: dict[int, Hold] = {}
    for office in OFFICES.values():
        if letters := [(row[0], row[6]) for row in rows if row[3] == office.letter]:
            found |= offices.differing(ctx, office, letters)
            rows = [row for row in rows if row[3] != office.letter]
    for use, mine in (
        ("all", [r for r in rows if r[3] == "insured_certificate"]),
        ("premium", [r for r in rows if r[3] != "insured_certificate"]),
    ):
        where = places(ctx, {row[1] for row in mine}, use) if mine else {}
        for row in mine:
            place, data = where[row[1]], row[6]
            # What the law says of the stage is not looked at again here; what a clerk let go stays let go.
            held = "" if row[5] == "interim" else row[5]
            code = "" if row[7] and place.hold.code in LIFTABLE else place.hold.code
            said = (data["address"], data["building"], data["recipient"], data["name"])
            if code != held:
                found[row[0]] = place.hold if code else Hold("address", "止めていた理由がなくなりました。")
            elif said != (place.address, place.building, place.recipient, place.name):
                found[row[0]] = Hold("address", "宛先または宛名が変わりました。")
    return found


def withdraw(ctx: Context, drafts: Sequence[int], reason: str) -> int:
    """Take drafts back. reason: superseded | rechecked | pulled | hand. Returns how many."""
    return Draft.objects.filter(id__in=list(drafts), state="draft").update(
        state="withdrawn", withdrawn_reason=reason
    )


def lift(ctx: Context, draft: int, reason: str) -> None:
    """Let a held draft go out though its stage is interim, or its address shared. Other holds go with their cause."""
    row = Draft.objects.filter(id=draft, state="draft").first()
    if row is None or Issue.objects.filter(draft_id=draft).exists():
        raise Refused("この下書きは止められていません。")
    if row.held not in LIFTABLE:
        raise Refused("この理由は外せません。もとの記録を直すと、点検のときに出せるようになります。")
    if not reason.strip():
        raise Refused("外す理由を書いてください。")
    row.held, row.lifted_reason = "", reason.strip()
    row.save(update_fields=["held", "lifted_reason"])


def lift_interim(ctx: Context, reason: str) -> int:
    """Let all drafts go that are held only because their stage is interim, for one reason. Returns how many."""
    if not reason.strip():
        raise Refused("外す理由を書いてください。")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE notices_draft d SET held = '', lifted_reason = %s FROM ({QUEUED}) q "
            "WHERE q.id = d.id AND d.held = 'interim'",
            [reason.strip()],
        )
        return cursor.rowcount


def note_issued(ctx: Context, issued: Iterable[tuple[int, str, date]]) -> int:
    """(draft, document number, day) of drafts that went out. Called by release when it prints."""
    return copy_rows("notices_issue", ("draft_id", "number", "issued_on"), issued)
