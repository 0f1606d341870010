"""What other rooms read of drafts: relations for the gate, dataclasses for one person and for lists."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import HIDDEN, Context
from kaigo.base.records.rows import rows
from kaigo.insurance.dunning import read as dunning
from kaigo.insurance.notices.common import LETTERS, TEMPLATES, kept, template_digest
from kaigo.insurance.notices.decide import OFFICES, differing
from kaigo.insurance.notices.dunning.drafting import LETTERS as ASKING
from kaigo.insurance.notices.dunning.drafting import compared as compared_asking
from kaigo.insurance.notices.dunning.drafting import lacking as lacking_asking
from kaigo.insurance.notices.holds import HOLDS, LIFTABLE, Hold
from kaigo.insurance.notices.provisional.drafting import lacking as lacking_provisional
from kaigo.insurance.notices.provisional.letters import LETTER as PROVISIONAL
from kaigo.insurance.notices.relations import CONTENTS, DRAFTS, QUEUED, SAYS, TOLD, letter_of, wanted_sql

# Whom an address is about (base/desk/things.py).
SUBJECTS = {
    "demand": dunning.SUBJECTS["demand"],
    "draft": "SELECT person_id FROM notices_draft WHERE id = %s AND person_id IS NOT NULL",
}
__all__ = [
    "ASKING", "CONTENTS", "DRAFTS", "HOLDS", "LETTERS", "LIFTABLE", "OFFICES", "PROVISIONAL", "QUEUED", "SAYS", "TEMPLATES", "TOLD", "DraftView", "Hold", "compared_asking", "content", "contents", "count", "counts",
    "differing_drafts", "drafts", "kept", "lacking_asking", "lacking_provisional", "letter_of", "of_person", "one", "template_digest", "waiting_sql", "wanted_sql",
]  # fmt: skip

WITHDRAWN = {
    "superseded": "決定が変わった",
    "paid": "納められて額が変わった",
    "rechecked": "宛先を点検し直した",
    "pulled": "抜き取った",
    "hand": "職員が取り下げた",
}
_COLUMNS = """
    SELECT d.id, d.person_id, d.letter, d.fiscal_year, d.annual_yen, d.dated, d.state, d.held, d.held_why,
           d.lifted_reason, d.withdrawn_reason, d.changed_at, d.assessment_id, d.plan_id, d.certificate_id,
           i.number, i.issued_on, c.data->>'name', c.data->>'title'
    FROM notices_draft d JOIN notices_content c ON c.draft_id = d.id LEFT JOIN notices_issue i ON i.draft_id = d.id"""


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft. number, issued_on: set when it went out."""

    id: int
    person: int | None
    letter: str
    fiscal_year: int
    annual_yen: int
    dated: date
    state: str
    held: str
    held_why: str
    lifted_reason: str
    withdrawn_reason: str
    changed_at: datetime
    assessment: int | None
    plan: int | None
    certificate: int | None
    number: str | None
    issued_on: date | None
    name: str
    title: str

    @property
    def letter_label(self) -> str:
        return LETTERS.get(self.letter, self.letter)

    @property
    def held_label(self) -> str:
        return HOLDS.get(self.held, self.held)

    @property
    def standing(self) -> str:
        """withdrawn | issued | held | waiting."""
        if self.state == "withdrawn":
            return "withdrawn"
        return "issued" if self.number else "held" if self.held else "waiting"

    @property
    def standing_label(self) -> str:
        """The standing in Japanese."""
        return {"withdrawn": "取下げ", "issued": "発行済み", "held": "止めている", "waiting": "発行待ち"}[
            self.standing
        ]

    @property
    def withdrawn_label(self) -> str:
        return WITHDRAWN.get(self.withdrawn_reason, self.withdrawn_reason)


_STANDINGS = {
    "waiting": "d.state = 'draft' AND d.held = '' AND i.id IS NULL",
    "held": "d.state = 'draft' AND d.held <> '' AND i.id IS NULL",
    "issued": "d.state = 'draft' AND i.id IS NOT NULL",
    "withdrawn": "d.state = 'withdrawn'",
}


def drafts(
    ctx: Context, *, standing: str = "", letter: str = "", fiscal_year: int | None = None, held: str = "",
    start: int = 0, size: int = 50,
) -> list[DraftView]:  # fmt: skip
    """A page of drafts, oldest first. standing: waiting | held | issued | withdrawn, "" = all."""
    where, params = _where(standing, letter, fiscal_year, held)
    return _views(
        f"{_COLUMNS} WHERE {where} ORDER BY d.id OFFSET %(start)s LIMIT %(size)s",
        params | {"start": start, "size": size},
    )


def count(
    ctx: Context,
    *,
    standing: str = "",
    letter: str = "",
    fiscal_year: int | None = None,
    held: str = "",
) -> int:
    """How many `drafts` would list."""
    where, params = _where(standing, letter, fiscal_year, held)
    return rows(
        f"SELECT count(*) FROM notices_draft d LEFT JOIN notices_issue i ON i.draft_id = d.id WHERE {where}",
        params,
    )[0][0]


def counts(ctx: Context) -> list[tuple[str, int, date, str, int, int]]:
    """What waits: (letter, fiscal_year, dated, held code or "", people, yen)."""
    return rows(
        f"SELECT letter, fiscal_year, dated, held, count(*), sum(annual_yen)::bigint FROM ({QUEUED}) q "
        "GROUP BY 1, 2, 3, 4 ORDER BY 3, 1, 4",
        {},
    )


def of_person(ctx: Context, person: int) -> list[DraftView]:
    """All drafts about a person, newest first: the issue history of his letters."""
    return _views(f"{_COLUMNS} WHERE d.person_id = %(person)s ORDER BY d.id DESC", {"person": person})


def one(ctx: Context, draft: int) -> DraftView | None:
    """By id."""
    found = _views(f"{_COLUMNS} WHERE d.id = %(draft)s", {"draft": draft})
    return found[0] if found else None


def content(ctx: Context, draft: int) -> tuple[dict, dict] | None:
    """(the letter's own words, the shared words) of a draft."""
    found = rows("SELECT data, common FROM notices_content WHERE draft_id = %(draft)s", {"draft": draft})
    if not found:
        return None
    data, common = found[0]
    return _seen(ctx, json.loads(data) if isinstance(data, str) else data), kept(common)


# What stands on the paper of a letter: whoever may not see all of it is not shown the paper.
ON_PAPER = ("address", "birth", "name", "number", "sex", "tax", "welfare")
_HIDES = {
    "address": (
        "address",
        "postal_code",
        "building",
        "home",
        "former",
        "facility",
        "facility_address",
        "before",
    ),
    "birth": ("birth",),
    "number": ("number",),
    "sex": ("sex",),
}


def _seen(ctx: Context, data: dict) -> dict:
    """The words of a letter without the details that may not be seen; also of the people in a letter about several."""
    hidden = [key for field, keys in _HIDES.items() if not ctx.sees(field) for key in keys]
    found = {
        key: HIDDEN if key in hidden and value and isinstance(value, str) else value
        for key, value in data.items()
    }
    for several in ("people", "events"):
        if several in found:
            found[several] = [_seen(ctx, one) for one in found[several]]
    if found.get("reasons") and not ctx.sees_all("tax", "welfare"):
        found |= {"why": "", "reasons": [[HIDDEN, "", []]]}
    return found


def contents(drafts: list[int]) -> dict[int, tuple[dict, str]]:
    """draft → (its words, digest of the shared words)."""
    return {
        draft: (json.loads(data) if isinstance(data, str) else data, common)
        for draft, data, common in rows(
            "SELECT draft_id, data, common FROM notices_content WHERE draft_id = ANY(%(drafts)s::bigint[])",
            {"drafts": drafts},
        )
    }


def differing_drafts(ctx: Context, drafts: list[int]) -> dict[int, Hold]:
    """Of these drafts, those whose address, name or hold is no longer what facts say on ctx.on."""
    found: dict[int, Hold] = {}
    for place in range(0, len(drafts), 5000):
        part = rows(
            "SELECT d.id, d.person_id, d.fiscal_year, d.letter, d.dated, d.held, c.data, d.lifted_reason FROM notices_draft d "
            "JOIN notices_content c ON c.draft_id = d.id WHERE d.id = ANY(%(drafts)s::bigint[])",
            {"drafts": drafts[place : place + 5000]},
        )
        found |= differing(
            ctx,
            [(*row[:6], json.loads(row[6]) if isinstance(row[6], str) else row[6], row[7]) for row in part],
        )
    return found


def _where(standing: str, letter: str, fiscal_year: int | None, held: str) -> tuple[str, dict]:
    parts = [_STANDINGS.get(standing, "true")]
    params: dict = {}
    for name, value in (("letter", letter), ("fiscal_year", fiscal_year), ("held", held)):
        if value:
            parts.append(f"d.{name} = %({name})s")
            params[name] = value
    return " AND ".join(parts), params


def _views(query: str, params: dict) -> list[DraftView]:
    found = [DraftView(*row) for row in rows(query, params)]
    saw(view.person for view in found)
    return found


def waiting_sql() -> str:
    """(person_id, case) of people whose letter is held: somebody must look. Letters that may go out ask nobody to."""
    return (
        "SELECT d.person_id, 'notices.draft:' || d.id AS \"case\" FROM notices_draft d "
        "WHERE d.state = 'draft' AND d.held <> ''"
    )
