"""What is written of an event: whom it was about, under which key, one by one or packed; and what is no event."""

from __future__ import annotations

import pytest

from kaigo.base.audit.models import BulkSubjects, Event, Subject
from kaigo.base.audit.write import record
from kaigo.base.keys.index import SIZE, index, rotate

pytestmark = pytest.mark.django_db


def written(ctx, people=(), **more) -> tuple[Event, int, int]:
    """The event, its people in rows of their own, and its people in packed rows."""
    event = Event.objects.get(id=record(ctx, "page.read", people=people, **more))
    packed = BulkSubjects.objects.filter(event=event).values_list("digests", flat=True)
    singly = Subject.objects.filter(event=event).count()
    return event, singly, sum(len(digests) // SIZE for digests in packed)


def test_of_nobody_no_key_is_named(ctx):
    event, singly, packed = written(ctx)
    assert (event.subject_key, event.subjects, singly, packed, list(event.opened)) == (0, 0, 0, 0, [])


def test_up_to_two_hundred_stand_singly_and_more_are_packed(ctx):
    assert written(ctx, range(1, 201))[1:] == (200, 0)
    assert written(ctx, range(1, 202))[1:] == (0, 201)


def test_somebody_named_twice_is_one_and_the_key_of_the_day_is_told(ctx):
    rotate("subjects")
    event, singly, _ = written(ctx, [7, 7, 8], opened=[7])
    assert (event.subjects, singly, event.subject_key) == (2, 2, index("subjects").version)
    assert [bytes(digest) for digest in event.opened] == [index("subjects").digest("person:7")]


@pytest.mark.parametrize("wrong", [{"outcome": "perhaps"}, {"name": "見本 花子"}])
def test_what_the_list_of_events_does_not_know_is_not_written(ctx, wrong):
    with pytest.raises(ValueError, match=r"cannot end with|has no detail"):
        record(ctx, "page.read", **wrong)
    assert not Event.objects.exists()
