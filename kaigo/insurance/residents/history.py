"""Everything we believe of one person, for the page of the room: one row per version, newest first."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import HIDDEN, Context
from kaigo.base.records.models import Fact
from kaigo.base.records.rows import rows
from kaigo.insurance.residents import models as m
from kaigo.insurance.residents.people import MERGES, believed, in_force, times


class Version(NamedTuple):
    """A version of a fact. values: column → value."""

    since: date
    until: date | None
    notified_on: date | None
    source: str
    values: dict[str, Any]


# Kind of fact → the detail of people that it is (base/staff/fields.yaml). What is not here, everybody sees who may
# enter the page: stays in facilities and stopped processing.
FIELDS: dict[type[Fact], str] = {
    m.Particulars: "name",
    m.Residence: "address",
    m.MailingAddress: "address",
    m.Membership: "household",
    m.Relation: "household",
    m.Protection: "protection",
    m.Taxation: "tax",
    m.Welfare: "welfare",
    m.Borderline: "welfare",
    m.OldAgePension: "pension",
    m.PensionNumber: "pension",
    m.MedicalInsurance: "medical",
    m.BankAccount: "bank",
}
# Words of a clerk about somebody may hold anything.
MEMO = ("address", "bank", "contact", "household", "medical", "pension", "tax", "welfare")
# Of a residence these stay readable where addresses do not: what happened, and when.
_EVENTS = ("state", "event")


def history(ctx: Context, model: type[Fact], person: int) -> list[Version]:
    """All versions of one kind of fact believed now, or at ctx.known_at. What may not be seen is left out."""
    seen = model not in FIELDS or ctx.sees(FIELDS[model])
    if not seen and model is not m.Residence:
        return []
    saw([person])
    columns = (*model.key_columns()[1:], *model.value_columns())
    found = rows(
        f"SELECT lower(f.effective), upper(f.effective), f.notified_on, f.source, {', '.join('f.' + c for c in columns)} "
        f"FROM {model._meta.db_table} f WHERE f.person_id = %(person)s AND {believed(ctx, 'f')} "
        "ORDER BY lower(f.effective) DESC, f.id DESC",
        {**times(ctx), "person": person},
    )
    versions = [Version(*row[:4], dict(zip(columns, row[4:], strict=True))) for row in found]
    return versions if seen else [v._replace(values=_event_only(v.values)) for v in versions]


def _event_only(values: dict[str, Any]) -> dict[str, Any]:
    hidden = {name: HIDDEN if name == "address" else "" for name in values if name not in _EVENTS}
    return values | hidden


def former_beliefs(ctx: Context, person: int) -> list[tuple]:
    """Residences that we believed once and no more: (known from, until, effective from, until, state, address)."""
    if not ctx.sees("address"):
        return []
    saw([person])
    return rows(
        "SELECT lower(f.known), upper(f.known), lower(f.effective), upper(f.effective), f.state, f.address "
        "FROM residents_residence f WHERE f.person_id = %(person)s AND NOT upper_inf(f.known) "
        "ORDER BY upper(f.known) DESC, lower(f.effective) DESC LIMIT 50",
        {"person": person},
    )


def memos(ctx: Context, person: int) -> list[m.Memo]:
    """記事 about the person and the records merged into him, newest first; only for who may see all they may hold."""
    if not ctx.sees_all(*MEMO):
        return []
    saw([person])
    merged = [
        who
        for (who,) in rows(f"SELECT person_id FROM ({MERGES}) e WHERE into_id = %(into)s", {"into": person})
    ]
    return list(m.Memo.objects.filter(person_id__in=[person, *merged]).order_by("-id"))


def also_mailed_to(ctx: Context, person: int, address: str) -> list[tuple]:
    """(person, name) of others outside the household whose letters go to the same address on ctx.on."""
    return _others(ctx, "residents_mailing_address", "f.address = %(address)s", person, {"address": address})


def also_paid_to(ctx: Context, person: int, bank: str, branch: str, account: str) -> list[tuple]:
    """(person, name) of others outside the household with the same account on ctx.on."""
    return _others(
        ctx,
        "residents_bank_account",
        "f.bank = %(bank)s AND f.branch = %(branch)s AND f.account = %(account)s",
        person,
        {"bank": bank, "branch": branch, "account": account},
    )


def _others(ctx: Context, table: str, where: str, person: int, params: dict[str, Any]) -> list[tuple]:
    return _seen(
        f"SELECT DISTINCT f.person_id, coalesce(p.name, '') FROM {table} f "
        f"LEFT JOIN residents_particulars p ON p.person_id = f.person_id AND {in_force(ctx, 'p')} "
        f"WHERE {where} AND {in_force(ctx, 'f')} AND f.person_id <> %(person)s AND NOT EXISTS ("
        f" SELECT 1 FROM residents_membership a JOIN residents_membership b ON b.household_id = a.household_id "
        f" WHERE a.person_id = %(person)s AND b.person_id = f.person_id AND {in_force(ctx, 'a')} "
        f" AND {in_force(ctx, 'b')}) ORDER BY 1 LIMIT 20",
        {**times(ctx), "person": person, **params},
    )


def under_protection(ctx: Context, limit: int, offset: int) -> list[tuple]:
    """(person, name, since, until) of everybody under 支援措置 on ctx.on."""
    return _seen(
        _LIST.format("residents_protection", "''", believed(ctx, "f"), believed(ctx, "p")),
        _page(ctx, limit, offset),
    )


def on_hold(ctx: Context, limit: int, offset: int) -> list[tuple]:
    """(person, name, since, until, reason) of everybody whose processing is stopped on ctx.on."""
    return _seen(
        _LIST.format("residents_hold", "f.reason", believed(ctx, "f"), believed(ctx, "p")),
        _page(ctx, limit, offset),
    )


def count_in_force(ctx: Context, model: type[Fact]) -> int:
    """How many people such a fact is in force for on ctx.on."""
    ((count,),) = rows(
        f"SELECT count(*) FROM {model._meta.db_table} f WHERE f.effective @> %(on)s::date AND {believed(ctx, 'f')}",
        times(ctx),
    )
    return count


_LIST = """
    SELECT f.person_id, coalesce(p.name, ''), lower(f.effective), upper(f.effective), {1} FROM {0} f
    LEFT JOIN residents_particulars p ON p.person_id = f.person_id AND p.effective @> %(on)s::date AND {3}
    WHERE f.effective @> %(on)s::date AND {2} ORDER BY upper(f.effective), f.person_id LIMIT %(limit)s OFFSET %(offset)s"""


def _seen(query: str, params: dict) -> list[tuple]:
    """Rows that begin with a person."""
    found = rows(query, params)
    saw(row[0] for row in found)
    return found


def _page(ctx: Context, limit: int, offset: int) -> dict:
    return {**times(ctx), "limit": limit, "offset": offset}
