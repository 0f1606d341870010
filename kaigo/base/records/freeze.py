"""Freezing the facts: a moment after which nothing believed earlier can still appear."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from kaigo.base.records.context import Context
from kaigo.base.records.models import Freeze


def freeze(ctx: Context, name: str) -> Freeze:
    """Wait for all writers of facts, note the cut-off, let them go on after the caller's transaction ends.

    A transaction that began before the cut-off and has written nothing yet is refused by the trigger and begins
    again, so that `known @> cutoff` means the same for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7411001)")
        cursor.execute("SELECT clock_timestamp()")
        cutoff: datetime = cursor.fetchone()[0]
    return Freeze.objects.create(name=name, cutoff=cutoff, actor=ctx.actor)
