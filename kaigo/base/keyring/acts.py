"""Rotating, renewing and destroying keys, each with its event in the record of accesses."""

from __future__ import annotations

from django.db import connection

from kaigo.base.audit.write import KEY, record
from kaigo.base.keys import rotation
from kaigo.base.keys.columns import Column, columns
from kaigo.base.keys.store import Kind, NoKey
from kaigo.base.keys.uses import Use, using
from kaigo.base.records.context import Context, acting
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused

SHORTEST, LONGEST = 5, 200


def rotate(ctx: Context, kind: str, name: str) -> int:
    """A new version of a key (kind "data": of a sealed column, name `table.column`); what it wraps is put under it.
    Returns its number. Refused: no such kind or column. StoreDown."""
    with acting(ctx):
        if kind == rotation.DATA:
            version = rotation.rotate_column(ctx.actor, _column(name))
        else:
            version = rotation.begin(ctx.actor, _kind(kind), name)
        record(ctx, "keys.rotate", "key", sort=kind, key=name, version=version)
    if kind != rotation.DATA:
        # Not in that transaction: files do not wait for a database.
        rotation.renew_of(Kind(kind), name)
    return version


def renew(ctx: Context, show: rotation.Show | None = None) -> dict[str, int]:
    """Everything of this system under the newest versions; returns how many wrapped keys and sealed values."""
    done = rotation.renew(show) if show else rotation.renew()
    with acting(ctx):
        record(ctx, "keys.renew", "key", **done)
    return done


def destroy(ctx: Context, kind: str, name: str, version: int, reason: str = "") -> None:
    """An old version, for good. Refused while something needs it, unless a reason says why; also when there is none."""
    if reason:
        without_my_number(reason)
        if not SHORTEST <= len(reason) <= LONGEST:
            raise Refused(f"理由は{SHORTEST}字以上{LONGEST}字以内で書いてください。")
    try:
        with acting(ctx):
            record(ctx, "keys.destroy", "key", sort=kind, key=name, version=version, forced=bool(reason))
            if kind == rotation.DATA:
                rotation.destroy_column(ctx.actor, _column(name), version, reason)
            else:
                rotation.destroy(ctx.actor, _kind(kind), name, version, reason)
    except NoKey as none:
        raise Refused("この鍵、またはこの版はありません。") from none


def declare() -> None:
    """The record of accesses finds people under every version that one of its events was written with."""
    using(Use(Kind.MAC, KEY, "アクセス記録", _events, quick=False))


def _events() -> dict[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT subject_key, count(*) FROM audit_event WHERE subject_key > 0 GROUP BY 1")
        return dict(cursor.fetchall())


def _kind(kind: str) -> Kind:
    try:
        return Kind(kind)
    except ValueError as none:
        raise Refused("鍵の種類は wrap、mac、sign、data のどれかです。") from none


def _column(name: str) -> Column:
    for column in columns():
        if column.place == name:
            return column
    raise Refused(f"暗号化した列「{name}」はありません。")
