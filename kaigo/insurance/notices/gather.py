"""Storage → what a letter needs, for everybody in chunks: one query for the year, small ones for each chunk."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import Context
from kaigo.insurance.certificates import read as certificates
from kaigo.insurance.collection import read as collection
from kaigo.insurance.notices.premium.words import Wanted
from kaigo.insurance.notices.relations import letter_of, wanted_sql
from kaigo.insurance.premium import read as premium
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents

CHUNK = 5000


def wanted(
    ctx: Context, fiscal_year: int, first: bool, persons: list[int] | None = None
) -> Iterator[list[Wanted]]:
    """Chunks of person-years that need a letter. first: who was told nothing yet, else who was told something else."""
    query = f"""
        SELECT w.person_id, w.plan_id, w.assessment_id, w.annual_yen, w.refund_yen, w.instalments::text, w.told_id, w.opening::text,
               w.stage, w.months, w.interim, w.way, w.request, w.cause, f.reasons::text, g.reasons::text, y.payer, n.number,
               {letter_of()}, w.remitted_yen
        FROM ({wanted_sql(ctx)}) w
        JOIN ({premium.findings_sql()}) f ON f.decision_id = w.assessment_id
        LEFT JOIN ({collection.findings_sql()}) g ON g.decision_id = w.plan_id
        LEFT JOIN ({collection.payers_sql()}) y ON y.person_id = w.person_id AND w.request = 'start'
        LEFT JOIN ({qualification.numbers_sql()}) n ON n.person_id = w.person_id
        WHERE (w.told_id IS NULL AND w.opening IS NULL) = %(first)s
          AND (%(persons)s::bigint[] IS NULL OR w.person_id = ANY(%(persons)s::bigint[]))
        ORDER BY w.person_id"""
    params = {
        "year": fiscal_year,
        "on": ctx.on,
        "known_at": ctx.known_at,
        "first": first,
        "persons": persons,
    }
    for rows in chunks(query, params, everybody=persons is None):
        saw(row[0] for row in rows)
        yield [Wanted(*row) for row in rows]


def certificate_letters(ctx: Context) -> Iterator[list[tuple]]:
    """Chunks of certificates without a letter: certificate, person, number of the copy, issued_on, reason, insured
    number, name, kana, birth, birth as written, sex, address, building."""
    query = f"""
        SELECT c.certificate_id, c.person_id, c.number, c.issued_on, c.reason, n.number, p.name, p.kana, p.birth_date,
               p.birth_raw, p.sex, r.address, r.building
        FROM ({certificates.issued_sql(ctx)}) c
        LEFT JOIN ({qualification.numbers_sql()}) n ON n.person_id = c.person_id
        LEFT JOIN ({residents.particulars_sql(ctx)}) p ON p.person_id = c.person_id
        LEFT JOIN ({residents.residence_sql(ctx)}) r ON r.person_id = c.person_id
        WHERE NOT EXISTS (SELECT 1 FROM notices_draft d WHERE d.certificate_id = c.certificate_id AND d.state = 'draft')
        ORDER BY c.person_id"""
    for rows in chunks(query, {"on": ctx.on, "known_at": ctx.known_at}):
        saw(row[1] for row in rows)
        yield rows


def chunks(query: str, params: dict, everybody: bool = False) -> Iterator[list[tuple]]:
    """Rows by server-side cursor, CHUNK at a time: memory stays flat whoever asks.

    everybody: the whole ward is joined. Before the first letter a vacuum has noted that there are no drafts, and the
    planner would look up each of 165,000 people by itself: nine minutes instead of half a one.
    """
    with connection.chunked_cursor() as cursor, connection.cursor() as setting:
        if everybody:
            setting.execute("SET LOCAL enable_nestloop = off")
        cursor.execute(query, params)
        if everybody:
            setting.execute("SET LOCAL enable_nestloop = on")
        while rows := cursor.fetchmany(CHUNK):
            yield rows
