"""不納欠損: who proposes, who approves, what the ledger gets; and the same to take one back. Amounts in yen.

A term is written off when the law says that the right to collect it is gone (kaigo.law.write_offs): by prescription as
the job found it (lapses.py), after three years of 執行停止, or at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from kaigo.base.records.bulk import id_array, reserve_ids
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.base.staff.who import same_person
from kaigo.insurance.arrears.chain import values
from kaigo.insurance.arrears.events import measured_sql, standing_sql
from kaigo.insurance.arrears.lapses import open_at
from kaigo.insurance.arrears.models import Proposal, ProposalTerm, WriteOff
from kaigo.insurance.arrears.terms import KEY, ONE, due_sql, uneven_sql
from kaigo.insurance.ledger import read as ledger
from kaigo.insurance.ledger.post import Line, post
from kaigo.law.dates import fiscal_year
from kaigo.law.digest import law_version
from kaigo.law.reasons import pack
from kaigo.law.write_offs import WriteOffFacts, ground

GROUNDS = {"prescription": "時効の完成", "stopped": "執行停止から3年", "at_once": "即時の消滅"}
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('arrears.write_off'))"


class Candidate(NamedTuple):
    """A term whose right is gone and of which something is open. packed: the reasons of the law."""

    person: int
    fiscal_year: int
    number: int
    yen: int
    ground: str
    extinct_on: date
    way: str
    packed: list

    @property
    def key(self) -> tuple[int, int, int]:
        return (self.person, self.fiscal_year, self.number)

    @property
    def said(self) -> tuple:
        """What must not have changed between proposal and approval."""
        return (*self.key, self.yen, self.ground, self.extinct_on)


def candidates(ctx: Context, persons: Iterable[int] | None = None) -> list[Candidate]:
    """Everybody's (or these people's) terms that may be written off today, in the order of person, year and number."""
    condition = "true" if persons is None else ONE
    found = rows(
        f"""
        WITH lapsed AS MATERIALIZED (
                 SELECT {KEY}, last_on FROM ({standing_sql(ctx, "arrears_lapse")}) l WHERE complete AND {condition}),
             stopped AS MATERIALIZED (
                 SELECT {KEY}, min(begins) AS on_day, bool_or(at_once) AS at_once FROM ({measured_sql(ctx)}) m
                 WHERE kind = 'enforcement_stop' AND state = 'begun' AND {condition} GROUP BY {KEY}),
             term AS MATERIALIZED (SELECT {KEY} FROM lapsed UNION SELECT {KEY} FROM stopped)
        SELECT {KEY}, coalesce(u.balance, 0), coalesce(d.way, 'slip'), l.last_on, s.on_day, coalesce(s.at_once, false)
        FROM term LEFT JOIN ({uneven_sql(ctx, f"({KEY}) IN (SELECT {KEY} FROM term)")}) u USING ({KEY})
        LEFT JOIN ({due_sql(ctx)}) d USING ({KEY}) LEFT JOIN lapsed l USING ({KEY}) LEFT JOIN stopped s USING ({KEY})
        WHERE l.last_on IS NOT NULL OR u.balance > 0
        ORDER BY {KEY}""",
        {
            "persons": None if persons is None else id_array(persons),
            "on": ctx.on,
            "known_at": ctx.known_at,
        },
    )
    # Money after the right was gone is no payment: it goes back, and the term is written off as it stood.
    lapsed = open_at(ctx, [(*row[:3], row[5]) for row in found if row[5] is not None])
    law = values(ctx)
    made = []
    for *key, balance, way, last_on, stopped_on, at_once in found:
        answer = ground(WriteOffFacts(ctx.on, last_on, stopped_on, at_once), law)
        which = answer.value
        yen = lapsed.get(tuple(key), 0) if which.ground == "prescription" else max(balance, 0)
        if which.ground != "none" and which.extinct_on and yen > 0:
            made.append(Candidate(*key, yen, which.ground, which.extinct_on, way, pack(answer.reasons)))
    return made


def waiting(ctx: Context) -> set[tuple[int, int, int]]:
    """(person, fiscal year, number) of terms on a proposal that nobody has decided."""
    return set(
        rows(
            "SELECT t.person_id, t.fiscal_year, t.number FROM arrears_proposal_term t "
            "JOIN arrears_proposal p ON p.id = t.proposal_id WHERE p.state = 'requested'"
        )
    )


def propose(ctx: Context, which: str, reason: str) -> Proposal:
    """Everything that may be written off today on a ground ("" = on any) and waits on no proposal, for approval."""
    rows(_LOCK)
    taken = waiting(ctx)
    found = [c for c in candidates(ctx) if which in ("", c.ground) and c.key not in taken]
    if not found:
        raise Refused("不納欠損にする期がありません(時効の完成は毎日の仕事が見つけてから載ります)。")
    return _request(ctx, "write_off", reason, [(*c.said, c.packed) for c in found])


def propose_reversal(ctx: Context, write_offs: Iterable[int], reason: str) -> Proposal:
    """These write-offs were wrong and should be taken back. Refused without reason, and where one stands no more."""
    if not reason.strip():
        raise Refused("取り消す理由を書いてください。")
    rows(_LOCK)
    wanted = sorted(set(write_offs))
    found = list(WriteOff.objects.filter(id__in=wanted, state="done", superseded_by__isnull=True))
    if not found or len(found) != len(wanted):
        raise Refused("もう取り消された不納欠損が含まれています。一覧を開き直してください。")
    taken = waiting(ctx)
    if any((row.person_id, row.fiscal_year, row.number) in taken for row in found):
        raise Refused("承認を待っている依頼に同じ期があります。先にそれを承認するか取りやめてください。")
    return _request(
        ctx, "reversal", reason,
        [(r.person_id, r.fiscal_year, r.number, r.yen, r.ground, r.extinct_on, r.reasons) for r in found],
    )  # fmt: skip


def _request(ctx: Context, what: str, reason: str, terms: list[tuple]) -> Proposal:
    made = Proposal.objects.create(
        what=what, state="requested", requested_by=ctx.actor, requested_on=ctx.on, approved_by="",
        reason=reason.strip()[:200],
    )  # fmt: skip
    law = law_version(values(ctx).digest)
    ProposalTerm.objects.bulk_create(
        [
            ProposalTerm(
                proposal=made, person_id=person, fiscal_year=year, number=number, yen=yen, ground=why,
                extinct_on=extinct_on, reasons=packed, law=law,
            )
            for person, year, number, yen, why, extinct_on, packed in terms
        ],
        batch_size=2000,
    )  # fmt: skip
    return made


def approve(ctx: Context, proposal: int) -> dict[str, int]:
    """By another human being than the one who asked. Everything is judged again, and a single difference stops all.

    Returns terms and yen. Refused: not waiting; the same person, also with another account; a term that was paid, revised
    or taken up again in the meantime.
    """
    rows(_LOCK)
    row = _waiting(proposal)
    if same_person(row.requested_by, ctx.actor):
        raise Refused("不納欠損を依頼した本人は承認できません。別の職員が承認してください(2人の承認)。")
    terms = list(row.terms.order_by("id"))
    booked = _write_off(ctx, row, terms) if row.what == "write_off" else _reverse(ctx, row, terms)
    row.state, row.approved_by = "approved", ctx.actor
    row.save(update_fields=["state", "approved_by"])
    return booked


def abandon(ctx: Context, proposal: int) -> None:
    """Give a proposal up; its terms may be proposed again."""
    rows(_LOCK)
    row = _waiting(proposal)
    row.state = "abandoned"
    row.save(update_fields=["state"])


def _waiting(proposal: int) -> Proposal:
    row = Proposal.objects.filter(id=proposal).first()
    if row is None or row.state != "requested":
        raise Refused("この依頼は承認待ちではありません。一覧を開き直してください。")
    return row


def _write_off(ctx: Context, row: Proposal, terms: list[ProposalTerm]) -> dict[str, int]:
    today = {c.key: c for c in candidates(ctx, {t.person_id for t in terms})}
    changed = [t for t in terms if _key(t) not in today or today[_key(t)].said != _said(t)]
    if changed:
        raise Refused(
            f"依頼の後に変わった期が{len(changed):,}件あります(納付・賦課の更正・時効の見直しなど)。"
            "何も欠損にしていません。この依頼を取りやめ、作り直してください。"
        )
    made = _decide(ctx, row, terms, "done", {})
    post(
        ctx,
        [
            _line(ctx, w, f"write_off:{w.id}", -w.yen, today[(w.person_id, w.fiscal_year, w.number)].way)
            for w in made
        ],
    )
    return {"terms": len(made), "yen": sum(w.yen for w in made)}


def _reverse(ctx: Context, row: Proposal, terms: list[ProposalTerm]) -> dict[str, int]:
    people = {t.person_id for t in terms}
    standing = {
        (w.person_id, w.fiscal_year, w.number): w
        for w in WriteOff.objects.filter(person_id__in=people, state="done", superseded_by__isnull=True)
    }
    if any(_key(t) not in standing or standing[_key(t)].yen != t.yen for t in terms):
        raise Refused("依頼の後に取り消された不納欠損があります。この依頼を取りやめ、作り直してください。")
    ways = dict(
        rows(
            f"SELECT source, min(way) FROM ({ledger.entries_sql()}) e WHERE sort = 'write_off' "
            "AND person_id = ANY(%(persons)s::bigint[]) GROUP BY source",
            {"persons": id_array(people)},
        )
    )
    made = _decide(ctx, row, terms, "reversed", {key: w.id for key, w in standing.items()})
    post(
        ctx,
        [
            _line(
                ctx, w, f"write_off:{w.supersedes_id}", w.yen, ways[f"write_off:{w.supersedes_id}"], ":reversed"
            )
            for w in made
        ],
    )  # fmt: skip
    return {"terms": len(made), "yen": sum(w.yen for w in made)}


def _decide(
    ctx: Context, row: Proposal, terms: list[ProposalTerm], state: str, before: dict
) -> list[WriteOff]:
    return WriteOff.objects.bulk_create(
        [
            WriteOff(
                id=id, person_id=t.person_id, proposal=row, state=state, fiscal_year=t.fiscal_year, number=t.number,
                yen=t.yen, ground=t.ground, extinct_on=t.extinct_on, reasons=t.reasons, law=t.law,
                requested_by=row.requested_by, supersedes_id=before.get(_key(t)), decided_on=ctx.on, actor=ctx.actor,
            )
            for id, t in zip(reserve_ids(WriteOff, len(terms)), terms, strict=True)
        ],
        batch_size=2000,
    )  # fmt: skip


def _line(ctx: Context, row: WriteOff, source: str, yen: int, way: str, mark: str = "") -> Line:
    return Line(
        row.person_id, source, f"{source}{mark}", yen, row.fiscal_year, fiscal_year(ctx.on), "write_off", way,
        row.number, row.ground if not mark else "reversal",
    )  # fmt: skip


def _key(term: ProposalTerm) -> tuple[int, int, int]:
    return (term.person_id, term.fiscal_year, term.number)


def _said(term: ProposalTerm) -> tuple:
    return (*_key(term), term.yen, term.ground, term.extinct_on)


class ProposalView(NamedTuple):
    """A proposal with its size."""

    id: int
    what: str
    state: str
    requested_by: str
    requested_on: date
    approved_by: str
    reason: str
    terms: int
    people: int
    yen: int

    @property
    def label(self) -> str:
        return {"write_off": "不納欠損", "reversal": "不納欠損の取消し"}[self.what]

    @property
    def how(self) -> str:
        return {"requested": "承認待ち", "approved": "承認済み", "abandoned": "取りやめ"}[self.state]


_PROPOSALS = """
SELECT p.id, p.what, p.state, p.requested_by, p.requested_on, p.approved_by, p.reason, count(*),
       count(DISTINCT t.person_id), sum(t.yen)::bigint
FROM arrears_proposal p JOIN arrears_proposal_term t ON t.proposal_id = p.id {where} GROUP BY p.id
ORDER BY (p.state <> 'requested'), p.id DESC LIMIT 200"""


def proposals(ctx: Context) -> list[ProposalView]:
    """Those that wait first, then the newest; at most 200."""
    return [ProposalView(*row) for row in rows(_PROPOSALS.format(where=""))]


def proposal(ctx: Context, number: int) -> ProposalView | None:
    """By id."""
    found = rows(_PROPOSALS.format(where="WHERE p.id = %(id)s"), {"id": number})
    return ProposalView(*found[0]) if found else None


def proposed(ctx: Context, number: int):
    """Its terms, a queryset in the order of person, year and number."""
    return ProposalTerm.objects.filter(proposal_id=number).order_by("person_id", "fiscal_year", "number")


def written_off(ctx: Context, person: int) -> list[WriteOff]:
    """A person's write-offs that stand, the newest first."""
    return list(
        WriteOff.objects.filter(person_id=person, state="done", superseded_by__isnull=True).order_by("-id")
    )
