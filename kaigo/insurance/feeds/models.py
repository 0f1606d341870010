"""Files as they came and their lines: kept raw, parsed, never interpreted."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kaigo.base.records.models import About, Document, Work

_RAW = {
    "values": ("宛名情報/氏名情報", "宛名情報/現住所情報", "賦課情報/所得情報", "宛名情報/介護宛名履歴情報")
}


class Delivery(Document):
    """One file of one source. The bytes are in base/files under `digest`."""

    about = About("none", "feeds", {})

    layout = models.CharField(max_length=60)
    edition = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    sequence = models.IntegerField()
    made_on = models.DateField()
    mode = models.CharField(max_length=10)  # full | changes
    digest = models.CharField(max_length=64)
    lines = models.IntegerField()
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "feeds_delivery"
        indexes = [models.Index(fields=["layout", "sequence"], name="feeds_delivery_order")]


class Outcome(Document):
    """What became of a delivery: accepted | refused | waiting | repeated. The newest one counts."""

    about = About("none", "feeds", {})

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="outcomes")
    state = models.CharField(max_length=10)
    new_lines = models.IntegerField(default=0)
    refused_lines = models.IntegerField(default=0)
    problems = models.JSONField(default=list)  # [{rule, where, message, remedy}]
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "feeds_outcome"


class Line(Document):
    """A line that changed since the last accepted file of its layout. `values` in the order of the layout's fields."""

    about = About("person", "feeds", _RAW)

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="+", db_index=False)
    layout = models.CharField(max_length=60)
    number = models.IntegerField()
    values = ArrayField(models.TextField(blank=True))

    class Meta:
        db_table = "feeds_line"
        indexes = [
            models.Index(fields=["layout", "tx"], name="feeds_line_new"),
            models.Index(fields=["delivery", "number"], name="feeds_line_place"),
        ]


class RefusedLine(Document):
    """A line that could not be accepted: by the layout (here) or by a room that read it."""

    about = About("person", "feeds", _RAW)

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="refused")
    number = models.IntegerField()
    room = models.CharField(max_length=40)  # feeds | residents | …
    field = models.CharField(max_length=60)
    rule = models.CharField(max_length=60)
    value = models.TextField(blank=True)
    message = models.TextField()
    remedy = models.TextField()
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
