"""What comes in from outside cannot forge a line of the log, and does not stand in it."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client

from kaigo.base.desk.logs import Wordless
from kaigo.base.staff.tables import permissions
from kaigo.base.staff.tests.someone import someone

KEYS = {"time", "level", "logger", "message", "place", "status", "error"}
NAME = "髙橋花子"
# What ends a line somewhere, moves a cursor, closes a string of JSON, or is run by whoever reads the log.
BREAKS = (
    "\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "%0a", "%0d%0a", "\\n",
    '"}\n{"level": "INFO"', "\x1b[2J", "\x1b]0;", "\x08" * 8, "%s%s%n", "${jndi:ldap://x}",
)  # fmt: skip
FORGED = (
    "ERROR root forged", '{"level": "CRITICAL", "logger": "root"}', "<script>alert(1)</script>",
    "2026-07-15 00:00:00 INFO login ok", "{0.__class__}", "'; DROP TABLE x; --", "A" * 5000, "\u202eorez", "\ufeff", "=cmd()",
)  # fmt: skip
PAYLOADS = [f"{NAME}{brk}{forged}" for brk in BREAKS for forged in FORGED]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the program writes to its log, as set up for production."""
    out, handler = io.StringIO(), logging.StreamHandler()
    handler.setStream(out)
    handler.setFormatter(Wordless())
    root = logging.getLogger()
    level, root.handlers, before = root.level, [handler], root.handlers
    root.setLevel(logging.DEBUG)
    yield out
    root.handlers, root.level = before, level


def read(out: io.StringIO) -> list[dict]:
    """Every line is one record with these keys alone. Lines end wherever any reader might end them."""
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert all(record.keys() <= KEYS for record in found)
    assert out.getvalue().isascii()
    return found


def test_payloads_given_to_any_logger_stay_in_one_record(lines):
    assert len(PAYLOADS) == 200
    for payload in PAYLOADS:
        logging.getLogger("django.request").warning("Not Found: %s", payload)
        logging.getLogger("django.security.DisallowedHost").error(payload)
        logging.getLogger("kaigo.desk").error("database did not answer: %s", payload)
        try:
            raise ValueError(payload)
        except ValueError:
            logging.getLogger("other").exception("failed: %s", payload)
    found = read(lines)
    assert len(found) == 4 * len(PAYLOADS)
    foreign = [record for record in found if record["logger"] != "kaigo.desk"]
    assert not [record for record in foreign if NAME in json.dumps(record, ensure_ascii=False)]
    assert {record["message"] for record in foreign} == {"Not Found: %s", "", "failed: %s"}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/search", "/traces/staff/"])
def test_payloads_typed_into_pages_forge_nothing(lines, address, monkeypatch):
    clerk = someone(permissions())
    monkeypatch.setattr("kaigo.base.desk.middleware.identify", lambda token, day: clerk)
    browser = Client(HTTP_HOST="localhost", raise_request_exception=False)
    # Every ending of a line twice; with KAIGO_LONG every payload.
    for payload in PAYLOADS if os.environ.get("KAIGO_LONG") else PAYLOADS[::5]:
        assert browser.post(address, {"words": payload}).status_code in (200, 302)
    for payload in PAYLOADS[::10]:
        browser.get(f"/{payload}/".replace("\n", "%0a").replace("\r", "%0d"))
        browser.get("/", headers={"host": f"localhost{payload}".encode().decode("latin-1")})
    found = read(lines)
    assert len(found) >= 20, "an address that does not exist is told to the log"
    assert all(record["logger"].startswith("django.") for record in found)
    assert 404 in {record.get("status") for record in found}, "and with what it was answered"
    assert NAME not in lines.getvalue() and NAME not in lines.getvalue().encode().decode("unicode_escape")


def test_the_program_logs_in_this_way():
    assert settings.LOGGING["handlers"]["console"]["formatter"] == "wordless"
    assert settings.LOGGING["formatters"]["wordless"]["()"] == "kaigo.base.desk.logs.Wordless"
