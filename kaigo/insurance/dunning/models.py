"""督促・催告・延滞金・返戻・公示送達. Amounts in yen; periods half-open [start, end)."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Decision, Document, Work
from kaigo.insurance.residents.models import Person

MONEY = "収納情報"
TERM = {
    "fiscal_year": (f"{MONEY}/賦課年度",),
    "number": (f"{MONEY}/期別", f"{MONEY}/普徴期別"),
    "due_on": (f"{MONEY}/納期限",),
    "yen": (f"{MONEY}/期別調定額", f"{MONEY}/期別収納額"),
}


def _person() -> models.ForeignKey:
    """Saved for many at once: references are checked per statement (base/records/install.py), not per row."""
    return models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False, db_constraint=False)


class Batch(Work):
    """督促 or 催告 of many: who would get one (Candidate), approved by a second person, then the same people again.

    sort: demand | reminder. dated: the day on the letters, on which the demand is made; on: of the shadow.
    state: shadowed → approved → done | abandoned. totals: counts and yen, what was asked for, {why: count} left out.
    """

    about = About("none", "batch", {})

    sort = models.CharField(max_length=10)
    on = models.DateField()
    dated = models.DateField()
    state = models.CharField(max_length=12)
    law = models.CharField(max_length=64)
    requested_by = models.CharField(max_length=60)
    approved_by = models.CharField(max_length=60, blank=True)
    totals = models.JSONField(default=dict)

    class Meta:
        db_table = "dunning_batch"
        constraints = [
            # Two shadows of one sort would promise the same letters twice.
            models.UniqueConstraint(
                fields=["sort"],
                condition=models.Q(state__in=("shadowed", "approved")),
                name="dunning_batch_waits_once",
            )
        ]


class Candidate(Document):
    """An open term as a batch saw it. stage: shadow | executed (only those that were to get a letter and got none).

    why: due | late = it goes; else a key of words.WHY. part: the id of the instalment that the slip names. reasons: of the law.
    """

    about = About(
        "person",
        "collection",
        {
            **TERM,
            "way": (f"{MONEY}/徴収区分",),
            "part": (f"{MONEY}/督促通知書番号",),
            "why": (f"{MONEY}/督促状発行日", "宛名情報/処理停止情報"),
            "reasons": (f"{MONEY}/督促状発行日", f"{MONEY}/時効予定日", f"{MONEY}/徴収猶予情報"),
        },
    )

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    person = _person()
    stage = models.CharField(max_length=10)
    fiscal_year = models.SmallIntegerField()
    number = models.SmallIntegerField()
    way = models.CharField(max_length=12)
    due_on = models.DateField()
    part = models.BigIntegerField()
    yen = models.IntegerField()
    goes = models.BooleanField()
    why = models.CharField(max_length=12)
    reasons = models.JSONField()

    class Meta:
        db_table = "dunning_candidate"
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "person", "fiscal_year", "number", "stage"], name="dunning_candidate_once"
            )
        ]


class Demand(Decision):
    """督促: the one demand of a term, ever (法200条2項 renews once). A letter sent again is no new demand.

    dated: the day on the letter (督促状発行日); yen: what was open; deadline_on: by when; fee_yen: 督促手数料; part: the instalment that the slip names.
    """

    about = About(
        "person",
        "collection",
        {
            **TERM,
            "part": (f"{MONEY}/督促通知書番号",),
            "dated": (f"{MONEY}/督促状発行日",),
            "deadline_on": (f"{MONEY}/督促納期",),
            "why": (f"{MONEY}/督促状発行日",),
            "fee_yen": (f"{MONEY}/督促通知書番号",),
        },
    )

    person = _person()
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="superseded_by", db_constraint=False
    )
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    fiscal_year = models.SmallIntegerField()
    number = models.SmallIntegerField()
    part = models.BigIntegerField()
    due_on = models.DateField()
    yen = models.IntegerField()
    dated = models.DateField()
    deadline_on = models.DateField()
    fee_yen = models.IntegerField()
    why = models.CharField(max_length=12)  # due | late

    class Meta:
        db_table = "dunning_demand"
        constraints = [
            models.UniqueConstraint(fields=["person", "fiscal_year", "number"], name="dunning_demand_once")
        ]
        indexes = [models.Index(fields=["batch"], name="dunning_demand_batch")]


class DemandFinding(Document):
    """Facts and reasons of a demand, with the digest of the law room."""

    about = About(
        "person",
        "collection",
        {"facts": (f"{MONEY}/督促状発行日",), "reasons": (f"{MONEY}/督促状発行日", f"{MONEY}/時効予定日")},
    )

    decision = models.OneToOneField(Demand, models.PROTECT, related_name="finding", db_constraint=False)
    facts = models.JSONField()
    reasons = models.JSONField()
    law = models.CharField(max_length=64)

    class Meta:
        db_table = "dunning_demand_finding"


class Reminder(Decision):
    """催告: one letter about all that a person owes on a day, after the demands. yen: the whole of it."""

    about = About(
        "person",
        "collection",
        {"yen": TERM["yen"], **dict.fromkeys(("dated", "deadline_on"), (f"{MONEY}/督促納期",))},
    )

    person = _person()
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    yen = models.IntegerField()
    dated = models.DateField()
    deadline_on = models.DateField()

    class Meta:
        db_table = "dunning_reminder"
        constraints = [models.UniqueConstraint(fields=["batch", "person"], name="dunning_reminder_once")]
        indexes = [models.Index(fields=["person"], name="dunning_reminder_person")]


class ReminderTerm(Document):
    """A term of a reminder: what was open, and the 延滞金 up to its day (NULL = a rate is missing)."""

    about = About("person", "collection", {**TERM, "late_yen": TERM["yen"], "part": (f"{MONEY}/期別",)})

    reminder = models.ForeignKey(Reminder, models.PROTECT, related_name="terms", db_constraint=False)
    person = _person()
    fiscal_year = models.SmallIntegerField()
    number = models.SmallIntegerField()
    part = models.BigIntegerField()
    due_on = models.DateField()
    yen = models.IntegerField()
    late_yen = models.IntegerField(null=True)

    class Meta:
        db_table = "dunning_reminder_term"
        indexes = [models.Index(fields=["person"], name="dunning_reminder_term_person")]


class LateCharge(Decision):
    """延滞金 of a term, booked as `late_levy`. A later one of the term supersedes it; the difference is booked.

    state: charged | withdrawn (a payment was taken back: the term is open again). owed_yen: what the term was levied
    for; until: the day of the last payment; yen may be 0: the finding says why nothing is charged.
    """

    about = About(
        "person",
        "collection",
        {**TERM, "owed_yen": TERM["yen"], "exact_yen": TERM["yen"], "until": (f"{MONEY}/期別収納額",)},
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_constraint=False)
    fiscal_year = models.SmallIntegerField()
    number = models.SmallIntegerField()
    due_on = models.DateField()
    owed_yen = models.IntegerField()
    until = models.DateField()
    state = models.CharField(max_length=10)
    yen = models.IntegerField()
    exact_yen = models.IntegerField()

    class Meta:
        db_table = "dunning_late_charge"
        constraints = [
            models.UniqueConstraint(
                fields=["person", "fiscal_year", "number"],
                condition=models.Q(supersedes__isnull=True),
                name="dunning_late_one_beginning",
            )
        ]


class LateFinding(Document):
    """Facts and reasons of a late charge, with the digest of the law room."""

    about = About("person", "collection", {"facts": TERM["yen"], "reasons": TERM["yen"]})

    decision = models.OneToOneField(LateCharge, models.PROTECT, related_name="finding")
    facts = models.JSONField()
    reasons = models.JSONField()
    law = models.CharField(max_length=64)

    class Meta:
        db_table = "dunning_late_finding"


class WaiverRequest(Work):
    """延滞金の減免, asked for by one person. state: requested → granted | refused | withdrawn."""

    about = About("person", "collection", {"yen": TERM["yen"], "reason": (f"{MONEY}/交渉経過記事情報",)})

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    charge = models.ForeignKey(LateCharge, models.PROTECT, related_name="+")
    yen = models.IntegerField()
    reason = models.CharField(max_length=400)
    state = models.CharField(max_length=10)
    requested_by = models.CharField(max_length=60)
    answered_by = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "dunning_waiver_request"
        constraints = [
            models.UniqueConstraint(
                fields=["charge"], condition=models.Q(state="requested"), name="dunning_waiver_asked_once"
            )
        ]


class Waiver(Decision):
    """延滞金の減免, decided by a second person and booked against the charge."""

    about = About("person", "collection", {"yen": TERM["yen"], "reason": (f"{MONEY}/交渉経過記事情報",)})

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    charge = models.ForeignKey(LateCharge, models.PROTECT, related_name="waivers")
    yen = models.IntegerField()
    reason = models.CharField(max_length=400)
    requested_by = models.CharField(max_length=60)

    class Meta:
        db_table = "dunning_waiver"
        constraints = [
            models.CheckConstraint(
                name="dunning_waiver_two_people", condition=~models.Q(actor=models.F("requested_by"))
            )
        ]


class Stay(Decision):
    """督促・催告を止める期間 [start, end) of a person, or of one of his terms. end NULL = until further notice.

    why: deferral (徴収猶予) | refund (還付・充当の処理中) | other. A later one in `supersedes` replaces it, also to end it.
    """

    about = About(
        "person",
        "collection",
        {
            "why": (f"{MONEY}/徴収猶予情報",),
            "start": (f"{MONEY}/徴収猶予情報",),
            "end": (f"{MONEY}/徴収猶予情報",),
            "note": (f"{MONEY}/交渉経過記事情報",),
            "fiscal_year": TERM["fiscal_year"],
            "number": TERM["number"],
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    fiscal_year = models.SmallIntegerField(null=True)
    number = models.SmallIntegerField(null=True)
    why = models.CharField(max_length=10)
    start = models.DateField()
    end = models.DateField(null=True)
    note = models.CharField(max_length=200)

    class Meta:
        db_table = "dunning_stay"


class Returned(Document):
    """返戻: a letter came back. document_number: as it stands on the letter; letter: a key of words.LETTERS."""

    about = About(
        "person",
        "collection",
        dict.fromkeys(("document_number", "letter", "returned_on", "why", "note"), (f"{MONEY}/返戻情報",)),
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    letter = models.CharField(max_length=12)
    document_number = models.CharField(max_length=40)
    returned_on = models.DateField()
    why = models.CharField(max_length=12)
    note = models.CharField(max_length=200)
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "dunning_returned"
        constraints = [
            models.UniqueConstraint(fields=["document_number", "returned_on"], name="dunning_returned_once")
        ]


class Search(Document):
    """A step of looking for the address, and what it found. found: address | not_living (不現住) | nothing."""

    about = About(
        "person",
        "collection",
        dict.fromkeys(("searched_on", "what", "found", "note"), (f"{MONEY}/不現住情報", f"{MONEY}/返戻情報")),
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)
    returned = models.ForeignKey(Returned, models.PROTECT, related_name="searches")
    searched_on = models.DateField()
    what = models.CharField(max_length=12)
    found = models.CharField(max_length=12)
    note = models.CharField(max_length=200)
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "dunning_search"


class PublicNotice(Decision):
    """公示送達 of letters that came back. effective_on: the day from which they count as delivered (法143条の例)."""

    about = About("none", "collection")

    posted_on = models.DateField()
    effective_on = models.DateField()
    reasons = models.JSONField()
    law = models.CharField(max_length=64)

    class Meta:
        db_table = "dunning_public_notice"


class PublicNoticeLetter(Document):
    """A letter of a public notice."""

    about = About(
        "person", "collection", {"name": ("宛名情報/氏名情報",), "returned_id": (f"{MONEY}/返戻情報",)}
    )

    notice = models.ForeignKey(PublicNotice, models.PROTECT, related_name="letters")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)
    returned = models.OneToOneField(Returned, models.PROTECT, related_name="notice")
    name = models.CharField(max_length=200)

    class Meta:
        db_table = "dunning_public_notice_letter"
