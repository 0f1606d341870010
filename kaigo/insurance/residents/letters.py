"""Where a letter to a person may go. Protected people (支援措置) come first: rather no letter than a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import Context
from kaigo.base.records.folding import fold
from kaigo.base.records.rows import rows
from kaigo.insurance.registers.read import address_key
from kaigo.insurance.residents.people import believed, in_force, times

ABUSER = "9"  # 続柄種別: 加害者
_NONE = "宛先の住所がありません。送付先を登録してください。"
_DEAD = "死亡しています。相続人の送付先を登録してください。"
_ERASED = "住民票が消除されています。居所を調べ、送付先を登録してください。"
_ABROAD = "転出先がわかりません。居所を調べ、送付先を登録してください。"
_OLD = "支援措置対象者です。宛先が以前の住所、世帯員の住所または加害者の住所と同じため止めました。"
_MEMBER = "支援措置対象者です。宛名が本人ではなく世帯員または加害者のため止めました。"


@dataclass(frozen=True, slots=True)
class LetterAddress:
    """kind: registered | mailing. held: nothing may be sent now; why: what to do, Japanese."""

    person: int
    name: str
    recipient: str
    postal_code: str
    address: str
    building: str
    kind: str
    held: bool = False
    why: str = ""


def protected_among(ctx: Context, persons: Iterable[int]) -> set[int]:
    """Those of `persons` under 支援措置 on ctx.on."""
    query = (
        "SELECT s.person_id FROM residents_protection s "
        f"WHERE s.person_id = ANY(%(persons)s::bigint[]) AND {in_force(ctx, 's')}"
    )
    return {person for (person,) in rows(query, {**times(ctx), "persons": list(persons)})}


def letter_addresses(ctx: Context, persons: Iterable[int], use: str = "premium") -> dict[int, LetterAddress]:
    """person → where a letter of a use (premium | benefit) goes on ctx.on: 送付先 if any, else the registered address.

    A protected person's letter never goes to an old address, to the address of a (former) member of the household
    who lives elsewhere, to the abuser, or to another member by name: then it is held.
    """
    params = {**times(ctx), "persons": list(dict.fromkeys(persons)), "use": use}
    saw(params["persons"])
    found = {row[0]: _address(*row) for row in rows(_addresses(ctx), params)}
    protected = protected_among(ctx, found)
    if protected:
        dangers = _dangers(ctx, protected)
        for person in protected:
            found[person] = _guarded(found[person], *dangers.get(person, (set(), set())))
    return found


def _addresses(ctx: Context) -> str:
    return f"""
    SELECT q.id, coalesce(p.name, ''), coalesce(r.state, ''), coalesce(r.postal_code, ''), coalesce(r.address, ''),
           coalesce(r.building, ''), coalesce(r.to_code, ''), coalesce(r.to_address, ''),
           m.recipient, m.postal_code, m.address, m.building
    FROM unnest(%(persons)s::bigint[]) q(id)
    LEFT JOIN residents_particulars p ON p.person_id = q.id AND {in_force(ctx, "p")}
    LEFT JOIN residents_residence r ON r.person_id = q.id AND {in_force(ctx, "r")}
    LEFT JOIN LATERAL (
        SELECT f.recipient, f.postal_code, f.address, f.building FROM residents_mailing_address f
        WHERE f.person_id = q.id AND f.use IN (%(use)s, 'all') AND {in_force(ctx, "f")}
        ORDER BY f.use = 'all' LIMIT 1) m ON true"""


def _address(
    person, name, state, postal, address, building, to_code, to_address, m_recipient, m_postal, m_address, m_building
) -> LetterAddress:  # fmt: skip
    if m_address is not None:
        return LetterAddress(person, name, m_recipient, m_postal, m_address, m_building, "mailing")
    if state == "left":
        held = not to_address or to_code == "999999"
        return LetterAddress(
            person, name, name, "", to_address, "", "registered", held, _ABROAD if held else ""
        )
    why = {"dead": _DEAD, "erased": _ERASED}.get(state, "" if address else _NONE)
    return LetterAddress(person, name, name, postal, address, building, "registered", bool(why), why)


def _dangers(ctx: Context, persons: set[int]) -> dict[int, tuple[set[str], set[str]]]:
    """protected person → (address keys where no letter of his may go, folded names that may not be its recipient)."""
    query = f"""
        WITH own AS (
            SELECT r.person_id, r.address FROM residents_residence r
            WHERE r.person_id = ANY(%(persons)s::bigint[]) AND {in_force(ctx, "r")}),
        other AS (
            SELECT DISTINCT h.person_id, o.person_id AS other, false AS abuser FROM residents_membership h
            JOIN residents_membership o ON o.household_id = h.household_id AND o.effective && h.effective
                 AND o.person_id <> h.person_id AND {believed(ctx, "o")}
            WHERE h.person_id = ANY(%(persons)s::bigint[]) AND {believed(ctx, "h")}
            UNION
            SELECT f.person_id, f.other_id, true FROM residents_relation f
            WHERE f.person_id = ANY(%(persons)s::bigint[]) AND f.relation = '{ABUSER}' AND {believed(ctx, "f")})
        SELECT r.person_id, r.address, '', false FROM residents_residence r
        WHERE r.person_id = ANY(%(persons)s::bigint[]) AND NOT r.effective @> %(on)s::date AND {believed(ctx, "r")}
        UNION ALL
        SELECT o.person_id, coalesce(r.address, ''), coalesce(p.name, ''), o.abuser FROM other o
        LEFT JOIN residents_residence r ON r.person_id = o.other AND {in_force(ctx, "r")}
        LEFT JOIN residents_particulars p ON p.person_id = o.other AND {in_force(ctx, "p")}
        UNION ALL
        SELECT own.person_id, own.address, NULL, false FROM own"""
    raw = rows(query, {**times(ctx), "persons": list(persons)})
    own = {person: address_key(address) for person, address, who, _ in raw if who is None}
    found: dict[int, tuple[set[str], set[str]]] = {}
    for person, address, who, abuser in raw:
        places, people = found.setdefault(person, (set(), set()))
        key = address_key(address)
        # Members who live with the protected person share his address; the abuser's is never his to write to.
        if who is not None and key and (abuser or key != own.get(person)):
            places.add(key)
        if who:
            people.add(fold(who))
    return found


def _guarded(letter: LetterAddress, places: set[str], people: set[str]) -> LetterAddress:
    why = ""
    if not letter.held and address_key(letter.address) in places:
        why = _OLD
    elif fold(letter.recipient) != fold(letter.name) and fold(letter.recipient) in people:
        why = _MEMBER
    if not (why or letter.held):
        return letter
    # Held letters of protected people carry no address at all: nothing that could be copied or shown by mistake.
    return LetterAddress(
        letter.person, letter.name, letter.name, "", "", "", letter.kind, True, why or letter.why
    )
