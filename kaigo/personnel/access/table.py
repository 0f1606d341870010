"""権限表: who could do what on a day, as it was known at a moment. Says what `can` says, by asking it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.base.staff.can import NOTHING, Held, Posted, Staff, can
from kaigo.base.staff.tables import OWN, Version, contracts, fields, permissions, roles
from kaigo.personnel.access.words import PURPOSES

_ACCOUNTS = """
SELECT a.id, a.member_id, m.staff_number,
  coalesce((SELECT n.name FROM staff_member_profile n WHERE n.member_id = m.id AND {n} ORDER BY
            n.effective @> %(on)s::date DESC, lower(n.effective) DESC LIMIT 1), ''),
  a.login, a.kind, a.open_from,
  least(a.open_until, (SELECT e.ended_on FROM staff_account_end e WHERE e.account_id = a.id AND {e})),
  (SELECT json_agg(json_build_array(p.section, p.title, lower(p.effective), upper(p.effective), p.contract)
     ORDER BY lower(p.effective), p.section) FROM staff_post p WHERE p.member_id = a.member_id AND {p}),
  (SELECT json_agg(json_build_array(g.id, g.role, g.section, g.given_from, least(g.given_until, e.ended_on), s.form_number)
     ORDER BY g.id)
   FROM staff_grant g JOIN staff_ruling r ON r.id = g.ruling_id JOIN staff_application s ON s.id = r.application_id
   LEFT JOIN staff_grant_end e ON e.grant_id = g.id AND {e} WHERE g.account_id = a.id AND {g})
FROM staff_account a JOIN staff_member m ON m.id = a.member_id ORDER BY a.login"""
_BELIEVED = (
    "CASE WHEN %(known_at)s::timestamptz IS NULL THEN upper_inf({0}.known) "
    "ELSE {0}.known @> %(known_at)s::timestamptz END"
)
_WRITTEN = "(%(known_at)s::timestamptz IS NULL OR {0}.created_at <= %(known_at)s)"


@dataclass(frozen=True, slots=True)
class Row:
    """A grant that gave something on the day. ends: exclusive, None = open."""

    number: str
    name: str
    login: str
    kind: str
    section: str
    title: str
    role: str
    begins: date
    ends: date | None
    form: str
    permissions: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        return [permissions()[name].label for name in self.permissions]


def people(ctx: Context) -> list[tuple[Staff, str, str, dict[int, str]]]:
    """(who, staff number, log-in, form of each grant) of every account, with all that was known of it."""
    query = _ACCOUNTS.format(
        n=_BELIEVED.format("n"), p=_BELIEVED.format("p"), e=_WRITTEN.format("e"), g=_WRITTEN.format("g")
    )
    found = []
    for id, member, number, name, login, kind, opened, until, posts, grants in rows_at(ctx, query):
        staff = Staff(
            id, member, name, kind,
            tuple(Posted(section, title, _day(begins) or date.min, _day(ends), contract)
                  for section, title, begins, ends, contract in posts or ()),
            tuple(Held(grant, roles()[role], section, _day(begins), _day(ends))
                  for grant, role, section, begins, ends, _ in grants or () if role in roles()),
            proved=0.0, open_from=opened, open_until=until, day=ctx.on,
        )  # fmt: skip
        found.append((staff, number, login, {grant: form for grant, *_, form in grants or ()}))
    return found


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def held(ctx: Context, section: str = "") -> list[Row]:
    """Every grant that gave something on ctx.on (for a section), by section, person and role."""
    found = []
    for staff, number, login, forms in people(ctx):
        titles = {
            p.section: p.title
            for p in staff.posts
            if p.begins <= ctx.on and (p.ends is None or ctx.on < p.ends)
        }
        for grant in staff.grants:
            if section and grant.section != section:
                continue
            gives = given(staff, grant, ctx.on)
            if gives:
                found.append(
                    Row(number, staff.name, login, staff.kind, grant.section, titles.get(grant.section, ""),
                        grant.role.name, grant.begins, grant.ends, forms[grant.id], gives)
                )  # fmt: skip
    return sorted(found, key=lambda row: (row.section, row.number, row.login, row.role))


def given(staff: Staff, grant: Held, on: date) -> tuple[str, ...]:
    """Permissions for which `can` would use this grant on the day, for one of its purposes at least."""
    version = grant.role.on(on)
    if version is None:
        return ()
    return tuple(
        name
        for name in permissions()
        if name in version.permissions
        and any(grant.id in can(staff, name, NOTHING, purpose, on).grants for purpose in version.purposes)
    )


@dataclass(frozen=True, slots=True)
class Matrix:
    """Roles of a day against what they give: each line is (label, one mark per role)."""

    roles: tuple[str, ...]
    kinds: tuple[tuple[str, ...], ...]
    reaches: tuple[str, ...]
    permissions: list[tuple[str, str, list[bool]]]
    fields: list[tuple[str, list[bool]]]
    purposes: list[tuple[str, list[bool]]]
    contracts: list[tuple[str, str, list[bool], str]]


def _reach(version: Version) -> str:
    """For whom a role approves and reviews; "" = it does neither."""
    if not version.permissions & {"staff.approve", "staff.review"}:
        return ""
    return "すべての課" if version.everywhere else "所属の課"


def matrix(ctx: Context) -> Matrix:
    """What each role gives on ctx.on, and which contract item may hold it."""
    given_on = {name: version for name, role in roles().items() if (version := role.on(ctx.on))}
    versions = list(given_on.values())
    return Matrix(
        tuple(given_on),
        tuple(tuple(sorted(v.kinds)) for v in versions),
        tuple(_reach(v) for v in versions),
        # What belongs to every account with a post needs no role, and so every role has it.
        [
            (p.name, p.label, [p.name == OWN or p.name in v.permissions for v in versions])
            for p in permissions().values()
        ],
        [(label, [name in v.fields for v in versions]) for name, label in fields().items()],
        [(label, [name in v.purposes for v in versions]) for name, label in PURPOSES.items()],
        [(c.item, c.title, [name in c.roles for name in given_on], c.note) for c in contracts().values()],
    )
