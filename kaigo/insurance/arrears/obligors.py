"""連帯納付義務者 (法132条2項・3項): the head of the household and the spouse owe what the person owes.

Under 支援措置 nobody is named: not the people whom the person is kept apart from, and not the person to them.
"""

from __future__ import annotations

from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.insurance.residents import read as residents

_HEAD, _SPOUSE = ("02", "世帯主"), ("11", "12", "夫", "妻")
GUARDED = "支援措置があるため、連帯納付義務者(世帯主・配偶者)を示しません。この人たちに請求や照会をしないでください。"


class Obligor(NamedTuple):
    """Somebody who owes with the person; as: 世帯主 | 配偶者."""

    person: int
    name: str
    role: str


class Obligors(NamedTuple):
    """who: those who may be asked. guarded: somebody is kept apart, so nobody is named. unknown: households may not be
    seen, or the person's household is not known."""

    who: tuple[Obligor, ...]
    guarded: bool
    unknown: bool


def obligors(ctx: Context, person: int) -> Obligors:
    """Of the household on ctx.on. The spouse is found where the register says so: husband or wife of the head."""
    members = residents.household(ctx, person)
    me = next((m for m in members if m.person == person), None)
    if residents.protected_among(ctx, [person, *(m.person for m in members)]):
        return Obligors((), True, False)
    if me is None:
        return Obligors((), False, True)
    found = []
    for other in members:
        if other.person == person or other.state in ("dead", "left", "erased"):
            continue
        if other.relationship in _HEAD:
            role = "世帯主・配偶者" if me.relationship in _SPOUSE else "世帯主"
            found.append(Obligor(other.person, other.name, role))
        elif me.relationship in _HEAD and other.relationship in _SPOUSE:
            found.append(Obligor(other.person, other.name, "配偶者"))
    return Obligors(tuple(found), False, False)
