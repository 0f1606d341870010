"""Which columns hold sealed values. A room names its own, once, beside its models:

NUMBER = sealed("people_number", "number", "個人番号")
"""

from __future__ import annotations

from typing import NamedTuple


class Column(NamedTuple):
    """A bytea column of a table of kind Work: sealing anew changes the row, which no other kind allows.

    label: what its values are, for the inventory.
    """

    table: str
    column: str
    label: str

    @property
    def place(self) -> str:
        return f"{self.table}.{self.column}"


_COLUMNS: dict[str, Column] = {}


def sealed(table: str, column: str, label: str) -> Column:
    """Name a sealed column. ValueError: named twice, or not a plain name."""
    made = Column(table, column, label)
    if not (table.isidentifier() and column.isidentifier()) or made.place in _COLUMNS:
        raise ValueError(f"sealed column {made.place}")
    _COLUMNS[made.place] = made
    return made


def columns() -> list[Column]:
    """All that the installed rooms named, by place."""
    return [_COLUMNS[place] for place in sorted(_COLUMNS)]


def forget(column: Column) -> None:
    """For tests that name columns of their own."""
    _COLUMNS.pop(column.place, None)
