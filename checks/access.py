"""What docs/access.csv is made of: every address of a system with its methods, and who may use it.

The file is the expected table: it is read, corrected and committed by people. `python -m checks.access` prints what the
program does today for the system that KAIGO_SYSTEM names, so that a new page brings its rows; the test compares.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "docs" / "access.csv"
HEAD = ("system", "address", "method", "permission", "purpose", "proof", "roles")
ANYBODY, EVERY_POST = "anybody", "every post"
METHODS = ("GET", "POST")


def patterns(found=None, prefix: str = "/") -> Iterator[tuple[str, object]]:
    """(address, pattern) of everything that the resolver of this system knows."""
    from django.urls import get_resolver

    for entry in get_resolver().url_patterns if found is None else found:
        address = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from patterns(entry.url_patterns, address)
        else:
            yield address, entry


def expected(system: str) -> dict[tuple[str, str], dict[str, str]]:
    """(address, method) → row of the table."""
    with TABLE.open(encoding="utf-8") as file:
        return {
            (row["address"], row["method"]): row for row in csv.DictReader(file) if row["system"] == system
        }


def roles_of(permission: str, purpose: str, day: date) -> str:
    """The roles that give a permission for a purpose, as the table writes them."""
    from kaigo.base.staff.tables import OWN, roles

    if permission == OWN:
        return EVERY_POST
    given = ((name, role.on(day)) for name, role in roles().items())
    return " ".join(
        sorted(n for n, v in given if v and permission in v.permissions and purpose in v.purposes)
    )


def rows(system: str, day: date) -> Iterator[tuple[str, ...]]:
    from kaigo.base.staff.tables import permissions

    for address, entry in patterns():
        page = getattr(entry.callback, "page", None)
        for method in METHODS:
            if page is None:
                # No page of the desk: take out the methods that it refuses (405).
                yield system, address, method, "", "", "", ANYBODY
            elif hasattr(page, method.lower()):
                proof = "yes" if permissions()[page.permission].step_up else ""
                who = roles_of(page.permission, page.purpose, day)
                yield system, address, method, page.permission, page.purpose, proof, who


def main() -> None:
    import django

    django.setup()
    from django.conf import settings

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(HEAD)
    writer.writerows(sorted(rows(settings.SYSTEM, date(2026, 7, 15))))


if __name__ == "__main__":
    main()
