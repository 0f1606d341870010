"""The way in through a real server and Chromium with a virtual authenticator. In the run of the staff system."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from playwright.sync_api import CDPSession, Page, sync_playwright

from kaigo.base.records.context import acting
from kaigo.base.staff import applications
from kaigo.base.staff.can import EVERYWHERE
from kaigo.base.staff.models import Account, Passkey, Session
from kaigo.base.staff.tests.hired import APRIL, account, by, on
from kaigo.base.staff.tests.hired import word as word_for
from stories.test_street import CHROMIUM, FLAGS, free_port

PASSWORD = "うみとやま かわとそら あさのいちば"
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
    "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def server(long_street):
    """The staff system as it is served, on a database of its own. Yields its address."""
    port = free_port()
    address = f"http://localhost:{port}"
    name = connection.settings_dict["NAME"]
    env = os.environ | {
        "KAIGO_STAFF_ADDRESS": address,
        "KAIGO_BUSINESS_DATE": APRIL.isoformat(),
        "KAIGO_DB_SUFFIX": name.removeprefix(f"staff_{os.environ['KAIGO_INSURER']}"),
    }
    command = [sys.executable, "-m", "gunicorn", "kaigo.site.wsgi:application", "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen([*command, "--threads", "2"], env=env, stderr=subprocess.PIPE, text=True)
    try:
        _answers(f"{address}/health", process)
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _answers(address: str, process: subprocess.Popen) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    process.terminate()
    raise RuntimeError(process.communicate()[1][-2000:])


@pytest.fixture(scope="module")
def browser(server):
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


def kept(act):
    """What the database says or does, from a thread of its own: playwright keeps a loop in this one."""

    def done():
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as apart:
        return apart.submit(done).result()


def hire(number: str) -> tuple[Account, str]:
    """Somebody new, and the word that was handed to him."""

    def act():
        with acting(on()):
            who = account(number)
            return who, word_for(who)

    return kept(act)


def allow(who: Account) -> None:
    """A fallback, asked for by one and approved by another."""
    with acting(on()):
        asked = applications.apply(
            by(account("902")), "fallback", who, "指の怪我のため", until=APRIL + timedelta(days=30)
        )
        applications.approve(by(account("903")), asked, EVERYWHERE)


def keys_of(who: Account) -> list[Passkey]:
    return kept(lambda: list(Passkey.objects.filter(account=who)))


def sessions_of(who: Account) -> int:
    return kept(lambda: Session.objects.filter(account=who).count())


def grow_stale(who: Account) -> None:
    """As if he had logged in nine minutes ago."""
    kept(lambda: Session.objects.filter(account=who).update(proved_at=F("begun_at") - timedelta(minutes=9)))


def opened(browser, **how) -> tuple[Page, CDPSession, str]:
    """A page of a new browser profile with an authenticator in it."""
    page = browser.new_context(locale="ja-JP", **how).new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on(
        "console", lambda said: page.problems.append(said.text) if "Security Policy" in said.text else None
    )
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return page, tools, made["authenticatorId"]


def press(page: Page, words: str) -> None:
    page.click(f"main button:has-text('{words}'):not([disabled])")


def register(page: Page, address: str, who: Account, word: str) -> None:
    page.goto(f"{address}/enrol")
    page.fill("[name=login]", who.login)
    page.fill("[name=word]", word)
    press(page, "鍵を登録する")
    page.wait_for_url(f"{address}/enrol")


def log_in(page: Page, address: str) -> None:
    page.goto(f"{address}/login?next={address}/sessions")
    press(page, "鍵でログイン")


def cookie(page: Page) -> dict | None:
    return next((one for one in page.context.cookies() if one["name"] == "__Host-staff"), None)


def test_a_key_is_made_lets_in_and_proves_again(server, browser):
    who, word = hire("001")
    page, tools, device = opened(browser)
    register(page, server, who, word)
    page.wait_for_selector("text=登録券は使い終わりました")
    (key,) = keys_of(who)
    assert key.device_bound and key.model != "00000000-0000-0000-0000-000000000000"

    log_in(page, server)
    page.wait_for_url(f"{server}/sessions")
    held = cookie(page)
    assert (held["sameSite"], held["secure"], held["httpOnly"], held["path"]) == ("Strict", True, True, "/")
    assert "パスキー" in page.inner_text("main") and page.locator("text=この画面").count() == 1

    grow_stale(who)
    assert page.goto(f"{server}/passkeys").status == 403
    page.click("main a:has-text('本人であることを確かめる')")
    press(page, "鍵で確かめる")
    page.wait_for_url(f"{server}/passkeys")
    assert "端末から出ない鍵" in page.inner_text("main")

    # The same authenticator is not registered twice; another one is.
    press(page, "鍵を足す")
    page.wait_for_selector("text=この鍵はもう登録してあります")
    tools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    press(page, "鍵を足す")
    page.wait_for_selector("text=鍵2")
    assert len(keys_of(who)) == 2
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]

    page.click("button:has-text('ログアウト')")
    page.wait_for_url(f"{server}/login")
    assert cookie(page) is None
    page.goto(f"{server}/sessions")
    assert "/login" in page.url
    assert page.problems == []


def test_without_user_verification_nobody_gets_in(server, browser):
    who, word = hire("002")
    page, tools, device = opened(browser)
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto(f"{server}/enrol")
    page.fill("[name=login]", who.login)
    page.fill("[name=word]", word)
    press(page, "鍵を登録する")
    page.wait_for_selector("[role=alert]:has-text('本人の確認')")
    assert keys_of(who) == []
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
    register(page, server, who, word)
    page.wait_for_selector("text=登録券は使い終わりました")
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    log_in(page, server)
    page.wait_for_selector("[role=alert]:has-text('本人の確認')")
    assert sessions_of(who) == 0 and cookie(page) is None
    # A word that has been used says so in the page, not in a blank one.
    page.goto(f"{server}/enrol")
    page.fill("[name=login]", who.login)
    page.fill("[name=word]", word)
    press(page, "鍵を登録する")
    page.wait_for_selector("[role=alert]:has-text('新しい券')")
    assert page.problems == []


def test_a_granted_password_and_card_let_in_without_the_script(server, browser):
    who, word = hire("003")
    kept(lambda: allow(who))
    page, _, _ = opened(browser, java_script_enabled=False)
    page.goto(f"{server}/enrol/password")
    for name, value in (("login", who.login), ("word", word), ("password", PASSWORD), ("again", PASSWORD)):
        page.fill(f"[name={name}]", value)
    with page.expect_navigation():
        press(page, "登録して番号表を出す")
    numbers = re.findall(r"\d{4} \d{4}", page.inner_text("main"))
    assert len(numbers) == 40
    page.goto(f"{server}/login/password?next={server}/sessions")
    for name, value in (("login", who.login), ("password", PASSWORD), ("number", numbers[0])):
        page.fill(f"[name={name}]", value)
    with page.expect_navigation():
        press(page, "ログイン")
    assert page.url == f"{server}/sessions" and "パスワードと番号表" in page.inner_text("main")
    page.goto(f"{server}/prove?next={server}/sessions")
    assert "2 番目" in page.inner_text("main")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=number]", numbers[1])
    with page.expect_navigation():
        press(page, "確かめる")
    assert page.url == f"{server}/sessions"
