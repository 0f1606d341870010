"""Between print and posting: what must be taken out of the piles, and the hand-over to the post."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.certificates import read as certificates
from kaigo.insurance.collection import read as collection
from kaigo.insurance.notices import decide as notices_decide
from kaigo.insurance.notices import read as notices
from kaigo.insurance.qualification import exchange_letters, income_inquiries
from kaigo.insurance.release.models import Letter, Posting, PrintRun, Pull

SUPERSEDED = "印刷の後に決定または期別が変わりました。"


class Pulled(NamedTuple):
    """One line of the pull list: which sheet, where in which run."""

    run: int
    sequence: int
    sheet: str
    number: str
    code: str
    reason: str


def recheck(ctx: Context, run: int) -> int:
    """Put every letter of a run that must not be posted any more on the pull list; returns how many were added.

    支援措置 and every other hold, an address or name that changed, a decision that was superseded.
    """
    _require_unposted(run)
    found = stale(ctx, run)
    _pull(ctx, found)
    return len(found)


def recheck_all(ctx: Context) -> dict[str, int]:
    """The same for every run that is printed and not posted."""
    waiting = list(PrintRun.objects.filter(posting__isnull=True).order_by("id"))
    return {"runs": len(waiting), "pulled": sum(recheck(ctx, run.id) for run in waiting)}


def stale(ctx: Context, run: int) -> dict[int, tuple[int, str, str]]:
    """letter → (draft, code, reason) of letters of a run that may not be posted and are not pulled yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.draft_id, l.id, p.id IS NOT NULL OR k.certificate_id IS NOT NULL OR l.person_id IS NULL "
            "FROM release_letter l "
            f"JOIN ({notices.DRAFTS}) d ON d.id = l.draft_id "
            f"LEFT JOIN ({collection.plans_in_force_sql(ctx)}) p ON p.id = d.plan_id "
            f"LEFT JOIN ({certificates.issued_sql(ctx)}) k ON k.certificate_id = d.certificate_id "
            "WHERE l.run_id = %(run)s AND NOT EXISTS (SELECT 1 FROM release_pull x WHERE x.letter_id = l.id)",
            {"run": run, "on": ctx.on, "known_at": ctx.known_at},
        )
        rows = cursor.fetchall()
    letters = {draft: letter for draft, letter, _ in rows}
    found = {letter: (draft, "superseded", SUPERSEDED) for draft, letter, live in rows if not live}
    for draft, hold in notices.differing_drafts(ctx, list(letters)).items():
        # Who is protected is taken out for that reason, whatever else has changed.
        if letters[draft] not in found or hold.code == "protected":
            found[letters[draft]] = (draft, hold.code, hold.why)
    return found


def pull(ctx: Context, letter: int, reason: str) -> Pull:
    """Take one letter out by hand, with a reason."""
    row = Letter.objects.filter(id=letter).first()
    if row is None:
        raise Refused("この通知はありません。")
    _require_unposted(row.run_id)
    if not reason.strip():
        raise Refused("抜き取る理由を書いてください。")
    if Pull.objects.filter(letter_id=letter).exists():
        raise Refused("この通知はもう抜取り一覧にあります。")
    _pull(ctx, {letter: (row.draft_id, "hand", reason.strip())})
    return Pull.objects.get(letter_id=letter)


def _pull(ctx: Context, found: dict[int, tuple[int, str, str]]) -> None:
    Pull.objects.bulk_create(
        [
            Pull(letter_id=letter, code=code, reason=reason, actor=ctx.actor)
            for letter, (_, code, reason) in sorted(found.items())
        ],
        batch_size=2000,
    )
    # The person was not told: the next drafting says it anew.
    notices_decide.withdraw(ctx, [draft for draft, _, _ in found.values()], "pulled")


def pull_list(run: int) -> list[Pulled]:
    """What must be taken out of a run, in the order of the pile."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.run_id, l.sequence, l.sheet, l.number, x.code, x.reason FROM release_pull x "
            "JOIN release_letter l ON l.id = x.letter_id WHERE l.run_id = %s ORDER BY l.sequence",
            [run],
        )
        return [Pulled(*row) for row in cursor.fetchall()]


def pull_csv(run: int) -> bytes:
    """The pull list for the print room: no personal data."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["run", "sequence", "sheet", "number"])
    writer.writerows([f"R{p.run}", p.sequence, p.sheet, p.number] for p in pull_list(run))
    return out.getvalue().encode()


def post(ctx: Context, run: int) -> Posting:
    """Hand a run to the post. Refused while a letter of it must be taken out and is not on the pull list."""
    _require_unposted(run)
    made = PrintRun.objects.get(id=run)
    if waiting := stale(ctx, run):
        raise Refused(
            f"印刷の後に事情の変わった通知が{len(waiting):,}通あります。"
            "「送付前の点検」で抜取り一覧に載せ、抜き取ってから引き渡してください。"
        )
    pulled = Pull.objects.filter(letter__run_id=run).count()
    income_inquiries.note_sent(ctx, [said for said, _ in _said_in(run, "inquiries")])
    exchange_letters.note_posted(ctx, _said_in(run, "tellings"))
    return Posting.objects.create(run=made, on=ctx.on, letters=made.letters - pulled, actor=ctx.actor)


def _said_in(run: int, ids: str) -> list[tuple[int, str]]:
    """(decision to write to another office, document number) in the letters of a run that go to the post."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT jsonb_array_elements(c.data->%s::text)::bigint, l.number FROM release_letter l "
            f"JOIN ({notices.CONTENTS}) c ON c.draft_id = l.draft_id WHERE l.run_id = %s AND l.person_id IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM release_pull x WHERE x.letter_id = l.id)",
            [ids, run],
        )
        return cursor.fetchall()


def _require_unposted(run: int) -> None:
    if not PrintRun.objects.filter(id=run).exists():
        raise Refused("この印刷はありません。")
    if Posting.objects.filter(run_id=run).exists():
        raise Refused("もう引き渡した印刷です。抜き取れません。")
