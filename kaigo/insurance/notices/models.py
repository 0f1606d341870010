"""Drafts of letters: what would be said, from one decision. Never published from here."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Work
from kaigo.insurance.collection.models import Plan
from kaigo.insurance.premium.models import Assessment
from kaigo.insurance.residents.models import Person

NOTICE = "賦課情報/通知書区分"


class Draft(Work):
    """One letter to one person. `data` is everything the page shows; amounts also stand in columns for the gate.

    state: draft → released | withdrawn. held: why it may not go out now (支援措置, 処理停止, unprintable name).
    """

    about = About(
        "person",
        "letter",
        {
            "letter": (NOTICE,),
            "data": (NOTICE, "宛名情報/氏名情報", "宛名情報/送付先情報", "賦課情報/賦課詳細情報"),
            "annual_yen": ("賦課情報/保険料額",),
            "held": ("宛名情報/処理停止情報",),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    letter = models.CharField(
        max_length=30
    )  # premium_notice | deduction_start | change_notice | insured_certificate
    fiscal_year = models.SmallIntegerField()
    assessment = models.ForeignKey(Assessment, models.PROTECT, null=True, related_name="+")
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+")
    annual_yen = models.IntegerField()
    data = models.JSONField()
    state = models.CharField(max_length=10)
    held = models.CharField(max_length=120, blank=True)

    class Meta:
        db_table = "notices_draft"
        indexes = [models.Index(fields=["letter", "state"], name="notices_draft_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "assessment"],
                condition=models.Q(state="draft"),
                name="notices_draft_once",
            )
        ]
