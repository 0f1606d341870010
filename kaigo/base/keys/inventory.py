"""Every key there is: what it is for, its versions, what uses them, when it is due to be renewed (ASVS 11.1.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from django.conf import settings
from django.db import connection
from django.utils import timezone

from kaigo.base.keys import rotation
from kaigo.base.keys.columns import columns
from kaigo.base.keys.ring import kek
from kaigo.base.keys.store import Held, Kind, Version, store
from kaigo.base.keys.uses import use_of

# kind → what it is called, its algorithm.
KINDS = {
    "wrap": ("鍵を包む鍵", "AES-256-GCM"),
    "mac": ("要約の鍵", "HMAC-SHA-256"),
    "sign": ("署名の鍵", "Ed25519"),
    "data": ("列の鍵", "AES-256-GCM"),
    "secret": ("鍵の置き場所の外の秘密", ""),
}


class Line(NamedTuple):
    """One version of one key. used: how many things need it, None = nobody counts them (`counted` says whether somebody
    could). due: the day on which the newest version is to be renewed, None = not by the calendar, or not the newest."""

    kind: str
    name: str
    purpose: str
    version: int
    made: date
    destroyed: date | None
    used: int | None
    counted: bool
    unit: str
    due: date | None

    def told(self) -> dict:
        """As JSON has it."""
        return self._asdict() | {"algorithm": KINDS[self.kind][1]}


def lines(all_counts: bool = True) -> list[Line]:
    """Keys of the store by kind and name, then the data keys of this system, then secrets outside. all_counts=False leaves out what takes longer
    than a page may. StoreDown: the store does not answer."""
    return [*_of_store(all_counts), *_of_columns(), *_outside()]


def overdue(found: list[Line], today: date) -> list[Line]:
    """Newest versions whose day has come."""
    return [line for line in found if line.due and line.due <= today]


def check() -> list[str]:
    """What is wrong with the keys of this system, in words: the store, keys without a purpose, wrapped keys that do not
    open. StoreDown: the store does not answer."""
    wrong = list(store().health().problems)
    wrong += [
        f"{line.kind} {line.name}: 目的の記載がありません(purposes.yaml)。"
        for line in lines(False)
        if not line.purpose
    ]
    return wrong + list(closed())


def _of_store(all_counts: bool) -> Iterator[Line]:
    for held in store().inventory():
        entry = purposes().get(held.kind, {}).get(held.name, {})
        use = use_of(held.kind, held.name)
        counts = dict(use.counts()) if use and (all_counts or use.quick) else None
        newest = max((one.number for one in held.versions if not one.destroyed), default=None)
        for one in held.versions:
            yield Line(
                str(held.kind), held.name, entry.get("purpose", ""), one.number, _day(one.made),
                _day(one.destroyed) if one.destroyed else None, _used(held, one, counts), use is not None,
                use.label if use else "", _due(one, entry.get("days", 0)) if one.number == newest else None,
            )  # fmt: skip


def _used(held: Held, one: Version, counts: Mapping[int, int] | None) -> int | None:
    if one.destroyed:
        return 0
    return None if counts is None else counts.get(one.number, 0)


def _of_columns() -> Iterator[Line]:
    known = {column.place: column for column in columns()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sealed_column, version, "
            "coalesce((SELECT min((h.before->>'changed_at')::timestamptz) FROM records_work_history h "
            "WHERE h.\"table\" = 'keys_data_key' AND h.row = k.id), k.changed_at) FROM keys_data_key k ORDER BY 1, 2"
        )
        found = cursor.fetchall()
    newest = {place: version for place, version, _ in found}
    for place, version, made in found:
        column = known.get(place)
        counts = rotation.counts(column) if column else None
        one = Version(version, made)
        yield Line(
            "data", place, column.label if column else "", version, _day(made), None,
            None if counts is None else counts.get(version, 0), column is not None, "値",
            _due(one, purposes()["data"]["days"]) if newest[place] == version else None,
        )  # fmt: skip


def _outside() -> Iterator[Line]:
    """Files of secrets that lie beside the store; those that the environment gives are not seen here."""
    known = purposes()["secret"]
    root = Path(settings.SECRETS_ROOT)
    for path in sorted(root.iterdir()) if root.is_dir() else ():
        if path.is_file():
            purpose = next(
                (one["purpose"] for begin, one in known.items() if path.name.startswith(begin)), ""
            )
            made = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
            yield Line("secret", path.name, purpose, 1, _day(made), None, None, False, "", None)


def closed() -> Iterator[str]:
    """What lies under a version of a key of the store that is not there any more, in words."""
    usable = store().versions(Kind.WRAP, kek())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sealed_column, version, kek_version FROM keys_data_key WHERE kek = %s", [kek()]
        )
        for place, version, wrapped_by in cursor.fetchall():
            if wrapped_by not in usable:
                yield f"列 {place} の鍵の第{version}版は開けません: 包む鍵の第{wrapped_by}版がありません。"
    for held in store().inventory():
        use = use_of(held.kind, held.name)
        if use and use.quick:
            gone = {one.number for one in held.versions if one.destroyed}
            lost = sum(number for version, number in use.counts().items() if version in gone)
            if lost and held.name != kek():
                yield f"{use.label}: 破棄した鍵の {lost:,} 件は開けません。"


def _due(one: Version, days: int) -> date | None:
    return _day(one.made) + timedelta(days=days) if days else None


def _day(moment) -> date:
    return timezone.localdate(moment)


@cache
def purposes() -> dict:
    """purposes.yaml."""
    return yaml.safe_load(Path(__file__).with_name("purposes.yaml").read_text(encoding="utf-8"))
