"""Accounts, posts and grants of the people who work here. Lives in the staff database only."""

from __future__ import annotations

from django.db import models

from kaigo.base.records.models import About, Anchor, Document, Work


class Account(Anchor):
    """One person's way in. kind: staff | contractor | administrator | service. Never deleted."""

    about = About("staff", "staff", {})

    login = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=20)

    class Meta:
        db_table = "staff_account"


class Profile(Work):
    """Name and password of an account; may change, every change is kept."""

    about = About("staff", "staff", {})
    hidden = ("password",)

    account = models.OneToOneField(Account, models.PROTECT, related_name="profile")
    name = models.CharField(max_length=120)
    password = models.CharField(max_length=200)

    class Meta:
        db_table = "staff_profile"


class Post(Work):
    """A place in the organisation held from a day until a day (exclusive)."""

    about = About("staff", "staff", {})

    account = models.ForeignKey(Account, models.PROTECT, related_name="posts")
    section = models.CharField(max_length=120)
    title = models.CharField(max_length=120)
    held_from = models.DateField()
    held_until = models.DateField(null=True)

    class Meta:
        db_table = "staff_post"


class Grant(Document):
    """A permission given from a day until a day (exclusive): never deleted; ended by a GrantEnd."""

    about = About("staff", "staff", {})

    account = models.ForeignKey(Account, models.PROTECT, related_name="grants")
    permission = models.CharField(max_length=80)
    given_from = models.DateField()
    given_until = models.DateField(null=True)
    requested_by = models.CharField(max_length=60)
    approved_by = models.CharField(max_length=60)

    class Meta:
        db_table = "staff_grant"


class GrantEnd(Document):
    """The early end of a grant."""

    about = About("staff", "staff", {})

    grant = models.OneToOneField(Grant, models.PROTECT, related_name="end")
    ended_on = models.DateField()
    actor = models.CharField(max_length=60)

    class Meta:
        db_table = "staff_grant_end"


class Session(Work):
    """A log-in. Only the hash of the cookie is kept."""

    about = About("staff", "session", {})

    token_hash = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey(Account, models.PROTECT)
    begun_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        db_table = "staff_session"
