"""The gate: decision = entries = letter, person by person. With a single difference nothing goes out.

Both sides of every comparison come from where they are kept: the decision in force, the ledger, the words of the
letter itself (Content.data), so that a letter that was changed, or is late, cannot pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.certificates import read as certificates
from kaigo.insurance.collection import read as collection
from kaigo.insurance.notices import offices
from kaigo.insurance.notices import read as notices
from kaigo.insurance.notices.offices import Office
from kaigo.insurance.premium import read as premium
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.release.models import GateReport

KEPT = 1000
SIDES = ("decision", "entries", "letter", "file")
WHAT = {
    "amount": "決定・調定・通知の額が違います",
    "parts": "期別の額・納期限・納め方が違います",
    "stage": "所得段階が違います",
    "superseded": "決定または期別が新しくなっています",
    "missing": "通知の下書きがありません",
    "place": "宛先または止める理由が変わっています",
    "inquiry": "照会する人の記録または照会の状態が変わっています",
    "exchange": "連絡する異動の記録または連絡の状態が変わっています",
    "certificate": "被保険者証の番号または決定が違います",
    "letter_none": "知らせていない額です(通知も止めている下書きもありません)",
    "letter_amount": "最後に知らせた額(または知らせる額)と違います",
    "plan": "期別の額と違います",
    "debit_unfit": "口座の名義などが銀行の様式に合いません。口座の登録を直すか、納め方を納付書に変えてください",
    "list_undecided": "連絡した記録も連絡票にする決定もない異動が載ります。住所地特例交換情報で連絡票にするか、連絡を記録してください",
    "list_gone": "連絡票にすると決めた異動が、記録から消えています。住所地特例交換情報で連絡票を取りやめてください",
    "list_differs": "連絡した(または連絡票にすると決めた)異動が、一覧の行と合いません。住所地特例の記録を確かめてください",
    "transfer_ledger": "台帳の過誤納が、還付の決定より少なくなっています(更正や収納の取消し)。提案を見直してください",
    "transfer_payee": "承認の後に支払先か口座が変わっています。承認した人に見直しを頼んでください",
    "transfer_shared": "承認の後に、関わりのない人と同じ口座・住所になっています。支払先を確かめてください",
    "transfer_file": "ファイルの行を読み返すと、決定した支払先または額と違います",
    "list_unreadable": "一覧の行が様式に合いません(氏名・フリガナ・生年月日を確かめてください)",
}


class Difference(NamedTuple):
    """What does not agree about a person; yen or None."""

    person: int
    what: str
    decision: int | None
    entries: int | None
    letter: int | None
    file: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {key: value for key, value in self._asdict().items() if value is not None}


def compare_letters(ctx: Context, letter: str, fiscal_year: int) -> GateReport:
    """Compare all waiting letters of a kind and year, and look for people who have none. Saves a report.

    totals: {letters, decisions_yen, entries_yen, letters_yen, held, held_yen}.
    """
    if letter == "insured_certificate":
        found, totals = _certificates(ctx, fiscal_year)
    elif letter in notices.ASKING:
        found, totals = _asking(ctx, letter, fiscal_year)
    elif letter in notices.OFFICES:
        found, totals = _to_office(ctx, notices.OFFICES[letter], fiscal_year)
        return save(ctx, f"letters:{letter}", fiscal_year, totals, found)
    else:
        found, totals = _premium(ctx, letter, fiscal_year)
    found += _places(ctx, letter, fiscal_year)
    return save(ctx, f"letters:{letter}", fiscal_year, totals, found)


def save(
    ctx: Context, subject: str, fiscal_year: int, totals: dict, differences: Iterable[Difference]
) -> GateReport:
    """Keep a report; the first 1,000 differences with it, the number of all."""
    found = sorted(differences)
    return GateReport.objects.create(
        subject=subject,
        fiscal_year=fiscal_year,
        compared=totals.get("letters", totals.get("records", 0)),
        totals=totals,
        difference_count=len(found),
        differences=[difference.as_json() for difference in found[:KEPT]],
        actor=ctx.actor,
    )


# OFFSET 0: what plan and ledger say is put together once per letter, not once for every comparison with it.
_LETTERS = """
SELECT q.person_id, q.held <> '' AS held, l.plan_id IS NULL AS superseded, l.annual_yen, l.levied_yen,
       (c.data->>'annual')::int AS letter_yen,
       coalesce(q.annual_yen <> (c.data->>'annual')::int OR l.annual_yen <> l.levied_yen
                OR l.annual_yen <> (c.data->>'annual')::int
                OR (SELECT sum((p->>3)::int) FROM jsonb_array_elements(c.data->'parts') p)
                   <> l.annual_yen - l.remitted_yen + l.refund_yen, false) AS amount,
       coalesce(c.data->'stage' <> to_jsonb(a.stage), false) AS stage,
       NOT coalesce({says}, true) AS parts
FROM ({queued}) q JOIN ({contents}) c ON c.draft_id = q.id
LEFT JOIN LATERAL (SELECT x.* FROM ({amounts}) x WHERE x.plan_id = q.plan_id AND x.assessment_id = q.assessment_id
                   OFFSET 0) l ON true
LEFT JOIN ({assessments}) a ON a.id = l.assessment_id
WHERE q.letter = %(letter)s AND q.fiscal_year = %(year)s"""


def _premium(ctx: Context, letter: str, fiscal_year: int) -> tuple[list[Difference], dict]:
    params = {"letter": letter, "year": fiscal_year, "on": ctx.on, "known_at": ctx.known_at}
    compared = _LETTERS.format(
        says=notices.SAYS,
        queued=notices.QUEUED,
        contents=notices.CONTENTS,
        amounts=collection.letter_amounts_sql(ctx),
        assessments=premium.in_force_sql(ctx),
    )
    with connection.cursor() as cursor:
        # One pass: the totals of all, and the rows of those that do not agree.
        cursor.execute(f"CREATE TEMPORARY TABLE gate ON COMMIT DROP AS {compared}", params)
        cursor.execute(
            "SELECT count(*) FILTER (WHERE NOT held), coalesce(sum(annual_yen) FILTER (WHERE NOT held), 0)::bigint, "
            "coalesce(sum(levied_yen) FILTER (WHERE NOT held), 0)::bigint, "
            "coalesce(sum(letter_yen) FILTER (WHERE NOT held), 0)::bigint, "
            "count(*) FILTER (WHERE held), coalesce(sum(letter_yen) FILTER (WHERE held), 0)::bigint FROM gate"
        )
        keys = ("letters", "decisions_yen", "entries_yen", "letters_yen", "held", "held_yen")
        totals = dict(zip(keys, cursor.fetchone(), strict=True))
        cursor.execute(
            "SELECT person_id, CASE WHEN superseded THEN 'superseded' WHEN amount THEN 'amount' "
            "WHEN stage THEN 'stage' ELSE 'parts' END, "
            "annual_yen, levied_yen, letter_yen FROM gate WHERE superseded OR amount OR stage OR parts"
        )
        found = [Difference(*row) for row in cursor.fetchall()]
        cursor.execute("DROP TABLE gate")
        if letter == notices.PROVISIONAL:
            lacking = notices.lacking_provisional(ctx, fiscal_year)
            return found + [Difference(*row, None) for row in _missing(lacking)], totals
        cursor.execute(
            f"SELECT w.person_id, w.annual_yen, w.levied_yen FROM ({notices.wanted_sql(ctx)}) w "
            f"WHERE {notices.letter_of()} = %(letter)s",
            params,
        )
        found += [Difference(*row, None) for row in _missing(cursor.fetchall())]
    return found, totals


def _missing(rows: Iterable[tuple[int, int, int]]) -> list[tuple[int, str, int, int]]:
    return [(person, "missing", annual, levied) for person, annual, levied in rows]


def _certificates(ctx: Context, fiscal_year: int) -> tuple[list[Difference], dict]:
    """A letter with a certificate says the number of the person and belongs to the certificate that he holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT q.person_id, q.held <> '', k.certificate_id IS NULL OR n.number IS DISTINCT FROM c.data->>'number' "
            f"OR (c.data->>'copy')::int <> k.number FROM ({notices.QUEUED}) q "
            f"JOIN ({notices.CONTENTS}) c ON c.draft_id = q.id "
            f"LEFT JOIN ({certificates.issued_sql(ctx)}) k ON k.certificate_id = q.certificate_id "
            f"LEFT JOIN ({qualification.numbers_sql()}) n ON n.person_id = q.person_id "
            "WHERE q.letter = 'insured_certificate' AND q.fiscal_year = %(year)s",
            {"year": fiscal_year, "on": ctx.on, "known_at": ctx.known_at},
        )
        rows = cursor.fetchall()
    totals = {
        "letters": sum(1 for _, held, _ in rows if not held),
        "held": sum(1 for _, held, _ in rows if held),
    }
    return [Difference(person, "certificate", None, None, None) for person, _, wrong in rows if wrong], totals


def _asking(ctx: Context, letter: str, fiscal_year: int) -> tuple[list[Difference], dict]:
    """督促状・催告書: what the letter asks for is what is open of it in the ledger now, and nobody is forgotten."""
    compared = notices.compared_asking(ctx, letter, fiscal_year)
    found = [
        Difference(person, "amount", None, open_yen, asked)
        for _, person, asked, open_yen, _ in compared
        if asked != open_yen
    ]
    found += [
        Difference(person, "missing", None, open_yen, None)
        for person, open_yen in notices.lacking_asking(ctx, letter, fiscal_year)
    ]
    free = [(asked, open_yen) for _, _, asked, open_yen, held in compared if not held]
    return found, {
        "letters": len(free),
        "entries_yen": sum(open_yen for _, open_yen in free),
        "letters_yen": sum(asked for asked, _ in free),
        "held": len(compared) - len(free),
    }


def _to_office(ctx: Context, office: Office, fiscal_year: int) -> tuple[list[Difference], dict]:
    """Letters to other municipalities say exactly what is still to be said there, as our records say it now."""
    waiting = rows(
        f"SELECT q.id, q.held <> '', (c.data->%(ids)s::text->>0)::bigint FROM ({notices.QUEUED}) q "
        f"JOIN ({notices.CONTENTS}) c ON c.draft_id = q.id WHERE q.letter = %(letter)s AND q.fiscal_year = %(year)s",
        {"letter": office.letter, "year": fiscal_year, "ids": office.ids},
    )
    about = {draft: first for draft, _, first in waiting}
    wrong = list(notices.differing_drafts(ctx, [draft for draft, held, _ in waiting if not held]))
    people = (
        {row.id: row.person for row in office.rows(ctx, [about[draft] for draft in wrong])} if wrong else {}
    )
    found = [Difference(people[about[draft]], office.name, None, None, None) for draft in wrong]
    found += [
        Difference(person, "missing", None, None, None)
        for person in offices.missing(ctx, office, fiscal_year)
    ]
    held = sum(1 for _, held, _ in waiting if held)
    return found, {"letters": len(waiting) - held, "held": held}


def _places(ctx: Context, letter: str, fiscal_year: int) -> list[Difference]:
    """Letters that would go to a place that is no longer right, or to somebody who may not get one now."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT q.id, q.person_id FROM ({notices.QUEUED}) q "
            "WHERE q.letter = %(letter)s AND q.fiscal_year = %(year)s AND q.held = ''",
            {"letter": letter, "year": fiscal_year},
        )
        people = dict(cursor.fetchall())
    return [
        Difference(people[draft], "place", None, None, None)
        for draft in notices.differing_drafts(ctx, list(people))
    ]
