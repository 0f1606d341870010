"""What other rooms read of people: relations for sets, dataclasses for one person.

Relations give all columns of their table as believed now, or at ctx.known_at (the caller's params carry on and
known_at). `particulars_sql`, `residence_sql` and `membership_sql` are the row in force on `on`; all others are
whole histories, the caller looks at `effective`.
"""

from __future__ import annotations

from kaigo.base.records.context import Context
from kaigo.base.records.facts import as_of
from kaigo.base.records.models import Fact
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents.changed import addressee_sql, changed_sql
from kaigo.insurance.residents.ever import ever_believed_sql
from kaigo.insurance.residents.letters import LetterAddress, letter_addresses, protected_among
from kaigo.insurance.residents.people import (
    Member,
    PersonView,
    everybody,
    exists,
    household,
    identified,
    identities,
    name,
    names,
    numbered,
    one,
    one_or_404,
    person_of_number,
    relations,
    same,
)
from kaigo.insurance.residents.search import Found, Hit, search

__all__ = [
    "Found", "Hit", "LetterAddress", "Member", "PersonView", "address_exception_sql", "addressee_sql", "bank_account_sql",
    "borderline_sql", "changed_sql", "ever_believed_sql", "everybody", "exists", "facility_stay_sql", "hold_sql", "household", "household_number_sql", "identified", "identities", "letter_addresses", "mailing_address_sql",
    "medical_sql", "membership_history_sql", "membership_sql", "name", "names", "numbered", "old_age_pension_sql", "one",
    "one_or_404", "particulars_history_sql", "particulars_sql", "pension_number_sql", "person_of_number", "protected_among",
    "protection_changes_sql", "protection_sql", "relation_sql", "relations", "residence_history_sql",
    "residence_sql", "same", "search", "taxation_sql", "waiting_sql", "welfare_sql",
]  # fmt: skip


def _history(ctx: Context, model: type[Fact]) -> str:
    believed = "upper_inf(f.known)" if ctx.known_at is None else "f.known @> %(known_at)s::timestamptz"
    return f"SELECT f.* FROM {model._meta.db_table} f WHERE {believed}"


def _in_force(ctx: Context, model: type[Fact]) -> str:
    known_at = None if ctx.known_at is None else "%(known_at)s"
    return f"SELECT f.* FROM {model._meta.db_table} f WHERE {as_of(model, known_at=known_at)}"


def particulars_sql(ctx: Context) -> str:
    """Names, birth, sex in force on %(on)s."""
    return _in_force(ctx, m.Particulars)


def particulars_history_sql(ctx: Context) -> str:
    """All versions of names, birth, sex."""
    return _history(ctx, m.Particulars)


def residence_sql(ctx: Context) -> str:
    """Address and state in force on %(on)s."""
    return _in_force(ctx, m.Residence)


def residence_history_sql(ctx: Context) -> str:
    """All residences: state resident | left | dead | erased | nonresident."""
    return _history(ctx, m.Residence)


def membership_sql(ctx: Context) -> str:
    """Household and relationship in force on %(on)s."""
    return _in_force(ctx, m.Membership)


def membership_history_sql(ctx: Context) -> str:
    """All memberships of households."""
    return _history(ctx, m.Membership)


def facility_stay_sql(ctx: Context) -> str:
    """Stays in facilities of the register."""
    return _history(ctx, m.FacilityStay)


def address_exception_sql(ctx: Context) -> str:
    """住所地特例, both ways (own | other)."""
    return _history(ctx, m.AddressException)


def taxation_sql(ctx: Context) -> str:
    """Municipal tax, one row per person and fiscal_year."""
    return _history(ctx, m.Taxation)


def welfare_sql(ctx: Context) -> str:
    """生活保護・支援給付."""
    return _history(ctx, m.Welfare)


def old_age_pension_sql(ctx: Context) -> str:
    """老齢福祉年金."""
    return _history(ctx, m.OldAgePension)


def borderline_sql(ctx: Context) -> str:
    """境界層証明書."""
    return _history(ctx, m.Borderline)


def bank_account_sql(ctx: Context) -> str:
    """Accounts by use (debit | refund | benefit)."""
    return _history(ctx, m.BankAccount)


def pension_number_sql(ctx: Context) -> str:
    """基礎年金番号."""
    return _history(ctx, m.PensionNumber)


def mailing_address_sql(ctx: Context) -> str:
    """送付先 by use (all | premium | benefit). For a letter ask letter_addresses instead."""
    return _history(ctx, m.MailingAddress)


def household_number_sql() -> str:
    """(household_id, number) of every household there ever was."""
    return "SELECT id AS household_id, number FROM residents_household"


def protection_sql(ctx: Context) -> str:
    """支援措置."""
    return _history(ctx, m.Protection)


def hold_sql(ctx: Context) -> str:
    """処理停止."""
    return _history(ctx, m.Hold)


def medical_sql(ctx: Context) -> str:
    """医療保険."""
    return _history(ctx, m.MedicalInsurance)


def relation_sql(ctx: Context) -> str:
    """Relationships, also outside the household."""
    return _history(ctx, m.Relation)


def protection_changes_sql(ctx: Context) -> str:
    """(person_id, changed_at) of everybody whose 支援措置 we began or ceased to believe after %(since)s.

    With them everybody of their households: a letter to one member could tell where the other lives.
    """
    return """
        WITH changed AS (
            SELECT f.person_id, CASE WHEN upper_inf(f.known) THEN lower(f.known) ELSE upper(f.known) END AS changed_at
            FROM residents_protection f
            WHERE lower(f.known) > %(since)s::timestamptz OR upper(f.known) > %(since)s::timestamptz)
        SELECT q.person_id, max(q.changed_at) AS changed_at FROM (
            SELECT person_id, changed_at FROM changed
            UNION ALL
            SELECT o.person_id, c.changed_at FROM changed c
            JOIN residents_membership h ON h.person_id = c.person_id AND upper_inf(h.known)
            JOIN residents_membership o ON o.household_id = h.household_id AND o.effective && h.effective
                 AND upper_inf(o.known)) q
        GROUP BY q.person_id"""


def waiting_sql() -> str:
    """(person_id, case) of people whose processing is stopped on %(on)s (処理停止)."""
    return (
        "SELECT h.person_id, 'residents.hold:' || h.id AS \"case\" FROM residents_hold h "
        "WHERE upper_inf(h.known) AND h.effective @> %(on)s::date"
    )
