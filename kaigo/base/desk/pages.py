"""Fifty rows a page. A long list is never loaded whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from kaigo.base.audit.seen import saw, shown

ROWS = 50


class Pages:
    """One page of a list, for templates: `{% for row in page %}` and `{% include "desk/pager.html" with page=page %}`.

    The page number is the query parameter `page`; other parameters (filters) stay in the links.
    """

    def __init__(
        self,
        source: Sequence[Any] | QuerySet | None,
        request: HttpRequest,
        total: int | None = None,
        fetch: Callable[[int, int], Sequence[Any]] | None = None,
    ) -> None:
        """source: list or ordered queryset; with `fetch(limit, offset)` source may be None, total must be given."""
        self.total = _total(source) if total is None else total
        self.last = max(1, -(-self.total // ROWS))
        self.number = min(max(1, _number(request.GET.get("page", ""))), self.last)
        begin = (self.number - 1) * ROWS
        self.rows = list(fetch(ROWS, begin) if fetch else source[begin : begin + ROWS])
        # Long lists are read whole and shown in parts: who stands on the part was looked at.
        saw(map(shown, self.rows))
        self.first = begin + 1 if self.rows else 0
        self.until = begin + len(self.rows)
        self._query = request.GET.copy()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def before(self) -> str:
        """The link to the page before, "" on the first."""
        return self.link(self.number - 1) if self.number > 1 else ""

    @property
    def after(self) -> str:
        """The link to the page after, "" on the last."""
        return self.link(self.number + 1) if self.number < self.last else ""

    @property
    def links(self) -> list[tuple[int, str]]:
        """(number, link) around this page, the first and the last; number 0 = a gap."""
        shown = sorted({1, self.last, *range(max(1, self.number - 2), min(self.last, self.number + 2) + 1)})
        found: list[tuple[int, str]] = []
        for number in shown:
            if found and number - found[-1][0] > 1:
                found.append((0, ""))
            found.append((number, self.link(number)))
        return found

    def link(self, number: int) -> str:
        """The same list, another page."""
        self._query["page"] = str(number)
        return f"?{self._query.urlencode()}"


def _total(source: Sequence[Any] | QuerySet | None) -> int:
    if source is None:
        raise TypeError("a function needs a total")
    return source.count() if isinstance(source, QuerySet) else len(source)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1
