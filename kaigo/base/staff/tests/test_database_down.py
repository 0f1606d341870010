"""The log-in while the database of the staff does not answer."""

from __future__ import annotations

import pytest
from django.db import connections
from django.test import Client


@pytest.fixture
def down(django_db_blocker, monkeypatch, tmp_path):
    """No server listens where the settings point to."""
    with django_db_blocker.unblock():
        connections["default"].close()
        monkeypatch.setitem(connections["default"].settings_dict, "HOST", str(tmp_path))
        yield
        connections["default"].close()


def test_who_logs_in_is_told_to_try_again(down, monkeypatch, settings):
    settings.ROOT_URLCONF = "kaigo.base.staff.tests.play"
    assert Client().get("/login").status_code == 200
    monkeypatch.setattr("kaigo.base.desk.login.may_play", lambda request: True)
    answer = Client().post("/login/as", {"login": "somebody"})
    assert answer.status_code == 503
    html = answer.content.decode()
    assert "混み合っています" in html and "somebody" not in html
