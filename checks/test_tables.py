"""Checks about the database: kinds, grants as the app role meets them, metadata, directions of foreign keys."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection, connections, transaction

from kaigo.base.records.install import GRANTS, THIRD_PARTY, record_models

# Tables that are no records: of other people's code, the unlogged time of sessions and challenges (base/staff/sql.py).
NAMED = {*THIRD_PARTY, "desk_answer", "staff_session_seen", "staff_ceremony"}
ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = {
    "Anchor": ("UPDATE {t} SET id = id", "DELETE FROM {t}", "TRUNCATE {t}"),
    "Fact": (
        "UPDATE {t} SET id = id",
        "UPDATE {t} SET effective = effective",
        "DELETE FROM {t}",
        "TRUNCATE {t}",
    ),
    "Decision": ("UPDATE {t} SET id = id", "DELETE FROM {t}", "TRUNCATE {t}"),
    "Entry": ("UPDATE {t} SET id = id", "DELETE FROM {t}", "TRUNCATE {t}"),
    "Document": ("UPDATE {t} SET id = id", "DELETE FROM {t}", "TRUNCATE {t}"),
    "Work": ("TRUNCATE {t}",),
}
ALWAYS = ("DROP TABLE {t}", "ALTER TABLE {t} DISABLE TRIGGER ALL", "ALTER TABLE {t} ADD COLUMN x int")


def catalogue():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'"
        )
        return dict(cursor.fetchall())


@pytest.mark.django_db
def test_every_table_of_the_catalogue_has_a_kind_or_is_named():
    found = catalogue()
    assert len(found) > 20
    strangers = [t for t, c in found.items() if t not in NAMED and (c or "").split(" ")[0] not in FORBIDDEN]
    assert not strangers


@pytest.mark.django_db
def test_the_app_role_is_refused_every_forbidden_change():
    passed = []
    for table, comment in catalogue().items():
        # Nobody changes what has no kind: it is tried as an Anchor.
        kind = (comment or "Anchor").split(" ")[0]
        for statement in (*FORBIDDEN[kind], *ALWAYS):
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(statement.format(t=table))
                passed.append(statement.format(t=table))
            except ProgrammingError as error:
                assert "permission denied" in str(error) or "must be owner" in str(error)
    assert not passed


@pytest.mark.django_db
def test_the_app_role_owns_nothing_and_is_no_superuser():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = user"
        )
        assert cursor.fetchone() == (False, False, False, False)
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = user)"
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_comments_in_the_database_are_those_of_the_code():
    found = catalogue()
    for model in record_models():
        kind, _, text = found[model._meta.db_table].partition(" ")
        assert kind == model.record_kind
        assert json.loads(text)["subject"] == model.about.subject


def test_tables_say_whom_they_are_about_and_which_items_they_hold():
    with (ROOT / "docs/record_items.csv").open() as file:
        known = {f"{row['group']}/{row['item']}" for row in csv.DictReader(file)}
    with (ROOT / "docs/retention.csv").open() as file:
        retentions = {row["key"] for row in csv.DictReader(file)}
    wrong = []
    for model in record_models():
        about = model.about
        columns = {f.column for f in model._meta.concrete_fields}
        wrong += [f"{model._meta.label}: no column {c}" for c in about.items if c not in columns]
        wrong += [
            f"{model._meta.label}: unknown item {i}"
            for n in about.items.values()
            for i in n
            if i not in known
        ]
        if about.retention not in retentions:
            wrong.append(f"{model._meta.label}: retention {about.retention}")
        if about.subject == "person" and not about.items and model.record_kind != "Anchor":
            wrong.append(f"{model._meta.label}: about a person, but no item of 別添1")
    assert not wrong


def test_foreign_keys_point_down_the_street():
    order = {room.rpartition(".")[2]: place for place, room in enumerate(settings.STREET)}
    wrong = []
    for model in apps.get_models():
        here = order.get(model._meta.app_label)
        for field in model._meta.concrete_fields:
            if here is not None and field.is_relation:
                there = order.get(field.related_model._meta.app_label)
                if there is not None and there > here:
                    wrong.append(f"{model._meta.label}.{field.name}")
    assert not wrong


PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


@pytest.mark.django_db
def test_every_role_has_the_rights_of_the_kind_and_no_other():
    """Of the whole table; what is granted by column is tried above and below. PUBLIC has nothing at all."""
    mine = {
        kind: set(rights.replace("UPDATE (known)", "").split(", ")) - {""} for kind, rights in GRANTS.items()
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT user")
        database = cursor.fetchone()[0].removeprefix("app_")
        cursor.execute(
            "SELECT c.relname, r.rolname, array(SELECT p FROM unnest(%s::text[]) p WHERE has_table_privilege(r.rolname, c.oid, p)) "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN pg_roles r "
            "WHERE n.nspname = 'public' AND c.relkind = 'r' AND r.rolname = ANY(%s)",
            [list(PRIVILEGES), [f"{role}_{database}" for role in ("app", "erase", "read")]],
        )
        found = {(table, role.split("_")[0]): set(rights) for table, role, rights in cursor.fetchall()}
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a "
            "WHERE n.nspname = 'public' AND a.grantee = 0"
        )
        assert cursor.fetchall() == []
    for model in record_models():
        table = model._meta.db_table
        assert found[table, "app"] == mine[model.record_kind], table
        assert found[table, "erase"] == {"SELECT", "DELETE"}, table
        assert found[table, "read"] == (set() if model.hidden else {"SELECT"}), table


CALLED = {
    "insurance": [("desk_answer_keep", "app"), ("desk_answer_show", "app"), ("records_fill", "app")],
    "staff": [
        ("desk_answer_keep", "app"), ("desk_answer_show", "app"), ("records_fill", "app"), ("staff_ceremony_begin", "app"), ("staff_ceremony_take", "app"),
        ("staff_session_lives", "app"), ("staff_session_lives", "read"),
        ("staff_session_use", "app"), ("staff_session_use", "read"),
    ],
}  # fmt: skip


@pytest.mark.django_db
def test_nobody_but_the_program_may_call_what_runs_as_the_owner():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.proname, r.rolname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
            "CROSS JOIN pg_roles r WHERE n.nspname = 'public' AND p.prosecdef AND p.prorettype <> 'trigger'::regtype "
            "AND r.rolname ~ '^(app|erase|read)_' AND has_function_privilege(r.rolname, p.oid, 'EXECUTE')"
        )
        assert (
            sorted((name, role.split("_")[0]) for name, role in cursor.fetchall()) == CALLED[settings.SYSTEM]
        )


if "staff" in settings.DATABASES:  # every system but the staff system itself

    @pytest.mark.django_db
    def test_those_who_read_see_no_password():
        """The other systems read the staff database: names and permissions, nothing that opens a door."""
        with connections["staff"].cursor() as cursor:
            cursor.execute("SELECT member_id, name FROM staff_member_profile")
            for hidden in (
                "SELECT password FROM staff_fallback_secret",
                "SELECT digest FROM staff_one_time_number",
                "SELECT token_hash FROM staff_session",
                "SELECT word_hash FROM staff_enrolment",
                "SELECT before FROM records_work_history",
            ):
                with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic("staff"):
                    cursor.execute(hidden)
