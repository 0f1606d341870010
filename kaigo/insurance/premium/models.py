"""What each insured person pays for a fiscal year, and why. Amounts in yen."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Decision, Document, Freeze, Work
from kaigo.insurance.residents.models import Person

LEVY = "賦課情報"


class Activation(Decision):
    """From when the program uses a values digest: named by one person, confirmed by another."""

    about = About("none", "law", {})

    fiscal_year = models.SmallIntegerField()
    digest = models.CharField(max_length=64)
    confirmed_by = models.CharField(max_length=60)

    class Meta:
        db_table = "premium_activation"


class Batch(Work):
    """An assessment of many: its inputs (freeze), shadow result, approval, totals.

    state: shadowed → approved → done | abandoned.
    """

    about = About("none", "batch", {})

    sort = models.CharField(max_length=20)  # provisional | main | monthly | prior
    fiscal_year = models.SmallIntegerField()
    on = models.DateField()
    state = models.CharField(max_length=12)
    freeze = models.ForeignKey(Freeze, models.PROTECT, null=True, related_name="+")
    law = models.CharField(max_length=64)
    requested_by = models.CharField(max_length=60)
    approved_by = models.CharField(max_length=60, blank=True)
    totals = models.JSONField(default=dict)

    class Meta:
        db_table = "premium_batch"


class Assessment(Decision):
    """The premium of one person for one fiscal year. A later one of the same year names it in `supersedes`.

    stages: one character per month from April, "-" = not insured, "1"–"9", "A" = 10 … "J" = 19.
    """

    about = About(
        "person",
        "premium",
        {
            "fiscal_year": (f"{LEVY}/相当年度",),
            "sort": (f"{LEVY}/現年度賦課",),
            "assessment_day": (f"{LEVY}/賦課期日",),
            "annual_yen": (f"{LEVY}/賦課額", f"{LEVY}/保険料額"),
            "months": (f"{LEVY}/有資格月",),
            "stage": (f"{LEVY}/保険料ランク",),
            "stages": (f"{LEVY}/保険料ランク", f"{LEVY}/生保対象月"),
            "tax_status": (f"{LEVY}/課税区分",),
            "change_reason": (f"{LEVY}/賦課異動事由",),
            "interim": (f"{LEVY}/課税区分",),
        },
    )

    # Saved for everybody at once: references are checked per statement (base/records/install.py), not per row.
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_constraint=False)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="superseded_by", db_constraint=False
    )
    fiscal_year = models.SmallIntegerField()
    sort = models.CharField(max_length=12)  # provisional | main | revision | opening
    assessment_day = models.DateField()
    annual_yen = models.IntegerField()
    months = models.SmallIntegerField()
    stage = models.SmallIntegerField()  # of the last insured month; 0 = no month
    stages = models.CharField(max_length=12)
    tax_status = models.CharField(max_length=16)
    change_reason = models.CharField(max_length=20)
    interim = models.BooleanField()
    batch = models.ForeignKey(
        Batch, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        db_table = "premium_assessment"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "fiscal_year"],
                condition=models.Q(supersedes__isnull=True),
                name="premium_one_beginning",
            )
        ]
        indexes = [models.Index(fields=["batch"], name="premium_assessment_batch")]


class AssessmentFinding(Document):
    """Facts (packed AssessFacts) and reasons of an assessment, with the digest of the law room."""

    about = About(
        "person",
        "premium",
        {
            "facts": (f"{LEVY}/所得情報", f"{LEVY}/合計所得金額", f"{LEVY}/公的年金収入金額"),
            "reasons": (f"{LEVY}/賦課詳細情報",),
        },
    )

    decision = models.OneToOneField(Assessment, models.PROTECT, related_name="finding", db_constraint=False)
    facts = models.JSONField()
    reasons = models.JSONField()
    law = models.CharField(max_length=64)

    class Meta:
        db_table = "premium_finding"


class Task(Work):
    """A person-year that could not be decided (Unclear), or whose decision rests on facts no longer believed."""

    about = About("person", "premium", {"missing": (f"{LEVY}/賦課異動情報",)})

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    fiscal_year = models.SmallIntegerField()
    sort = models.CharField(max_length=12)  # unclear | stale | barred
    missing = models.JSONField(default=list)
    state = models.CharField(max_length=10)  # open | settled
    settled_by = models.CharField(max_length=60, blank=True)  # a clerk, or "facts": judged again
    settled_reason = models.TextField(blank=True)

    class Meta:
        db_table = "premium_task"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "fiscal_year", "sort"],
                condition=models.Q(state="open"),
                name="premium_task_once",
            )
        ]


class Deducted(Document):
    """What a pension payer deducted from a person in a month of a fiscal year (14 = February), as told by a file."""

    about = About("person", "premium", {"yen": ("収納情報/期別収納額",), "month": ("収納情報/特徴期別",)})

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    fiscal_year = models.SmallIntegerField()
    month = models.SmallIntegerField()
    yen = models.IntegerField()
    source = models.CharField(max_length=60)

    class Meta:
        db_table = "premium_deducted"
        constraints = [
            models.UniqueConstraint(fields=["person", "fiscal_year", "month"], name="premium_deducted_once")
        ]
