"""Who pays by a higher stage than the year before, and whether the households were really untaxed (no deemed tax)."""

from __future__ import annotations

from typing import NamedTuple

from kaigo.base.audit.seen import saw
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows
from kaigo.insurance.premium.save import STAGES, stage_numbers


class Raised(NamedTuple):
    """A person-year with its assessment. stages: by month from April, 0 = not insured. previous_stage: the one stage of
    the year before, None when it was not the same in all its months. untaxed: himself and everybody of the household on
    the assessment day, as the tax office says it; None = not known."""

    person: int
    assessment: int
    annual_yen: int
    stages: tuple[int, ...]
    previous_stage: int | None
    previous_untaxed: bool | None
    now_untaxed: bool | None


# One character per month; in the order of STAGES by their bytes.
_RAISED = """
SELECT a.person_id, a.id, a.annual_yen, a.stages, b.stages, f.facts->2->>0,
       (SELECT array_agg(DISTINCT m->>0) FROM jsonb_array_elements(f.facts->3) m),
       g.facts->2->>0, (SELECT array_agg(DISTINCT m->>0) FROM jsonb_array_elements(g.facts->3) m)
FROM ({assessments}) a JOIN ({assessments}) b ON b.person_id = a.person_id AND b.fiscal_year = a.fiscal_year - 1
JOIN premium_finding f ON f.decision_id = a.id JOIN premium_finding g ON g.decision_id = b.id
WHERE a.fiscal_year = %(year)s AND a.sort <> 'provisional' AND b.sort <> 'provisional'
  AND (%(persons)s::bigint[] IS NULL OR a.person_id = ANY(%(persons)s::bigint[]))
  AND (%(persons)s::bigint[] IS NOT NULL
       OR EXISTS (SELECT 1 FROM unnest(string_to_array(a.stages, NULL)) now
                  WHERE now <> '-' AND now > (SELECT min(was COLLATE "C")
                                              FROM unnest(string_to_array(b.stages, NULL)) was
                                              WHERE was <> '-') COLLATE "C"))
ORDER BY a.person_id"""


def raised_people(
    ctx: Context, assessments: str, fiscal_year: int, persons: list[int] | None
) -> list[Raised]:
    """assessments: the relation of those in force; persons: these, also where no stage is higher."""
    assert sorted(STAGES) == list(STAGES)
    found = rows(
        _RAISED.format(assessments=assessments),
        {"year": fiscal_year, "persons": persons, "known_at": ctx.known_at},
    )
    saw(row[0] for row in found)
    return [
        Raised(person, assessment, yen, stage_numbers(now), _only(was), _untaxed(*before), _untaxed(*after))
        for person, assessment, yen, now, was, *statuses in found
        for after, before in [(statuses[:2], statuses[2:])]
    ]


def _only(word: str) -> int | None:
    months = set(stage_numbers(word)) - {0}
    return months.pop() if len(months) == 1 else None


def _untaxed(person: str | None, members: list[str] | None) -> bool | None:
    """person: None when the decision was taken over without its facts."""
    statuses = {person, *(members or ())}
    if "taxed" in statuses:
        return False
    return True if statuses == {"untaxed"} else None
