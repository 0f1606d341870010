"""People for tests of any system: with exactly the permissions that the test names, without a staff database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from kaigo.base.staff.can import Held, Posted, Staff
from kaigo.base.staff.tables import Role, Version, fields, permissions, roles

EVERY_PURPOSE = frozenset().union(*(v.purposes for role in roles().values() for v in role.versions))


def role(
    may: Iterable[str], *, purposes: Iterable[str] = EVERY_PURPOSE, sees: Iterable[str] | None = None
) -> Role:
    """A role of one version with these permissions; sees: fields, None = all."""
    unknown = set(may) - set(permissions())
    assert not unknown, f"no such permissions: {unknown}"
    seen = frozenset(fields() if sees is None else sees)
    kinds = frozenset({"staff", "contractor", "administrator"})
    return Role("試験", (Version(date.min, kinds, frozenset(may), seen, frozenset(purposes)),))


def someone(
    may: Iterable[str] = (), *, account: int = 1, day: date = date(2026, 7, 15), proved: float | None = 0.0,
    marks: Iterable[bytes] = (), sees: Iterable[str] | None = None, purposes: Iterable[str] = EVERY_PURPOSE,
) -> Staff:  # fmt: skip
    """A clerk of 介護保険課 who has just logged in."""
    return Staff(
        account, 1000 + account, "試験 職員", "staff", (Posted("介護保険課", "係員", date.min),),
        (Held(7, role(may, purposes=purposes, sees=sees), "介護保険課", date.min),), frozenset(marks), 1, "passkey", proved, day=day,
    )  # fmt: skip
