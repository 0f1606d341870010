"""One person, one household, many names: dataclasses for screens and letters, on ctx.on as believed at ctx.known_at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from django.http import Http404

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import HIDDEN, Context
from kaigo.base.records.rows import rows

# Records that are read as another person today.
MERGES = (
    "SELECT w.person_id, w.into_id FROM residents_merge w WHERE w.into_id <> w.person_id "
    "AND NOT EXISTS (SELECT 1 FROM residents_merge x WHERE x.supersedes_id = w.id)"
)
# 続柄: 世帯主, as a code of the register or in words, as the ward's layout has it.
HEADS = "('02', '世帯主')"
_STATES = {
    "resident": "住民",
    "left": "転出",
    "dead": "死亡",
    "erased": "消除",
    "nonresident": "住登外",
}


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person on a day. protected: 支援措置 in force. merged_into: read that person instead (None = himself)."""

    id: int
    numbers: tuple[str, ...]
    name: str
    kana: str
    alias: str
    alias_kana: str
    birth_date: date | None
    birth_raw: str
    sex: str
    resident_kind: str
    nationality: str
    stay_until: date | None
    state: str
    event: str
    since: date | None
    notified_on: date | None
    postal_code: str
    address: str
    building: str
    phone: str
    became_resident_on: date | None
    from_code: str
    from_address: str
    to_code: str
    to_address: str
    move_planned_on: date | None
    taken_on: date | None
    household: int | None
    household_number: str
    relationship: str
    head: str
    protected: bool
    hold: str
    merged_into: int | None = None

    @property
    def state_label(self) -> str:
        """住民 | 転出 | 死亡 | 消除 | 住登外."""
        return _STATES.get(self.state, "不明")

    @property
    def sex_label(self) -> str:
        """男 | 女 | empty, or that it is not shown."""
        return {"1": "男", "2": "女", HIDDEN: HIDDEN}.get(self.sex, "")

    @property
    def dead(self) -> bool:
        """死亡."""
        return self.state == "dead"

    @property
    def moved(self) -> bool:
        """転出."""
        return self.state == "left"

    @property
    def known_as(self) -> str:
        """通称 if registered, else the name."""
        return self.alias or self.name


class Member(NamedTuple):
    """Somebody of a household on a day."""

    person: int
    name: str
    kana: str
    birth_date: date | None
    sex: str
    relationship: str
    state: str
    since: date
    protected: bool


class Related(NamedTuple):
    """A relationship of a person, also outside the household."""

    person: int
    name: str
    relation: str
    since: date
    until: date | None
    source: str


def believed(ctx: Context, alias: str) -> str:
    """Believed now, or at ctx.known_at. "Now" is spelled as the indexes spell it."""
    if ctx.known_at is None:
        return f"upper_inf({alias}.known)"
    return f"{alias}.known @> %(known_at)s::timestamptz"


def in_force(ctx: Context, alias: str) -> str:
    """On the day in params, as believed."""
    return f"{alias}.effective @> %(on)s::date AND {believed(ctx, alias)}"


def times(ctx: Context) -> dict:
    """The two times of every relation."""
    return {"on": ctx.on, "known_at": ctx.known_at}


def _one(ctx: Context) -> str:
    return f"""
    SELECT q.id, ARRAY(SELECT n.number FROM residents_addressee_number n WHERE n.person_id = ANY(
                           q.id || ARRAY(SELECT e.person_id FROM ({MERGES}) e WHERE e.into_id = q.id)) ORDER BY n.id),
           p.name, p.kana, p.alias, p.alias_kana, p.birth_date, p.birth_raw, p.sex, p.resident_kind, p.nationality,
           p.stay_until, r.state, r.event, lower(r.effective), r.notified_on, r.postal_code, r.address, r.building,
           r.phone, r.became_resident_on, r.from_code, r.from_address, r.to_code, r.to_address, r.move_planned_on,
           r.taken_on, h.household_id, a.number, h.relationship, c.name, s.id IS NOT NULL, d.reason, g.into_id
    FROM residents_person q
    LEFT JOIN residents_particulars p ON p.person_id = q.id AND {in_force(ctx, "p")}
    LEFT JOIN residents_residence r ON r.person_id = q.id AND {in_force(ctx, "r")}
    LEFT JOIN residents_membership h ON h.person_id = q.id AND {in_force(ctx, "h")}
    LEFT JOIN residents_household a ON a.id = h.household_id
    LEFT JOIN residents_protection s ON s.person_id = q.id AND {in_force(ctx, "s")}
    LEFT JOIN residents_hold d ON d.person_id = q.id AND {in_force(ctx, "d")}
    LEFT JOIN ({MERGES}) g ON g.person_id = q.id
    LEFT JOIN LATERAL (
        SELECT b.name FROM residents_membership o JOIN residents_particulars b ON b.person_id = o.person_id
               AND {in_force(ctx, "b")}
        WHERE o.household_id = h.household_id AND o.relationship IN {HEADS} AND {in_force(ctx, "o")} LIMIT 1) c ON true
    WHERE q.id = %(person)s"""


def one(ctx: Context, person: int) -> PersonView | None:
    """The person on ctx.on; nothing is known on that day = empty strings and None. No such id = None."""
    saw([person])
    found = rows(_one(ctx), {**times(ctx), "person": person})
    if not found:
        return None
    view = PersonView(*(_plain(name, value) for name, value in zip(_FIELDS, found[0], strict=True)))
    return replace(view, **_unseen(ctx))


def one_or_404(ctx: Context, person: int) -> PersonView:
    """`one`, for pages: of somebody who is not there, there is no page."""
    view = one(ctx, person)
    if view is None:
        raise Http404
    return view


# field of base/staff/fields.yaml → what stands in the view instead. One word tells that something is not shown.
_INSTEAD = {
    "name": {"name": HIDDEN, "kana": "", "alias": "", "alias_kana": ""},
    "birth": {"birth_date": None, "birth_raw": HIDDEN},
    "sex": {"sex": HIDDEN},
    "number": {"numbers": (HIDDEN,)},
    "address": {
        "postal_code": "", "address": HIDDEN, "building": "", "from_code": "", "from_address": "", "to_code": "",
        "to_address": "",
    },
    "contact": {"phone": HIDDEN},
    "household": {"household": None, "household_number": "", "relationship": "", "head": HIDDEN},
    "protection": {"protected": False},
}  # fmt: skip


def _unseen(ctx: Context) -> dict:
    """What stands in place of the details that may not be shown."""
    return {
        key: value
        for field, instead in _INSTEAD.items()
        if not ctx.sees(field)
        for key, value in instead.items()
    }


_FIELDS = tuple(PersonView.__dataclass_fields__)
_MAY_BE_NONE = {
    "birth_date", "stay_until", "since", "notified_on", "became_resident_on", "move_planned_on", "taken_on",
    "household", "merged_into",
}  # fmt: skip


def _plain(field: str, value):
    if field == "numbers":
        return tuple(value)
    return "" if value is None and field not in _MAY_BE_NONE else value


def exists(person: int) -> bool:
    """Whether there is such a person at all; tells nothing of him."""
    return bool(rows("SELECT 1 FROM residents_person WHERE id = %s", [person]))


def name(ctx: Context, person: int) -> str:
    """Name on ctx.on, "" = unknown on that day."""
    return names(ctx, [person]).get(person, "")


def names(ctx: Context, persons: Iterable[int]) -> dict[int, str]:
    """person → name on ctx.on, for those who have one on that day."""
    persons = list(persons)
    saw(persons)
    if not ctx.sees("name"):
        return dict.fromkeys(persons, HIDDEN)
    return dict(
        rows(
            "SELECT p.person_id, p.name FROM residents_particulars p "
            f"WHERE p.person_id = ANY(%(persons)s::bigint[]) AND {in_force(ctx, 'p')}",
            {**times(ctx), "persons": persons},
        )
    )


def household(ctx: Context, person: int, on: date | None = None) -> list[Member]:
    """All members of the person's household on the day (None = ctx.on), the head first, then by age.

    Nobody for whom households are not to be seen.
    """
    if not ctx.sees("household"):
        return []
    found = [
        Member(*row)
        for row in rows(
            f"""
            SELECT o.person_id, coalesce(p.name, ''), coalesce(p.kana, ''), p.birth_date, coalesce(p.sex, ''),
                   o.relationship, coalesce(r.state, ''), lower(o.effective), s.id IS NOT NULL
            FROM residents_membership h
            JOIN residents_membership o ON o.household_id = h.household_id AND {in_force(ctx, "o")}
            LEFT JOIN residents_particulars p ON p.person_id = o.person_id AND {in_force(ctx, "p")}
            LEFT JOIN residents_residence r ON r.person_id = o.person_id AND {in_force(ctx, "r")}
            LEFT JOIN residents_protection s ON s.person_id = o.person_id AND {in_force(ctx, "s")}
            WHERE h.person_id = %(person)s AND {in_force(ctx, "h")}
            ORDER BY o.relationship NOT IN {HEADS}, p.birth_date, o.person_id""",
            {"on": on or ctx.on, "known_at": ctx.known_at, "person": person},
        )
    ]
    saw(member.person for member in found)
    hidden = _unseen(ctx)
    return [m._replace(**{k: v for k, v in hidden.items() if k in Member._fields}) for m in found]


def relations(ctx: Context, person: int) -> list[Related]:
    """Relationships in force on ctx.on, also outside the household. None where households are not to be seen."""
    if not ctx.sees("household"):
        return []
    found = [
        Related(*row)
        for row in rows(
            f"""
            SELECT f.other_id, coalesce(p.name, ''), f.relation, lower(f.effective), upper(f.effective), f.source
            FROM residents_relation f
            LEFT JOIN residents_particulars p ON p.person_id = f.other_id AND {in_force(ctx, "p")}
            WHERE f.person_id = %(person)s AND {in_force(ctx, "f")} ORDER BY lower(f.effective), f.other_id""",
            {**times(ctx), "person": person},
        )
    ]
    saw(other.person for other in found)
    return found


def person_of_number(ctx: Context, number: str) -> int | None:
    """The person of a 宛名番号; after a merge the one that remained."""
    found = rows(
        "SELECT coalesce(e.into_id, n.person_id) FROM residents_addressee_number n "
        f"LEFT JOIN ({MERGES}) e ON e.person_id = n.person_id WHERE n.number = %(number)s",
        {"number": number},
    )
    return found[0][0] if found else None


def identities(ctx: Context, persons: Iterable[int]) -> list[tuple[str, date | None, list[str]]]:
    """(kana, birth date, 宛名番号) of people, of whom they are read as, and of everybody of their households on ctx.on.
    Nobody is shown them. The numbers are those of all records of one human being."""
    return rows(
        f"""
        WITH asked AS (
            SELECT unnest(%(persons)s::bigint[]) AS person_id
            UNION
            SELECT e.into_id FROM ({MERGES}) e WHERE e.person_id = ANY(%(persons)s::bigint[])
            UNION
            SELECT o.person_id FROM residents_membership h
            JOIN residents_membership o ON o.household_id = h.household_id AND {in_force(ctx, "o")}
            WHERE h.person_id = ANY(%(persons)s::bigint[]) AND {in_force(ctx, "h")})
        SELECT coalesce(p.kana, ''), p.birth_date,
               ARRAY(SELECT n.number FROM residents_addressee_number n WHERE n.person_id = ANY(
                         a.person_id || ARRAY(SELECT e.person_id FROM ({MERGES}) e WHERE e.into_id = a.person_id)))
        FROM asked a LEFT JOIN residents_particulars p ON p.person_id = a.person_id AND {in_force(ctx, "p")}""",
        {**times(ctx), "persons": list(persons)},
    )


def identified(ctx: Context) -> list[tuple[int, str, date | None, list[str]]]:
    """(person, kana, birth date, 宛名番号) of every record there is, each with what is known of the one human being whom
    it is read as. Nobody is shown them."""
    return rows(
        f"""
        WITH whole AS (SELECT q.id, coalesce(e.into_id, q.id) AS one
                       FROM residents_person q LEFT JOIN ({MERGES}) e ON e.person_id = q.id),
        numbers AS (SELECT w.one, array_agg(n.number) AS told
                    FROM whole w JOIN residents_addressee_number n ON n.person_id = w.id GROUP BY w.one)
        SELECT w.id, coalesce(p.kana, ''), p.birth_date, coalesce(n.told, '{{}}')
        FROM whole w LEFT JOIN numbers n ON n.one = w.one
        LEFT JOIN residents_particulars p ON p.person_id = w.one AND {in_force(ctx, "p")}""",
        times(ctx),
    )


def same(ctx: Context, person: int) -> tuple[int, ...]:
    """The person and the records that are read as him today; () = there is no such person."""
    found = rows(
        "SELECT q.id FROM residents_person q WHERE q.id = %(person)s "
        f"UNION SELECT e.person_id FROM ({MERGES}) e WHERE e.into_id = %(person)s",
        {"person": person},
    )
    ids = {id for (id,) in found}
    return (person, *sorted(ids - {person})) if person in ids else ()


def everybody(ctx: Context) -> list[int]:
    """Ids of all people there are. Nobody is looked at: they are held against digests."""
    return [person for (person,) in rows("SELECT id FROM residents_person ORDER BY id")]


def numbered(ctx: Context, texts: Iterable[str]) -> list[int]:
    """Whose 宛名番号 is among these texts. Nobody is looked at by this."""
    found = rows(
        "SELECT n.person_id FROM residents_addressee_number n WHERE n.number = ANY(%s)",
        [sorted({text for text in texts if text.isdigit()})],
    )
    return [person for (person,) in found]
