"""Who saw or did what, why and with what outcome. Ids only: no names, no numbers of people."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Document


class Event(Document):
    """One access or act. Written in the transaction of the act; a refusal in one of its own."""

    about = About("staff", "audit", {})

    actor = models.CharField(max_length=60)
    permission = models.CharField(max_length=80)
    purpose = models.CharField(max_length=80)
    case = models.CharField(max_length=80, blank=True)
    object = models.CharField(max_length=120, blank=True)  # person:12 | batch:3
    outcome = models.CharField(max_length=20)  # done | refused | failed
    details = models.JSONField(default=dict)

    class Meta:
        db_table = "audit_event"
        indexes = [models.Index(fields=["object"], name="audit_event_object")]
