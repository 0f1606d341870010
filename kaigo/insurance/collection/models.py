"""How each person pays, and the instalments. Amounts in yen."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Decision, Document, Work
from kaigo.insurance.collection.remission.models import (
    Deferral,
    DeferralTerm,
    Relief,
    ReliefBulk,
    ReliefLine,
    Remission,
)
from kaigo.insurance.premium.models import Assessment
from kaigo.insurance.residents.models import Person

__all__ = [
    "DeductionRequest",
    "DeductionTarget",
    "Deferral",
    "DeferralTerm",
    "Instalment",
    "Match",
    "Plan",
    "PlanFinding",
    "Relief",
    "ReliefBulk",
    "ReliefLine",
    "Remission",
    "Task",
    "Way",
]  # fmt: skip

LEVY = "賦課情報"
MONEY = "収納情報"


class Way(Decision):
    """How a person pays what is not deducted, from a day: slip | debit | substitute (by the welfare office) | auto.

    auto: again by what the facts say (代理納付, else mandate, else slip). On a day the newest row begun by then counts.
    """

    about = About(
        "person", "collection", {"way": (f"{MONEY}/徴収区分",), "valid_from": (f"{MONEY}/口座振替情報",)}
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    way = models.CharField(max_length=12)
    valid_from = models.DateField()

    class Meta:
        db_table = "collection_way"


class Plan(Decision):
    """The instalments of one person for one fiscal year, following one assessment.

    Several plans may follow one assessment: the way of payment changed, a pension record was matched.
    """

    about = About(
        "person",
        "collection",
        {
            "fiscal_year": (f"{MONEY}/賦課年度", f"{MONEY}/相当年度"),
            "way": (f"{LEVY}/徴収区分", f"{LEVY}/徴収方法情報"),
            "refund_yen": (f"{MONEY}/還付充当情報",),
            "request": (f"{LEVY}/徴収方法情報",),
            "cause": (f"{MONEY}/賦課更正事由",),
            "remission_id": (f"{LEVY}/保険料減免情報",),
        },
    )

    # Saved for everybody at once: references are checked per statement (base/records/install.py), not per row.
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="superseded_by", db_constraint=False
    )
    fiscal_year = models.SmallIntegerField()
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="plans", db_constraint=False)
    # The remission by stage that the instalments are less by; one by cuts leaves them as they are.
    remission = models.ForeignKey(
        Remission, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    # provisional | main | revision | way | match | request | opening | remission
    cause = models.CharField(max_length=12)
    way = models.CharField(max_length=12)  # deduction | direct | both | none
    refund_yen = models.IntegerField()
    request = models.CharField(max_length=12)  # none | start | keep | stop

    class Meta:
        db_table = "collection_plan"
        indexes = [models.Index(fields=["person", "fiscal_year"], name="collection_plan_person")]
        # Who plans the same people at the same time levies once: a later plan supersedes one that nobody has superseded.
        constraints = [
            models.UniqueConstraint(
                fields=["person", "fiscal_year"],
                condition=models.Q(supersedes__isnull=True),
                name="collection_plan_first",
            )
        ]


class PlanFinding(Document):
    """Facts and reasons of a plan, with the digest of the law room."""

    about = About(
        "person", "collection", {"facts": (f"{LEVY}/徴収方法情報",), "reasons": (f"{LEVY}/徴収方法情報",)}
    )

    decision = models.OneToOneField(Plan, models.PROTECT, related_name="finding", db_constraint=False)
    facts = models.JSONField()
    reasons = models.JSONField()
    law = models.CharField(max_length=64)

    class Meta:
        db_table = "collection_finding"


class Instalment(Document):
    """One due part of a plan. way: deduction (number = month 4…14, 14 = next February) | slip | debit | substitute."""

    about = About(
        "person",
        "collection",
        {
            "number": (f"{MONEY}/期別", f"{MONEY}/普徴期別", f"{MONEY}/特徴期別"),
            "way": (f"{MONEY}/徴収区分",),
            "due_on": (f"{MONEY}/納期限",),
            "yen": (f"{MONEY}/期別調定額",),
        },
    )

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="instalments", db_constraint=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    fiscal_year = models.SmallIntegerField()
    way = models.CharField(max_length=12)
    number = models.SmallIntegerField()
    due_on = models.DateField()
    yen = models.IntegerField()
    provisional = models.BooleanField()

    class Meta:
        db_table = "collection_instalment"


class DeductionTarget(Document):
    """A record of the pension service's 00/30 file and the person it was matched with (NULL = unmatched)."""

    about = About(
        "person",
        "collection",
        dict.fromkeys(
            (
                "basic_pension_number",
                "pension_code",
                "birth_date",
                "sex",
                "kana",
                "payer",
                "person_id",
                "matched_by",
            ),
            ("宛名情報/基礎年金番号", f"{LEVY}/徴収方法情報"),
        ),
    )

    delivery = models.BigIntegerField()
    line = models.IntegerField()
    captured_year = models.SmallIntegerField()  # calendar year and month of the capture (捕捉)
    captured_month = models.SmallIntegerField()
    payer = models.CharField(max_length=3)
    basic_pension_number = models.CharField(max_length=10)
    pension_code = models.CharField(max_length=4)
    birth_date = models.DateField(null=True)
    sex = models.CharField(max_length=1)
    kana = models.CharField(max_length=60)
    annual_pension_yen = models.BigIntegerField()
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    matched_by = models.CharField(max_length=12)  # number | attributes | hand | none

    class Meta:
        db_table = "collection_deduction_target"
        # A line that was repaired comes again: the newest row of a place counts.
        indexes = [models.Index(fields=["delivery", "line"], name="collection_target_place")]


class Match(Decision):
    """A deduction target matched by hand, or taken off a person."""

    about = About("person", "collection", {"person_id": ("宛名情報/基礎年金番号",)})

    target = models.ForeignKey(DeductionTarget, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "collection_match"


class DeductionRequest(Document):
    """What was asked of a pension payer for a person in a sent file.

    yen1–yen3: October, December, February; in a file 61 (仮徴収額変更) April, June, August.
    """

    about = About(
        "person",
        "collection",
        dict.fromkeys(("code", "kind", "yen1", "yen2", "yen3"), (f"{LEVY}/徴収方法情報",)),
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    fiscal_year = models.SmallIntegerField()
    code = models.CharField(max_length=2)  # 01 31 41 61 81
    kind = models.CharField(max_length=2)
    payer = models.CharField(max_length=3)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+")
    target = models.ForeignKey(DeductionTarget, models.PROTECT, null=True, related_name="+")
    yen1 = models.IntegerField()
    yen2 = models.IntegerField()
    yen3 = models.IntegerField()
    file = models.BigIntegerField()  # release's outgoing file, by value: the room lies above

    class Meta:
        db_table = "collection_deduction_request"
        indexes = [models.Index(fields=["fiscal_year", "code"], name="collection_request_year")]


class Task(Work):
    """Something to settle: an unmatched pension record, a person-year that could not be planned, a lapsed remission."""

    about = About("person", "collection", {"message": (f"{LEVY}/徴収方法情報",)})

    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    sort = models.CharField(max_length=20)  # target | unclear | remission
    what = models.CharField(max_length=80)  # target:<id> | year:<fiscal year> | remission:<id>
    message = models.TextField()
    state = models.CharField(max_length=10)  # open | settled
    settled_reason = models.TextField(blank=True)

    class Meta:
        db_table = "collection_task"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "sort", "what"],
                condition=models.Q(state="open"),
                nulls_distinct=False,
                name="collection_task_once",
            )
        ]
