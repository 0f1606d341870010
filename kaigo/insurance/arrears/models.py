"""What is owed after its day: talks, promises, measures, lapsed rights, write-offs. Amounts in yen.

A term is (person, fiscal year, number) of what the person himself pays; a pension payer's deductions are no arrears of
the person.
"""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Decision, Document, Work
from kaigo.insurance.residents.models import Person

MONEY = "収納情報"
TERM = {"fiscal_year": (f"{MONEY}/相当年度",), "number": (f"{MONEY}/期別",)}


class Contact(Work):
    """交渉経過: one talk about what is owed. how: phone | counter | visit | letter | other.

    promise_on, promise_yen: what was promised orally; nothing follows from it but the next step on the desk.
    """

    about = About(
        "person",
        "collection",
        dict.fromkeys(
            ("on", "how", "whom", "text", "promise_on", "promise_yen"), (f"{MONEY}/交渉経過記事情報",)
        ),
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    on = models.DateField()
    how = models.CharField(max_length=10)
    whom = models.CharField(max_length=60)
    text = models.TextField()
    promise_on = models.DateField(null=True)
    promise_yen = models.IntegerField(null=True)
    written_by = models.CharField(max_length=60)

    class Meta:
        db_table = "arrears_contact"


class Visit(Work):
    """A visit of a day (訪問). result: "" while it is planned, else a key of talks.RESULTS."""

    about = About("person", "collection", dict.fromkeys(("on", "result", "note"), (f"{MONEY}/訪問実績情報",)))

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    on = models.DateField()
    result = models.CharField(max_length=10, blank=True)
    note = models.TextField(blank=True)
    written_by = models.CharField(max_length=60)

    class Meta:
        db_table = "arrears_visit"
        constraints = [models.UniqueConstraint(fields=["person", "on"], name="arrears_visit_once")]
        indexes = [models.Index(fields=["on"], name="arrears_visit_day")]


class Inquiry(Work):
    """財産調査: who was asked about property, when, and what came back. kind: a key of talks.INQUIRED."""

    about = About(
        "person",
        "collection",
        dict.fromkeys(("kind", "whom", "asked_on", "answered_on", "answer"), (f"{MONEY}/滞納処分情報",)),
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)
    whom = models.CharField(max_length=80)
    asked_on = models.DateField()
    answered_on = models.DateField(null=True)
    answer = models.TextField(blank=True)
    written_by = models.CharField(max_length=60)

    class Meta:
        db_table = "arrears_inquiry"


class Agreement(Decision):
    """分納の誓約. state: made | done | broken | withdrawn; the later ones name the first in `made` and supersede it.

    Terms and parts belong to the first row. debt_yen: what was promised; reasons: as the law judged, packed.
    """

    about = About(
        "person",
        "collection",
        dict.fromkeys(("state", "agreed_on", "debt_yen", "reason", "reasons"), (f"{MONEY}/分納管理情報",)),
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10)
    agreed_on = models.DateField()
    debt_yen = models.IntegerField()
    reason = models.CharField(max_length=200)
    reasons = models.JSONField()
    law = models.CharField(max_length=64)

    class Meta:
        db_table = "arrears_agreement"


class AgreementTerm(Document):
    """A term that an agreement covers, with what was open of it."""

    about = About("person", "collection", {**TERM, "yen": (f"{MONEY}/分納明細情報",)})

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="terms")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    fiscal_year = models.SmallIntegerField()
    number = models.SmallIntegerField()
    yen = models.IntegerField()

    class Meta:
        db_table = "arrears_agreement_term"


class AgreementPart(Document):
    """One payment that was promised."""

    about = About("person", "collection", dict.fromkeys(("due_on", "yen"), (f"{MONEY}/分納明細情報",)))

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="parts")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    place = models.SmallIntegerField()
    due_on = models.DateField()
    yen = models.IntegerField()

    class Meta:
        db_table = "arrears_agreement_part"


class Measure(Decision):
    """An event that the right to collect depends on. kind: seizure | distribution_claim | enforcement_stop | acknowledgement
    | dunning | deferral (the last two only as a former system handed them over: here they come from dunning).

    state: begun | ended | withdrawn; the later ones name the first in `begun` and supersede it. begins, ends: half-open.
    object: what was seized, of whom what was claimed. ground: why it was stopped (measures.GROUNDS). at_once: 即時消滅.
    """

    about = About(
        "person",
        "collection",
        dict.fromkeys(
            ("kind", "state", "begins", "ends", "object", "ground", "at_once", "reason"),
            (f"{MONEY}/滞納処分情報", f"{MONEY}/時効中断事由"),
        ),
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    begun = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=10)
    begins = models.DateField()
    ends = models.DateField(null=True)
    object = models.CharField(max_length=120)
    ground = models.CharField(max_length=12)
    at_once = models.BooleanField(default=False)
    reason = models.CharField(max_length=200)

    class Meta:
        db_table = "arrears_measure"


class MeasureTerm(Document):
    """A term that a measure is about, with what was open of it."""

    about = About("person", "collection", {**TERM, "yen": (f"{MONEY}/滞納処分情報",)})

    measure = models.ForeignKey(Measure, models.PROTECT, related_name="terms")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    fiscal_year = models.SmallIntegerField()
    number = models.SmallIntegerField()
    yen = models.IntegerField()

    class Meta:
        db_table = "arrears_measure_term"


class Lapse(Decision):
    """時効の完成, as the job found it: until last_on the term could be collected. complete: false = it was found later
    that it had not lapsed after all. yen: what was open on last_on. facts, reasons: of the law, packed.
    """

    about = About(
        "person",
        "collection",
        {
            **TERM,
            "due_on": (f"{MONEY}/納期限",),
            "last_on": (f"{MONEY}/時効予定日",),
            "yen": (f"{MONEY}/時効完成事由",),
            "complete": (f"{MONEY}/時効完成事由",),
            "facts": (f"{MONEY}/時効中断事由",),
            "reasons": (f"{MONEY}/時効完成事由",),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    fiscal_year = models.SmallIntegerField()
    number = models.SmallIntegerField()
    due_on = models.DateField()
    last_on = models.DateField(null=True)
    complete = models.BooleanField()
    yen = models.IntegerField()
    facts = models.JSONField()
    reasons = models.JSONField()
    law = models.CharField(max_length=64)

    class Meta:
        db_table = "arrears_lapse"
        indexes = [models.Index(fields=["person", "fiscal_year"], name="arrears_lapse_person")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "fiscal_year", "number"],
                condition=models.Q(supersedes__isnull=True),
                name="arrears_lapse_one_beginning",
            )
        ]


class Proposal(Work):
    """A list of terms to write off, or to take back (what: write_off | reversal). state: requested | approved | abandoned."""

    about = About("none", "collection")

    what = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    requested_by = models.CharField(max_length=60)
    requested_on = models.DateField()
    approved_by = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=200)

    class Meta:
        db_table = "arrears_proposal"


class ProposalTerm(Document):
    """A term of a proposal as it was judged when it was put on it."""

    about = About(
        "person",
        "collection",
        {
            **TERM,
            "yen": (f"{MONEY}/期別調定額",),
            "ground": (f"{MONEY}/時効完成事由",),
            "extinct_on": (f"{MONEY}/時効完成事由",),
            "reasons": (f"{MONEY}/時効完成事由",),
        },
    )

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="terms")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    fiscal_year = models.SmallIntegerField()
    number = models.SmallIntegerField()
    yen = models.IntegerField()
    ground = models.CharField(max_length=12)
    extinct_on = models.DateField()
    reasons = models.JSONField()
    law = models.CharField(max_length=64)

    class Meta:
        db_table = "arrears_proposal_term"


class WriteOff(Decision):
    """不納欠損 of one term, approved by a second person; or, superseding it, that it was taken back (reversed)."""

    about = About(
        "person",
        "collection",
        {
            **TERM,
            "yen": (f"{MONEY}/期別調定額",),
            "ground": (f"{MONEY}/時効完成事由",),
            "extinct_on": (f"{MONEY}/時効完成事由",),
            "reasons": (f"{MONEY}/時効完成事由",),
        },
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10)  # done | reversed
    fiscal_year = models.SmallIntegerField()
    number = models.SmallIntegerField()
    yen = models.IntegerField()
    ground = models.CharField(max_length=12)
    extinct_on = models.DateField()
    reasons = models.JSONField()
    law = models.CharField(max_length=64)
    requested_by = models.CharField(max_length=60)

    class Meta:
        db_table = "arrears_write_off"
        indexes = [models.Index(fields=["person", "fiscal_year"], name="arrears_write_off_person")]
