"""A real table with a sealed column, in a database of its own."""

from __future__ import annotations

import psycopg
import pytest

from kaigo.base.keys.columns import forget, sealed

TABLE = """
CREATE TABLE {name} (id bigserial PRIMARY KEY, secret bytea, tx xid8 DEFAULT pg_current_xact_id());
CREATE TRIGGER records_history AFTER UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION records_work_history();
GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO "app_{roles}";
ALTER SEQUENCE {name}_id_seq RESTART 1001;
GRANT USAGE ON SEQUENCE {name}_id_seq TO "app_{roles}";
"""


@pytest.fixture
def notes(street):
    """Two sealed columns of tables that were made as the kind Work makes them; real commits."""
    from django.conf import settings
    from django.db import connection

    name, roles = connection.settings_dict["NAME"], f"{settings.SYSTEM}_{settings.INSURER}"
    with psycopg.connect(street.dsn(name), autocommit=True) as admin:
        for table in ("keys_note", "keys_other"):
            admin.execute(TABLE.format(name=table, roles=roles))
    made = [sealed(table, "secret", "試験の値") for table in ("keys_note", "keys_other")]
    yield made
    for column in made:
        forget(column)
