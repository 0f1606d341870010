"""Fifty rows a page. A long list is never loaded whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

PER_PAGE = 50


class Pages:
    """One page of a list, for templates: `{% for row in page %}` and `{% include "desk/pager.html" with page=page %}`.

    rows: a list, a queryset (ordered), or a function (offset, limit) → rows together with `count` (a number or a
    function). The page number is the query parameter `page`; other parameters (filters) stay in the links.
    """

    def __init__(
        self,
        request: HttpRequest,
        rows: Sequence | QuerySet | Callable[[int, int], Sequence],
        count: int | Callable[[], int] | None = None,
        per: int = PER_PAGE,
    ) -> None:
        self.per = per
        self.count = _count(rows, count)
        self.last = max(1, -(-self.count // per))
        self.number = min(max(1, _number(request.GET.get("page", ""))), self.last)
        begin = (self.number - 1) * per
        if callable(rows) and not isinstance(rows, QuerySet):
            self.rows = list(rows(begin, per))
        else:
            self.rows = list(rows[begin : begin + per])
        self.first_row = begin + 1 if self.rows else 0
        self.last_row = begin + len(self.rows)
        self._query = request.GET.copy()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def previous(self) -> str:
        """The link to the page before, "" on the first."""
        return self.link(self.number - 1) if self.number > 1 else ""

    @property
    def next(self) -> str:
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


def _count(rows: Any, count: int | Callable[[], int] | None) -> int:
    if count is not None:
        return count() if callable(count) else count
    if isinstance(rows, QuerySet):
        return rows.count()
    if callable(rows):
        raise TypeError("a function needs a count")
    return len(rows)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1
