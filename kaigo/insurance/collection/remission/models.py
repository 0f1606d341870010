"""Remission (減免) and deferral (徴収猶予): what was asked for, what was decided. Amounts in yen."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Decision, Document, Work
from kaigo.insurance.premium.models import Assessment
from kaigo.insurance.residents.models import Person

LEVY = "賦課情報"
MONEY = "収納情報"
REMITTED = (f"{LEVY}/保険料減免情報",)
DEFERRED = (f"{MONEY}/徴収猶予情報",)


class ReliefBulk(Work):
    """A remission of many without application (特例減免): its shadow list, who asked, who approved.

    state: shadowed → done | abandoned. digest: of the lines, so that what is decided is what was shown.
    """

    about = About("none", "batch", {})

    fiscal_year = models.SmallIntegerField()
    on = models.DateField()
    state = models.CharField(max_length=12)
    law = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    requested_by = models.CharField(max_length=60)
    approved_by = models.CharField(max_length=60, blank=True)
    totals = models.JSONField(default=dict)

    class Meta:
        db_table = "collection_relief_bulk"


class ReliefLine(Document):
    """One person of a shadow list: from which stage to which, yen; or what is missing to say so (outcome unclear)."""

    about = About(
        "person",
        "collection",
        {
            "outcome": REMITTED,
            "from_stage": (f"{LEVY}/保険料ランク",),
            "to_stage": (f"{LEVY}/保険料ランク",),
            "annual_yen": (f"{LEVY}/賦課額",),
            "yen": (f"{LEVY}/減免額",),
            "after_yen": (f"{LEVY}/賦課額",),
            "facts": REMITTED,
            "reasons": REMITTED,
        },
    )

    bulk = models.ForeignKey(ReliefBulk, models.PROTECT, related_name="lines")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    assessment = models.ForeignKey(
        Assessment, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    outcome = models.CharField(max_length=12)  # granted | unclear
    from_stage = models.SmallIntegerField()
    to_stage = models.SmallIntegerField()
    annual_yen = models.IntegerField()
    yen = models.IntegerField()
    after_yen = models.IntegerField()
    facts = models.JSONField()
    reasons = models.JSONField()

    class Meta:
        db_table = "collection_relief_line"


class Remission(Decision):
    """The premium of one assessment is lowered, or not. A later row takes an earlier back and names it in `supersedes`.

    what: granted | refused | revoked | lapsed (the assessment was revised). manner: cuts (yen off some terms; the plan
    stays) | stage (the plan is made again for after_yen) | none. asked_by: the first of two people, actor the second.
    facts, value and reasons as the law room gave them; cuts: [[way, number, yen], …].
    """

    about = About(
        "person",
        "collection",
        {
            "fiscal_year": (f"{LEVY}/相当年度",),
            "what": REMITTED,
            "ground": (f"{LEVY}/減免事由",),
            "manner": REMITTED,
            "yen": (f"{LEVY}/減免額",),
            "after_yen": (f"{LEVY}/賦課額",),
            "cuts": (f"{LEVY}/減免額",),
            "facts": REMITTED,
            "reasons": REMITTED,
            "note": REMITTED,
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="superseded_by", db_constraint=False
    )
    fiscal_year = models.SmallIntegerField()
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="+", db_constraint=False)
    bulk = models.ForeignKey(
        ReliefBulk, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    what = models.CharField(max_length=12)
    ground = models.CharField(max_length=20)
    manner = models.CharField(max_length=8)
    yen = models.IntegerField()
    after_yen = models.IntegerField()
    cuts = models.JSONField()
    facts = models.JSONField()
    reasons = models.JSONField()
    law = models.CharField(max_length=64)
    note = models.CharField(max_length=200)
    asked_by = models.CharField(max_length=60)

    class Meta:
        db_table = "collection_remission"
        indexes = [models.Index(fields=["person", "fiscal_year"], name="collection_remission_person")]


class Deferral(Decision):
    """Terms that are not asked for until a day: half-open [start_on, end_on). what: granted | refused | revoked."""

    about = About(
        "person",
        "collection",
        dict.fromkeys(("what", "ground", "start_on", "end_on", "facts", "reasons", "note"), DEFERRED),
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_constraint=False)
    what = models.CharField(max_length=12)
    ground = models.CharField(max_length=20)
    start_on = models.DateField(null=True)
    end_on = models.DateField(null=True)
    facts = models.JSONField()
    reasons = models.JSONField()
    law = models.CharField(max_length=64)
    note = models.CharField(max_length=200)
    asked_by = models.CharField(max_length=60)

    class Meta:
        db_table = "collection_deferral"


class DeferralTerm(Document):
    """A term that a deferral covers; kind: deduction | direct."""

    about = About(
        "person",
        "collection",
        {
            "fiscal_year": (f"{MONEY}/賦課年度",),
            "kind": (f"{MONEY}/徴収区分",),
            "number": (f"{MONEY}/期別",),
        },
    )

    deferral = models.ForeignKey(Deferral, models.PROTECT, related_name="terms")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_constraint=False)
    fiscal_year = models.SmallIntegerField()
    kind = models.CharField(max_length=12)
    number = models.SmallIntegerField()

    class Meta:
        db_table = "collection_deferral_term"


class Relief(Work):
    """Somebody asks: for a remission or a deferral, or that a decided one is taken back.

    kind: remission | deferral | revocation | ending. What the person says and which documents were seen; answer: what
    the law said when the first of two people put it forward. state: open → proposed → decided | withdrawn.
    """

    about = About(
        "person",
        "collection",
        dict.fromkeys(
            (
                "ground", "applied_on", "event_on", "event_end", "lost_yen", "of_yen", "household_size", "income_yen",
                "savings_yen", "months", "documents", "note", "answer", "fiscal_year",
            ),
            (*REMITTED, *DEFERRED),
        ),
    )  # fmt: skip

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)
    fiscal_year = models.SmallIntegerField()
    ground = models.CharField(max_length=20)
    applied_on = models.DateField()
    event_on = models.DateField(null=True)
    event_end = models.DateField(null=True)
    lost_yen = models.IntegerField(null=True)
    of_yen = models.IntegerField(null=True)
    household_size = models.SmallIntegerField(default=1)
    income_yen = models.IntegerField(null=True)
    savings_yen = models.IntegerField(null=True)
    months = models.SmallIntegerField(null=True)
    documents = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12)
    answer = models.JSONField(default=dict)
    asked_by = models.CharField(max_length=60, blank=True)
    remission = models.ForeignKey(Remission, models.PROTECT, null=True, related_name="+")
    deferral = models.ForeignKey(Deferral, models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "collection_relief"
        indexes = [
            models.Index(
                fields=["id"],
                name="collection_relief_open",
                condition=models.Q(state__in=("open", "proposed")),
            )
        ]
