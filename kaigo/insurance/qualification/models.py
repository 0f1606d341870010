"""Who is insured with us, from when until when, and why."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Anchor, Decision, Document, Work
from kaigo.insurance.residents.models import Person

QUALIFICATION = "資格情報"
_ACQUIRED = (f"{QUALIFICATION}/資格取得事由・年月日・届出年月日・届出場所", f"{QUALIFICATION}/1号該当日")
_LOST = (f"{QUALIFICATION}/資格喪失事由・年月日・届出年月日・届出場所",)


class InsuredNumber(Anchor):
    """被保険者番号: ten digits, one per person for life with this insurer."""

    about = About("person", "qualification", {"number": (f"{QUALIFICATION}/被保険者番号",)})

    # Saved for everybody at once: references are checked per statement (base/records/install.py), not per row.
    person = models.OneToOneField(Person, models.PROTECT, related_name="+", db_constraint=False)
    number = models.CharField(max_length=10, unique=True)

    class Meta:
        db_table = "qualification_number"


class Qualification(Decision):
    """One insured period of a person, half-open [acquired_on, lost_on). `period`: 1, 2, … in the order of life.

    cancelled: the period never existed. Current = named by no other row and not cancelled.
    """

    about = About(
        "person",
        "qualification",
        {
            "category": (f"{QUALIFICATION}/被保険者資格区分",),
            **dict.fromkeys(("acquired_on", "acquired_reason", "acquired_notified_on"), _ACQUIRED),
            **dict.fromkeys(("lost_on", "lost_reason", "lost_notified_on", "provisional"), _LOST),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_constraint=False)
    period = models.SmallIntegerField()
    category = models.SmallIntegerField()  # 1 = 第1号
    acquired_on = models.DateField()
    acquired_reason = models.CharField(max_length=2)
    acquired_notified_on = models.DateField(null=True)
    lost_on = models.DateField(null=True)
    lost_reason = models.CharField(max_length=2)
    lost_notified_on = models.DateField(null=True)
    provisional = models.BooleanField()
    cancelled = models.BooleanField()

    class Meta:
        db_table = "qualification_decision"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "period"],
                condition=models.Q(supersedes__isnull=True),
                name="qualification_one_beginning",
            )
        ]


class QualificationFinding(Document):
    """Facts and reasons of a qualification, packed, with the digest of the law room."""

    about = About("person", "qualification", {"facts": _ACQUIRED, "reasons": _ACQUIRED})

    decision = models.OneToOneField(
        Qualification, models.PROTECT, related_name="finding", db_constraint=False
    )
    facts = models.JSONField()
    reasons = models.JSONField()
    law = models.CharField(max_length=64)

    class Meta:
        db_table = "qualification_finding"


class Ruling(Decision):
    """What the section found itself, with its reason, where the facts alone do not decide.

    matter: not_exception (the move of `day` to a facility's address is no 住所地特例: the person loses) |
    periods (訂正: as long as the law judges `judged` from the facts, `decided` is what holds) |
    held_back (資格取得除外者: from `day`, and not after `until`, nothing is acquired without being asked).
    withdrawn: the ruling before, named in supersedes, no longer holds.
    """

    about = About(
        "person",
        "qualification",
        dict.fromkeys(
            ("matter", "day", "until", "judged", "decided", "reason"),
            (f"{QUALIFICATION}/資格異動事由・年月日・届出年月日・届出場所",),
        ),
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    matter = models.CharField(max_length=20)
    day = models.DateField(null=True)
    until = models.DateField(null=True)
    judged = models.JSONField(null=True)
    decided = models.JSONField(null=True)
    reason = models.TextField()
    withdrawn = models.BooleanField()

    class Meta:
        db_table = "qualification_ruling"


class Task(Work):
    """Something a clerk must settle: a hold at a facility address, an unclear date, a mismatch with the register."""

    about = About(
        "person",
        "qualification",
        {"message": (f"{QUALIFICATION}/資格異動事由・年月日・届出年月日・届出場所",)},
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    sort = models.CharField(max_length=20)  # hold | unclear | mismatch
    what = models.CharField(max_length=80)  # key of what is missing, with the day of the event
    message = models.TextField()
    state = models.CharField(max_length=10)  # open | settled
    settled_by = models.CharField(max_length=60, blank=True)  # a clerk, or "facts": the facts changed
    settled_reason = models.TextField(blank=True)

    class Meta:
        db_table = "qualification_task"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "sort", "what"],
                condition=models.Q(state="open"),
                name="qualification_task_once",
            )
        ]


class IncomeInquiry(Work):
    """所得照会: another municipality is asked what it levied on a person for a fiscal year, because we have no record.

    state: asked (a letter is to be made) → sent → answered | no_record; dropped: no longer needed.
    """

    about = About(
        "person",
        "tax",
        {
            **dict.fromkeys(("fiscal_year", "state", "reason"), ("賦課情報/所得情報",)),
            "municipality": ("宛名情報/転入元転出先情報", "資格情報/住所地特例情報"),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    fiscal_year = models.SmallIntegerField()
    municipality = models.CharField(max_length=6)
    state = models.CharField(max_length=10)  # asked | sent | answered | no_record | dropped
    asked_on = models.DateField()
    asked_by = models.CharField(max_length=60)
    reply_by = models.DateField()
    sent_on = models.DateField(null=True)
    reason = models.TextField(blank=True)  # why a protected person is asked about, or why it was dropped

    class Meta:
        db_table = "qualification_income_inquiry"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "fiscal_year"],
                condition=models.Q(state__in=("asked", "sent")),
                name="qualification_income_inquiry_once",
            )
        ]


class IncomeReply(Document):
    """What a municipality answered: the items of a tax record, or that it has none. The newest of an inquiry counts."""

    about = About(
        "person",
        "tax",
        {"told": ("賦課情報/所得情報", "賦課情報/課税区分"), "remark": ("賦課情報/所得情報",)},
    )

    inquiry = models.ForeignKey(IncomeInquiry, models.PROTECT, related_name="replies")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    replied_on = models.DateField()
    found = models.BooleanField()
    told = models.JSONField()
    remark = models.TextField(blank=True)
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "qualification_income_reply"


class Handover(Decision):
    """受給資格証明書 of the former municipality as handed in by somebody who moved in: noted here, used by certification.

    acquired_on: the acquisition that it belongs to (法36条 counts from it). withdrawn: the note before was a mistake.
    """

    about = About(
        "person",
        "qualification",
        {
            **dict.fromkeys(("acquired_on", "handed_in_on"), ("受給者情報/前住所地要介護引継",)),
            "municipality": ("受給者情報/前保険者番号", "受給者情報/前保険者名"),
            **dict.fromkeys(
                ("certificate_number", "certificate_made_on"),
                ("受給者情報/受給資格開始年月日・証明書作成日・証明書番号",),
            ),
            "reason": ("受給者情報/前住所地要介護引継",),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    acquired_on = models.DateField()
    handed_in_on = models.DateField()
    municipality = models.CharField(max_length=6)
    certificate_number = models.CharField(max_length=20, blank=True)
    certificate_made_on = models.DateField(null=True)
    reason = models.TextField(blank=True)
    withdrawn = models.BooleanField()

    class Meta:
        db_table = "qualification_handover"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "acquired_on"],
                condition=models.Q(supersedes__isnull=True),
                name="qualification_handover_one_beginning",
            )
        ]


class Notification(Decision):
    """届出: a form as it came in, when, where, by whom, and the qualification period that it is about.

    form: acquired | lost | exception_start | exception_change | exception_end | changed (氏名・住所・世帯).
    filer: self | head (of the household) | agent. withdrawn: the entry before, named in supersedes, was a mistake.
    """

    about = About(
        "person",
        "qualification",
        dict.fromkeys(
            ("form", "event_on", "filed_on", "place", "filer", "filer_name", "period", "reason"),
            (*_ACQUIRED[:1], *_LOST, f"{QUALIFICATION}/資格異動事由・年月日・届出年月日・届出場所"),
        ),
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    form = models.CharField(max_length=20)
    event_on = models.DateField()
    filed_on = models.DateField()
    place = models.CharField(max_length=60)
    filer = models.CharField(max_length=8)
    filer_name = models.CharField(max_length=120, blank=True)
    period = models.SmallIntegerField(null=True)  # Qualification.period
    reason = models.TextField(blank=True)
    withdrawn = models.BooleanField()

    class Meta:
        db_table = "qualification_notification"


class Deemed(Decision):
    """みなし2号: on public assistance, 40 to 64, without medical insurance: not insured, only known for 介護扶助.

    number: as the welfare office gave it (H…). [since, until): as entered; whether it still holds is said by the facts.
    withdrawn: the entry before, named in supersedes, was a mistake.
    """

    about = About(
        "person",
        "welfare",
        dict.fromkeys(
            ("number", "office", "case_number", "disease", "since", "until", "reason"),
            (f"{QUALIFICATION}/被保険者資格区分", "賦課情報/生活保護情報"),
        ),
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    number = models.CharField(max_length=10)
    office = models.CharField(max_length=60)
    case_number = models.CharField(max_length=20)
    disease = models.CharField(max_length=2)
    since = models.DateField()
    until = models.DateField(null=True)
    reason = models.TextField(blank=True)
    withdrawn = models.BooleanField()

    class Meta:
        db_table = "qualification_deemed"


class ExchangeNotice(Document):
    """A host municipality was told of one of ours. event: start | change | end (of 住所地特例) on a day."""

    about = About(
        "person",
        "qualification",
        {
            **dict.fromkeys(("event", "day", "told_on", "how"), ("賦課情報/住所地特例交換情報",)),
            "municipality": ("資格情報/住所地特例情報", "資格情報/保険者情報"),
            "facility": ("資格情報/事業者情報",),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    event = models.CharField(max_length=10)  # start | change | end
    day = models.DateField()
    municipality = models.CharField(max_length=6)
    facility = models.CharField(max_length=12)
    told_on = models.DateField()
    how = models.CharField(max_length=100)
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "qualification_exchange_notice"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "event", "day", "municipality"], name="qualification_exchange_notice_once"
            )
        ]


class ExchangeTelling(Work):
    """住所地特例連絡票: an event of one of ours that a host municipality is to be told by letter.

    state: wanted (a letter is to be made, or not posted yet) → sent (ExchangeNotice says when) | dropped.
    """

    about = About(
        "person",
        "qualification",
        {
            **dict.fromkeys(("event", "day", "state", "reason", "sent_on"), ("賦課情報/住所地特例交換情報",)),
            "municipality": ("資格情報/住所地特例情報", "資格情報/保険者情報"),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    event = models.CharField(max_length=10)  # start | change | end
    day = models.DateField()
    municipality = models.CharField(max_length=6)
    state = models.CharField(max_length=10)  # wanted | sent | dropped
    asked_on = models.DateField()
    asked_by = models.CharField(max_length=60)
    sent_on = models.DateField(null=True)
    reason = models.TextField(blank=True)  # why a protected person is told of, or why it was dropped

    class Meta:
        db_table = "qualification_exchange_telling"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "event", "day", "municipality"],
                condition=models.Q(state__in=("wanted", "sent")),
                name="qualification_exchange_telling_once",
            )
        ]
