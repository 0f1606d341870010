"""What people asked at the counter and on the telephone."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Document, Now, Work
from kaigo.insurance.residents.models import Person

NOTE = ("宛名情報/記事情報",)


class Ticket(Work):
    """A contact with somebody: a call or a visit. Earlier texts stay in records_work_history."""

    about = About("person", "resident", dict.fromkeys(("kind", "subject", "text", "taken_on"), NOTE))

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)  # call | counter
    subject = models.CharField(max_length=80)
    text = models.TextField(blank=True)
    state = models.CharField(max_length=10)  # open | done
    taken_on = models.DateField()
    taken_at = models.DateTimeField(db_default=Now(), editable=False)
    taken_by = models.CharField(max_length=60)

    class Meta:
        db_table = "counter_ticket"
        indexes = [
            models.Index(fields=["person", "-id"], name="counter_ticket_person"),
            models.Index(fields=["-id"], condition=models.Q(state="open"), name="counter_ticket_open"),
        ]


class Access(Document):
    """Why somebody looked at a person whom no work brought: good for this account, this person and this day."""

    about = About("person", "audit", {"reason": NOTE, "purpose": NOTE})

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    actor = models.CharField(max_length=60)
    purpose = models.CharField(max_length=40)
    reason = models.CharField(max_length=400)
    given_on = models.DateField()

    class Meta:
        db_table = "counter_access"
        indexes = [models.Index(fields=["given_on", "actor"], name="counter_access_day")]


class WorkList(Document):
    """作業一覧: people whom some members of staff work through, when somebody else has approved it.

    until: the first day on which it no longer explains anything.
    """

    about = About("none", "audit", {})

    name = models.CharField(max_length=60)
    purpose = models.CharField(max_length=40)
    reason = models.CharField(max_length=400)
    until = models.DateField()
    actor = models.CharField(max_length=60)
    asked_on = models.DateField()

    class Meta:
        db_table = "counter_work_list"


class WorkListPerson(Document):
    """Somebody on a work list."""

    about = About("person", "audit", {"work_list_id": NOTE})

    work_list = models.ForeignKey(WorkList, models.PROTECT, related_name="people")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        db_table = "counter_work_list_person"
        constraints = [
            models.UniqueConstraint(fields=["work_list", "person"], name="counter_work_list_person_once")
        ]


class WorkListUser(Document):
    """An account that may use a work list."""

    about = About("staff", "audit", {})

    work_list = models.ForeignKey(WorkList, models.PROTECT, related_name="users")
    used_by = models.CharField(max_length=60)

    class Meta:
        db_table = "counter_work_list_user"
        constraints = [
            models.UniqueConstraint(fields=["work_list", "used_by"], name="counter_work_list_user_once")
        ]


class WorkListRuling(Document):
    """What somebody else decided about a work list."""

    about = About("none", "audit", {})

    work_list = models.OneToOneField(WorkList, models.PROTECT, related_name="ruling")
    outcome = models.CharField(max_length=10)  # approved | rejected
    remark = models.CharField(max_length=400, blank=True)
    actor = models.CharField(max_length=60)
    ruled_on = models.DateField()

    class Meta:
        db_table = "counter_work_list_ruling"


class WorkListEnd(Document):
    """A work list that is no longer used before its day."""

    about = About("none", "audit", {})

    work_list = models.OneToOneField(WorkList, models.PROTECT, related_name="end")
    actor = models.CharField(max_length=60)
    ended_on = models.DateField()

    class Meta:
        db_table = "counter_work_list_end"
