"""While no database answers, people are told so; not with an error page, and not by asking the database again."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client, RequestFactory

from kaigo.base.desk.middleware import WhoIs
from kaigo.base.staff.who import COOKIE


@pytest.fixture
def down(django_db_blocker, monkeypatch, tmp_path):
    """No server listens where the settings of any database point to."""
    with django_db_blocker.unblock():
        for name in connections:
            connections[name].close()
            monkeypatch.setitem(connections[name].settings_dict, "HOST", str(tmp_path))
        yield
        for name in connections:
            connections[name].close()


def told(answer) -> str:
    assert answer.status_code == 503
    html = answer.content.decode()
    assert "混み合っています" in html and "何も保存していません" in html
    assert answer.content.count(b"<main") == 1
    return html


def test_who_cannot_be_known_is_told_to_try_again(down):
    client = Client()
    client.cookies[COOKIE] = "somebody"
    answer = client.get("/feeds/")
    html = told(answer)
    assert "somebody" not in html and "人を探す" not in html and "ログアウト" not in html
    assert answer["Cache-Control"] == "no-store" and "default-src" in answer["Content-Security-Policy"]
    assert told(client.post("/search", {"words": "見本"})).count("見本") == html.count("見本")


def test_a_visitor_without_a_cookie_is_sent_to_the_log_in(down):
    assert Client().get("/feeds/").status_code == 302


def test_what_is_no_page_is_answered_too(down):
    """The log-in of the staff system; kaigo/base/staff/tests asks it itself."""
    middleware = WhoIs(lambda request: None)
    request = RequestFactory().post("/login", {"login": "someone"})
    request.day = None
    with pytest.raises(OperationalError) as raised, connection.cursor():
        pass
    assert "someone" not in told(middleware.process_exception(request, raised.value))
    assert middleware.process_exception(request, ValueError("other")) is None
