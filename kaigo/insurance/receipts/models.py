"""Money that came in, line by line as it was reported, and what was asked of the banks. Amounts in yen."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Decision, Document
from kaigo.insurance.residents.models import Person

MONEY = "収納情報"


class Receipt(Document):
    """One reported payment. channel: a key of channels.CHANNELS. stage: preliminary (速報) | cancelled (速報取消) | final.

    Only final ones are booked: a preliminary report tells that a slip was paid, the money comes with the final one.
    person … number: the term that the reference names; NULL = nobody could be found, `why` says why (unknown.WHY).
    paid_on: the day on which the payer paid; settled_on: the day on which the money is the ward's. source: the file and
    its line (`receipt:<digest>:<line>`), or the counter's own number.
    """

    about = About(
        "person",
        "collection",
        {
            "reference": (f"{MONEY}/仮収納明細情報",),
            "yen": (f"{MONEY}/期別収納額", f"{MONEY}/仮収納明細情報"),
            "paid_on": (f"{MONEY}/期別収納額",),
            "fiscal_year": (f"{MONEY}/賦課年度",),
            "number": (f"{MONEY}/期別",),
        },
    )

    channel = models.CharField(max_length=12)
    stage = models.CharField(max_length=12)
    source = models.CharField(max_length=60)
    delivery = models.BigIntegerField(null=True)  # of feeds, by value
    reference = models.CharField(max_length=30)
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    fiscal_year = models.SmallIntegerField(null=True)
    way = models.CharField(max_length=12)
    number = models.SmallIntegerField(null=True)
    yen = models.IntegerField()
    paid_on = models.DateField()
    settled_on = models.DateField()
    why = models.CharField(max_length=20)

    class Meta:
        db_table = "receipts_receipt"
        indexes = [
            models.Index(fields=["person", "fiscal_year"], name="receipts_receipt_person"),
            # What waits for a clerk is little among millions.
            models.Index(
                fields=["id"], name="receipts_receipt_open", condition=models.Q(person__isnull=True)
            ),
            models.Index(
                fields=["reference"], name="receipts_receipt_early", condition=~models.Q(stage="final")
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["source"], name="receipts_receipt_once")]


class Ruling(Decision):
    """What a clerk decided about a payment of nobody: whose term it pays, or that it is sent back to who paid it.

    what: paid | returned. A later ruling takes the earlier back, and its entries with it.
    """

    about = About(
        "person",
        "collection",
        {"number": (f"{MONEY}/期別",), "fiscal_year": (f"{MONEY}/賦課年度",)},
    )

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="rulings")
    what = models.CharField(max_length=12)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    fiscal_year = models.SmallIntegerField(null=True)
    way = models.CharField(max_length=12)
    number = models.SmallIntegerField(null=True)
    reason = models.CharField(max_length=200)

    class Meta:
        db_table = "receipts_ruling"


class DebitRequest(Document):
    """What a bank was asked to debit for one term, in a file that went out. reference: the customer number there."""

    about = About(
        "person",
        "collection",
        {
            "yen": (f"{MONEY}/口振依頼情報",),
            "debit_on": (f"{MONEY}/口振依頼情報",),
            "reference": (f"{MONEY}/口振依頼情報",),
            "fiscal_year": (f"{MONEY}/賦課年度",),
            "number": (f"{MONEY}/期別",),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_constraint=False)
    fiscal_year = models.SmallIntegerField()
    number = models.SmallIntegerField()
    yen = models.IntegerField()
    debit_on = models.DateField()
    bank = models.CharField(max_length=4)
    reference = models.CharField(max_length=20)
    file = models.BigIntegerField()  # release's outgoing file, by value: the room lies above

    class Meta:
        db_table = "receipts_debit_request"
        constraints = [models.UniqueConstraint(fields=["reference", "debit_on"], name="receipts_debit_once")]


class DebitResult(Document):
    """What the bank answered: the codes of 全銀 91 (0 done, 1 no money, 2 no account, 3 and 8 stopped, 4 no mandate, 9)."""

    about = About(
        "person", "collection", {"code": (f"{MONEY}/口座振替情報",), "reference": (f"{MONEY}/口振依頼情報",)}
    )

    request = models.OneToOneField(DebitRequest, models.PROTECT, related_name="result")
    code = models.CharField(max_length=1)
    reference = models.CharField(max_length=20)
    source = models.CharField(max_length=60)
    told_on = models.DateField()

    class Meta:
        db_table = "receipts_debit_result"


class CashClose(Decision):
    """The counter's cash of a day, counted and closed (日締め): what was counted, what was booked, why they differ."""

    about = About("none", "collection")

    day = models.DateField(unique=True)
    counted_yen = models.IntegerField()
    booked_yen = models.IntegerField()
    receipts = models.IntegerField()
    reason = models.CharField(max_length=200)

    class Meta:
        db_table = "receipts_cash_close"
