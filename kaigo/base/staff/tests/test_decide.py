"""Accounts and grants: two people behind each grant, nothing without the demo marker, ends that stay on record."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from kaigo.base.records.refusal import Refused
from kaigo.base.staff import decide
from kaigo.base.staff.models import Grant, Post
from kaigo.base.staff.opening import open_demo_accounts

pytestmark = pytest.mark.django_db


def test_a_short_password_and_a_used_log_in_are_refused(ctx):
    with pytest.raises(Refused):
        decide.open_account(ctx, "a", "staff", "試験", "みじかい", "課", "係員")


def test_a_grant_needs_two_people_and_not_oneself(ctx):
    account = decide.open_account(ctx, "b", "staff", "試験", "x" * 15, "課", "係員")
    with pytest.raises(Refused):
        decide.give(ctx, account, ["premium.view"], None, "account:900008", "account:900008")
    with pytest.raises(Refused):
        decide.give(ctx, account, ["premium.view"], None, "account:900008", f"account:{account.id}")
    with pytest.raises(Refused):
        decide.give(ctx, account, ["premium.everything"], None, "account:900008", "account:900009")
    grant = decide.give(ctx, account, ["premium.view"], None, "account:900008", "account:900009")[0]
    decide.end(ctx, grant)
    assert Grant.objects.filter(id=grant.id).exists()
    with pytest.raises(Refused):
        decide.end(ctx, grant)


def test_demo_accounts_need_the_marker(ctx):
    with pytest.raises(Refused):
        open_demo_accounts(ctx)
    root = settings.FILES_ROOT.parent
    root.mkdir(parents=True, exist_ok=True)
    (root / "demo.marker").touch()
    assert [account["login"] for account in open_demo_accounts(ctx)] == [
        "kakari",
        "kakaricho",
        "unyo",
        "kansa",
    ]


def log_in(client, **data):
    return client.post("/login", data, HTTP_HOST="localhost")


def test_log_in_tells_nobody_who_exists_and_ends_at_log_out(ctx, client):
    account = decide.open_account(ctx, "c", "staff", "試験", "x" * 15, "課", "係員")
    unknown = log_in(client, login="nobody", password="x" * 15)
    wrong = log_in(client, login="c", password="y" * 15)
    assert unknown.status_code == wrong.status_code == 401
    assert (
        unknown.content.decode().replace("nobody", "c").count("違います")
        == wrong.content.decode().count("違います")
        == 1
    )
    post = Post.objects.filter(account=account)
    post.update(held_from=timezone.localdate() + timedelta(days=1))
    assert log_in(client, login="c", password="x" * 15).status_code == 401, "a post that begins later is none"
    post.update(held_from=timezone.localdate() - timedelta(days=1))
    answer = log_in(client, login="c", password="x" * 15)
    assert answer.status_code == 302
    assert client.cookies["__Host-staff"]["httponly"] and client.cookies["__Host-staff"]["secure"]
