"""What the street stands on but does not decide: facilities and insurers, with dated entries.

Banks and branches are the published list itself (banks.py); nobody keeps a second one.
"""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Anchor, Fact


class Facility(Anchor):
    """A facility by its number."""

    about = About("facility", "operations", {})

    number = models.CharField(max_length=12, unique=True)

    class Meta:
        db_table = "registers_facility"


class FacilityEntry(Fact):
    """Name, kind, capacity, place of a facility for a time.

    exception_target: moving in here keeps the former municipality as insurer (住所地特例, 法13条).
    exclusion_kind: who lives here is not insured at all (適用除外, 施行法11条), "" = ordinary.
    """

    key = ("facility",)
    about = About("facility", "operations", {})

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=2)
    capacity = models.IntegerField()
    municipality = models.CharField(max_length=6)
    postal_code = models.CharField(max_length=7)
    address = models.CharField(max_length=200)
    # The address as it compares: widths, numerals and 丁目/番/号 folded (addresses.py).
    address_key = models.CharField(max_length=200)
    exception_target = models.BooleanField()
    exclusion_kind = models.CharField(max_length=2)

    class Meta:
        db_table = "registers_facility_entry"


class Insurer(Anchor):
    """A municipality as insurer, by its six-digit 全国地方公共団体コード."""

    about = About("insurer", "operations", {})

    code = models.CharField(max_length=6, unique=True)

    class Meta:
        db_table = "registers_insurer"


class InsurerEntry(Fact):
    """Name and insurer number of a municipality for a time (mergers end one and begin another)."""

    key = ("insurer",)
    about = About("insurer", "operations", {})

    insurer = models.ForeignKey(Insurer, models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=60)
    prefecture = models.CharField(max_length=10)
    number = models.CharField(max_length=6)

    class Meta:
        db_table = "registers_insurer_entry"
