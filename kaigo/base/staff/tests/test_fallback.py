"""代わりのログイン: only granted, only both factors, each number once, and the same answer and work for everybody."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kaigo.base.audit.models import Event
from kaigo.base.records.refusal import Refused
from kaigo.base.staff import applications, fallback, lockout
from kaigo.base.staff.can import EVERYWHERE
from kaigo.base.staff.models import Fallback, FallbackEnd, FallbackSecret, OneTimeNumber, OneTimeUse, Session
from kaigo.base.staff.notices import lately
from kaigo.base.staff.passwords import normal, refuse_weak
from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tables import limits
from kaigo.base.staff.tests.hired import APRIL, account, by, on
from kaigo.base.staff.tests.hired import word as word_of
from kaigo.base.staff.who import COOKIE, identify

pytestmark = pytest.mark.django_db
PASSWORD = "うみとやま かわとそら あさのいちば"


@pytest.fixture(autouse=True)
def _on_the_first_of_april(settings, monkeypatch):
    settings.BUSINESS_DATE = APRIL.isoformat()
    # Many tries: a hash that costs less. What it costs in earnest is looked at in one test.
    for name, value in (("memory_cost", 1024), ("parallelism", 1), ("time_cost", 1)):
        monkeypatch.setattr(hashers.Argon2PasswordHasher, name, value)
    monkeypatch.setitem(limits(), "delay_seconds", 3600)
    fallback._nobodys.cache_clear()
    yield
    fallback._nobodys.cache_clear()


def allow(who, begins: date = APRIL, until: date = APRIL + timedelta(days=90)) -> Fallback:
    asker, ruler = account(f"a{who.id}"), account(f"r{who.id}")
    asked = applications.apply(by(asker), "fallback", who, "指の怪我のため", begins=begins, until=until)
    applications.approve(by(ruler), asked, EVERYWHERE)
    return Fallback.objects.get(account=who)


def choose(client, who, password: str = PASSWORD, **told):
    word = word_of(who)
    given = {"login": who.login, "word": word, "password": password, "again": password} | told
    return client.post("/enrol/password", given)


def numbers_of(answer) -> list[str]:
    return [
        "".join(pair)
        for pair in re.findall(r"<td class=\"num\">(\d{4}) (\d{4})</td>", answer.content.decode())
    ]


def send(client, who, password: str, number: str):
    login = who if isinstance(who, str) else who.login
    return client.post("/login/password", {"login": login, "password": password, "number": number})


def why() -> tuple[str, str]:
    event = Event.objects.filter(event="staff.log_in").latest("id")
    return event.outcome, event.why


@pytest.fixture
def clerk():
    return account("001")


@pytest.fixture
def card(client, clerk):
    allow(clerk)
    answer = choose(client, clerk)
    assert answer.status_code == 200
    return numbers_of(answer)


def test_password_and_next_number_open_and_each_number_once(client, clerk, card):
    assert len(card) == len(set(card)) == 40
    assert send(client, clerk, PASSWORD, card[0]).status_code == 302
    assert identify(client.cookies[COOKIE].value, APRIL).method == "fallback"
    assert send(client, clerk, PASSWORD, card[0]).status_code == 401 and why() == ("refused", "number")
    # Not any number of the card: the next one. Spaces and full-width digits are what people type.
    assert send(client, clerk, PASSWORD, card[5]).status_code == 401
    assert send(client, f" {clerk.login} ", PASSWORD, "1234 5678").status_code == 401
    wide = f"{card[1][:4]} {card[1][4:]}".translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    assert send(client, clerk, PASSWORD, wide).status_code == 302
    assert OneTimeUse.objects.count() == 2


def test_neither_factor_alone_opens(client, clerk, card):
    for password, number, reason in (
        (PASSWORD, "", "number"), ("", card[0], "password"), (f"{PASSWORD}x", card[0], "password"),
    ):  # fmt: skip
        assert send(client, clerk, password, number).status_code == 401 and why() == ("refused", reason)
    assert not Session.objects.exists() and not OneTimeUse.objects.exists()


def test_nothing_is_kept_in_the_clear(client, clerk, monkeypatch):
    monkeypatch.undo()
    allow(clerk)
    card = numbers_of(choose(client, clerk))
    secret = FallbackSecret.objects.get()
    # OWASP: argon2id with at least 19 MiB and two rounds.
    assert re.match(r"argon2\$argon2id\$v=19\$m=102400,t=2,p=8\$", secret.password)
    assert PASSWORD not in secret.password
    kept = [bytes(one.digest) for one in OneTimeNumber.objects.order_by("place")]
    assert len(set(kept)) == 40 and all(len(digest) == 16 for digest in kept)
    assert not {number.encode() for number in card} & set(kept)


@pytest.mark.parametrize("state", ["none", "later", "over", "ended", "rejected"])
def test_without_a_grant_that_runs_nothing_opens_and_nothing_can_be_chosen(client, clerk, state, settings):
    if state == "later":
        assert allow(clerk, APRIL + timedelta(days=1)).valid_from > APRIL
    elif state == "over":
        settings.BUSINESS_DATE = allow(clerk).valid_until.isoformat()
    elif state == "ended":
        fallback.end_fallback(on(), allow(clerk), "なくした")
    elif state == "rejected":
        asked = applications.apply(
            by(account("a")), "fallback", clerk, "指の怪我のため", until=APRIL + timedelta(days=9)
        )
        applications.reject(by(account("r")), asked, "必要がない", EVERYWHERE)
    answer = choose(client, clerk)
    assert answer.status_code == 403 and "申請が承認" in answer.content.decode() and not numbers_of(answer)
    assert send(client, clerk, PASSWORD, "00000000").status_code == 401 and why() == (
        "refused",
        "no_fallback",
    )


def test_a_grant_that_runs_out_takes_password_and_card_with_it(client, clerk, card, settings):
    last = APRIL + timedelta(days=89)
    settings.BUSINESS_DATE = last.isoformat()
    assert send(client, clerk, PASSWORD, card[0]).status_code == 302
    settings.BUSINESS_DATE = (last + timedelta(days=1)).isoformat()
    assert send(client, clerk, PASSWORD, card[1]).status_code == 401 and why() == ("refused", "no_fallback")


def test_administrators_have_no_fallback(client):
    boss = account("009", kind="administrator")
    allow(boss)
    assert choose(client, boss).status_code == 403
    assert fallback.running(boss.id, APRIL) is None


def test_a_new_word_makes_a_new_card_and_the_old_one_is_over(client, clerk, card):
    word = word_of(clerk)
    given = {
        "login": clerk.login,
        "word": word,
        "password": "べつの ながい あいことばに した",
        "again": "べつの ながい あいことばに した",
    }
    fresh = numbers_of(client.post("/enrol/password", given))
    assert len(fresh) == 40
    # The word is used up, also for a passkey.
    assert client.post("/enrol/password", given).status_code == 403
    assert client.post("/enrol/options", {"login": clerk.login, "word": word}).status_code == 403
    assert send(client, clerk, PASSWORD, card[0]).status_code == 401
    assert send(client, clerk, given["password"], card[0]).status_code == 401
    assert send(client, clerk, given["password"], fresh[0]).status_code == 302


@pytest.mark.parametrize(
    "weak",
    [
        "みじかいあいことば", "passwordpassword", "aaaaaaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "12345678901234567890",
        "qwertyuiopasdfghjkl", "password1234567890", "***qwerty123456***", "ログインLOGIN-001です長い", "openkaigoだよだよだよだよ",
        "試験001のながいあいことばです", "x" * 129,
    ],
)  # fmt: skip
def test_what_no_password_may_be(client, clerk, weak):
    allow(clerk)
    word = word_of(clerk)
    given = {"login": clerk.login, "word": word, "password": weak, "again": weak}
    assert client.post("/enrol/password", given).status_code == 403
    assert not FallbackSecret.objects.exists()
    # The word is still good for a better one.
    assert (
        len(numbers_of(client.post("/enrol/password", given | {"password": PASSWORD, "again": PASSWORD})))
        == 40
    )


def test_other_passwords_are_taken_as_they_are():
    for good in (
        "correct horse battery",
        "さくらが さいたら えんそくへいく",
        "zq" * 3 + "!Lm29 rtu7",
        "a" * 3 + "Ω≈ç√∫ unusual one",
        "y9" + "日本語" + "x" * 3 + "kdjwqfoo",
    ):
        refuse_weak(normal(good), ["login-001", "試験 001"])
    with pytest.raises(Refused, match="15文字"):
        refuse_weak("x7!kQ9#pLm2$zR", [])


def test_two_spellings_of_one_password_are_one(client, clerk):
    allow(clerk)
    card = numbers_of(choose(client, clerk, "ガギグゲゴ \uff76\uff9e ながいことば ABC"))
    assert (
        send(
            client, clerk, unicodedata.normalize("NFD", "ガギグゲゴ ガ ながいことば ABC"), card[0]
        ).status_code
        == 302
    )


def test_passwords_that_differ_or_a_wrong_word_make_nothing(client, clerk):
    allow(clerk)
    assert choose(client, clerk, again="x").status_code == 403
    assert choose(client, clerk, word="nonsense").status_code == 403
    assert not FallbackSecret.objects.exists()


def tried(client, who, password: str, number: str) -> tuple[int, str, int]:
    """Status, text and how many statements and hashes a try costs."""
    count = []
    verify = hashers.Argon2PasswordHasher.verify

    def counted(self, given, encoded):
        count.append(1)
        return verify(self, given, encoded)

    hashers.Argon2PasswordHasher.verify = counted
    try:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = send(client, who, password, number)
    finally:
        hashers.Argon2PasswordHasher.verify = verify
    body = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    return answer.status_code, body, len(queries), len(count), dict(answer.headers).keys()


def test_nobody_learns_who_exists_or_what_was_right(client, clerk, card):
    """E-12: unknown, without a grant, wrong password, wrong number, shut: one answer, one amount of work."""
    other = account("002")
    fallback._nobodys()
    seen = [
        tried(client, *one) for one in (
            ("unknown-login", PASSWORD, card[0]), (other, PASSWORD, card[0]), (clerk, "x" * 20, card[0]),
            (clerk, PASSWORD, "12345678"), ("", "", ""), ("unknown-login", "", ""),
        )
    ]  # fmt: skip
    for _ in range(4):
        seen.append(tried(client, clerk, "x" * 20, ""))
        seen.append(tried(client, "unknown-login", "x" * 20, ""))
    # By now both are shut, and the right answer is one too.
    seen.append(tried(client, clerk, PASSWORD, card[0]))
    assert why() == ("refused", "shut")
    seen.append(tried(client, "unknown-login", PASSWORD, card[0]))
    assert why() == ("refused", "shut")
    assert seen[0][3] == 1 and all(one == seen[0] for one in seen)
    assert not OneTimeUse.objects.exists()


def test_how_long_it_waits(monkeypatch):
    monkeypatch.setitem(limits(), "delay_seconds", 10)
    assert [lockout.wait(n) for n in (0, 4, 5, 6, 7, 8, 9, 10, 11, 99)] == [
        0,
        0,
        10,
        20,
        40,
        80,
        160,
        900,
        900,
        900,
    ]


def wrong(client, who, times: int) -> None:
    for _ in range(times):
        assert send(client, who, "x" * 20, "").status_code == 401


def test_ten_wrong_tries_shut_it_for_a_quarter_also_to_the_right_one(client, clerk, card, monkeypatch):
    monkeypatch.setitem(limits(), "delay_seconds", 0)
    wrong(client, clerk, 9)
    assert lockout.standing(f"account:{clerk.id}") == (9, False)
    wrong(client, clerk, 1)
    assert lockout.standing(f"account:{clerk.id}") == (10, True)
    assert send(client, clerk, PASSWORD, card[0]).status_code == 401 and why() == ("refused", "shut")
    # What tried nothing is not counted, so nobody keeps it shut by knocking.
    assert lockout.standing(f"account:{clerk.id}").wrong == 10
    monkeypatch.setitem(limits(), "lock_minutes", 0)
    assert send(client, clerk, PASSWORD, card[0]).status_code == 302
    assert lockout.standing(f"account:{clerk.id}") == (0, False)


def test_five_wrong_tries_slow_it_down_and_four_do_not(client, clerk, card):
    wrong(client, clerk, 4)
    assert send(client, clerk, PASSWORD, card[0]).status_code == 302
    wrong(client, clerk, 5)
    assert send(client, clerk, PASSWORD, card[1]).status_code == 401 and why() == ("refused", "shut")


def test_a_log_in_with_a_key_neither_is_shut_nor_opens_what_is(client, clerk, card):
    wrong(client, clerk, 5)
    assert begin(clerk, "passkey")
    Event.objects.create(
        event="staff.log_in",
        outcome="done",
        actor="x",
        purpose="x",
        object=f"account:{clerk.id}",
        details={"method": "passkey"},
    )
    assert lockout.standing(f"account:{clerk.id}").wrong == 5


def test_a_hundred_wrong_tries_in_a_row_end_it_for_good(client, clerk, card, monkeypatch):
    for limit in ("delay_seconds", "lock_minutes"):
        monkeypatch.setitem(limits(), limit, 0)
    monkeypatch.setattr(fallback, "check_password", lambda given, kept: given == PASSWORD)
    token = begin(clerk, "fallback")
    wrong(client, clerk, 99)
    assert not FallbackEnd.objects.exists()
    wrong(client, clerk, 1)
    assert FallbackEnd.objects.get().fallback.account == clerk and identify(token, APRIL) is None
    assert Event.objects.filter(event="staff.fallback_end").count() == 1
    assert send(client, clerk, PASSWORD, card[0]).status_code == 401 and why() == ("refused", "no_fallback")
    wrong(client, "nobody", 101)


def test_the_person_is_told_what_happened_to_his_way_in(client, clerk, card):
    wrong(client, clerk, 3)
    wrong(client, "unknown-login", 2)
    send(client, clerk, PASSWORD, card[0])
    assert {(one.label, one.count) for one in lately(clerk.id)} == {
        ("断られたログイン", 3), ("パスワードと番号表の登録", 1), ("鍵の登録券の発行", 1),
        ("鍵の登録券の確認", 1),
    }  # fmt: skip
    assert lately(account("002").id) == []
    page = client.get("/access/mine/").content.decode()
    assert "断られたログイン 3回" in page and "パスワードと番号表の登録(" in page


def test_what_was_typed_is_kept_nowhere(client, clerk, card):
    send(client, "canary-login", "canary-password", "31415926")
    told = "".join(str(row) for row in Event.objects.values_list())
    assert "canary" not in told and "31415926" not in told and PASSWORD not in told
    assert Event.objects.filter(object__startswith="typed:").count() == 1


def test_a_fallback_session_proves_itself_with_the_next_number(client, clerk, card):
    send(client, clerk, PASSWORD, card[0])
    page = client.get("/prove").content.decode()
    assert "2 番目" in page and "/prove/key" not in page
    Session.objects.update(proved_at=Session.objects.get().begun_at - timedelta(minutes=9))

    def prove(password: str, number: str) -> int:
        return client.post("/prove/number", {"password": password, "number": number, "next": ""}).status_code

    assert prove(PASSWORD, card[0]) == 403 and prove("x" * 20, card[1]) == 403
    assert identify(client.cookies[COOKIE].value, APRIL).proved > 500
    assert prove(PASSWORD, card[1]) == 302
    assert identify(client.cookies[COOKIE].value, APRIL).proved < 5
    assert "番号表の残り 38 個" in client.get("/sessions").content.decode()
    # Nor does the weaker way make a stronger one.
    assert client.post("/passkeys/options").status_code == 409
    client.cookies[COOKIE] = begin(clerk, "passkey")
    assert client.post("/prove/number", {"password": PASSWORD, "number": card[2]}).status_code == 404


def test_the_demos_proof_exists_in_the_demo_only(client, clerk, tmp_path, settings):
    settings.ROOT_URLCONF = "kaigo.base.staff.tests.play"
    client.cookies[COOKIE] = begin(clerk, "demo")
    assert client.post("/prove/as").status_code == 404
    settings.FILES_ROOT.parent.joinpath("demo.marker").touch()
    assert "実演: 確かめたことにする" in client.get("/prove").content.decode()
    assert client.post("/prove/as").status_code == 302
    assert client.post("/prove/as", REMOTE_ADDR="10.0.0.1").status_code == 404
    client.cookies[COOKIE] = begin(clerk, "passkey")
    assert client.post("/prove/as").status_code == 404
