"""What the limit of the day costs at every page: the day of one human being, however long the record is."""

from __future__ import annotations

import json

import psycopg
import pytest
from django.db import connection

from kaigo.insurance.counter import caps
from kaigo.insurance.counter.tests.test_caps import opened, spent

pytestmark = pytest.mark.asks


def test_the_limit_reads_ones_own_day_and_not_the_record(street):
    """However long the record is: the events of others and of earlier days are not read (their cost is a benchmark)."""
    opened(190, 200)
    # A month of the same person and a day of his colleagues, as a record has them: his own today are few of either.
    for day in range(1, 31):
        opened(100, 100, ago=f"{day} days")
        opened(100, 1000, ago=f"{day} days", member=2)
    for colleague in range(3, 23):
        opened(100, 1000, member=colleague)
    # Only its owner may measure a table; without that every plan is a guess.
    with psycopg.connect(street.dsn(connection.settings_dict["NAME"]), autocommit=True) as admin:
        admin.execute("ANALYZE audit_event")
    with connection.cursor() as cursor:
        for query in (caps._OPENED, caps._LISTED):
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", {"member": 1001, "asked": []})
            plan = cursor.fetchone()[0]
            assert "audit_event_member" in str(plan) and read_by(plan) <= 200, plan
    assert spent(1) == ""


def read_by(plan) -> int:
    """The rows that a plan reads of the record, also those it then throws away."""
    plan = json.loads(plan) if isinstance(plan, str) else plan
    most, nodes = 0, [plan[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", ())
        if node.get("Relation Name") == "audit_event":
            most = max(most, node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
    return most
