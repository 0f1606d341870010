"""口座振替: whom the banks are asked to debit, and what they answer (全銀 91)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.audit.seen import saw
from kaigo.base.feeds import read as feeds
from kaigo.base.feeds.decide import Refusal, refuse_lines
from kaigo.base.records.bulk import copy_rows
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.base.records.watermarks import NEW, Span
from kaigo.insurance.collection import read as collection
from kaigo.insurance.collection.remission import read as remission
from kaigo.insurance.collection.slips import reference_of
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.receipts.models import DebitRequest
from kaigo.insurance.residents import read as residents

LAYOUT = "bank.debit_result"
DONE = "0"
CODES = {
    "0": "振替済",
    "1": "資金不足",
    "2": "取引なし",
    "3": "預金者の都合による振替停止",
    "4": "預金口座振替依頼書なし",
    "8": "委託者の都合による振替停止",
    "9": "その他",
}


class Wanted(NamedTuple):
    """A term to debit: the open amount of a part that is due on the day and paid by mandate."""

    person: int
    fiscal_year: int
    number: int
    yen: int
    bank: str
    branch: str
    account_kind: str
    account: str
    holder: str
    reference: str
    first: bool


_WANTED = """
SELECT p.person_id, p.fiscal_year, i.number, t.balance, b.bank, b.branch, b.account_kind, b.account, b.holder, i.id, i.way,
       NOT EXISTS (SELECT 1 FROM receipts_debit_request r WHERE r.person_id = p.person_id)
FROM ({plans}) p JOIN ({parts}) i ON i.plan_id = p.id AND i.way = 'debit' AND i.due_on = %(due)s
JOIN ({accounts}) b ON b.person_id = p.person_id AND b.use = 'debit' AND b.effective @> %(due)s::date
JOIN LATERAL ({terms}) t ON t.number = i.number AND t.kind = 'direct' AND t.balance > 0
WHERE NOT EXISTS (SELECT 1 FROM receipts_debit_request r WHERE r.person_id = p.person_id
                  AND r.fiscal_year = p.fiscal_year AND r.number = i.number AND r.debit_on = %(due)s)
  AND NOT EXISTS (SELECT 1 FROM ({deferred}) d WHERE d.person_id = p.person_id AND d.fiscal_year = p.fiscal_year
                  AND d.number = i.number AND d.start_on <= %(due)s AND d.end_on > %(due)s)
ORDER BY b.bank, b.branch, b.account, i.id"""


def wanted(ctx: Context, due: date) -> list[Wanted]:
    """Whom to ask for on a due date, who was not asked yet; the open amount of the term, not what the plan said.

    A term whose deferral (徴収猶予) runs on that day is not debited.
    """
    mine = "person_id = p.person_id AND fiscal_year = p.fiscal_year"
    found = rows(
        _WANTED.format(
            plans=collection.plans_in_force_sql(ctx), parts=collection.instalments_sql(),
            accounts=residents.bank_account_sql(ctx), terms=ledger.terms_sql(ctx, mine),
            deferred=remission.deferred_sql(ctx),
        ),
        {"due": due, "known_at": ctx.known_at, "on": ctx.on},
    )  # fmt: skip
    saw(row[0] for row in found)
    return [
        Wanted(*row[:-3], reference_of(row[1], way, part, row[2]), first)
        for row in found
        for part, way, first in [row[-3:]]
    ]


def days(ctx: Context) -> list[date]:
    """Due dates still to come on which somebody pays by debit and no bank was asked yet. Of every year's plans: what is
    levied late is due after its year."""
    return [
        day
        for (day,) in rows(
            f"SELECT DISTINCT i.due_on FROM ({collection.plans_in_force_sql(ctx)}) p "
            f"JOIN ({collection.instalments_sql()}) i ON i.plan_id = p.id AND i.way = 'debit' "
            "WHERE i.due_on > %(on)s AND NOT EXISTS (SELECT 1 FROM receipts_debit_request r "
            "WHERE r.person_id = p.person_id AND r.fiscal_year = p.fiscal_year AND r.number = i.number) ORDER BY 1",
            {"on": ctx.on, "known_at": ctx.known_at},
        )
    ]


def note_requested(ctx: Context, debit_on: date, file: int, asked: Sequence[Wanted]) -> int:
    """What went out in a file. Returns how many."""
    return copy_rows(
        DebitRequest._meta.db_table,
        ("person_id", "fiscal_year", "number", "yen", "debit_on", "bank", "reference", "file"),
        ((w.person, w.fiscal_year, w.number, w.yen, debit_on, w.bank, w.reference, file) for w in asked),
    )


# The head of a block says month and day; which year it was is known from what was asked.
_ANSWERS = """
CREATE TEMPORARY TABLE receipts_answers ON COMMIT DROP AS
SELECT l.delivery_id AS delivery, l.number AS line, 'receipt:' || left(d.digest, 16) || ':' || l.number AS source,
       v[{customer_number}] AS reference, v[{yen}]::int AS yen, v[{result}] AS code, d.received_on,
       r.id AS request, r.person_id, r.fiscal_year, r.number, r.yen AS asked, r.debit_on,
       EXISTS (SELECT 1 FROM receipts_debit_result o WHERE o.request_id = r.id) AS answered,
       row_number() OVER (PARTITION BY r.id ORDER BY l.delivery_id, l.number) AS place
FROM (SELECT DISTINCT ON (delivery_id, number) delivery_id, number, values AS v FROM ({lines}) f
      WHERE layout = %(layout)s AND {new} ORDER BY delivery_id, number, id DESC) l
JOIN ({deliveries}) d ON d.id = l.delivery_id
LEFT JOIN receipts_debit_request r ON r.reference = v[{customer_number}]
     AND to_char(r.debit_on, 'MMDD') = v[{debit_on}]"""

# Asked, answered once, the amount as asked: everything else needs a clerk.
_RESULTS = """
INSERT INTO receipts_debit_result (request_id, code, reference, source, told_on)
SELECT request, code, reference, source, received_on FROM receipts_answers
WHERE request IS NOT NULL AND NOT answered AND place = 1 AND yen = asked ORDER BY delivery, line"""

_MONEY = """
INSERT INTO receipts_in (delivery, line, source, channel, stage, reference, person_id, fiscal_year, way, number, yen,
    paid_on, settled_on, why)
SELECT delivery, line, source, 'debit', 'final', reference, CASE WHEN good THEN person_id END,
       CASE WHEN good THEN fiscal_year END, 'debit', CASE WHEN good THEN number END, yen,
       coalesce(debit_on, received_on), coalesce(debit_on, received_on),
       CASE WHEN good THEN '' WHEN request IS NULL THEN 'request' WHEN yen <> asked THEN 'amount' ELSE 'twice' END
FROM (SELECT *, request IS NOT NULL AND NOT answered AND place = 1 AND yen = asked AS good FROM receipts_answers) a
WHERE code = %(done)s"""

_NOBODY = """
SELECT delivery, line, reference, code, request IS NULL, answered OR place > 1 FROM receipts_answers
WHERE code <> %(done)s AND (request IS NULL OR answered OR place > 1 OR yen <> asked) ORDER BY delivery, line"""


def stage(ctx: Context, span: Span) -> int:
    """The banks' answers: results, and what was debited into `receipts_in`. Returns how many debits bounced."""
    places = feeds.columns(LAYOUT)
    query = _ANSWERS.format(
        lines=feeds.lines_sql(), deliveries=feeds.deliveries_sql(), new=NEW,
        **{key: places[key] for key in ("customer_number", "yen", "result", "debit_on")},
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS receipts_answers")
        cursor.execute(query, {"layout": LAYOUT, "after": str(span.after), "upto": str(span.upto)})
        cursor.execute("ANALYZE receipts_answers")
        cursor.execute(_RESULTS)
        cursor.execute(_MONEY, {"done": DONE})
        refused = rows(_NOBODY, {"done": DONE})
        refuse_lines(ctx, "receipts", [_refusal(*row) for row in refused])
        ((bounced,),) = rows(
            "SELECT count(*) FROM receipts_answers WHERE code <> %(done)s AND request IS NOT NULL "
            "AND NOT answered AND place = 1 AND yen = asked",
            {"done": DONE},
        )
        cursor.execute("DROP TABLE receipts_answers")
    return bounced


def _refusal(delivery: int, line: int, reference: str, code: str, unknown: bool, again: bool) -> Refusal:
    """An answer without money that fits nothing we asked: to the list of lines to repair."""
    if unknown:
        message = "この顧客番号・引落日の口座振替は依頼していません"
    elif again:
        message = "この口座振替の結果は、もう届いています"
    else:
        message = "結果の額が、依頼した額と違います"
    return Refusal(
        delivery, line, "customer_number", "receipts.debit", reference, message,
        f"依頼したファイルと結果(符号{code} {CODES.get(code, '不明')})を銀行に確かめ、直した行を再読込するか除外してください",
    )  # fmt: skip
