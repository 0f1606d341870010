"""The form of an application, for oneself or for another account: what can be asked for, and the asking."""

from __future__ import annotations

from datetime import timedelta

from kaigo.base.desk.typed import Typed
from kaigo.base.records.context import Context
from kaigo.base.staff import applications
from kaigo.base.staff.models import Account, Application
from kaigo.base.staff.tables import contracts, limits, roles
from kaigo.personnel.people import read as people


def form(ctx: Context, account: Account, typed: Typed) -> dict:
    """Everything that the form needs: kinds, roles that this kind of account may hold, sections of its posts."""
    posts = [p for p in people.posts(ctx, account.member_id) if p.ends is None or p.ends > ctx.on]
    return {
        "typed": typed,
        "account": account,
        "kinds": list(applications.KINDS.items()),
        "roles": _roles(ctx, account, {p.contract for p in posts}),
        "sections": sorted({p.section for p in posts}),
        "held": [g for g in people.account_grants(ctx, account.id) if g.running(ctx.on)],
        "fallback_days": limits()["fallback_days"],
    }


def _roles(ctx: Context, account: Account, items: set[str]) -> list[str]:
    given = [name for name, role in roles().items() if (v := role.on(ctx.on)) and account.kind in v.kinds]
    if account.kind != "contractor":
        return given
    allowed = frozenset().union(*(contracts()[item].roles for item in items if item in contracts()))
    return [name for name in given if name in allowed]


def ask(ctx: Context, account: Account, typed: Typed) -> Application | None:
    """What the form says becomes an application; None = something typed is wrong. Raises Refused."""
    kind = typed.choice("kind", "申請の種類", applications.KINDS)
    role = section = ""
    if kind in ("grant", "grant_end"):
        role = typed.choice("role", "役割", roles())
        section = typed.text("section", "課", longest=60)
        if not section:
            typed.errors["section"] = "課を選んでください"
    begins = typed.day("begins", "いつから", required=False)
    last = typed.day("last", "いつまで", required=kind == "fallback")
    reason = typed.text("reason", "理由", longest=400)
    if typed.errors:
        return None
    return applications.apply(
        ctx, kind, account, reason, role=role, section=section, begins=begins,
        until=last + timedelta(days=1) if last else None,
    )  # fmt: skip
