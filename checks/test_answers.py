"""Every answer of this system, also the refusals and the failures, keeps the promises of the browser's rows of ASVS.

For the system that KAIGO_SYSTEM names; what docs/asvs.yaml calls met is shown here for all addresses, not for one page.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from checks.access import expected, patterns
from checks.test_access import DAY, actor, reached
from kaigo.base.desk import middleware
from kaigo.base.desk.views import Page
from kaigo.base.staff.can import Staff
from kaigo.base.staff.tables import OWN

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.django_db
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.fixture
def logged_in(monkeypatch):
    """Somebody with a post and no grant is behind every request."""
    who: Staff = actor("staff")
    monkeypatch.setattr(middleware, "identify", lambda *_: who)
    monkeypatch.setattr(middleware, "business_date", lambda: DAY)


def addresses() -> list[str]:
    return [reached(address, pattern) for address, pattern in patterns()]


def guarded(answer: HttpResponse) -> list[str]:
    """What an answer lacks."""
    lacking = [name for name, value in ALWAYS.items() if answer.headers.get(name) != value]
    policy = answer.headers.get("Content-Security-Policy", "")
    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        if part not in policy:
            lacking.append(part)
    html = b"" if answer.streaming else answer.content
    if html.count(b"<form") != html.count(b'<form autocomplete="off" '):
        lacking.append("forms that leave nothing to the browser")
    if "unsafe" in policy or "*" in policy:
        lacking.append("a policy without unsafe")
    return lacking


@pytest.mark.parametrize("inside", [False, True])
def test_every_answer_carries_the_headers(inside, request):
    if inside:
        request.getfixturevalue("logged_in")
    client, lacking = Client(raise_request_exception=False), {}
    asked = [("GET", a) for a in addresses()] + [("POST", a) for a in addresses()]
    asked += [
        ("GET", "/nowhere/"),
        ("PUT", "/"),
        ("GET", "/static/desk/desk.css"),
        ("GET", "/static/nothing.css"),
    ]
    for method, address in asked:
        answer = client.generic(method, address)
        found = guarded(answer)
        if not address.startswith("/static/") and answer.headers.get("Cache-Control") != "no-store":
            found.append("no-store")
        if found:
            lacking[method, address] = found
    assert not lacking
    wrong_host = client.get("/", HTTP_HOST="elsewhere.example")
    assert wrong_host.status_code == 400 and guarded(wrong_host) == []


def test_a_failure_says_nothing_of_itself(logged_in, monkeypatch):
    """16.5.1, 16.5.4, 13.4.2: whatever breaks, the answer is the plain page, with its headers, without words of the error."""

    def breaks(*_):
        raise ValueError("見本 花子 0000012345 at /srv/kaigo SELECT")

    monkeypatch.setattr(Page, "decided", breaks)
    client = Client(raise_request_exception=False)
    asked = 0
    for address, pattern in patterns():
        page = getattr(pattern.callback, "page", None)
        if page is None or not hasattr(page, "get"):
            continue
        answer = client.get(reached(address, pattern))
        text = answer.content.decode()
        assert answer.status_code == 500 and guarded(answer) == [], address
        assert not re.search("花子|0000012345|Traceback|ValueError|SELECT|/srv|django", text), address
        asked += 1
    assert asked > 5


def test_no_settings_can_switch_debugging_on():
    """13.4.2. Read from the source: Django's own test settings say False whatever stands there."""
    found = re.findall(
        r"(?m)^.*\bDEBUG\b.*$", "".join(p.read_text() for p in ROOT.glob("kaigo/site/**/*.py"))
    )
    assert found == ["DEBUG = False"]


def test_every_post_without_the_token_is_refused(logged_in):
    """T-12, 3.5.1: no address takes a POST that its own pages did not make."""
    told, asked = expected(settings.SYSTEM), 0
    client = Client(enforce_csrf_checks=True)
    for address, pattern in patterns():
        if (address, "POST") not in told:
            continue
        answer = client.post(reached(address, pattern), {"next": "x"})
        assert answer.status_code == 403, address
        assert guarded(answer) == []
        asked += 1
    assert asked == sum(method == "POST" for _, method in told)


def test_every_post_from_another_site_is_refused(logged_in):
    for address in addresses():
        answer = Client().post(address, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403, address


def test_every_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts(logged_in):
    """3.3.1–3.3.4."""
    seen = {}
    client = Client(raise_request_exception=False)
    for address in addresses():
        for answer in (client.get(address), client.post(address)):
            seen |= dict(answer.cookies.items())
    if settings.SYSTEM == "staff":
        seen |= dict(Client().get("/login").cookies.items())
    assert seen, "no cookie was seen"
    for name, cookie in seen.items():
        assert name.startswith("__Host-"), name
        assert cookie["secure"] and cookie["path"] == "/" and not cookie["domain"], name
        # Gone at once needs no lock.
        assert cookie["httponly"] or not cookie.value, name
        assert cookie["samesite"] in {"Strict", "Lax"}, name


FOREIGN = (
    "https://evil.example/", "//evil.example/", "/\\evil.example", "http://localhost:8000@evil.example/", "javascript:alert(1)",
    "http://localhost:8000.evil.example/", "http:evil.example", "\thttps://evil.example", "https:/evil.example", "data:text/html,x",
)  # fmt: skip


@pytest.mark.parametrize("following", FOREIGN)
def test_no_address_leads_to_another_origin(logged_in, following):
    """15.3.2: `next` and its like lead within our systems, whoever wrote them."""
    client = Client(raise_request_exception=False)
    ours = tuple(f"{address}/" for address in settings.SYSTEM_URLS.values())
    # Whatever is nobody's page or everybody's: the other pages are answered by one refusal.
    reachable = [
        reached(address, pattern)
        for address, pattern in patterns()
        if getattr(getattr(pattern.callback, "page", None), "permission", OWN) == OWN
    ]
    for address in [*reachable, addresses()[-1]]:
        for name in ("next", "back", "return_url", "to"):
            for answer in (
                client.get(f"{address}?{name}={quote(following)}"), client.post(address, {name: following}),
            ):  # fmt: skip
                where = answer.headers.get("Location", "/")
                inside = where.startswith(ours) or re.fullmatch(r"/(?![/\\]).*", where)
                assert inside, (address, name, where)
                assert "Refresh" not in answer.headers
                kept = re.findall(r'(?:href|action)="([^"]*)"', answer.content.decode(errors="ignore"))
                assert not [link for link in kept if "evil" in link and not link.startswith(ours)], address
