"""What was typed stays out of the browser: a post is answered by a page that can be looked at again, by him alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import OperationalError, ProgrammingError, connection, transaction

from kaigo.base.audit.models import Event
from kaigo.base.desk import answers, middleware
from kaigo.base.staff.tests.someone import someone

pytestmark = pytest.mark.django_db
WORDS = "猫又 三毛子"


@pytest.fixture
def clerk(monkeypatch):
    """Who is logged in for the client; .session can be changed."""
    held = {"staff": someone({"counter.view", "jobs.view"})}
    monkeypatch.setattr(middleware, "identify", lambda *_: held["staff"])
    return held


def search(client, **more):
    return client.post("/search", {"words": WORDS}, shown=False, HTTP_HOST="localhost", **more)


def again(client, address):
    return client.get(address, HTTP_HOST="localhost")


def test_a_post_is_answered_by_an_address_that_tells_nothing(client, clerk):
    answer = search(client)
    assert answer.status_code == 303 and answer.content == b""
    address = answer["Location"]
    assert address.startswith(f"/search?{answers.PARAMETER}=") and len(address) < 60
    shown = again(client, address)
    assert shown.status_code == 200 and WORDS in shown.content.decode()
    assert shown["Cache-Control"] == "no-store" and "default-src" in shown["Content-Security-Policy"]
    assert WORDS in again(client, address).content.decode(), "also a second time, after a look at somebody"


def test_only_the_same_session_sees_it_and_only_for_minutes(client, clerk):
    address = search(client)["Location"]
    mine = clerk["staff"]
    clerk["staff"] = replace(mine, session=2)
    refused = again(client, address)
    assert refused.status_code == 404 and WORDS not in refused.content.decode()
    clerk["staff"] = None
    assert WORDS not in again(client, address).content.decode()
    clerk["staff"] = mine
    assert again(client, f"/search?{answers.PARAMETER}=nonsense").status_code == 404
    assert answers.show("nonsense", 1) is None


def test_looking_again_leaves_an_event_that_names_the_first(client, clerk):
    address = search(client)["Location"]
    first = Event.objects.get(event="page.act")
    again(client, address)
    event = Event.objects.latest("id")
    assert (event.event, event.outcome, event.actor) == ("page.again", "done", clerk["staff"].actor)
    assert event.details == {"first": first.trace} and len(first.trace) == 16


def test_a_refusal_keeps_its_status_and_what_leads_elsewhere_is_left_alone(client, clerk):
    clerk["staff"] = replace(someone(()), session=3)
    shown = again(client, search(client)["Location"])
    assert shown.status_code == 404 and WORDS not in shown.content.decode()
    assert client.post("/no-such-room/", {"a": WORDS}, shown=False, HTTP_HOST="localhost").status_code == 404
    clerk["staff"] = someone({"jobs.view"})
    assert client.post("/keys/", {"keys": "off"}, HTTP_HOST="localhost")["Location"] == "/keys/"


def test_who_is_not_in_is_answered_as_ever(client, clerk):
    clerk["staff"] = None
    assert search(client).status_code == 302
    assert "/login?next=" in search(client)["Location"]


def test_what_cannot_be_kept_is_not_answered(client, clerk, monkeypatch):
    def down(*_):
        raise OperationalError("gone")

    monkeypatch.setattr(answers, "keep", down)
    answer = search(client)
    assert answer.status_code == 503 and WORDS not in answer.content.decode()


def test_nobody_reads_the_table_itself():
    for statement in (
        "SELECT * FROM desk_answer",
        "DELETE FROM desk_answer",
        "UPDATE desk_answer SET session = 1",
    ):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
