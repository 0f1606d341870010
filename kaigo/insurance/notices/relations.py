"""Relations of the room: what people were told, what waits, what still has to be said. Params: year, on, known_at."""

from __future__ import annotations

from kaigo.base.records.context import Context
from kaigo.insurance.collection import read as collection
from kaigo.insurance.collection.in_force import opening_letters_sql
from kaigo.insurance.premium import read as premium

# The last letter of a premium that went out and was not taken back, per person and year.
TOLD = """
SELECT DISTINCT ON (d.person_id, d.fiscal_year) d.id AS draft_id, d.person_id, d.fiscal_year, d.plan_id, d.assessment_id
FROM notices_draft d JOIN notices_issue i ON i.draft_id = d.id
WHERE d.state = 'draft' AND d.plan_id IS NOT NULL AND d.fiscal_year = %(year)s
ORDER BY d.person_id, d.fiscal_year, d.id DESC"""

# The same without letters about provisional deductions: whoever got only such a one was not told the year's premium yet.
TOLD_YEAR = TOLD.replace(
    "d.plan_id IS NOT NULL", "d.plan_id IS NOT NULL AND d.letter <> 'provisional_change'"
)

# Every draft, and the words of each (draft_id, data, common).
DRAFTS = "SELECT * FROM notices_draft"
CONTENTS = "SELECT * FROM notices_content"

# Drafts that wait to go out, held or not.
QUEUED = """
SELECT d.* FROM notices_draft d
WHERE d.state = 'draft' AND NOT EXISTS (SELECT 1 FROM notices_issue i WHERE i.draft_id = d.id)"""

# Whether the letter (content c) already says what plan and assessment (l, a) say.
SAYS = """
    c.data->'annual' = to_jsonb(l.annual_yen) AND c.data->'refund' = to_jsonb(l.refund_yen)
    AND c.data->'stage' = to_jsonb(a.stage)
    AND jsonb_path_query_array(c.data, '$.parts[*][3]') = jsonb_path_query_array(l.instalments::jsonb, '$[*].yen')
    AND jsonb_path_query_array(c.data, '$.parts[*][0]') = jsonb_path_query_array(l.instalments::jsonb, '$[*].way')
    AND jsonb_path_query_array(c.data, '$.parts[*][1]')
        = jsonb_path_query_array(l.instalments::jsonb, '$[*].number')
    AND jsonb_path_query_array(c.data, '$.parts[*][2]')
        = jsonb_path_query_array(l.instalments::jsonb, '$[*].due_on')"""


def wanted_sql(ctx: Context) -> str:
    """Person-years in force of %(year)s that no live draft speaks of and that differ from what was told.

    Columns of collection.letter_amounts_sql, then told_id (draft told last), opening (what the former system told,
    JSON), both NULL = nothing yet, then stage, months, interim, way, request, cause.
    """
    return f"""
        SELECT l.*, t.draft_id AS told_id,
               CASE WHEN t.draft_id IS NULL AND o.person_id IS NOT NULL THEN json_build_object('annual', o.annual_yen,
                    'refund', 0, 'stage', o.stage, 'instalments', o.instalments) END AS opening,
               a.stage, a.months, a.interim, p.way, p.request, p.cause
        FROM ({collection.letter_amounts_sql(ctx)}) l
        JOIN ({collection.plans_in_force_sql(ctx)}) p ON p.id = l.plan_id
        JOIN ({premium.in_force_sql(ctx)}) a ON a.id = l.assessment_id
        LEFT JOIN ({TOLD_YEAR}) t ON t.person_id = l.person_id AND t.fiscal_year = l.fiscal_year
        LEFT JOIN ({opening_letters_sql()}) o ON o.person_id = l.person_id AND o.fiscal_year = l.fiscal_year
        WHERE l.fiscal_year = %(year)s AND a.sort NOT IN ('provisional', 'opening')
        AND NOT EXISTS (SELECT 1 FROM notices_draft q WHERE q.plan_id = l.plan_id AND q.state = 'draft')
        AND CASE WHEN t.draft_id IS NOT NULL
                 THEN NOT EXISTS (SELECT 1 FROM notices_content c WHERE c.draft_id = t.draft_id AND {SAYS})
                 WHEN o.person_id IS NOT NULL
                 THEN (o.annual_yen, o.stage, o.instalments::text)
                      IS DISTINCT FROM (l.annual_yen, a.stage, l.instalments::text) OR l.refund_yen <> 0
                 ELSE a.months > 0
                      AND (l.annual_yen > 0 OR EXISTS (SELECT 1 FROM json_array_elements(l.instalments))) END"""


def letter_of() -> str:
    """SQL for the kind of letter that a wanted row (w) needs."""
    return (
        "CASE WHEN w.told_id IS NOT NULL OR w.opening IS NOT NULL THEN 'change_notice' "
        "WHEN w.request = 'start' THEN 'deduction_start' ELSE 'premium_notice' END"
    )
