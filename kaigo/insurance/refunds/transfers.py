"""全銀 総合振込 (21): what two persons approved, in one file; what left is booked; what the bank gives back is reversed.

Release lets the file out. It asks here for the file and for what differs from decisions and ledger, and tells when it left.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.conf import settings

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.post import alone
from kaigo.insurance.refunds import book, cases, decide, payees, shared
from kaigo.insurance.refunds.gather import lives_of
from kaigo.insurance.refunds.models import Payee, Proposal, Return, Transfer
from kaigo.layouts import bank_text
from kaigo.layouts.agreed import NotAgreed, agreed
from kaigo.layouts.reader import read
from kaigo.layouts.writer import DoesNotFit, write_fixed

LAYOUT = payees.LAYOUT
REASONS = {
    "no_account": "口座がない",
    "holder": "名義が違う",
    "closed": "口座が解約されている",
    "other": "その他",
}


class Sender(NamedTuple):
    """Who sends the file, as agreed with the bank: 委託者コード, 委託者名, the account that pays."""

    consignor: str
    name: str
    bank: str
    branch: str
    account_kind: str
    account: str


class Ready(NamedTuple):
    """An approved refund that has not left. yen: refund and interest; approved_on: when."""

    proposal: int
    person: int
    payee: int
    payee_kind: str
    payee_digest: str
    refund_yen: int
    interest_yen: int
    approved_on: date
    shared: list[int]

    @property
    def yen(self) -> int:
        return self.refund_yen + self.interest_yen


class Prepared(NamedTuple):
    """The file and what stands on its lines, in their order."""

    content: bytes
    lines: list[Ready]


class Wrong(NamedTuple):
    """What does not agree about a person: transfer_ledger | transfer_payee | transfer_shared | transfer_file. Yen."""

    person: int
    what: str
    decision: int
    ledger: int | None = None
    file: int | None = None


_READY = """
SELECT p.id, p.person_id, p.payee_id, p.payee_kind, p.payee_digest, p.refund_yen, p.interest_yen, u.decided_on, u.shared
FROM refunds_proposal p JOIN refunds_ruling u ON u.proposal_id = p.id AND u.outcome = 'approved'
WHERE p.refund_yen + p.interest_yen > 0 AND NOT EXISTS (SELECT 1 FROM refunds_transfer t WHERE t.proposal_id = p.id)
ORDER BY p.id"""


def ready(ctx: Context) -> list[Ready]:
    """The transfer list: approved and not out, the oldest first."""
    return [Ready(*row[:-1], _ids(row[-1])) for row in rows(_READY)]


def _ids(value) -> list[int]:
    return json.loads(value) if isinstance(value, str) else list(value)


def prepare(ctx: Context, insurer: str, transfer_on: date) -> Prepared:
    """The file of everything on the list, to be paid on a day. Refused when nothing waits, or a line cannot be written."""
    decide.lock(*(line.person for line in ready(ctx)))
    # Read again: whoever decided about one of them meanwhile is through.
    lines = ready(ctx)
    if not lines:
        raise Refused("振込を待っている還付がありません。")
    saw(line.person for line in lines)
    accounts = {payee.id: payee for payee in Payee.objects.filter(id__in=[line.payee for line in lines])}
    sender = _sender(insurer, ctx.on)
    head = {
        "type_code": "21", "code_kind": "0", "consignor": sender.consignor, "consignor_name": sender.name,
        "transfer_on": f"{transfer_on:%m%d}", "our_bank": sender.bank, "our_branch": sender.branch,
        "our_account_kind": sender.account_kind, "our_account": sender.account,
    }  # fmt: skip
    try:
        content = write_fixed(LAYOUT, head, [_record(line, accounts[line.payee]) for line in lines])
    except DoesNotFit as wrong:
        raise Refused(f"振込のファイルを書けません: {wrong}") from wrong
    return Prepared(content, lines)


def _sender(insurer: str, on: date) -> Sender:
    try:
        return Sender(**agreed("transfer_sender", insurer, on).value)
    except NotAgreed as lacking:
        raise Refused(
            f"総合振込の委託者(委託者コードと払い出す口座)の取決めがありません。{lacking}"
        ) from lacking


def _record(line: Ready, payee: Payee) -> dict[str, str]:
    return {
        "bank": payee.bank, "branch": payee.branch, "account_kind": payee.account_kind, "account": payee.account,
        "holder": payee.holder, "yen": str(line.yen), "new_code": "0", "customer_code1": f"{line.proposal:010}",
    }  # fmt: skip


def wrong(ctx: Context, made: Prepared) -> list[Wrong]:
    """Every line whose figures in file, decision and ledger are not the same, or whose payee nobody approved."""
    said = _read_back(made)
    accounts = {payee.id: payee for payee in Payee.objects.filter(id__in=[line.payee for line in made.lines])}
    free = _free([line.proposal for line in made.lines])
    lives = lives_of(ctx, sorted({line.person for line in made.lines}))
    strange: dict[int, set[int]] = {}
    for stranger in shared.strangers(ctx, accounts):
        strange.setdefault(stranger.payee, set()).add(stranger.person)
    found = []
    for number, line in enumerate(made.lines, 1):
        payee = accounts[line.payee]
        row = said.get(number)
        if row is None or row != _told(line, payee):
            found.append(Wrong(line.person, "transfer_file", line.yen, file=int(row[-1]) if row else None))
        if payees.digest(payee) != line.payee_digest or payees.why_not(
            lives.get(line.person), line.payee_kind
        ):
            found.append(Wrong(line.person, "transfer_payee", line.yen))
        if strange.get(line.payee, set()) - set(line.shared):
            found.append(Wrong(line.person, "transfer_shared", line.yen))
        if line.proposal in free:
            found.append(Wrong(line.person, "transfer_ledger", line.refund_yen, ledger=free[line.proposal]))
    return found


def total(content: bytes) -> int:
    """The yen of a file, as the bank adds up its lines."""
    return sum(int(yen) for yen in read(content, LAYOUT).rows["yen"])


def _told(line: Ready, payee: Payee) -> tuple[str, ...]:
    holder = bank_text.narrow(payee.holder)[:30].strip()
    code = f"{line.proposal:010}"
    return payee.bank, payee.branch, payee.account_kind, payee.account, holder, code, str(line.yen)


def _read_back(made: Prepared) -> dict[int, tuple[str, ...]]:
    """What the bank would read: number of the line → its fields as _told."""
    reading = read(made.content, LAYOUT)
    if reading.problems:
        raise Refused(f"振込のファイルを様式で読み返せません: {reading.problems[0].message}")
    keys = ("bank", "branch", "account_kind", "account", "holder", "customer_code1", "yen")
    # The first record of the file is its head.
    return {
        row["line"] - 1: (*(row[key] for key in keys[:-1]), str(int(row["yen"])))
        for row in reading.rows.iter_rows(named=True)
    }


# Terms from which more would leave than was paid too much: levied again, given back or taken back since the approval.
_FREE = f"""
WITH w AS (
    SELECT l.proposal_id, p.person_id, l.fiscal_year, {ledger.kind_sql("l.way")} AS kind, l.number,
           sum(sum(l.yen - l.offset_yen)) OVER (
               PARTITION BY p.person_id, l.fiscal_year, {ledger.kind_sql("l.way")}, l.number) AS yen
    FROM refunds_line l JOIN refunds_proposal p ON p.id = l.proposal_id
    WHERE l.proposal_id = ANY(%(proposals)s::bigint[]) GROUP BY 1, 2, 3, 4, 5)
SELECT w.proposal_id, min(x.free) FROM w
LEFT JOIN ({{terms}}) t ON (t.person_id, t.fiscal_year, t.kind, t.number) = (w.person_id, w.fiscal_year, w.kind, w.number)
CROSS JOIN LATERAL (SELECT greatest(0, least(-coalesce(t.balance, 0), coalesce(t.received, 0))) AS free) x
WHERE w.yen > x.free GROUP BY 1 ORDER BY 1"""


def _free(proposals: list[int]) -> dict[int, int]:
    """Proposals that the ledger no longer carries → what is overpaid of their term now."""
    mine = "person_id IN (SELECT person_id FROM refunds_proposal WHERE id = ANY(%(proposals)s::bigint[]))"
    terms = ledger.terms_sql(Context("", "", date.min), mine)
    return dict(rows(_FREE.format(terms=terms), {"proposals": proposals, "known_at": None}))


def note_sent(ctx: Context, file: int, transfer_on: date, proposals: Iterable[int]) -> int:
    """These left in a file: booked as refund and interest. Returns how many. In the transaction that lets the file out.

    Refused when the ledger no longer carries one of them, or while a job books. ValueError for a proposal that nobody
    approved or that left already; of two at once the database refuses the second.
    """
    wanted = set(proposals)
    found = list(
        Proposal.objects.filter(id__in=wanted, ruling__outcome="approved", transfer__isnull=True).order_by(
            "id"
        )
    )
    if len(found) < len(wanted):
        raise ValueError("a transfer that nobody approved, or that left already")
    decide.lock(*(row.person_id for row in found))
    # What the gate compared is looked at once more, now that nobody can book: then more than is overpaid never leaves.
    alone()
    if changed := _free(sorted(wanted)):
        raise Refused(
            f"照合の後に台帳が変わり、過誤納が還付の決定より少なくなった還付が{len(changed):,}件あります。何も出していません。"
            "照合をやり直して、差のある提案を見直してください。"
        )
    Transfer.objects.bulk_create(
        Transfer(proposal=row, yen=row.refund_yen + row.interest_yen, transfer_on=transfer_on, file=file)
        for row in found
    )
    book.sent(ctx, settings.INSURER, found, transfer_on)
    cases.renew(ctx, [row.person_id for row in found])
    return len(found)


def take_back(ctx: Context, transfer: int, reason: str, remark: str) -> Return:
    """振込不能: the money came back. What was booked is reversed and can be decided anew, with another account."""
    kept = decide.reason(remark)
    if reason not in REASONS:
        raise Refused("振込できなかった理由を選んでください。")
    if reason == "other" and not kept:
        raise Refused("振込できなかった理由を書いてください。")
    row = Transfer.objects.filter(id=transfer).select_related("proposal").first()
    if row is None:
        raise Refused("この振込はありません。")
    decide.lock(row.proposal.person_id)
    if Return.objects.filter(transfer=row).exists():
        raise Refused("この振込はもう戻っています。ページを開き直してください。")
    made = Return.objects.create(
        transfer=row,
        reason=reason,
        remark=kept,
        decided_on=ctx.on,
        actor=ctx.actor,
    )
    book.returned(ctx, row.proposal)
    cases.renew(ctx, [row.proposal.person_id])
    return made
