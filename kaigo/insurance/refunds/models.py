"""Money that was paid too much: what is known of it, to whom it goes, what two persons decided, what left. Yen."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Decision, Document, Work
from kaigo.insurance.residents.models import Person

MONEY, ADDRESSEE = "収納情報", "宛名情報"
TERM = {"number": (f"{MONEY}/期別",), "fiscal_year": (f"{MONEY}/賦課年度",)}


class Case(Work):
    """過誤納: a part of a term that was paid too much, found in the ledger, with its cause. state: open | settled.

    A work list: what is decided is worked out anew from the ledger. claimable_on: from when it can be claimed back;
    last_claim_on: the last day of the two years (法200条1項). A kind of term is deduction | direct.
    """

    about = About(
        "person",
        "collection",
        TERM
        | {
            "yen": (f"{MONEY}/期別過誤納額",),
            "cause": (f"{MONEY}/過誤納発生区分",),
            "kind": (f"{MONEY}/特徴過誤納区分", f"{MONEY}/普徴過誤納区分"),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_constraint=False)
    fiscal_year = models.SmallIntegerField()
    kind = models.CharField(max_length=10)
    number = models.SmallIntegerField()
    cause = models.CharField(max_length=12)
    yen = models.IntegerField()
    claimable_on = models.DateField()
    last_claim_on = models.DateField()
    found_on = models.DateField()
    state = models.CharField(max_length=8)

    class Meta:
        db_table = "refunds_case"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "fiscal_year", "kind", "number", "cause"], name="refunds_case_once"
            )
        ]


class Payee(Work):
    """To whom a person's refund goes, what proves it, and the account: as registered, or from the request form.

    kind: person | guardian | heir (相続人代表者) | payer (年金保険者). other: the guardian or heir when he is known here.
    proof: a key of payees.PROOFS; proof_text: number and date of the paper. claimed_on: when the request came in.
    account_from: form | residents.
    """

    about = About(
        "person",
        "collection",
        {
            **dict.fromkeys(
                ("bank", "branch", "account_kind", "account", "holder"), (f"{ADDRESSEE}/口座情報",)
            ),
            "name": (f"{MONEY}/還付方法情報",),
            "address": (f"{MONEY}/還付方法情報",),
            "kind": (f"{MONEY}/還付方法情報",),
            "proof_text": (f"{MONEY}/還付方法情報",),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    other = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=200)
    proof = models.CharField(max_length=16)
    proof_text = models.CharField(max_length=200)
    claimed_on = models.DateField(null=True)
    account_from = models.CharField(max_length=10)
    bank = models.CharField(max_length=4)
    branch = models.CharField(max_length=3)
    account_kind = models.CharField(max_length=1)
    account = models.CharField(max_length=7)
    holder = models.CharField(max_length=60)

    class Meta:
        db_table = "refunds_payee"
        indexes = [models.Index(fields=["bank", "branch", "account"], name="refunds_payee_account")]
        constraints = [models.UniqueConstraint(fields=["person", "kind"], name="refunds_payee_once")]


class Proposal(Decision):
    """What one clerk proposes for a person's overpaid yen. yen = offset_yen + refund_yen; interest_yen comes on top.

    payee: by whom it is taken; NULL = all of it is offset. payee_digest: the payee as he stood then (payees.digest): an
    account that changes afterwards was approved by nobody.
    """

    about = About(
        "person",
        "collection",
        {
            "yen": (f"{MONEY}/還付充当情報",),
            "offset_yen": (f"{MONEY}/還付充当情報",),
            "refund_yen": (f"{MONEY}/還付充当情報",),
            "interest_yen": (f"{MONEY}/還付充当情報",),
            "payee_kind": (f"{MONEY}/還付方法情報",),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    payee = models.ForeignKey(Payee, models.PROTECT, null=True, related_name="+")
    payee_kind = models.CharField(max_length=10)
    payee_digest = models.CharField(max_length=64)
    yen = models.IntegerField()
    offset_yen = models.IntegerField()
    refund_yen = models.IntegerField()
    interest_yen = models.IntegerField()
    reasons = models.JSONField()
    law = models.CharField(max_length=64)

    class Meta:
        db_table = "refunds_proposal"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    yen=models.F("offset_yen") + models.F("refund_yen"),
                    yen__gt=0, offset_yen__gte=0, refund_yen__gte=0, interest_yen__gte=0,
                ),
                name="refunds_proposal_adds_up",
            )
        ]  # fmt: skip


class Line(Document):
    """One payment that goes back: of a term, for a cause, paid on a day, booked in an accounting year. yen of it."""

    about = About(
        "person",
        "collection",
        TERM
        | {
            "yen": (f"{MONEY}/期別過誤納額",),
            "offset_yen": (f"{MONEY}/還付充当情報",),
            "interest_yen": (f"{MONEY}/還付充当情報",),
            "cause": (f"{MONEY}/過誤納発生区分",),
            "paid_on": (f"{MONEY}/収納明細情報",),
        },
    )

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="lines")
    fiscal_year = models.SmallIntegerField()
    way = models.CharField(max_length=12)
    number = models.SmallIntegerField()
    cause = models.CharField(max_length=12)
    yen = models.IntegerField()
    offset_yen = models.IntegerField()
    interest_yen = models.IntegerField()
    paid_on = models.DateField()
    booked_year = models.SmallIntegerField()
    claimable_on = models.DateField()
    last_claim_on = models.DateField()

    class Meta:
        db_table = "refunds_line"


class Use(Document):
    """充当: which open term a part of it pays."""

    about = About("person", "collection", TERM | {"yen": (f"{MONEY}/還付充当情報",)})

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="uses")
    fiscal_year = models.SmallIntegerField()
    way = models.CharField(max_length=12)
    number = models.SmallIntegerField()
    yen = models.IntegerField()
    levied_year = models.SmallIntegerField()

    class Meta:
        db_table = "refunds_use"


class Ruling(Decision):
    """What became of a proposal. outcome: approved | rejected | withdrawn. The proposer stands here again, so that the
    database itself can keep the two apart.

    remark: why it was rejected or withdrawn. shared: who else has the account or the address (ids), and shared_why:
    why that is right, as the second person says.
    """

    about = About(
        "person",
        "collection",
        {"remark": (f"{MONEY}/還付充当停止区分",), "shared_why": (f"{MONEY}/還付方法情報",)},
    )

    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="ruling")
    outcome = models.CharField(max_length=10)
    remark = models.CharField(max_length=200)
    proposed_by = models.CharField(max_length=60)
    shared = models.JSONField()
    shared_why = models.CharField(max_length=200)

    class Meta:
        db_table = "refunds_ruling"
        constraints = [
            models.CheckConstraint(
                name="refunds_ruling_two_people",
                condition=models.Q(outcome="withdrawn") | ~models.Q(actor=models.F("proposed_by")),
            )
        ]


class Transfer(Document):
    """An approved refund that left in a transfer file. file: release's outgoing file, by value: the room lies above."""

    about = About(
        "person", "collection", {"yen": (f"{MONEY}/還付充当情報",), "transfer_on": (f"{MONEY}/還付方法情報",)}
    )

    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="transfer")
    yen = models.IntegerField()
    transfer_on = models.DateField()
    file = models.BigIntegerField()

    class Meta:
        db_table = "refunds_transfer"


class Return(Decision):
    """振込不能: the bank gave a transfer back. reason: a key of transfers.REASONS; remark: what the bank said."""

    about = About(
        "person", "collection", {"reason": (f"{MONEY}/還付方法情報",), "remark": (f"{MONEY}/還付方法情報",)}
    )

    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="returned")
    reason = models.CharField(max_length=12)
    remark = models.CharField(max_length=200)

    class Meta:
        db_table = "refunds_return"
