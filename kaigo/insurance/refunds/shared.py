"""One account or address for people who have nothing to do with each other (I27d): who else has it.

Related are those who ever were in one household, and those with a recorded relation other than that of an abuser.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.records.bulk import id_array
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.insurance.residents import read as residents

ABUSER = "9"
WHAT = {"account": "同じ口座", "address": "同じ送付先・住所"}


class Stranger(NamedTuple):
    """Somebody unrelated to the person of a payee. what: account | address."""

    payee: int
    person: int
    what: str


# Accounts of everybody: registered for any use from now on, or given for a refund. Pension payers are no people.
_ACCOUNTS = """
SELECT person_id, bank, branch, account_kind, account FROM ({registered}) b
WHERE NOT isempty(b.effective) AND (upper_inf(b.effective) OR upper(b.effective) > %(on)s::date)
UNION SELECT person_id, bank, branch, account_kind, account FROM refunds_payee WHERE kind <> 'payer'"""
_ADDRESSES = """
SELECT person_id, address || building AS place FROM ({mailing}) m WHERE m.effective @> %(on)s::date
UNION SELECT person_id, address FROM refunds_payee WHERE kind = 'heir' AND address <> ''"""
_STRANGE = """
WITH account AS ({accounts}), place AS ({addresses}), mine AS (
    SELECT * FROM refunds_payee WHERE id = ANY(%(payees)s::bigint[])),
found AS (
    SELECT m.id AS payee, m.person_id, o.person_id AS other, 'account' AS what FROM mine m JOIN account o
        ON o.person_id <> m.person_id AND (o.bank, o.branch, o.account_kind, o.account)
                                        = (m.bank, m.branch, m.account_kind, m.account)
    UNION SELECT m.id, m.person_id, o.person_id, 'address' FROM mine m JOIN place p ON p.person_id = m.person_id
    JOIN place o ON o.place = p.place AND o.person_id <> m.person_id)
SELECT f.payee, f.other, f.what FROM found f
WHERE NOT EXISTS (SELECT 1 FROM ({homes}) h JOIN ({homes}) g ON g.household_id = h.household_id
                  AND g.effective && h.effective WHERE h.person_id = f.person_id AND g.person_id = f.other)
  AND NOT EXISTS (SELECT 1 FROM ({relations}) r WHERE r.relation <> %(abuser)s AND r.effective @> %(on)s::date
                  AND ((r.person_id, r.other_id) = (f.person_id, f.other)
                       OR (r.person_id, r.other_id) = (f.other, f.person_id)))
ORDER BY 1, 3, 2"""


def strangers(ctx: Context, payees: Iterable[int]) -> list[Stranger]:
    """Who else has the account of these payees, or the address to which the person's letters go; one query."""
    query = _STRANGE.format(
        accounts=_ACCOUNTS.format(registered=residents.bank_account_sql(ctx)),
        addresses=_ADDRESSES.format(mailing=residents.mailing_address_sql(ctx)),
        homes=residents.membership_history_sql(ctx),
        relations=residents.relation_sql(ctx),
    )
    found = [Stranger(*row) for row in rows_at(ctx, query, payees=id_array(payees), abuser=ABUSER)]
    saw(stranger.person for stranger in found)
    return found
