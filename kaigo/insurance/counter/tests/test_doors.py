"""Every page of the counter refuses whoever lacks its permission, tells no difference from absence, and is recorded."""

from __future__ import annotations

import pytest

from kaigo.base.audit.models import Event, Subject
from kaigo.base.keys.index import index
from kaigo.base.staff.tables import OWN
from kaigo.insurance.counter import screens
from kaigo.insurance.counter.tests.clerk import ALL, ask, text
from kaigo.insurance.qualification.tests.builders import born

pytestmark = pytest.mark.django_db
PATHS = {
    "job": {"job": "premium.main"},
    "start": {"job": "premium.main"},
    "person": {"person": 1},
    "person_tickets": {"person": 1},
    "new_ticket": {"person": 1, "kind": "call"},
    "take_contact": {"person": 1, "kind": "call"},
    "ticket": {"ticket": 1},
}
# The keys, and saying why one looks at somebody, belong to everybody with a post.
NAMES = [p.name for p in screens.urls if p.callback.page.permission != OWN]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_the_permission_a_page_is_absent_and_the_attempt_recorded(name, method):
    page = next(p.callback.page for p in screens.urls if p.name == name)
    if not hasattr(page, method):
        assert ask(name, data={} if method == "post" else None, **PATHS.get(name, {})).status_code == 405
        return
    answer = ask(
        name, data={} if method == "post" else None, may=ALL - {page.permission}, **PATHS.get(name, {})
    )
    assert answer.status_code == 404
    event = Event.objects.latest("id")
    assert (event.outcome, event.permission, event.why) == (
        "refused",
        page.permission,
        "permission",
    )


def test_not_mine_and_not_there_look_the_same():
    somebody = born("1950-05-05")
    not_mine = ask("person", may=ALL - {"counter.view"}, person=somebody)
    not_there = ask("person", may=ALL, person=999_999)
    assert not_mine.status_code == not_there.status_code == 404
    assert _body(not_mine) == _body(not_there)


def _body(answer) -> str:
    html = answer.content.decode()
    return html[html.index("<main") : html.index("</main>")]


def test_looking_at_a_person_is_recorded_by_id_only():
    somebody = born("1950-05-05", "髙橋 花子")
    assert "髙橋 花子" in text(ask("person", person=somebody))
    event = Event.objects.latest("id")
    assert (event.event, event.object, event.outcome, event.purpose) == (
        "page.read",
        "person",
        "done",
        "inquiry",
    )
    assert event.place == "insurance:counter.PersonPage" and event.grants == [7]
    # Only the installation's key leads from the person to the event.
    assert Subject.objects.filter(event=event, digest=index("subjects").digest(f"person:{somebody}")).exists()
    assert "髙橋" not in str(Event.objects.values_list()) and str(somebody) not in event.object


@pytest.mark.django_db(databases=["default", "staff"])
def test_nobody_is_sent_to_log_in(client):
    answer = client.get("/", HTTP_HOST="localhost")
    assert answer.status_code == 302
    assert "/login?next=" in answer["Location"]
