"""A session that nobody uses is over; only the function of the database knows when it was last used."""

from __future__ import annotations

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tables import limits
from kaigo.base.staff.tests.hired import APRIL, account
from kaigo.base.staff.who import identify, lives

LIMIT = limits()["idle_minutes"]


@pytest.fixture
def token(street):
    with transaction.atomic():
        return begin(account("001"), "passkey")


def idle(street, minutes: float) -> None:
    """As if nobody had used any session for so long."""
    with psycopg.connect(street.dsn(connection.settings_dict["NAME"]), autocommit=True) as admin:
        admin.execute(
            "UPDATE staff_session_seen SET seen_at = now() - make_interval(secs => %s)", [minutes * 60]
        )


def test_a_session_left_alone_is_over_and_looking_at_it_does_not_use_it(street, token):
    session = identify(token, APRIL).session
    idle(street, LIMIT - 1)
    assert lives(session)
    idle(street, LIMIT + 0.1)
    assert not lives(session) and identify(token, APRIL) is None


def test_a_used_session_begins_its_time_anew(street, token):
    session = identify(token, APRIL).session
    idle(street, LIMIT - 1)
    assert identify(token, APRIL) is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() - seen_at < interval '5 seconds' FROM staff_session_seen")
        assert cursor.fetchone() == (True,)
    assert lives(session)


def test_after_a_crash_of_the_server_everybody_logs_in_again(street, token):
    with psycopg.connect(street.dsn(connection.settings_dict["NAME"]), autocommit=True) as admin:
        assert admin.execute(
            "SELECT relpersistence FROM pg_class WHERE relname = 'staff_session_seen'"
        ).fetchone() == ("u",)
        admin.execute("TRUNCATE staff_session_seen")
    assert identify(token, APRIL) is None


@pytest.mark.django_db
def test_nobody_writes_the_time_of_a_session_by_hand():
    for statement in ("INSERT INTO staff_session_seen VALUES (1, now())", "UPDATE staff_session_seen SET seen_at = now()",
                      "DELETE FROM staff_session_seen"):  # fmt: skip
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
