"""Drafts of letters: what would be said, from one decision. Never published from here."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Document, Work
from kaigo.insurance.certificates.models import Certificate
from kaigo.insurance.collection.models import Plan
from kaigo.insurance.dunning.models import Demand, Reminder
from kaigo.insurance.premium.models import Assessment
from kaigo.insurance.residents.models import Person

NOTICE = "賦課情報/通知書区分"
NUMBER = "賦課情報/通知書番号"


class Draft(Work):
    """One letter, mostly to one person. What the page says stands in Content; the amount also here, for lists.

    person: NULL for a letter to another office about several people (income_inquiry, exception_exchange).
    letter: premium_notice | deduction_start | change_notice | insured_certificate | income_inquiry
    | exception_exchange | demand_notice | reminder_notice. state: draft | withdrawn.
    held: why it may not go out now ("" = it may): protected | dead | address | stopped | unprintable
    | shared | interim.
    A draft went out when it has an Issue; a letter taken back before posting is withdrawn.
    """

    about = About(
        "person",
        "letter",
        {
            "letter": (NOTICE,),
            "annual_yen": ("賦課情報/保険料額",),
            "dated": ("賦課情報/通知書発行年月日",),
            **dict.fromkeys(("held", "held_why", "lifted_reason"), ("宛名情報/処理停止情報",)),
        },
    )

    # Saved for everybody at once: references are checked per statement (base/records/install.py), not per row.
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", db_constraint=False)
    letter = models.CharField(max_length=30)
    fiscal_year = models.SmallIntegerField()
    assessment = models.ForeignKey(
        Assessment, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    certificate = models.ForeignKey(Certificate, models.PROTECT, null=True, related_name="+", db_index=False)
    annual_yen = models.IntegerField()
    dated = models.DateField()
    state = models.CharField(max_length=10)
    held = models.CharField(max_length=12, blank=True)
    held_why = models.CharField(max_length=200, blank=True)
    lifted_reason = models.CharField(max_length=200, blank=True)
    withdrawn_reason = models.CharField(max_length=12, blank=True)

    class Meta:
        db_table = "notices_draft"
        indexes = [
            models.Index(fields=["letter", "fiscal_year", "state"], name="notices_draft_queue"),
            # The badge of every page counts what is held.
            models.Index(
                fields=["held"],
                condition=models.Q(state="draft") & ~models.Q(held=""),
                name="notices_draft_held",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["plan"],
                condition=models.Q(state="draft", plan__isnull=False),
                name="notices_draft_plan_once",
            ),
            models.UniqueConstraint(
                fields=["certificate"],
                condition=models.Q(state="draft", certificate__isnull=False),
                name="notices_draft_certificate_once",
            ),
        ]


class Content(Document):
    """What a draft says, word for word. `common`: digest (base/files) of what all letters of its kind and day share."""

    about = About(
        "person",
        "letter",
        {"data": (NOTICE, "宛名情報/氏名情報", "宛名情報/送付先情報", "賦課情報/賦課詳細情報")},
    )

    draft = models.OneToOneField(Draft, models.PROTECT, related_name="content", db_constraint=False)
    data = models.JSONField()
    common = models.CharField(max_length=64)

    class Meta:
        db_table = "notices_content"


class Issue(Document):
    """A draft went out under a document number. Written by release when it prints."""

    about = About("person", "letter", {"number": (NUMBER,), "issued_on": ("賦課情報/通知書発行年月日",)})

    draft = models.OneToOneField(Draft, models.PROTECT, related_name="issue", db_constraint=False)
    number = models.CharField(max_length=40)
    issued_on = models.DateField()

    class Meta:
        db_table = "notices_issue"
        constraints = [models.UniqueConstraint(fields=["number"], name="notices_issue_once")]


class Asking(Document):
    """Which demand or reminder a draft is the letter of. again: a letter sent once more; the demand stays the same."""

    about = About("person", "letter", {"again": (NOTICE,)})

    draft = models.OneToOneField(Draft, models.PROTECT, related_name="asking", db_constraint=False)
    demand = models.ForeignKey(Demand, models.PROTECT, null=True, related_name="+", db_constraint=False)
    reminder = models.ForeignKey(Reminder, models.PROTECT, null=True, related_name="+", db_constraint=False)
    again = models.BooleanField()

    class Meta:
        db_table = "notices_asking"
        constraints = [
            models.CheckConstraint(
                name="notices_asking_one",
                condition=models.Q(demand__isnull=True) ^ models.Q(reminder__isnull=True),
            )
        ]
