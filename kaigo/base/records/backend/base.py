"""Django's PostgreSQL backend, except that an error never carries DETAIL.

PostgreSQL puts the values of the offending row into DETAIL; they would end in logs and error pages.
"""

from __future__ import annotations

from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property


class SilentErrors(DatabaseErrorWrapper):
    """Keeps the first line of a driver error and drops the rest."""

    def __exit__(self, exc_type, exc_value, traceback):
        if exc_value is not None and exc_value.args and isinstance(exc_value.args[0], str):
            exc_value.args = (exc_value.args[0].split("\n", 1)[0],)
        return super().__exit__(exc_type, exc_value, traceback)


class DatabaseWrapper(base.DatabaseWrapper):
    """See the module."""

    @cached_property
    def wrap_database_errors(self):
        return SilentErrors(self)
