"""Fifty rows a page, from a list, a queryset, or a count and a function that fetches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest

ROWS = 50


class Pages:
    """One page of a long list. rows: what to draw; total: how many there are; links keep the other filters."""

    def __init__(
        self,
        source: Sequence[Any] | Any,
        request: HttpRequest,
        total: int | None = None,
        fetch: Callable[[int, int], Sequence[Any]] | None = None,
    ) -> None:
        """source: list or queryset; with `fetch(limit, offset)` source may be None and total must be given."""
        self._query = request.GET.copy()
        if total is None:
            total = len(source) if isinstance(source, list | tuple) else source.count()
        self.total = total
        self.last = max(1, -(-total // ROWS))
        self.number = min(max(1, _number(request.GET.get("page", ""))), self.last)
        first = (self.number - 1) * ROWS
        self.rows = list(fetch(ROWS, first) if fetch else source[first : first + ROWS])
        self.first = first + 1 if total else 0
        self.until = first + len(self.rows)

    def _link(self, number: int) -> str:
        self._query["page"] = str(number)
        return f"?{self._query.urlencode()}"

    @property
    def before(self) -> str:
        return self._link(self.number - 1) if self.number > 1 else ""

    @property
    def after(self) -> str:
        return self._link(self.number + 1) if self.number < self.last else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1
