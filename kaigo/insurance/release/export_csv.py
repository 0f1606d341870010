"""A list as CSV (RFC 4180) that no spreadsheet takes for a program.

UTF-8 with a byte order mark: names hold characters that Shift_JIS does not have (髙, 﨑), and the spreadsheet of the
offices reads UTF-8 only where the mark says so. Lines end with CRLF. Text is quoted, whole numbers are not.
"""

from __future__ import annotations

from collections.abc import Iterable

MARK = "\ufeff".encode()
# ASVS 5.0, 1.2.10: what a spreadsheet may take for a formula is led by an apostrophe. Full-width signs count too.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\u2212", "\uff20")


def cell(value: object) -> str:
    """One field. None is empty."""
    if value is None:
        return '""'
    if isinstance(value, int):
        return str(value)
    text = str(value)
    # Spaces before the sign do not make it harmless everywhere.
    if text.startswith(_DANGEROUS) or text.lstrip(" \u3000").startswith(_DANGEROUS):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"'


def lines(table: Iterable[Iterable[object]]) -> bytes:
    """Lines of a file, each with its end."""
    return "".join(",".join(map(cell, line)) + "\r\n" for line in table).encode()
