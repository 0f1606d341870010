"""What other rooms and the pages read of remission and deferral. Amounts in yen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kaigo.base.records.context import HIDDEN, Context
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.in_force import remissions_in_force_sql
from kaigo.insurance.collection.remission.models import Deferral, Relief, Remission
from kaigo.insurance.collection.remission.relations import deferred_sql
from kaigo.law.reasons import unpack
from kaigo.law.words import Audience, Told, name_of, tell_all

__all__ = [
    "GROUNDS",
    "KINDS",
    "STATES",
    "WHAT",
    "DecisionView",
    "decisions",
    "deferred_sql",
    "deferred_terms",
    "ground_name",
    "open_count",
    "remissions_in_force_sql",
    "remitted",
    "told",
]  # fmt: skip

KINDS = {
    "remission": "減免の申請",
    "deferral": "徴収猶予の申請",
    "revocation": "減免の取消し",
    "ending": "徴収猶予の取消し",
}
STATES = {"open": "受け付けた", "proposed": "決裁待ち", "decided": "決まった", "withdrawn": "取り下げた"}
WHAT = {"granted": "承認", "refused": "不承認", "revoked": "取消し", "lapsed": "失効(賦課または期別の変更)"}
GROUNDS = ("disaster", "income_fall", "crop_failure", "hardship", "restricted", "special")


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A decided remission or deferral. kind: remission | deferral; yen, after_yen: None for a deferral; start_on, end_on:
    half-open, None for a remission; current: granted and neither revoked nor lapsed; actor: the second of two people."""

    id: int
    kind: str
    fiscal_year: int | None
    what: str
    ground: str
    manner: str
    yen: int | None
    after_yen: int | None
    start_on: date | None
    end_on: date | None
    decided_on: date
    asked_by: str
    actor: str
    note: str
    current: bool


def ground_name(ground: str) -> str:
    """災害, 収入の減少 …"""
    return "令和8年度の特例" if ground == "special" else name_of("remission_ground", ground)


def decisions(ctx: Context, person: int) -> list[DecisionView]:
    """All of a person, the newest first; of what is known at ctx.known_at."""
    found = [
        DecisionView(
            r.id, "remission", r.fiscal_year, r.what, r.ground, r.manner, r.yen, r.after_yen, None, None, r.decided_on,
            r.asked_by, r.actor, r.note, current,
        )
        for r, current in _known(ctx, Remission, person)
    ] + [
        DecisionView(
            d.id, "deferral", None, d.what, d.ground, "", None, None, d.start_on, d.end_on, d.decided_on, d.asked_by,
            d.actor, d.note, current,
        )
        for d, current in _known(ctx, Deferral, person)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.decided_on, one.kind, one.id), reverse=True)


def _known(ctx: Context, model, person: int) -> list[tuple]:
    found = list(model.objects.filter(person_id=person).order_by("-id"))
    if ctx.known_at is not None:
        found = [row for row in found if row.decided_at <= ctx.known_at]
    replaced = {row.supersedes_id for row in found}
    return [(row, row.what == "granted" and row.id not in replaced) for row in found]


# Reasons that tell whether a household is taxed.
_UNTOLD = Told("", "", f"住民税による理由 {HIDDEN}", ())


def told(ctx: Context, reasons: list, audience: Audience = "staff") -> tuple[Told, ...]:
    """Stored reasons in words; never computed again. What tells of tax, only where that may be seen."""
    found = unpack(reasons)
    if ctx.sees("tax"):
        return tell_all(found, audience)
    return tuple(
        _UNTOLD if reason.id.startswith("special.") else told
        for reason in found
        for told in tell_all((reason._replace(parts=()),), audience)
    )


def remitted(ctx: Context, person: int) -> dict[int, int]:
    """fiscal year → yen of the remissions that hold."""
    return dict(
        rows(
            f"SELECT r.fiscal_year, sum(r.yen)::int FROM ({remissions_in_force_sql(ctx)}) r "
            "WHERE r.person_id = %(person)s GROUP BY r.fiscal_year",
            {"person": person, "known_at": ctx.known_at},
        )
    )


def deferred_terms(ctx: Context, person: int) -> list[tuple[int, int, date, date]]:
    """(fiscal year, number, start, end) of a person's terms whose deferral runs on ctx.on; half-open."""
    return rows(
        f"SELECT d.fiscal_year, d.number, d.start_on, d.end_on FROM ({deferred_sql(ctx)}) d WHERE d.person_id = %(person)s "
        "AND d.start_on <= %(on)s AND d.end_on > %(on)s ORDER BY d.fiscal_year, d.number",
        {"person": person, "known_at": ctx.known_at, "on": ctx.on},
    )


def reviews(ctx: Context, person: int) -> list[tuple[int, str]]:
    """(lapsed remission, message) of the remissions of a person that wait to be looked at again."""
    return [
        (int(what.removeprefix("remission:")), message)
        for what, message in rows(
            "SELECT what, message FROM collection_task WHERE sort = 'remission' AND state = 'open' "
            "AND person_id = %(person)s ORDER BY id",
            {"person": person},
        )
    ]


def open_count(ctx: Context) -> int:
    """Applications that wait for somebody."""
    return Relief.objects.filter(state__in=("open", "proposed")).count()
