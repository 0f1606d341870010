"""資格変更・証記載事項変更: who changed name, address, household or head, with the old and the new, between two days.

A change is a version that we believe now with what was so before it: the version before it, or what we believed of its
days until we learnt it. So a correction is a change too, and somebody's first record is none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import connection

from kaigo.base.records.context import HIDDEN, Context
from kaigo.insurance.qualification.in_force import in_force_sql
from kaigo.insurance.residents import read as residents

KINDS = {
    "name": "氏名", "kana": "フリガナ", "birth": "生年月日", "sex": "性別", "address": "住所", "household": "世帯",
    "head": "世帯主", "category": "第2号から第1号",
}  # fmt: skip
# kind of change → the detail of people that it tells (base/staff/fields.yaml).
_FIELD = {
    "name": "name", "kana": "name", "birth": "birth", "sex": "sex", "address": "address", "household": "household",
    "head": "household",
}  # fmt: skip
# What stands on an insured certificate (規則26条の様式): when it changes, a new one is due.
ON_CERTIFICATE = ("name", "kana", "birth", "sex", "address")
ATTAINED = ("02", "31")


@dataclass(frozen=True, slots=True)
class Change:
    """Something about an insured person changed. known_at: when we first believed it so."""

    person: int
    kind: str
    old: str
    new: str
    effective_on: date
    notified_on: date | None
    known_at: datetime

    @property
    def label(self) -> str:
        """The kind in Japanese."""
        return KINDS[self.kind]

    @property
    def on_certificate(self) -> bool:
        """A new insured certificate is due."""
        return self.kind in ON_CERTIFICATE


def changes(
    ctx: Context,
    first: date,
    following: date,
    by: str = "effective",
    kinds: Collection[str] = tuple(KINDS),
    persons: Iterable[int] | None = None,
) -> list[Change]:
    """Changes of people insured on the day of the change or on ctx.on, in [first, following), the newest first.

    by: effective (異動日) | notified (届出日) | known (the day on which we learnt of it).
    """
    params = {
        "on": ctx.on,
        "known_at": ctx.known_at,
        "first": first,
        "following": following,
        "persons": list(persons) if persons is not None else None,
        "kinds": list(kinds),
        "believed_first": by == "known",
    }
    queries = [query(ctx) for which, query in _QUERIES.items() if set(which) & set(kinds)]
    if not queries:
        return []
    window = {"effective": "c.effective_on", "notified": "c.notified_on", "known": "c.known_at::date"}[by]
    sql = f"""
        SELECT c.person_id, c.kind, c.old, c.new, c.effective_on, c.notified_on, c.known_at
        FROM ({" UNION ALL ".join(queries)}) c
        WHERE c.kind = ANY(%(kinds)s) AND c.old <> c.new AND {window} >= %(first)s AND {window} < %(following)s
          AND EXISTS (SELECT 1 FROM ({in_force_sql(ctx)}) q WHERE q.person_id = c.person_id AND (
              (q.acquired_on <= c.effective_on AND (q.lost_on IS NULL OR q.lost_on > c.effective_on))
              OR (q.acquired_on <= %(on)s AND (q.lost_on IS NULL OR q.lost_on > %(on)s))))
        ORDER BY c.effective_on DESC, c.person_id, c.kind"""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [_seen(ctx, Change(*row)) for row in cursor.fetchall()]


def _seen(ctx: Context, change: Change) -> Change:
    """That something changed may be known; what it was and is, only where the detail may be seen."""
    if change.kind not in _FIELD or ctx.sees(_FIELD[change.kind]):
        return change
    return replace(change, old=HIDDEN, new=HIDDEN)


def _versions(history: str, columns: str, where: str = "true") -> str:
    """Versions believed now that something may have changed by: cheap tests first, so that few are looked at closely."""
    return f"""
        SELECT n.person_id, n.effective, lower(n.effective) AS starts, n.notified_on, {columns}, (
            SELECT min(lower(k.known)) FROM ({{table}}) k WHERE k.person_id = n.person_id
            AND lower(k.effective) = lower(n.effective) AND ({{same}})) AS learnt
        FROM ({history}) n
        WHERE (%(persons)s::bigint[] IS NULL OR n.person_id = ANY(%(persons)s::bigint[])) AND {where}
          AND (lower(n.effective) >= %(first)s OR lower(n.known)::date >= %(first)s OR n.notified_on >= %(first)s)"""


def _before(ever: str, history: str, columns: tuple[str, ...]) -> str:
    """o: what was so before version v and differs from it.

    Two ways to look: the neighbour that ends where v begins, and what we believed of v's days until we learnt v. A
    list by day of the change asks the neighbour first, a list of what we learnt asks what we believed.
    """
    differs = " OR ".join(f"f.{c} IS DISTINCT FROM v.{c}" for c in columns)
    return f"""
        JOIN LATERAL (
            SELECT b.* FROM (
                SELECT %(believed_first)s::int AS rank, f.* FROM ({history}) f
                WHERE f.person_id = v.person_id AND upper(f.effective) = v.starts AND ({differs})
                UNION ALL
                SELECT 1 - %(believed_first)s::int, f.* FROM ({ever}) f
                WHERE f.person_id = v.person_id AND f.effective && v.effective
                  AND f.known @> (v.learnt - interval '1 microsecond') AND ({differs})) b
            ORDER BY b.rank, lower(b.effective) LIMIT 1) o ON true"""


def _named(ctx: Context) -> str:
    table, history = residents.ever_believed_sql("particulars"), residents.particulars_history_sql(ctx)
    same = " AND ".join(f"k.{c} IS NOT DISTINCT FROM n.{c}" for c in ("name", "kana", "birth_raw", "sex"))
    versions = _versions(history, "n.name, n.kana, n.birth_raw, n.sex").format(table=table, same=same)
    sex = "CASE {0} WHEN '1' THEN '男' WHEN '2' THEN '女' ELSE '' END"
    return f"""
        SELECT v.person_id, x.kind, x.old, x.new, v.starts AS effective_on, v.notified_on, v.learnt AS known_at
        FROM ({versions}) v {_before(table, history, ("name", "kana", "birth_raw", "sex"))}
        CROSS JOIN LATERAL (VALUES ('name', o.name, v.name), ('kana', o.kana, v.kana),
            ('birth', o.birth_raw, v.birth_raw), ('sex', {sex.format("o.sex")}, {sex.format("v.sex")}))
            x(kind, old, new)"""


def _moved(ctx: Context) -> str:
    """Inside the ward, or of one of ours from one home elsewhere to another."""
    table, history = residents.ever_believed_sql("residence"), residents.residence_history_sql(ctx)
    same = " AND ".join(f"k.{c} = n.{c}" for c in ("state", "address", "building"))
    living = "n.state IN ('resident', 'nonresident')"
    versions = _versions(history, "n.state, n.address, n.building", living).format(table=table, same=same)
    return f"""
        SELECT v.person_id, 'address', rtrim(o.address || ' ' || o.building), rtrim(v.address || ' ' || v.building),
               v.starts, v.notified_on, v.learnt
        FROM ({versions}) v {_before(table, history, ("state", "address", "building"))} WHERE o.state IN ('resident', 'nonresident')"""


def _housed(ctx: Context) -> str:
    table, history = residents.ever_believed_sql("membership"), residents.membership_history_sql(ctx)
    numbers = residents.household_number_sql()
    versions = _versions(history, "n.household_id").format(
        table=table, same="k.household_id = n.household_id"
    )
    return f"""
        SELECT v.person_id, 'household', p.number, h.number, v.starts, v.notified_on, v.learnt
        FROM ({versions}) v {_before(table, history, ("household_id",))}
        JOIN ({numbers}) p ON p.household_id = o.household_id JOIN ({numbers}) h ON h.household_id = v.household_id"""


def _headed(ctx: Context) -> str:
    """Another person becomes head of a household: everybody who belongs to it on that day."""
    table, history = residents.ever_believed_sql("membership"), residents.membership_history_sql(ctx)
    head = "n.relationship IN ('02', '世帯主')"
    versions = _versions(history, "n.household_id", head).format(
        table=table, same="k.household_id = n.household_id AND k.relationship = n.relationship"
    )
    return f"""
        SELECT m.person_id, 'head', a.name, b.name, v.starts, v.notified_on, v.learnt
        FROM ({versions}) v
        JOIN ({history}) w ON w.household_id = v.household_id AND w.relationship IN ('02', '世帯主')
             AND w.person_id <> v.person_id AND upper(w.effective) = v.starts
        JOIN ({history}) m ON m.household_id = v.household_id AND m.effective @> v.starts
             AND (lower(m.effective) < v.starts OR m.person_id = v.person_id)
        JOIN ({residents.particulars_history_sql(ctx)}) a ON a.person_id = w.person_id
             AND a.effective @> (v.starts - 1)
        JOIN ({residents.particulars_history_sql(ctx)}) b ON b.person_id = v.person_id AND b.effective @> v.starts"""


def _attained(ctx: Context) -> str:
    return f"""
        SELECT q.person_id, 'category', '第2号', '第1号', q.acquired_on, NULL::date, q.decided_at
        FROM ({in_force_sql(ctx)}) q WHERE q.acquired_reason IN {ATTAINED}
        AND (%(persons)s::bigint[] IS NULL OR q.person_id = ANY(%(persons)s::bigint[]))"""


_QUERIES = {
    ("name", "kana", "birth", "sex"): _named,
    ("address",): _moved,
    ("household",): _housed,
    ("head",): _headed,
    ("category",): _attained,
}
