"""Files as they came and their lines: kept raw, parsed, never interpreted."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kaigo.base.records.models import About, Document, Work

_RAW = {
    "values": ("宛名情報/氏名情報", "宛名情報/現住所情報", "賦課情報/所得情報", "宛名情報/介護宛名履歴情報")
}


class Delivery(Document):
    """One file of one source, with its head line. The bytes are in base/files under `digest`.

    What could not be read of the head is empty: insurer, edition, mode "", sequence 0, made_on NULL.
    """

    about = About("none", "feeds", {})

    layout = models.CharField(max_length=60)
    edition = models.CharField(max_length=20, blank=True)
    insurer = models.CharField(max_length=6, blank=True)
    name = models.CharField(max_length=200)
    sequence = models.IntegerField()  # 0: layouts without sequence
    made_on = models.DateField(null=True)
    mode = models.CharField(max_length=10, blank=True)  # full | changes
    digest = models.CharField(max_length=64)
    lines = models.IntegerField()
    received_on = models.DateField()  # the business date
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "feeds_delivery"
        indexes = [
            models.Index(fields=["layout", "sequence"], name="feeds_delivery_order"),
            models.Index(fields=["digest"], name="feeds_delivery_digest"),
        ]


class Outcome(Document):
    """What became of a delivery: accepted | refused | waiting | repeated. The newest one counts.

    last_line: no line of the layout had a higher id when it was accepted; later lines are changes on top of it.
    """

    about = About("none", "feeds", {})

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="outcomes")
    state = models.CharField(max_length=10)
    new_lines = models.IntegerField(default=0)
    refused_lines = models.IntegerField(default=0)
    last_line = models.BigIntegerField(default=0)
    problems = models.JSONField(default=list)  # [{rule, where, message, remedy}]
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "feeds_outcome"
        indexes = [
            models.Index(
                fields=["delivery"], name="feeds_outcome_waiting", condition=models.Q(state="waiting")
            )
        ]


class Line(Document):
    """A line that changed since the last accepted file of its layout. `values` in the order of the layout's fields."""

    about = About("person", "feeds", _RAW)

    delivery = models.ForeignKey(
        Delivery, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    layout = models.CharField(max_length=60)
    number = models.IntegerField()
    values = ArrayField(models.TextField(blank=True))

    class Meta:
        db_table = "feeds_line"
        indexes = [
            models.Index(fields=["layout", "tx"], name="feeds_line_new"),
            models.Index(fields=["delivery", "number"], name="feeds_line_place"),
            # The first item is the first part of the key in every layout that has one (kaigo/layouts/tests).
            models.Index("layout", "values__0", name="feeds_line_key"),
        ]


class RefusedLine(Document):
    """A line that could not be accepted: by the layout (here) or by a room that read it.

    `more`: further errors of the same line, [{field, rule, value, message, remedy}].
    """

    about = About("person", "feeds", dict.fromkeys(("values", "value", "more"), _RAW["values"]))

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="refused")
    number = models.IntegerField()
    room = models.CharField(max_length=40)  # feeds | residents | …
    field = models.CharField(max_length=60)
    rule = models.CharField(max_length=60)
    value = models.TextField(blank=True)
    message = models.TextField()
    remedy = models.TextField()
    more = models.JSONField(default=list)
    values = ArrayField(models.TextField(blank=True))

    class Meta:
        db_table = "feeds_refused_line"


class Repair(Work):
    """Work on a refused line: open until replayed or set aside with a reason."""

    about = About("person", "feeds", {"values": _RAW["values"]})

    refused = models.OneToOneField(RefusedLine, models.PROTECT, related_name="repair")
    state = models.CharField(max_length=12)  # open | replayed | set_aside
    reason = models.TextField(blank=True)
    values = ArrayField(models.TextField(blank=True), default=list)

    class Meta:
        db_table = "feeds_repair"
        indexes = [
            models.Index(fields=["state"], name="feeds_repair_state", condition=models.Q(state="open"))
        ]
