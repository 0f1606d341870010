"""The way in with a passkey: through the addresses of the staff system, with an authenticator that can also lie."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from kaigo.base.audit.models import Event
from kaigo.base.desk import login
from kaigo.base.desk.refs import ref
from kaigo.base.staff.accounts import end_account, end_key, enrol
from kaigo.base.staff.ceremonies import COOKIE as CEREMONY
from kaigo.base.staff.models import EnrolmentUse, Passkey, PasskeyEnd, PasskeyUse, Session
from kaigo.base.staff.passkeys import handle
from kaigo.base.staff.people import Told, believe_people
from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tables import limits
from kaigo.base.staff.tests.authenticator import BE, BS, MODEL, UP, UV, Authenticator
from kaigo.base.staff.tests.hired import APRIL, CARE, account, by, expired_word, on
from kaigo.base.staff.tests.hired import word as word_for
from kaigo.base.staff.who import COOKIE, identify

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_the_first_of_april(settings):
    settings.BUSINESS_DATE = APRIL.isoformat()


def register(client, who, key: Authenticator, word: str = "", login: str = "") -> int:
    """The two requests of the page; the status of the last."""
    asked = client.post("/enrol/options", {"login": login or who.login, "word": word or word_for(who)})
    if asked.status_code != 200:
        return asked.status_code
    return client.post("/enrol", {"credential": key.make(asked.json())}).status_code


def challenge(client) -> dict:
    return client.post("/login/options").json()


def send(client, answer: str):
    return client.post("/login/key", {"credential": answer})


def why() -> tuple[str, str]:
    event = Event.objects.filter(event="staff.log_in").latest("id")
    return event.outcome, event.why


@pytest.fixture
def clerk():
    return account("001")


@pytest.fixture
def key(client, clerk):
    made = Authenticator()
    assert register(client, clerk, made) == 200
    return made


def test_a_word_makes_one_key_and_the_key_logs_in(client, clerk, key):
    kept = Passkey.objects.get()
    assert (bytes(kept.credential), kept.device_bound, kept.transports, kept.account_id) == (
        key.credential, True, ["usb"], clerk.id,
    )  # fmt: skip
    assert kept.model.replace("-", "") == MODEL.hex()
    assert Event.objects.get(event="staff.key_add").details == {"key": kept.id}
    options = challenge(client)
    assert options["userVerification"] == "required" and not options.get("allowCredentials")
    answer = send(client, key.use(options))
    assert answer.status_code == 302 and why() == ("done", "")
    cookie = answer.cookies[COOKIE]
    assert (cookie["samesite"], cookie["secure"], cookie["httponly"], cookie["domain"]) == (
        "Strict",
        True,
        True,
        "",
    )
    assert identify(cookie.value, APRIL).account == clerk.id
    assert PasskeyUse.objects.get().signatures == 1


def test_the_options_of_a_registration_ask_for_what_is_promised(client, clerk, key):
    asked = client.post("/enrol/options", {"login": clerk.login, "word": word_for(clerk)})
    options = asked.json()
    chosen = options["authenticatorSelection"]
    assert (chosen["userVerification"], chosen["residentKey"], options["attestation"]) == (
        "required",
        "required",
        "direct",
    )
    assert len(options["excludeCredentials"]) == 1
    assert clerk.login not in options["user"]["id"] and len(handle(clerk.id)) == 16
    cookie = asked.cookies[CEREMONY]
    assert (cookie["samesite"], cookie["secure"], cookie["httponly"], cookie["max-age"]) == (
        "Strict",
        True,
        True,
        300,
    )


def test_words_that_are_no_good_answer_alike(client, clerk):
    # Each with nothing else against it: the newest word of its account.
    other, late, early = (account(number) for number in ("002", "003", "004"))
    used = word_for(early)
    assert register(client, early, Authenticator(), used) == 200
    expired = expired_word(late)
    alone = account("005")
    unconfirmed = enrol(by(other), alone, "2026-00001", "採用")
    replaced, good = word_for(clerk), word_for(clerk)
    tries = [
        (early.login, used), (late.login, expired), (alone.login, unconfirmed), (clerk.login, replaced), (clerk.login, "nonsense"), (other.login, good),
        ("nobody", good), ("nobody", "nonsense"), (clerk.login, ""),
    ]  # fmt: skip
    answers = {
        (answer.status_code, answer.content)
        for answer in (client.post("/enrol/options", {"login": login, "word": word}) for login, word in tries)
    }
    assert len(answers) == 1 and next(iter(answers))[0] == 403
    assert Event.objects.filter(event="staff.key_add", outcome="refused", why="word").count() == len(tries)
    end_account(by(other), clerk, "2026-00009", "退職")
    assert client.post("/enrol/options", {"login": clerk.login, "word": good}).status_code == 403


def test_a_word_used_meanwhile_makes_no_second_key(client, clerk):
    word, first, second = word_for(clerk), Authenticator(), Authenticator()
    asked = client.post("/enrol/options", {"login": clerk.login, "word": word}).json()
    answer = second.make(asked)
    elsewhere = type(client)()
    assert register(elsewhere, clerk, first, word) == 200
    assert client.post("/enrol", {"credential": answer}).status_code == 403
    assert Passkey.objects.count() == 1 and EnrolmentUse.objects.count() == 1


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"flags": UP}, "verification"),
        ({"flags": UV}, "assertion"),
        ({"origin": "http://localhost:8000"}, "assertion"),
        ({"origin": "https://localhost:8001"}, "assertion"),
        ({"rp_id": "example.jp"}, "assertion"),
    ],
)
def test_what_no_key_is_made_from(client, clerk, told, reason):
    assert register(client, clerk, Authenticator(**told)) == 403
    assert not Passkey.objects.exists()
    assert Event.objects.filter(event="staff.key_add").latest("id").why == reason


def test_a_challenge_of_another_kind_or_browser_or_time_makes_no_key(client, clerk, monkeypatch):
    word, key = word_for(clerk), Authenticator()
    made = key.make(client.post("/enrol/options", {"login": clerk.login, "word": word}).json())
    assert type(client)().post("/enrol", {"credential": made}).status_code == 403
    challenge(client)  # the cookie is now that of a log-in
    assert client.post("/enrol", {"credential": made}).status_code == 403
    monkeypatch.setitem(limits(), "ceremony_minutes", -1)
    made = key.make(client.post("/enrol/options", {"login": clerk.login, "word": word}).json())
    assert client.post("/enrol", {"credential": made}).status_code == 403
    assert not Passkey.objects.exists()


LIES = [
    ({"flags": UP}, "verification"),
    ({"flags": UV}, "assertion"),
    ({"origin": "http://localhost:8000"}, "assertion"),
    ({"origin": "http://localhost.evil.example"}, "assertion"),
    ({"rp_id": "example.jp"}, "assertion"),
    ({"flags": UP | UV | BE | BS}, "device"),
    ({"named": b"\0" * 16}, "handle"),
    ({"named": None}, "handle"),
    ({"private": Authenticator().private}, "assertion"),
    ({"credential": b"\1" * 32}, "unknown"),
]


@pytest.mark.parametrize(("told", "reason"), LIES)
def test_what_no_session_is_begun_from(client, key, told, reason):
    assert send(client, key.but(**told).use(challenge(client))).status_code == 401
    assert why() == ("refused", reason)
    assert not Session.objects.exists() and not PasskeyEnd.objects.exists()


@pytest.mark.parametrize("answer", ["", "{", "[]", "null", '{"id": 1}', "x" * 40_000, "[" * 20_000, '{"id":"a","rawId":"a","type":"public-key","response":{}}'])  # fmt: skip
def test_what_is_no_answer_at_all(client, answer):
    challenge(client)
    assert send(client, answer).status_code == 401 and why() == ("refused", "assertion")


def test_a_wrong_a_replayed_and_a_late_challenge(client, key, monkeypatch):
    first = challenge(client)
    second = challenge(client)
    assert send(client, key.use(first)).status_code == 401 and why() == ("refused", "assertion")
    # It has been answered, wrongly: the right answer comes too late.
    assert send(client, key.use(second)).status_code == 401 and why() == ("refused", "ceremony")
    answer, bound = key.use(challenge(client)), client.cookies[CEREMONY].value
    assert send(client, answer).status_code == 302
    for _ in range(2):
        client.cookies[CEREMONY] = bound
        assert send(client, answer).status_code == 401 and why() == ("refused", "ceremony")
    stolen = key.use(challenge(client))
    assert send(type(client)(), stolen).status_code == 401 and why() == ("refused", "ceremony")
    monkeypatch.setitem(limits(), "ceremony_minutes", -1)
    assert send(client, key.use(challenge(client))).status_code == 401 and why() == ("refused", "ceremony")


def test_a_counter_that_goes_back_ends_the_key_and_the_sessions(client, clerk, key):
    copy = key.but()
    for _ in range(2):
        assert send(client, key.use(challenge(client))).status_code == 302
    # Whoever has no key cannot end one, whatever counter he tells.
    forged = key.but(private=Authenticator().private, counter=0)
    assert send(type(client)(), "x").status_code == 401
    assert send(client, forged.use(challenge(client))).status_code == 401 and why() == (
        "refused",
        "assertion",
    )
    assert not PasskeyEnd.objects.exists()
    token = begin(clerk, "passkey")
    assert send(client, copy.use(challenge(client))).status_code == 401 and why() == ("refused", "copied")
    assert PasskeyEnd.objects.get().passkey == Passkey.objects.get() and identify(token, APRIL) is None
    assert send(client, key.use(challenge(client))).status_code == 401 and why() == ("refused", "ended")


def test_an_authenticator_that_does_not_count_logs_in_again_and_again(client, key):
    for _ in range(2):
        assert send(client, key.but(counter=-1).use(challenge(client))).status_code == 302


def test_everybody_who_may_not_is_answered_in_the_same_words(client, key, clerk):
    """Unknown key, ended key, ended account, no post."""
    bodies = set()

    def refused(answer: str, reason: str):
        told = send(client, answer)
        assert (told.status_code, why()) == (401, ("refused", reason))
        assert COOKIE not in told.cookies
        bodies.add(told.content.decode().split("<main")[1].split('name="csrfmiddlewaretoken"')[0])

    refused(Authenticator(named=b"x").use(challenge(client)), "unknown")
    leaves = Told("001", "試験 001", "シケン", None, "staff", CARE, "係員", APRIL - timedelta(days=30), APRIL)
    believe_people(on(), [leaves], "feed:test")
    refused(key.use(challenge(client)), "closed")
    believe_people(on(), [leaves._replace(ends=None)], "feed:test")
    assert send(client, key.use(challenge(client))).status_code == 302
    client.cookies.pop(COOKIE)
    end_key(on(), Passkey.objects.get(), "なくした")
    refused(key.use(challenge(client)), "ended")
    again = Authenticator()
    assert register(client, clerk, again) == 200
    end_account(by(account("002")), clerk, "2026-00009", "退職")
    refused(again.use(challenge(client)), "closed")
    assert len(bodies) == 1


def test_administrators_need_a_key_that_does_not_leave_its_device(client):
    boss, synced = account("009", kind="administrator"), Authenticator(flags=UP | UV | BE)
    assert register(client, boss, synced) == 403
    assert Event.objects.filter(event="staff.key_add").latest("id").why == "device"
    bound = Authenticator()
    assert register(client, boss, bound) == 200
    assert send(client, bound.use(challenge(client))).status_code == 302
    assert send(client, bound.but(flags=UP | UV | BE).use(challenge(client))).status_code == 401
    assert why() == ("refused", "device")
    clerk = account("010")
    assert register(client, clerk, synced) == 200
    assert not Passkey.objects.get(account=clerk).device_bound
    assert send(client, synced.use(challenge(client))).status_code == 302
    # A key kept of an administrator before he became one, or by any other way.
    Passkey.objects.create(
        account=boss, credential=b"k" * 32, public_key=Passkey.objects.get(account=clerk).public_key, model="x",
        device_bound=False, label="x",
    )  # fmt: skip
    PasskeyUse.objects.create(passkey=Passkey.objects.get(label="x"), signatures=0)
    copied = synced.but(credential=b"k" * 32, named=handle(boss.id))
    assert send(client, copied.use(challenge(client))).status_code == 401 and why() == ("refused", "device")


def test_a_log_in_makes_a_new_session_and_ends_the_old_one(client, key, clerk):
    send(client, key.use(challenge(client)))
    old = client.cookies[COOKIE].value
    send(client, key.use(challenge(client)))
    new = client.cookies[COOKIE].value
    assert old != new and identify(old, APRIL) is None and identify(new, APRIL).method == "passkey"
    client.cookies[COOKIE] = "chosen-by-somebody-else"
    send(client, key.use(challenge(client)))
    assert client.cookies[COOKIE].value != "chosen-by-somebody-else"


def stale():
    Session.objects.update(proved_at=timezone.now() - timedelta(minutes=9))


def test_a_fresh_proof_is_one_of_the_same_account(client, key, clerk):
    send(client, key.use(challenge(client)))
    token = client.cookies[COOKIE].value
    stale()
    assert client.get("/passkeys").status_code == 403
    asked = client.post("/prove/options").json()
    assert [one["id"] for one in asked["allowCredentials"]] and asked["userVerification"] == "required"

    def prove(who: Authenticator, **told) -> int:
        answer = who.but(counter=key.counter, **told).use(client.post("/prove/options").json())
        return client.post(
            "/prove/key", {"credential": answer, "next": "http://localhost:8001/passkeys"}
        ).status_code

    other, others = account("002"), Authenticator()
    register(type(client)(), other, others)
    for wrong in ((others, {}), (key, {"flags": UP}), (key, {"rp_id": "example.jp"})):
        assert prove(wrong[0], **wrong[1]) == 403
        event = Event.objects.filter(event="staff.prove").latest("id")
        assert (event.outcome, event.session) == ("refused", identify(token, APRIL).session)
    # The challenge of a log-in proves nothing, nor does that of a proof log in.
    answer = key.use(challenge(client))
    assert client.post("/prove/key", {"credential": answer}).status_code == 403
    answer = key.use(client.post("/prove/options").json())
    assert send(client, answer).status_code == 401
    assert identify(token, APRIL).proved > 500
    assert prove(key) == 302
    # Nor does a challenge for a new key.
    answer = key.but(counter=key.counter + 9).use(client.post("/passkeys/options").json())
    assert client.post("/prove/key", {"credential": answer}).status_code == 403
    assert Event.objects.filter(event="staff.prove").latest("id").why == "ceremony"
    assert (
        identify(token, APRIL).proved < 5
        and Event.objects.filter(event="staff.prove", outcome="done").count() == 1
    )
    assert client.get("/passkeys").status_code == 200


def test_a_proof_leads_back_into_our_own_systems_only(client, key):
    send(client, key.use(challenge(client)))
    for wrong in (
        "https://evil.example/",
        "//evil.example",
        "http://localhost:8001.evil.example/",
        "javascript:1",
    ):
        answer = key.use(client.post("/prove/options").json())
        told = client.post("/prove/key", {"credential": answer, "next": wrong})
        assert told["Location"] == "http://localhost:8000/"
    assert 'href="http://localhost:8000/"' in client.get("/prove", {"next": "javascript:1"}).content.decode()


def test_a_second_key_needs_a_fresh_proof_and_is_told(client, key, clerk):
    send(client, key.use(challenge(client)))
    second = Authenticator()
    stale()
    assert client.post("/passkeys/options").status_code == 403
    answer = key.use(client.post("/prove/options").json())
    client.post("/prove/key", {"credential": answer})
    made = second.make(client.post("/passkeys/options").json())
    assert client.post("/passkeys", {"credential": made}).status_code == 302
    assert Event.objects.filter(event="staff.key_add", outcome="done").count() == 2
    assert Passkey.objects.get(label="鍵2").enrolment is None
    assert "鍵2" in client.get("/passkeys").content.decode()
    again = second.make(client.post("/passkeys/options").json())
    client.post("/passkeys", {"credential": again})
    assert Passkey.objects.count() == 2
    assert Event.objects.filter(event="staff.key_add").latest("id").why == "taken"


def test_a_key_of_ones_own_can_be_ended_and_nobody_elses(client, key, clerk):
    other = account("002")
    register(type(client)(), other, Authenticator())
    send(client, key.use(challenge(client)))
    theirs, mine = Passkey.objects.get(account=other), Passkey.objects.get(account=clerk)
    assert client.post("/passkeys/end", {"key": ref("passkey", theirs.id)}).status_code == 404
    assert client.post("/passkeys/end", {"key": str(mine.id)}).status_code == 404
    assert client.post("/passkeys/end", {"key": ref("passkey", mine.id)}).status_code == 302
    assert PasskeyEnd.objects.get().passkey == mine
    assert identify(client.cookies[COOKIE].value, APRIL) is None


def test_sessions_of_ones_own_are_shown_and_the_others_ended(client, key, clerk):
    strangers = begin(account("002"), "passkey")
    elsewhere, third = begin(clerk, "passkey"), begin(clerk, "passkey")
    send(client, key.use(challenge(client)))
    page = client.get("/sessions").content.decode()
    assert page.count(">終える<") == 2 and page.count("この画面</span>") == 1
    stranger = identify(strangers, APRIL).session
    assert client.post("/sessions", {"session": ref("session", stranger)}).status_code == 409
    one = identify(elsewhere, APRIL).session
    assert client.post("/sessions", {"session": ref("session", one)}).status_code == 302
    assert identify(elsewhere, APRIL) is None and identify(third, APRIL) is not None
    assert client.post("/sessions").status_code == 302
    assert identify(third, APRIL) is None and identify(strangers, APRIL) is not None
    assert identify(client.cookies[COOKIE].value, APRIL) is not None
    assert Event.objects.filter(event="staff.session_end").count() == 2


def test_a_post_from_another_site_is_refused_before_anything(client, key):
    answer = key.use(challenge(client))
    told = client.post("/login/key", {"credential": answer}, headers={"Sec-Fetch-Site": "cross-site"})
    assert told.status_code == 403 and not Session.objects.exists()
    assert told["Content-Security-Policy"] and told["Cache-Control"] == "no-store"
    # Logging out from the other system is the same site.
    told = client.post("/login/key", {"credential": answer}, headers={"Sec-Fetch-Site": "same-site"})
    assert told.status_code == 302


def test_nothing_that_was_typed_stands_in_the_events(client, clerk, key):
    client.post("/enrol/options", {"login": "canary-login", "word": "canary-word"})
    send(client, "canary-credential")
    told = "".join(str(row) for row in Event.objects.values_list())
    assert "canary" not in told and clerk.login not in told


def test_a_key_that_ends_between_its_signature_and_the_session_opens_nothing(client, clerk, key, monkeypatch):
    """Two requests at once: the one ends the lost key, the other had signed with it a moment before."""
    answered = login.login_key.answered

    def ends_then(ctx, *rest):
        found = answered(ctx, *rest)
        end_key(ctx, found, "紛失")
        return found

    monkeypatch.setattr(login.login_key, "answered", ends_then)
    assert send(client, key.use(challenge(client))).status_code == 401 and why() == ("refused", "closed")
    assert not Session.objects.filter(ends_at__gt=timezone.now()).exists()


def test_log_ins_and_ends_of_keys_wait_for_each_other(clerk, key, client):
    def waits() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks, hashtextextended(%s, 7411005) h WHERE locktype = 'advisory' "
                "AND pid = pg_backend_pid() AND (classid::bigint << 32) | objid::bigint = h",
                [str(clerk.id)],
            )
            return cursor.fetchone()[0]

    assert waits() == 0
    with transaction.atomic():
        begin(clerk, "passkey")
        assert waits() == 1
        transaction.set_rollback(True)
    assert waits() == 0
    with transaction.atomic():
        end_key(on(), Passkey.objects.get(), "紛失")
        assert waits() == 1
