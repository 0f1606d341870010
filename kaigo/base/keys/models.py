"""Data keys, wrapped, and what was done to keys."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Document, Work


class DataKey(Work):
    """One version of the key that seals a column, wrapped by a key of the store (`kek`). What it was wrapped by before
    stays in the history of work; it opens nothing once that version of the `kek` is destroyed."""

    about = About("none", "data_key", {})
    hidden = ("wrapped",)

    sealed_column = models.CharField(max_length=127)  # table.column
    version = models.PositiveIntegerField()
    kek = models.CharField(max_length=63)
    kek_version = models.PositiveIntegerField()
    wrapped = models.BinaryField()

    class Meta:
        db_table = "keys_data_key"
        constraints = [
            models.UniqueConstraint(fields=["sealed_column", "version"], name="keys_data_key_once")
        ]


class KeyAct(Document):
    """Somebody rotated or destroyed a key of the store or of a column."""

    about = About("none", "data_key", {})

    act = models.CharField(max_length=10)  # rotate | destroy
    key_kind = models.CharField(max_length=10)  # wrap | mac | sign | data
    key_name = models.CharField(max_length=127)
    version = models.PositiveIntegerField()
    # Said when something was still in use.
    reason = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "keys_key_act"
