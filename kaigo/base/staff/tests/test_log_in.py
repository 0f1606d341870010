"""The way in: what is recorded, what ends it, what it never does."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kaigo.base.audit.models import Event
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff import decide
from kaigo.base.staff.models import GrantEnd, Post, Session
from kaigo.base.staff.who import COOKIE, can, identify, told

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WORD = "とても長い合言葉 の十五文字以上"


@pytest.fixture
def account(ctx):
    return decide.open_account(
        ctx.at(timezone.localdate()), "kakari", "staff", "見本 花子", WORD, "介護保険課", "係員"
    )


def enter(client, word=WORD, **more):
    return client.post("/login", {"login": "kakari", "password": word, **more}, HTTP_HOST="localhost")


def test_a_log_in_used_by_another_is_refused(ctx, account):
    with pytest.raises(Refused):
        decide.open_account(ctx, "kakari", "staff", "別人", WORD, "介護保険課", "係員")


def test_log_in_is_recorded_and_only_the_hash_kept(client, account):
    assert enter(client).status_code == 302
    event = Event.objects.latest("id")
    assert (event.permission, event.actor) == ("staff.log_in", f"account:{account.id}")
    token = client.cookies[COOKIE].value
    assert not Session.objects.filter(token_hash=token).exists()
    assert identify(token, timezone.localdate()).name == "見本 花子"


def test_every_log_in_is_a_new_session(client, account):
    enter(client)
    first = client.cookies[COOKIE].value
    enter(client)
    assert client.cookies[COOKIE].value != first


def test_log_out_by_post_ends_the_session_everywhere(client, account):
    enter(client)
    token = client.cookies[COOKIE].value
    assert client.get("/logout", HTTP_HOST="localhost").status_code == 405
    assert identify(token, timezone.localdate()) is not None
    assert client.post("/logout", HTTP_HOST="localhost").status_code == 302
    assert identify(token, timezone.localdate()) is None
    assert Event.objects.latest("id").permission == "staff.log_out"


@pytest.mark.parametrize(
    "following",
    ["https://elsewhere.example/", "//elsewhere.example/", "http://localhost:8000.elsewhere.example/"],
)
def test_log_in_leads_only_to_our_own_systems(client, account, following, settings):
    assert enter(client, next=following)["Location"] == f"{settings.SYSTEM_URLS['insurance']}/"


def test_a_wrong_password_says_nothing_about_the_log_in_and_opens_nothing(client, account):
    answer = enter(client, "ちがう")
    assert answer.status_code == 401
    assert "ログインIDまたはパスワードが違います" in answer.content.decode()
    assert "ちがう" not in answer.content.decode()
    assert not Session.objects.exists()
    event = Event.objects.latest("id")
    assert (event.outcome, event.object, event.details) == ("refused", f"account:{account.id}", {})
    client.post("/login", {"login": "himitsu-no-aikotoba", "password": "x"}, HTTP_HOST="localhost")
    assert "himitsu" not in str(Event.objects.values_list())


def without_token(answer) -> str:
    return re.sub(r'value="\w{64}"', "", answer.content.decode())


def test_five_wrong_passwords_shut_an_account_for_a_while_without_saying_so(client, account, monkeypatch):
    for _ in range(5):
        wrong = enter(client, "ちがう")
    right = enter(client)
    assert right.status_code == wrong.status_code == 401
    assert without_token(right) == without_token(wrong)
    assert not Session.objects.exists()
    assert Event.objects.latest("id").details == {"why": "shut"}
    # Nobody else is shut out.
    decide.open_account(
        Context("account:1", "staff", timezone.localdate()),
        "other",
        "staff",
        "別人",
        WORD,
        "介護保険課",
        "係員",
    )
    assert (
        client.post("/login", {"login": "other", "password": WORD}, HTTP_HOST="localhost").status_code == 302
    )
    # What is tried meanwhile does not count, and after a while the account is open again.
    monkeypatch.setattr("kaigo.base.desk.login.TRIES", 6)
    assert enter(client).status_code == 302


def test_an_account_opens_again_after_a_while(client, account, monkeypatch):
    for _ in range(5):
        enter(client, "ちがう")
    monkeypatch.setattr("kaigo.base.desk.login.SHUT", -timedelta(seconds=1))
    assert enter(client).status_code == 302


def test_a_log_in_begins_the_count_anew(client, account):
    for _ in range(2):
        for _ in range(4):
            enter(client, "ちがう")
        assert enter(client).status_code == 302


def test_answers_are_kept_out_of_caches_frames_and_other_origins(client):
    answer = client.get("/login", HTTP_HOST="localhost")
    assert answer["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe-inline" not in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


def test_a_grant_ends_on_its_day(ctx, account, client):
    today = timezone.localdate()
    enter(client)
    token = client.cookies[COOKIE].value
    (grant,) = decide.give(ctx.at(today), account, ["premium.view"], None, "account:900008", "account:900009")
    assert can(identify(token, today), "premium.view")
    decide.end(ctx.at(today), grant)
    assert GrantEnd.objects.get(grant=grant).ended_on == today
    assert not can(identify(token, today), "premium.view")


def test_a_grant_holds_from_its_first_day_until_its_last(ctx, account, client):
    enter(client)
    token, today = client.cookies[COOKIE].value, timezone.localdate()
    until = today + timedelta(days=3)
    decide.give(ctx.at(today + DAY), account, ["premium.view"], until, "account:900008", "account:900009")
    held = [can(identify(token, today + n * DAY), "premium.view") for n in range(4)]
    assert held == [False, True, True, False]


def test_without_a_post_in_force_nobody_gets_in(account, client):
    enter(client)
    token, today = client.cookies[COOKIE].value, timezone.localdate()
    assert identify(token, today - DAY) is None
    Post.objects.filter(account=account).update(held_until=today + DAY)
    assert identify(token, today) is not None
    assert identify(token, today + DAY) is None


def test_actors_are_told_by_name_and_jobs_are_no_people(account):
    assert told([f"account:{account.id}", "job:premium.main", "account:x"]) == {
        f"account:{account.id}": "見本 花子"
    }


@pytest.mark.parametrize(
    ("origin", "status"), [("insurance", 302), ("null", 403), ("http://elsewhere.example", 403)]
)
def test_other_systems_of_ours_may_log_out_and_nobody_else(account, origin, status, settings):
    client = Client(enforce_csrf_checks=True)
    page = client.get("/login", HTTP_HOST="localhost:8001").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    entered = client.post(
        "/login",
        {"login": "kakari", "password": WORD, "csrfmiddlewaretoken": token},
        HTTP_HOST="localhost:8001",
        HTTP_ORIGIN="http://localhost:8001",
    )
    assert entered.status_code == 302
    session = client.cookies[COOKIE].value
    origin = settings.SYSTEM_URLS.get(origin, origin)
    answer = client.post(
        "/logout", {"csrfmiddlewaretoken": token}, HTTP_HOST="localhost:8001", HTTP_ORIGIN=origin
    )
    assert answer.status_code == status
    still = identify(session, timezone.localdate()) is not None
    assert still == (status == 403)


def test_browsers_tell_the_origin_when_they_post_to_another_system(client):
    """With "same-origin" or "no-referrer" the log-out button of the other systems would not work."""
    assert client.get("/login", HTTP_HOST="localhost")["Referrer-Policy"] == "strict-origin"
