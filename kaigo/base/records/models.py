"""The six kinds of table. A model takes one of them as its base and says whom it is about.

The database enforces the kind: grants and triggers are generated from it (install.py), so that the program
itself, running as `app_`, cannot rewrite what it once believed, decided, booked or issued.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField
from django.db import models


class About(NamedTuple):
    """subject: person | household | staff | facility | insurer | none. retention: key of docs/retention.csv.

    items: column → items of 別添1 as `group/item`; every personal column names at least one.
    """

    subject: str
    retention: str
    items: Mapping[str, tuple[str, ...]] = {}


class Xid8Field(models.BigIntegerField):
    """Transaction id (xid8): what a reader's watermark compares, because it is never late (watermarks.py)."""

    def db_type(self, connection):
        return "xid8"

    def from_db_value(self, value, expression, connection):
        return None if value is None else int(value)


class CurrentTransaction(models.Func):
    function = "pg_current_xact_id"
    template = "%(function)s()"
    output_field = Xid8Field()


class Now(models.Func):
    """The transaction's own time, the same for all its rows."""

    function = "now"
    template = "%(function)s()"
    output_field = models.DateTimeField()


class OpenFromNow(models.Func):
    template = "tstzrange(now(), NULL)"
    output_field = DateTimeRangeField()


class Record(models.Model):
    """Common to all kinds. `tx` is the transaction that wrote the row, or closed it when it is a Fact."""

    record_kind: ClassVar[str] = ""
    about: ClassVar[About]
    # Columns that the read role never sees: what opens doors, and rows of other tables packed whole.
    hidden: ClassVar[tuple[str, ...]] = ()

    id = models.BigAutoField(primary_key=True)
    tx = Xid8Field(db_default=CurrentTransaction(), editable=False)

    class Meta:
        abstract = True


class Anchor(Record):
    """An id that other rows hold on to: person, household, facility. Never changes."""

    record_kind = "Anchor"

    class Meta:
        abstract = True


class Fact(Record):
    """What was true when (effective), who told us when (notified_on), when we believed it (known).

    key: the columns within which two believed versions may not overlap; first the subject.
    """

    record_kind = "Fact"
    key: ClassVar[tuple[str, ...]] = ("person",)

    effective = DateRangeField()
    notified_on = models.DateField(null=True)
    known = DateTimeRangeField(db_default=OpenFromNow(), editable=False)
    source = models.CharField(max_length=60)  # feed:<delivery>:<line> | case:<reference> | migration:<…>

    class Meta:
        abstract = True

    @classmethod
    def key_columns(cls) -> tuple[str, ...]:
        return tuple(cls._meta.get_field(name).column for name in cls.key)

    @classmethod
    def value_columns(cls) -> tuple[str, ...]:
        own = {f.column for f in Fact._meta.get_fields()} | {"id", "tx"} | set(cls.key_columns())
        return tuple(f.column for f in cls._meta.concrete_fields if f.column not in own)


class Decision(Record):
    """An administrative decision. Never changed: a later one names it in `supersedes`."""

    record_kind = "Decision"

    decided_at = models.DateTimeField(db_default=Now(), editable=False)
    decided_on = models.DateField()  # the business date of the act
    actor = models.CharField(max_length=60)
    supersedes = models.OneToOneField("self", models.PROTECT, null=True, related_name="superseded_by")

    class Meta:
        abstract = True


class Entry(Record):
    """A line of the ledger in yen. Never changed: another entry reverses it with a reason code."""

    record_kind = "Entry"

    booked_at = models.DateTimeField(db_default=Now(), editable=False)
    business_date = models.DateField()
    actor = models.CharField(max_length=60)

    class Meta:
        abstract = True


class Document(Record):
    """A file, a line of one, a letter, a sheet: kept as it was."""

    record_kind = "Document"

    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


class Work(Record):
    """What people are busy with: inbox, drafts, notes. May change; every change is kept in WorkHistory."""

    record_kind = "Work"

    changed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


class WorkHistory(Document):
    """Earlier states of Work rows, written by one trigger."""

    about = About("none", "work_history", {})
    hidden = ("before",)

    table = models.CharField(max_length=63)
    row = models.BigIntegerField()
    actor = models.CharField(max_length=60)
    before = models.JSONField()

    class Meta:
        db_table = "records_work_history"
        indexes = [models.Index(fields=["table", "row"], name="records_history_row")]


class Freeze(Document):
    """A cut-off: facts believed at `cutoff` are the inputs of a batch. Writers wait while it is taken."""

    about = About("none", "batch", {})

    name = models.CharField(max_length=80)
    cutoff = models.DateTimeField()
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "records_freeze"


class Watermark(Work):
    """How far a reader has read a table, as a transaction id."""

    about = About("none", "operations", {})

    reader = models.CharField(max_length=80)
    table = models.CharField(max_length=63)
    position = Xid8Field()

    class Meta:
        db_table = "records_watermark"
        constraints = [models.UniqueConstraint(fields=["reader", "table"], name="records_watermark_once")]
