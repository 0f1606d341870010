"""Who does what, why, for which case, on which day, with which knowledge. First argument of every decision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import connection, transaction

# What stands in the place of a detail that the role of the person may not see.
HIDDEN = "(表示しません)"


@dataclass(frozen=True, slots=True)
class Context:
    """actor: `account:7` or `job:premium.main`; purpose: a key of the list of purposes; case: reference or "".

    on: the business date (異動日 axis). known_at: None = as believed now, else the moment of belief (処理日 axis).
    fields: the details of people that this act may see (base/staff/fields.yaml); None = all (jobs, "*" = emergency).
    """

    actor: str
    purpose: str
    on: date
    case: str = ""
    known_at: datetime | None = None
    fields: frozenset[str] | None = None

    def sees(self, field: str) -> bool:
        """Whether a detail of people may be shown."""
        return self.fields is None or field in self.fields or "*" in self.fields

    def sees_all(self, *fields: str) -> bool:
        """Whether all these details may be shown: for what holds several at once."""
        return all(self.sees(field) for field in fields)

    def at(self, on: date) -> Context:
        """The same act on another business date."""
        return replace(self, on=on)


@contextmanager
def acting(ctx: Context) -> Iterator[None]:
    """A transaction whose rows and history know the actor. Everything inside is saved together or not at all."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('kaigo.actor', %s, true)", [ctx.actor])
        yield
