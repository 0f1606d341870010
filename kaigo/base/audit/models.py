"""Who saw or did what, why and with what outcome. Ids, codes and digests only: no names, no numbers of people."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kaigo.base.records.models import About, Document

AUDIT = About("staff", "audit", {})
LOG = About("none", "audit", {})


class Event(Document):
    """One access or act. Written in the transaction of what it records; a refusal in one of its own.

    event: a name of events.py. place: the page or job. object: kind and id of what it was about; people stand in
    Subject and BulkSubjects as keyed digests of version subject_key. opened: those of them whom the address named,
    not who was only shown beside them. unexplained: no case or ticket said why.
    """

    about = AUDIT

    event = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10)  # done | refused | failed
    why = models.CharField(max_length=30, blank=True)
    actor = models.CharField(max_length=60)
    member = models.BigIntegerField(null=True)
    session = models.BigIntegerField(null=True)
    permission = models.CharField(max_length=40, blank=True)
    grants = ArrayField(models.BigIntegerField(), default=list)
    emergency = models.BigIntegerField(null=True)
    purpose = models.CharField(max_length=40)
    case = models.CharField(max_length=60, blank=True)
    unexplained = models.BooleanField(default=False)
    place = models.CharField(max_length=80, blank=True)
    object = models.CharField(max_length=120, blank=True)
    fields = ArrayField(models.CharField(max_length=20), default=list)
    subject_key = models.IntegerField(default=0)
    subjects = models.IntegerField(default=0)
    opened = ArrayField(models.BinaryField(max_length=16), default=list)
    trace = models.CharField(max_length=32, blank=True)
    program = models.CharField(max_length=40, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        db_table = "audit_event"
        indexes = [
            models.Index(fields=["actor", "created_at"], name="audit_event_actor"),
            # What a human being did today, by whichever account: the limits of the day ask this at every page.
            models.Index(fields=["member", "created_at"], name="audit_event_member"),
            models.Index(fields=["event", "object"], name="audit_event_object"),
            models.Index(fields=["created_at"], name="audit_event_time"),
            models.Index(fields=["event", "created_at"], name="audit_event_kind"),
            # What has no place in the log yet: asked every few seconds.
            models.Index(fields=["tx"], name="audit_event_tx"),
            # The few that somebody looks into: refusals, and accesses that nothing explains.
            models.Index(
                fields=["created_at"], condition=~models.Q(outcome="done"), name="audit_event_refused"
            ),
            models.Index(
                fields=["created_at"], condition=models.Q(unexplained=True), name="audit_event_asked"
            ),
        ]


class Subject(Document):
    """A person whom an event was about, as a keyed digest."""

    about = AUDIT

    event = models.ForeignKey(Event, models.PROTECT, related_name="+", db_constraint=False)
    digest = models.BinaryField(max_length=16)

    class Meta:
        db_table = "audit_subject"
        indexes = [models.Index(fields=["digest"], name="audit_subject_digest")]


class BulkSubjects(Document):
    """The people of an event about many: their digests, sorted, one after the other, by their first byte (bucket).

    A search reads only the bucket of its digest, so that events about everybody stay small and can still be asked.
    """

    about = AUDIT

    event = models.ForeignKey(Event, models.PROTECT, related_name="+", db_constraint=False)
    bucket = models.IntegerField()
    digests = models.BinaryField()

    class Meta:
        db_table = "audit_bulk_subjects"
        indexes = [models.Index(fields=["bucket"], name="audit_bulk_subjects_bucket")]


class Leaf(Document):
    """Which place an event has in the log: without gaps, in the order in which it became visible."""

    about = LOG

    number = models.BigIntegerField(unique=True)
    event = models.OneToOneField(Event, models.PROTECT, related_name="+", db_constraint=False)

    class Meta:
        db_table = "audit_leaf"


class Cosigned(Document):
    """A checkpoint of the log that the witness has signed. signed_at: when, by the witness's clock."""

    about = LOG

    size = models.BigIntegerField()
    root = models.BinaryField(max_length=32)
    signed_at = models.DateTimeField()
    note = models.TextField()

    class Meta:
        db_table = "audit_cosigned"
        indexes = [models.Index(fields=["signed_at"], name="audit_cosigned_at")]


class Segment(Document):
    """A closed part of the log, kept encrypted apart from it: leaves first ≤ n < end, as the file of this digest."""

    about = LOG

    first = models.BigIntegerField(unique=True)
    end = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        db_table = "audit_segment"
