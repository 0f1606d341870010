"""What other rooms and the screens read of members: who, with which posts, accounts and grants, on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at

# Whom an address is about (base/desk/things.py): staff are nobody of the insured.
SUBJECTS = {
    "account": "",
    "grant": "",
    "member": "",
    "passkey": "",
}
EMPLOYMENTS = {"staff": "職員", "contractor": "受託者"}
BELIEVED = (
    "CASE WHEN %(known_at)s::timestamptz IS NULL THEN upper_inf({0}.known) "
    "ELSE {0}.known @> %(known_at)s::timestamptz END"
)
_P, _N = BELIEVED.format("p"), BELIEVED.format("n")
# The name on the day; before and after his time the nearest there is.
NAME = (
    "LEFT JOIN LATERAL (SELECT n.name, n.kana, n.employment FROM staff_member_profile n "
    f"WHERE n.member_id = m.id AND {_N} ORDER BY n.effective @> %(on)s::date DESC, lower(n.effective) DESC LIMIT 1) "
    "n ON true"
)
OPEN_ACCOUNT = (
    "a.open_from <= %(on)s AND coalesce(least(a.open_until, "
    "(SELECT x.ended_on FROM staff_account_end x WHERE x.account_id = a.id)), 'infinity') > %(on)s"
)
HELD = "g.given_from <= %(on)s AND coalesce(least(g.given_until, e.ended_on), 'infinity') > %(on)s"


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A line of the list. posts: "section title" of the day; none = no post that day."""

    id: int
    number: str
    name: str
    kana: str
    employment: str
    posts: tuple[str, ...]
    accounts: int
    grants: int


@dataclass(frozen=True, slots=True)
class PostView:
    """A post from a day until a day (exclusive). known_until: None = believed now."""

    section: str
    title: str
    contract: str
    begins: date | None
    ends: date | None
    known_from: datetime
    known_until: datetime | None
    source: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """A way in. ends: the earlier of its term and its end (exclusive)."""

    id: int
    member: int
    member_name: str
    login: str
    kind: str
    begins: date
    ends: date | None
    end_form: str
    keys: int


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant with who asked, who approved, by which form; ends: the earlier of its term and its end (exclusive)."""

    id: int
    account: int
    login: str
    role: str
    section: str
    begins: date
    ends: date | None
    form: str
    asked_by: str
    approved_by: str
    approved_on: date
    end_form: str
    end_reason: str
    member: int
    member_name: str

    def running(self, day: date) -> bool:
        return self.ends is None or day < self.ends


@dataclass(frozen=True, slots=True)
class KeyView:
    """A passkey of an account. ended_at: None = it opens."""

    id: int
    account: int
    label: str
    device_bound: bool
    registered_at: datetime
    ended_at: datetime | None


_POSTS = (
    "(SELECT array_agg(p.section || ' ' || p.title ORDER BY p.section) FROM staff_post p "
    f"WHERE p.member_id = m.id AND p.effective @> %(on)s::date AND {_P})"
)
_LIST = f"""
FROM staff_member m {NAME}
WHERE (%(words)s = '' OR strpos(translate(coalesce(n.name, '') || coalesce(n.kana, ''), ' 　', ''), %(words)s) > 0
       OR m.staff_number = %(words)s
       OR EXISTS (SELECT 1 FROM staff_post p WHERE p.member_id = m.id AND {_P} AND strpos(p.section, %(words)s) > 0))
  AND (%(section)s = '' OR EXISTS (SELECT 1 FROM staff_post p WHERE p.member_id = m.id AND p.section = %(section)s
       AND p.effective @> %(on)s::date AND {_P}))
  AND (NOT %(postless)s OR NOT EXISTS (SELECT 1 FROM staff_post p WHERE p.member_id = m.id
       AND p.effective @> %(on)s::date AND {_P}))"""


def members(
    ctx: Context, words: str = "", section: str = "", postless: bool = False, limit: int = 50, offset: int = 0
) -> list[MemberRow]:
    """Members by number: with the words in name, kana, section or as number; of a section; or without any post."""
    found = rows_at(
        ctx,
        f"""
        SELECT m.id, m.staff_number, coalesce(n.name, ''), coalesce(n.kana, ''), coalesce(n.employment, ''),
          {_POSTS}, (SELECT count(*) FROM staff_account a WHERE a.member_id = m.id AND {OPEN_ACCOUNT}),
          (SELECT count(*) FROM staff_account a JOIN staff_grant g ON g.account_id = a.id
           LEFT JOIN staff_grant_end e ON e.grant_id = g.id WHERE a.member_id = m.id AND {HELD})
        {_LIST} ORDER BY m.staff_number LIMIT %(limit)s OFFSET %(offset)s""",
        words=words, section=section, postless=postless, limit=limit, offset=offset,
    )  # fmt: skip
    return [MemberRow(*row[:5], tuple(row[5] or ()), *row[6:]) for row in found]


def member_count(ctx: Context, words: str = "", section: str = "", postless: bool = False) -> int:
    """How many `members` would list without limit."""
    return rows_at(ctx, f"SELECT count(*) {_LIST}", words=words, section=section, postless=postless)[0][0]


def member(ctx: Context, id: int) -> MemberRow | None:
    """One of them."""
    found = rows_at(
        ctx,
        f"SELECT m.id, m.staff_number, coalesce(n.name, ''), coalesce(n.kana, ''), coalesce(n.employment, ''), {_POSTS} "
        f"FROM staff_member m {NAME} WHERE m.id = %(id)s",
        id=id,
    )
    return next((MemberRow(*head, tuple(posts or ()), 0, 0) for *head, posts in found), None)


def sections(ctx: Context) -> list[str]:
    """Sections where somebody has a post on ctx.on, by name."""
    query = (
        f"SELECT DISTINCT p.section FROM staff_post p WHERE p.effective @> %(on)s::date AND {_P} ORDER BY 1"
    )
    return [section for (section,) in rows_at(ctx, query)]


def posts(ctx: Context, member: int, history: bool = False) -> list[PostView]:
    """What is believed of his posts, the newest first; history: also what was believed once."""
    found = rows_at(
        ctx,
        "SELECT p.section, p.title, p.contract, lower(p.effective), upper(p.effective), lower(p.known), upper(p.known), "
        f"p.source FROM staff_post p WHERE p.member_id = %(member)s AND (%(history)s OR {_P}) "
        "ORDER BY lower(p.effective) DESC, p.section, lower(p.known) DESC",
        member=member, history=history,
    )  # fmt: skip
    return [PostView(*row) for row in found]


_ACCOUNT = f"""
SELECT a.id, a.member_id, coalesce(n.name, ''), a.login, a.kind, a.open_from, least(a.open_until, e.ended_on),
  coalesce(e.form_number, ''), (SELECT count(*) FROM staff_passkey k LEFT JOIN staff_passkey_end x ON x.passkey_id = k.id
                                WHERE k.account_id = a.id AND x.id IS NULL)
FROM staff_account a JOIN staff_member m ON m.id = a.member_id {NAME} LEFT JOIN staff_account_end e ON e.account_id = a.id"""


def accounts(ctx: Context, member: int) -> list[AccountView]:
    """Every account that a member ever had."""
    query = f"{_ACCOUNT} WHERE a.member_id = %(member)s ORDER BY a.id"
    return [AccountView(*row) for row in rows_at(ctx, query, member=member)]


def account(ctx: Context, id: int) -> AccountView | None:
    """One account."""
    return next((AccountView(*row) for row in rows_at(ctx, f"{_ACCOUNT} WHERE a.id = %(id)s", id=id)), None)


def all_accounts(ctx: Context, open_only: bool, limit: int = 50, offset: int = 0) -> list[AccountView]:
    """Accounts by log-in; open_only: those that are open on ctx.on."""
    query = f"{_ACCOUNT} WHERE NOT %(open_only)s OR {OPEN_ACCOUNT} ORDER BY a.login LIMIT %(limit)s OFFSET %(offset)s"
    found = rows_at(ctx, query, open_only=open_only, limit=limit, offset=offset)
    return [AccountView(*row) for row in found]


def account_count(ctx: Context, open_only: bool) -> int:
    """How many `all_accounts` would list without limit."""
    query = f"SELECT count(*) FROM staff_account a WHERE NOT %(open_only)s OR {OPEN_ACCOUNT}"
    return rows_at(ctx, query, open_only=open_only)[0][0]


def _name_of(member: str) -> str:
    return (
        "(SELECT n.name FROM staff_member_profile n WHERE n.member_id = "
        f"{member} AND upper_inf(n.known) ORDER BY lower(n.effective) DESC LIMIT 1)"
    )


_GRANT = f"""
SELECT g.id, g.account_id, a.login, g.role, g.section, g.given_from, least(g.given_until, e.ended_on), s.form_number,
  coalesce({_name_of("s.requested_by_id")}, ''), coalesce({_name_of("r.ruled_by_id")}, ''), r.ruled_on,
  coalesce(e.form_number, ''), coalesce(e.reason, ''), a.member_id, coalesce({_name_of("a.member_id")}, '')
FROM staff_grant g JOIN staff_account a ON a.id = g.account_id JOIN staff_ruling r ON r.id = g.ruling_id
JOIN staff_application s ON s.id = r.application_id LEFT JOIN staff_grant_end e ON e.grant_id = g.id"""


def grants(ctx: Context, member: int) -> list[GrantView]:
    """Every grant that any account of a member ever had, the newest first."""
    query = f"{_GRANT} WHERE a.member_id = %(member)s ORDER BY g.id DESC"
    return [GrantView(*row) for row in rows_at(ctx, query, member=member)]


def account_grants(ctx: Context, account: int) -> list[GrantView]:
    """The same of one account."""
    query = f"{_GRANT} WHERE g.account_id = %(account)s ORDER BY g.id DESC"
    return [GrantView(*row) for row in rows_at(ctx, query, account=account)]


def section_grants(ctx: Context, section: str) -> list[GrantView]:
    """Grants for a section that are running or still to come on ctx.on, by person."""
    query = (
        f"{_GRANT} WHERE g.section = %(section)s AND coalesce(least(g.given_until, e.ended_on), 'infinity') > %(on)s "
        "ORDER BY a.login, g.id"
    )
    return [GrantView(*row) for row in rows_at(ctx, query, section=section)]


def keys(ctx: Context, account: int) -> list[KeyView]:
    """Passkeys of an account, also those that open nothing any more."""
    found = rows_at(
        ctx,
        "SELECT k.id, k.account_id, k.label, k.device_bound, k.created_at, x.created_at FROM staff_passkey k "
        "LEFT JOIN staff_passkey_end x ON x.passkey_id = k.id WHERE k.account_id = %(account)s ORDER BY k.id",
        account=account,
    )
    return [KeyView(*row) for row in found]
