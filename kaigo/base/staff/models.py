"""People who work here, their posts, accounts, keys and grants. Lives in the staff database only.

A person (Member) may have several accounts; what needs two people needs two Members. Whatever opens a door is ended by
a row of its own and never deleted.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from kaigo.base.records.models import About, Anchor, Document, Fact, Work

STAFF = About("staff", "staff", {})


class Member(Anchor):
    """A human being who works here, known by the number of the staff list (職員番号) or of a contractor's list."""

    about = STAFF

    staff_number = models.CharField(max_length=20, unique=True)

    class Meta:
        db_table = "staff_member"


class MemberProfile(Fact):
    """Name of a member and whom he works for."""

    about = STAFF
    key = ("member",)

    member = models.ForeignKey(Member, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    name = models.CharField(max_length=120)
    kana = models.CharField(max_length=120, blank=True)
    employment = models.CharField(max_length=12)  # staff | contractor

    class Meta:
        db_table = "staff_member_profile"


class Post(Fact):
    """A place in the organisation, from the staff list. contract: item of contracts.yaml for contractors, else ""."""

    about = STAFF
    key = ("member", "section")

    member = models.ForeignKey(Member, models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    section = models.CharField(max_length=60)
    title = models.CharField(max_length=60)
    contract = models.CharField(max_length=20, blank=True)

    class Meta:
        db_table = "staff_post"


class SelfMark(Document):
    """Who a member is among the insured, as a keyed digest (keys/index.py, name "self"): 自分・世帯への書込み禁止."""

    about = STAFF

    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    digest = models.BinaryField(max_length=16)

    class Meta:
        db_table = "staff_self_mark"
        constraints = [models.UniqueConstraint(fields=["member", "digest"], name="staff_self_mark_once")]


class Account(Anchor):
    """One way in of a member, open from a day until a day (exclusive), or earlier by an AccountEnd."""

    about = STAFF

    login = models.CharField(max_length=60, unique=True)
    member = models.ForeignKey(Member, models.PROTECT, related_name="accounts")
    kind = models.CharField(max_length=20)  # staff | contractor | administrator | service
    open_from = models.DateField()
    open_until = models.DateField(null=True)

    class Meta:
        db_table = "staff_account"


class AccountEnd(Document):
    """The end of an account before its time."""

    about = STAFF

    account = models.OneToOneField(Account, models.PROTECT, related_name="end")
    ended_on = models.DateField()
    form_number = models.CharField(max_length=30)
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "staff_account_end"


class Enrolment(Document):
    """A one-time word, handed over in person, with which an account registers a key. Only its hash is kept.

    It opens nothing before another human being has confirmed it (EnrolmentConfirmation). member: whose account it is.
    """

    about = STAFF
    hidden = ("word_hash",)

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    issued_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    word_hash = models.CharField(max_length=64, unique=True)
    valid_until = models.DateTimeField()
    form_number = models.CharField(max_length=30)
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "staff_enrolment"


class EnrolmentConfirmation(Document):
    """Another human being than the issuer and the owner says that this word is in order.

    The people of the word stand here again, so that the database itself can keep them apart (migration 0002).
    """

    about = STAFF

    enrolment = models.OneToOneField(Enrolment, models.PROTECT, related_name="confirmation")
    issued_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    confirmed_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    confirmed_on = models.DateField()
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "staff_enrolment_confirmation"
        constraints = [
            models.CheckConstraint(
                name="staff_enrolment_two_people",
                condition=~Q(confirmed_by=F("issued_by")) & ~Q(confirmed_by=F("member")),
            )
        ]


class EnrolmentRejection(Document):
    """Somebody who may confirm words says that this one is not in order: it never opens anything."""

    about = STAFF

    enrolment = models.OneToOneField(Enrolment, models.PROTECT, related_name="rejection")
    rejected_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    rejected_on = models.DateField()
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "staff_enrolment_rejection"


class EnrolmentUse(Document):
    """A word that has been used, whether for a key or for a password: each is good once, and only when confirmed."""

    about = STAFF

    enrolment = models.OneToOneField(Enrolment, models.PROTECT, related_name="use")

    class Meta:
        db_table = "staff_enrolment_use"


class Passkey(Document):
    """A key of an authenticator that checks its user (生体認証 or PIN in the device itself): public part only."""

    about = STAFF

    account = models.ForeignKey(Account, models.PROTECT, related_name="passkeys")
    enrolment = models.OneToOneField(Enrolment, models.PROTECT, null=True, related_name="passkey")
    credential = models.BinaryField(max_length=1024, unique=True)
    public_key = models.BinaryField(max_length=2048)
    model = models.CharField(max_length=36)  # AAGUID of the authenticator
    device_bound = models.BooleanField()  # cannot be copied to another device
    transports = ArrayField(models.CharField(max_length=20), default=list)
    label = models.CharField(max_length=60)

    class Meta:
        db_table = "staff_passkey"


class PasskeyUse(Work):
    """How often a key signed: a number that goes back tells of a copy."""

    about = STAFF

    passkey = models.OneToOneField(Passkey, models.PROTECT, related_name="use")
    signatures = models.BigIntegerField()

    class Meta:
        db_table = "staff_passkey_use"


class PasskeyEnd(Document):
    """A key that no longer opens anything."""

    about = STAFF

    passkey = models.OneToOneField(Passkey, models.PROTECT, related_name="end")
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "staff_passkey_end"


class Application(Document):
    """申請: what somebody asks for, for an account. kind says what; its Ruling says what became of it."""

    about = STAFF

    form_number = models.CharField(max_length=30, unique=True)
    kind = models.CharField(max_length=12)  # grant | grant_end | fallback
    account = models.ForeignKey(Account, models.PROTECT, related_name="applications")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")  # whose account it is
    role = models.CharField(max_length=40, blank=True)
    section = models.CharField(max_length=60, blank=True)
    wanted_from = models.DateField()
    wanted_until = models.DateField(null=True)
    reason = models.CharField(max_length=400)
    requested_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    actor = models.CharField(max_length=60)
    requested_on = models.DateField()

    class Meta:
        db_table = "staff_application"


class Ruling(Document):
    """What became of an application: approved | rejected | withdrawn.

    The people of the application stand here again, so that the database itself can keep them apart (migration 0001:
    a foreign key holds the copies true).
    """

    about = STAFF

    application = models.OneToOneField(Application, models.PROTECT, related_name="ruling")
    outcome = models.CharField(max_length=10)  # approved | rejected | withdrawn
    requested_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    member = models.ForeignKey(Member, models.PROTECT, related_name="+")
    ruled_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=400, blank=True)
    actor = models.CharField(max_length=60)
    ruled_on = models.DateField()

    class Meta:
        db_table = "staff_ruling"
        constraints = [
            models.CheckConstraint(
                name="staff_ruling_two_people",
                condition=Q(outcome="withdrawn", ruled_by=F("requested_by"))
                | (~Q(outcome="withdrawn") & ~Q(ruled_by=F("requested_by")) & ~Q(ruled_by=F("member"))),
            )
        ]


class Grant(Document):
    """A role given to an account for a section, from a day until a day (exclusive): never deleted, ended by GrantEnd."""

    about = STAFF

    account = models.ForeignKey(Account, models.PROTECT, related_name="grants")
    role = models.CharField(max_length=40)
    section = models.CharField(max_length=60)
    given_from = models.DateField()
    given_until = models.DateField(null=True)
    ruling = models.OneToOneField(Ruling, models.PROTECT, related_name="grant")

    class Meta:
        db_table = "staff_grant"


class GrantEnd(Document):
    """The end of a grant: on application, or because the post ended (form_number 職員異動 + the list's name)."""

    about = STAFF

    grant = models.OneToOneField(Grant, models.PROTECT, related_name="end")
    ended_on = models.DateField()
    form_number = models.CharField(max_length=60)
    reason = models.CharField(max_length=200)
    sessions_ended = models.IntegerField()
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "staff_grant_end"


class Fallback(Document):
    """ID and password with a card of one-time numbers, on an approved application, for 90 days at most."""

    about = STAFF

    account = models.ForeignKey(Account, models.PROTECT, related_name="fallbacks")
    ruling = models.OneToOneField(Ruling, models.PROTECT, related_name="fallback")
    valid_from = models.DateField()
    valid_until = models.DateField()

    class Meta:
        db_table = "staff_fallback"
        constraints = [
            models.CheckConstraint(
                name="staff_fallback_ninety_days", condition=Q(valid_until__lte=F("valid_from") + 90)
            )
        ]


class FallbackEnd(Document):
    """The end of a fallback before its time."""

    about = STAFF

    fallback = models.OneToOneField(Fallback, models.PROTECT, related_name="end")
    reason = models.CharField(max_length=200)
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "staff_fallback_end"


class FallbackSecret(Document):
    """The password of a fallback (argon2), chosen by the person himself with a word, and the card made with it.

    Only the newest of a fallback opens anything.
    """

    about = STAFF
    hidden = ("password",)

    fallback = models.ForeignKey(Fallback, models.PROTECT, related_name="secrets")
    enrolment = models.OneToOneField(Enrolment, models.PROTECT, related_name="+")
    password = models.CharField(max_length=200)

    class Meta:
        db_table = "staff_fallback_secret"


class OneTimeNumber(Document):
    """A number of the card, as a keyed digest; good for one log-in."""

    about = STAFF
    hidden = ("digest",)

    secret = models.ForeignKey(FallbackSecret, models.PROTECT, related_name="numbers")
    place = models.IntegerField()
    digest = models.BinaryField(max_length=16)

    class Meta:
        db_table = "staff_one_time_number"
        constraints = [
            models.UniqueConstraint(fields=["secret", "place"], name="staff_one_time_number_place")
        ]


class OneTimeUse(Document):
    """A number of the card that has been used."""

    about = STAFF

    number = models.OneToOneField(OneTimeNumber, models.PROTECT, related_name="use")

    class Meta:
        db_table = "staff_one_time_use"


class Session(Work):
    """A log-in. Only the hash of the cookie is kept. method: passkey | fallback | demo. When it was last used: sql.py."""

    about = About("staff", "session", {})
    hidden = ("token_hash",)

    token_hash = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey(Account, models.PROTECT)
    method = models.CharField(max_length=10)
    begun_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    proved_at = models.DateTimeField()  # the last time the person proved himself: log-in or step-up

    class Meta:
        db_table = "staff_session"
        indexes = [models.Index(fields=["account"], name="staff_session_account")]


class Emergency(Document):
    """緊急閲覧: an account may look, where it otherwise may not, for an hour; others are told and look into it."""

    about = STAFF

    account = models.ForeignKey(Account, models.PROTECT, related_name="+")
    case = models.CharField(max_length=60)
    reason = models.CharField(max_length=400)
    begun_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    review_by = models.DateField()

    class Meta:
        db_table = "staff_emergency"
        constraints = [
            models.CheckConstraint(
                name="staff_emergency_an_hour",
                condition=Q(
                    ends_at__lte=F("begun_at") + models.Value("1 hour", output_field=models.DurationField())
                ),
            )
        ]


class EmergencyReview(Document):
    """What another person found: justified | unjustified."""

    about = STAFF

    emergency = models.OneToOneField(Emergency, models.PROTECT, related_name="review")
    outcome = models.CharField(max_length=12)  # justified | unjustified
    remark = models.CharField(max_length=400)
    actor = models.CharField(max_length=60)
    reviewed_on = models.DateField()

    class Meta:
        db_table = "staff_emergency_review"


class Recertification(Document):
    """棚卸し: a head looked at every grant of a section on a day."""

    about = STAFF

    section = models.CharField(max_length=60)
    reviewed_on = models.DateField()
    reviewed = models.IntegerField()
    ended = models.IntegerField()
    reviewer = models.ForeignKey(Member, models.PROTECT, related_name="+")
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "staff_recertification"
