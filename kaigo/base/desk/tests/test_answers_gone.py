"""An answer that was kept is gone after its minutes, and after a crash."""

from __future__ import annotations

import psycopg
from django.db import connection

from kaigo.base.desk.answers import Kept, keep, show
from kaigo.base.staff.tables import limits


def test_after_its_minutes_it_is_gone(street):
    token = keep(1, Kept(200, "t", "<p>猫又</p>"))
    assert show(token, 1) == (200, "t", "<p>猫又</p>")
    with psycopg.connect(street.dsn(connection.settings_dict["NAME"]), autocommit=True) as admin:
        lasts = admin.execute("SELECT extract(epoch FROM valid_until - now()) FROM desk_answer").fetchone()[0]
        assert limits()["idle_minutes"] * 60 - 5 < lasts <= limits()["idle_minutes"] * 60
        # Unlogged: no backup holds it, and a crash empties it.
        assert admin.execute(
            "SELECT relpersistence FROM pg_class WHERE relname = 'desk_answer'"
        ).fetchone() == ("u",)
        admin.execute("UPDATE desk_answer SET valid_until = now() - interval '1 second'")
        assert show(token, 1) is None
        keep(1, Kept(200, "t", "later"))
        assert admin.execute("SELECT body FROM desk_answer").fetchall() == [("later",)], (
            "the old one is deleted"
        )
