"""The only way to write an audit event."""

from __future__ import annotations

from django.db import transaction

from kaigo.base.audit.models import Event
from kaigo.base.records.context import Context


def record(ctx: Context, permission: str, about: str = "", outcome: str = "done", **details: object) -> None:
    """One event in the current transaction. details: ids, counts, dates only."""
    Event.objects.create(
        actor=ctx.actor,
        permission=permission,
        purpose=ctx.purpose,
        case=ctx.case,
        object=about,
        outcome=outcome,
        details=details,
    )


def record_apart(ctx: Context, permission: str, about: str, outcome: str, **details: object) -> None:
    """One event in a transaction of its own, for what was rolled back."""
    with transaction.atomic(durable=True):
        record(ctx, permission, about, outcome, **details)
