"""What the kind of a table keeps from everybody: the second line behind the grants."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from kaigo.base.audit.write import record
from kaigo.base.records.context import acting
from kaigo.insurance.residents.models import Person


@pytest.mark.django_db
def test_nobody_dates_his_own_row():
    """Readers by watermark trust the transaction of a row: it is the server's, in Work rows also after a change."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_freeze (name, cutoff, actor, tx) VALUES ('f', now(), 'a', '1') "
            "RETURNING tx = pg_current_xact_id()"
        )
        assert cursor.fetchone() == (True,)
        for statement in (
            "INSERT INTO records_watermark (reader, \"table\", position, tx) VALUES ('r', 't', '1', '1')",
            "UPDATE records_watermark SET tx = '1' WHERE reader = 'r'",
        ):
            cursor.execute(f"{statement} RETURNING tx = pg_current_xact_id()")
            assert cursor.fetchone() == (True,)


def test_not_even_the_owner_rewrites_and_only_the_retention_job_deletes(street, ctx):
    with acting(ctx):
        record(ctx, "page.read", people=[1])
        Person.objects.create()
    database = connection.settings_dict["NAME"]
    eraser = connection.settings_dict["USER"].replace("app_", "erase_", 1)
    with psycopg.connect(street.dsn(database), autocommit=True) as owner:
        for statement in (
            "UPDATE audit_event SET outcome = 'refused'", "DELETE FROM audit_event",
            "UPDATE residents_person SET tx = tx", "DELETE FROM residents_person",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="keeps its rows"):
                owner.execute(statement)
        owner.execute(f'SET SESSION AUTHORIZATION "{eraser}"')
        assert owner.execute("DELETE FROM audit_subject").rowcount == 1
        assert owner.execute("DELETE FROM audit_event").rowcount == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("UPDATE residents_person SET tx = tx")


@pytest.mark.django_db
def test_the_moment_of_an_event_is_the_servers(ctx):
    """One clock for all processes: none of them says when something was."""
    with acting(ctx):
        made = record(ctx, "page.read", people=[1])
    with connection.cursor() as cursor:
        cursor.execute("SELECT created_at = now() FROM audit_event WHERE id = %s", [made])
        assert cursor.fetchone() == (True,)
        cursor.execute("SELECT created_at = now() FROM audit_subject WHERE event_id = %s", [made])
        assert cursor.fetchone() == (True,)
