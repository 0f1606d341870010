"""The ledger: every yen that was levied, came in, went back, was moved or given up. Amounts in yen."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from kaigo.base.records.models import About, Decision, Document, Entry
from kaigo.insurance.ledger.sorts import SORTS
from kaigo.insurance.residents.models import Person

MONEY = "収納情報"


class LedgerEntry(Entry):
    """One movement between two accounts (sorts.py), about one term (way, number) of one person's fiscal year.

    yen is signed: levy + adjust + remission + write_off is what is owed, receipt + offset − refund what came in; an entry
    is reversed by the same sort with the opposite sign. fiscal_year: the year that the premium is for (相当年度);
    accounting_year: in whose accounts the movement stands (会計年度). `key` names the source of the entry; the same
    source cannot book twice.
    """

    about = About(
        "person",
        "collection",
        {
            "yen": (f"{MONEY}/期別調定額", f"{MONEY}/期別収納額", f"{MONEY}/期別過誤納額"),
            "number": (f"{MONEY}/期別",),
            "way": (f"{MONEY}/徴収区分",),
            "reason": (f"{MONEY}/賦課更正事由", f"{MONEY}/過誤納発生区分"),
            "fiscal_year": (f"{MONEY}/賦課年度",),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    fiscal_year = models.SmallIntegerField()
    accounting_year = models.SmallIntegerField()
    sort = models.CharField(max_length=12)
    way = models.CharField(max_length=12)
    number = models.SmallIntegerField()
    yen = models.IntegerField()
    reason = models.CharField(max_length=20)
    source = models.CharField(max_length=60)  # plan:<id> | migration:<file> | receipt:<file>:<line> | …
    key = models.CharField(max_length=80)

    class Meta:
        db_table = "ledger_entry"
        indexes = [
            models.Index(fields=["person", "fiscal_year"], name="ledger_entry_person"),
            # Entries come in the order of time: who asks for the open years of everybody reads only their pages.
            BrinIndex(fields=["fiscal_year"], name="ledger_entry_year", autosummarize=True),
            # Likewise who asks for what was booked since the last closing.
            BrinIndex(fields=["accounting_year"], name="ledger_entry_accounts", autosummarize=True),
        ]
        # A constraint, not unique=True: that would add a second index for LIKE.
        constraints = [
            models.UniqueConstraint(fields=["key"], name="ledger_entry_once"),
            models.CheckConstraint(condition=models.Q(sort__in=sorted(SORTS)), name="ledger_entry_sort"),
        ]


class Closing(Decision):
    """An accounting year is closed (出納閉鎖、地方自治法235条の5): no entry goes into it any more.

    What it held is kept as it stood, so that later readers need not believe a recomputation: yen by account.
    """

    about = About("none", "collection")

    accounting_year = models.SmallIntegerField(unique=True)
    levied_yen = models.BigIntegerField()
    received_yen = models.BigIntegerField()
    refunded_yen = models.BigIntegerField()
    written_off_yen = models.BigIntegerField()
    carried_yen = models.BigIntegerField()  # 収入未済: what is owed and goes over into the next year
    overpaid_yen = models.BigIntegerField()  # 過誤納: what was paid beyond and not given back

    class Meta:
        db_table = "ledger_closing"


class Carried(Document):
    """What a closing hands to the next year (滞納繰越・過誤納の繰越): a term that was not even at its end, as it stood.

    kind: deduction | direct; balance in yen, above zero what is owed, below zero what was paid too much; paid: whether a
    receipt was ever booked on the term. Only of a later year's term, on which money came before its year, also what is
    even. The rows of a closing are its carried_yen and overpaid_yen.
    """

    about = About(
        "person",
        "collection",
        {
            "balance": (f"{MONEY}/期別調定額", f"{MONEY}/期別収納額", f"{MONEY}/期別過誤納額"),
            "number": (f"{MONEY}/期別",),
            "kind": (f"{MONEY}/徴収区分",),
            "fiscal_year": (f"{MONEY}/賦課年度",),
        },
    )

    closing = models.ForeignKey(
        Closing, models.PROTECT, related_name="carried", db_index=False, db_constraint=False
    )
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    fiscal_year = models.SmallIntegerField()
    kind = models.CharField(max_length=12)
    number = models.SmallIntegerField()
    balance = models.IntegerField()
    paid = models.BooleanField()

    class Meta:
        db_table = "ledger_carried"
        constraints = [
            models.UniqueConstraint(
                fields=["closing", "person", "fiscal_year", "kind", "number"], name="ledger_carried_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["deduction", "direct"]), name="ledger_carried_kind"
            ),
        ]


class FinanceFile(Document):
    """A file to the finance system that went out: the entries of the transactions [after, upto). file: of release, by value."""

    about = About("none", "collection")

    file = models.BigIntegerField(unique=True)
    after = models.BigIntegerField(unique=True)
    upto = models.BigIntegerField()
    last_number = models.BigIntegerField()

    class Meta:
        db_table = "ledger_finance_file"


class FinanceLine(Document):
    """A line of it: sums of entries, as they stand in the file (kaigo/layouts finance.entries)."""

    about = About("none", "collection")

    sent = models.ForeignKey(FinanceFile, models.PROTECT, related_name="lines")
    number = models.BigIntegerField(unique=True)
    kind = models.CharField(max_length=1)
    day = models.DateField()
    accounting_year = models.SmallIntegerField()
    arrears = models.CharField(max_length=1)
    way = models.CharField(max_length=1)
    count = models.IntegerField()
    yen = models.BigIntegerField()

    class Meta:
        db_table = "ledger_finance_line"
