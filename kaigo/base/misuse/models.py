"""Questions about looks, what became of them, and the digests by which the engine knows who is near to whom."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from kaigo.base.records.models import About, Document, Work

MISUSE = About("staff", "misuse", {})


class Alert(Document):
    """確かめる閲覧: a question about what a member saw on a day; about one person, the whole day, or an emergency.

    thing: whom or what, as 16 bytes: the digest of the person as the log has it, zeros for the whole day, the number
    of the emergency. causes: how many of the accesses each cause stands behind. owner: who has to look into it.
    turn: 1, and one more for what was found of the same after the last one was answered, or is urgent where it was not.
    """

    about = MISUSE

    member = models.BigIntegerField()
    day = models.DateField()
    kind = models.CharField(max_length=10)  # person | day | emergency
    thing = models.BinaryField(max_length=16)
    turn = models.IntegerField(default=1)
    score = models.IntegerField()
    critical = models.BooleanField()
    causes = models.JSONField(default=dict)
    emergency = models.BigIntegerField(null=True)
    section = models.CharField(max_length=60, blank=True)
    owner = models.CharField(max_length=10)  # head | office | heads
    due_on = models.DateField()
    found_on = models.DateField()

    class Meta:
        db_table = "misuse_alert"
        constraints = [
            models.UniqueConstraint(
                fields=["member", "day", "kind", "thing", "turn"], name="misuse_alert_turn"
            ),
            # What a review copies, so that the database itself can keep its people apart.
            models.UniqueConstraint(fields=["id", "member"], name="misuse_alert_member"),
        ]
        indexes = [models.Index(fields=["due_on"], name="misuse_alert_due")]


class AlertReason(Document):
    """A rule that fits, with the points that it gave and the figures of its words: counts only."""

    about = MISUSE

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="reasons")
    rule = models.CharField(max_length=4)
    points = models.IntegerField()
    facts = models.JSONField(default=dict)

    class Meta:
        db_table = "misuse_alert_reason"
        constraints = [models.UniqueConstraint(fields=["alert", "rule"], name="misuse_alert_reason_once")]


class AlertEvent(Document):
    """An access that the question is about, by its number in the log."""

    about = MISUSE

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="events")
    event = models.BigIntegerField()

    class Meta:
        db_table = "misuse_alert_event"
        constraints = [models.UniqueConstraint(fields=["alert", "event"], name="misuse_alert_event_once")]


class Review(Document):
    """What somebody else found: fine | caution | grave end the question, inquiry says that it is looked into."""

    about = MISUSE

    alert = models.ForeignKey(Alert, models.PROTECT, related_name="reviews")
    # whom the question is about (migration 0001: a foreign key holds it true)
    member = models.BigIntegerField()
    outcome = models.CharField(max_length=10)  # fine | caution | inquiry | grave
    reason = models.CharField(max_length=400)
    reviewer = models.BigIntegerField()
    actor = models.CharField(max_length=60)
    reviewed_on = models.DateField()

    class Meta:
        db_table = "misuse_review"
        constraints = [
            models.CheckConstraint(name="misuse_review_two_people", condition=~Q(reviewer=F("member"))),
            models.UniqueConstraint(
                fields=["alert"], condition=~Q(outcome="inquiry"), name="misuse_review_one_end"
            ),
        ]
        indexes = [models.Index(fields=["alert"], name="misuse_review_alert")]


class Tie(Work):
    """Somebody whom the log may name is near to a member. Read by the engine alone; made anew every night.

    tie: own | family | declared | address of the member, staff = of the member for his colleagues, watched = on the
    list of those who need care (member 0). digest: of the log's digest, under a key of this room.
    """

    about = MISUSE
    hidden = ("digest",)

    member = models.BigIntegerField()
    tie = models.CharField(max_length=10)  # own | family | declared | address | staff | watched
    digest = models.BinaryField(max_length=16)

    class Meta:
        db_table = "misuse_tie"
        constraints = [models.UniqueConstraint(fields=["digest", "member", "tie"], name="misuse_tie_once")]


class Habit(Work):
    """How many people a member opened on a day, as the log has it: counted once, so that no night reads thirty days of the
    log again. A day of which the log has something new is counted anew."""

    about = MISUSE

    member = models.BigIntegerField()
    day = models.DateField()
    persons = models.IntegerField()

    class Meta:
        db_table = "misuse_habit"
        constraints = [models.UniqueConstraint(fields=["day", "member"], name="misuse_habit_once")]


class Declaration(Document):
    """A relative whom a member has declared himself: a digest, no name. Lives in the staff system."""

    about = MISUSE

    member = models.BigIntegerField()
    digest = models.BinaryField(max_length=16)
    declared_on = models.DateField()
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "misuse_declaration"
        indexes = [models.Index(fields=["member"], name="misuse_declaration_member")]


class DeclarationEnd(Document):
    """A declaration that was taken back."""

    about = MISUSE

    declaration = models.OneToOneField(Declaration, models.PROTECT, related_name="end")
    ended_on = models.DateField()
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "misuse_declaration_end"


class Watched(Document):
    """Somebody whose record needs care: holders of office, people in the news. A digest and a reason; in the staff system,
    for all systems."""

    about = MISUSE

    digest = models.BinaryField(max_length=16)
    reason = models.CharField(max_length=400)
    entered_by = models.BigIntegerField()
    actor = models.CharField(max_length=60)
    entered_on = models.DateField()

    class Meta:
        db_table = "misuse_watched"
        constraints = [models.UniqueConstraint(fields=["id", "entered_by"], name="misuse_watched_enterer")]


class WatchedConfirmation(Document):
    """Another human being says that this entry is in order; before that it counts for nothing."""

    about = MISUSE

    watched = models.OneToOneField(Watched, models.PROTECT, related_name="confirmation")
    entered_by = models.BigIntegerField()
    confirmed_by = models.BigIntegerField()
    actor = models.CharField(max_length=60)
    confirmed_on = models.DateField()

    class Meta:
        db_table = "misuse_watched_confirmation"
        constraints = [
            models.CheckConstraint(
                name="misuse_watched_two_people", condition=~Q(confirmed_by=F("entered_by"))
            )
        ]


class WatchedEnd(Document):
    """An entry that counts no more."""

    about = MISUSE

    watched = models.OneToOneField(Watched, models.PROTECT, related_name="end")
    actor = models.CharField(max_length=60)
    ended_on = models.DateField()

    class Meta:
        db_table = "misuse_watched_end"
