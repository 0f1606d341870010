"""The pension service's records (notices 00 and 30) → DeductionTarget, matched with people in sets.

First by 基礎年金番号, confirmed by the birth date; else by birth date, sex and kana. What is ambiguous, contradictory
or unknown becomes a task for a clerk; nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from django.db import connection

from kaigo.base.audit.seen import saw
from kaigo.base.feeds import read as feeds
from kaigo.base.records.context import HIDDEN, Context
from kaigo.base.records.rows import rows
from kaigo.base.records.watermarks import NEW, reading
from kaigo.insurance.collection.targets_read import MATCHED, MATCHED_OF
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import fiscal_year

LAYOUT = "pension.special_collection"
# A longer name is cut; then its last letter may have lost its voiced mark and is not compared.
KANA_BYTES = 25

WHY = {
    "conflict": "基礎年金番号は一人と一致しますが、生年月日が違います",
    "numbers": "同じ基礎年金番号の人が二人以上います",
    "ambiguous": "生年月日・性別・カナ氏名の同じ被保険者が二人以上います",
    "other_number": "生年月日・性別・カナ氏名は一人と一致しますが、登録されている基礎年金番号が違います",
    "none": "基礎年金番号でも、生年月日・性別・カナ氏名でも、被保険者が見つかりません",
}


def _folded(column: str) -> str:
    """Kana as both sides are compared: full width, no small letters, nothing but kana, letters and digits."""
    return (
        f"translate(regexp_replace(upper(normalize({column}, NFKC)), '[^ァ-ヺA-Z0-9]', '', 'g'), "
        "'ァィゥェォッャュョヮヵヶヲ', 'アイウエオツヤユヨワカケオ')"
    )


# "incoming" (id, number, birth, sex, kana) → per id: person, by (number | attributes | none), why.
_MATCH = """
insured AS MATERIALIZED (
    SELECT DISTINCT q.person_id FROM ({qualification}) q
    WHERE q.acquired_on <= %(on)s AND (q.lost_on IS NULL OR q.lost_on > %(since)s)),
people AS MATERIALIZED (
    SELECT p.person_id, p.birth_date, p.sex, {folded} AS kana FROM ({particulars}) p
    WHERE p.person_id IN (SELECT person_id FROM insured)),
numbers AS MATERIALIZED (
    SELECT n.person_id, n.number FROM ({numbers}) n WHERE n.effective @> %(on)s::date),
by_number AS (
    SELECT i.id, min(n.person_id) AS person_id, count(*) AS found, bool_and(p.birth_date = i.birth) AS agrees
    FROM incoming i JOIN numbers n ON n.number = i.number JOIN people p ON p.person_id = n.person_id
    GROUP BY i.id),
by_attributes AS (
    SELECT i.id, min(p.person_id) AS person_id, count(*) AS found,
           bool_or(n.number <> i.number AND i.number ~ '[1-9]') AS differs
    FROM incoming i
    JOIN people p ON p.birth_date = i.birth AND p.sex = i.sex AND i.folded <> ''
         AND CASE WHEN i.cut THEN starts_with(p.kana, left(i.folded, -1)) ELSE p.kana = i.folded END
    LEFT JOIN numbers n ON n.person_id = p.person_id
    WHERE NOT EXISTS (SELECT 1 FROM by_number b WHERE b.id = i.id)
    GROUP BY i.id),
judged AS (
    SELECT i.id,
           CASE WHEN b.found = 1 AND b.agrees THEN b.person_id
                WHEN b.id IS NULL AND a.found = 1 AND a.differs IS NOT TRUE THEN a.person_id END AS person_id,
           CASE WHEN b.found = 1 AND b.agrees THEN 'number'
                WHEN b.id IS NULL AND a.found = 1 AND a.differs IS NOT TRUE THEN 'attributes'
                ELSE 'none' END AS matched_by,
           CASE WHEN b.found > 1 THEN 'numbers' WHEN b.found = 1 THEN 'conflict'
                WHEN a.found > 1 THEN 'ambiguous' WHEN a.found = 1 THEN 'other_number' ELSE 'none' END AS why
    FROM incoming i LEFT JOIN by_number b ON b.id = i.id LEFT JOIN by_attributes a ON a.id = i.id)"""

_READ = """
CREATE TEMPORARY TABLE collection_in ON COMMIT DROP AS
SELECT nextval('collection_deduction_target_id_seq') AS id, delivery_id AS delivery, l.number AS line,
       v[{payer}] AS payer, v[{number}] AS number, v[{code}] AS code, v[{sex}] AS sex, v[{kana}] AS kana,
       CASE WHEN v[{birth}] ~ '^[0-9]{{8}}$' AND substr(v[{birth}], 5) !~ '^00|00$'
            THEN to_date(v[{birth}], 'YYYYMMDD') END AS birth,
       v[{yen}]::bigint AS yen, left(v[{made}], 4)::int AS made_year, substr(v[{made}], 5, 2)::int AS made_month,
       v[{notice}] AS notice
FROM (SELECT DISTINCT ON (delivery_id, number) delivery_id, number, values AS v FROM ({lines}) f
      WHERE layout = %(layout)s AND {new} ORDER BY delivery_id, number, id DESC) l
WHERE v[{notice}] IN ('00', '30')"""

# Notice 00 is April's capture; a 30 made in an even month tells of the even month before it, in an odd one of the last.
_SAVE = """
INSERT INTO collection_deduction_target
    (id, delivery, line, captured_year, captured_month, payer, basic_pension_number, pension_code, birth_date, sex,
     kana, annual_pension_yen, person_id, matched_by)
SELECT t.id, t.delivery, t.line,
       CASE WHEN t.notice = '30' AND t.made_month <= 2 THEN t.made_year - 1 ELSE t.made_year END,
       CASE WHEN t.notice = '00' THEN 4 WHEN t.made_month <= 2 THEN 12 ELSE (t.made_month - 1) / 2 * 2 END,
       t.payer, t.number, t.code, t.birth, t.sex, t.kana, t.yen, j.person_id, j.matched_by
FROM collection_in t JOIN collection_judged j ON j.id = t.id"""

_TASKS = """
INSERT INTO collection_task (sort, what, message, state, settled_reason)
SELECT 'target', 'target:' || j.id, m.message, 'open', '' FROM collection_judged j
JOIN (SELECT unnest(%(why)s::text[]) AS why, unnest(%(messages)s::text[]) AS message) m ON m.why = j.why
WHERE j.matched_by = 'none' ORDER BY j.id
ON CONFLICT DO NOTHING"""


def take(ctx: Context) -> dict:
    """New records since last time, matched; and those still open tried again with what is believed today.

    Returns counts: records, number, attributes, unmatched, found_later.
    """
    with reading("collection.targets", "feeds_line") as span:
        later = _try_again(ctx)
        places = feeds.columns(LAYOUT)
        query = _READ.format(
            lines=feeds.lines_sql(), new=NEW, payer=places["payer"], number=places["basic_pension_number"],
            code=places["pension_code"], sex=places["sex"], kana=places["kana"], birth=places["birth"],
            yen=places["yen1"], made=places["made_on"], notice=places["notice"],
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS collection_in")
            cursor.execute(query, {"layout": LAYOUT, "after": str(span.after), "upto": str(span.upto)})
            cursor.execute("ANALYZE collection_in")
            _judge(
                ctx,
                f"SELECT id, number, birth, sex, {_folded('kana')} AS folded, "
                f"char_length(kana) >= {KANA_BYTES} AS cut FROM collection_in",
            )
            cursor.execute(_SAVE)
            cursor.execute(_TASKS, {"why": list(WHY), "messages": list(WHY.values())})
            # A line that was repaired comes again: the question about its former shape is settled.
            cursor.execute(
                "UPDATE collection_task k SET state = 'settled', settled_reason = '直した行が届きました。' "
                "FROM collection_deduction_target o JOIN collection_in i ON i.delivery = o.delivery AND i.line = o.line "
                "WHERE k.sort = 'target' AND k.state = 'open' AND k.what = 'target:' || o.id AND o.id <> i.id"
            )
            cursor.execute("SELECT matched_by, count(*) FROM collection_judged GROUP BY matched_by")
            counts = dict(cursor.fetchall())
            cursor.execute("DROP TABLE collection_in")
    return {
        "records": sum(counts.values()),
        "number": counts.get("number", 0),
        "attributes": counts.get("attributes", 0),
        "unmatched": counts.get("none", 0),
        "found_later": later,
    }


def _judge(ctx: Context, incoming: str) -> None:
    """collection_judged (id, person_id, matched_by, why) for the relation `incoming`."""
    parts = _MATCH.format(
        qualification=qualification.in_force_sql(ctx),
        particulars=residents.particulars_sql(ctx),
        numbers=residents.pension_number_sql(ctx),
        folded=_folded("p.kana"),
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS collection_judged")
        cursor.execute(
            f"CREATE TEMPORARY TABLE collection_judged ON COMMIT DROP AS WITH incoming AS MATERIALIZED ({incoming}), "
            f"{parts} SELECT * FROM judged",
            {"on": ctx.on, "known_at": ctx.known_at, "since": _since(ctx)},
        )


def _since(ctx: Context) -> date:
    """Insured at some time of the fiscal year: whoever died since the capture must be told to the payer (41)."""
    return date(fiscal_year(ctx.on), 4, 1)


def _try_again(ctx: Context) -> int:
    """Open records may have become clear: a person was registered, a number became known."""
    if not rows("SELECT EXISTS (SELECT 1 FROM collection_task WHERE sort = 'target' AND state = 'open')", {})[
        0
    ][0]:
        return 0
    _judge(
        ctx,
        f"SELECT t.id, t.basic_pension_number AS number, t.birth_date AS birth, t.sex, {_folded('t.kana')} AS folded, "
        f"char_length(t.kana) >= {KANA_BYTES} AS cut FROM collection_deduction_target t "
        "JOIN collection_task k ON k.what = 'target:' || t.id AND k.sort = 'target' AND k.state = 'open'",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO collection_match (target_id, person_id, supersedes_id, decided_on, actor) "
            "SELECT j.id, j.person_id, (SELECT m.id FROM collection_match m WHERE m.target_id = j.id AND NOT EXISTS "
            "(SELECT 1 FROM collection_match n WHERE n.supersedes_id = m.id)), %(on)s, %(actor)s "
            "FROM collection_judged j WHERE j.person_id IS NOT NULL",
            {"on": ctx.on, "actor": ctx.actor},
        )
        found = cursor.rowcount
        cursor.execute(
            "UPDATE collection_task k SET state = 'settled', settled_reason = '後から一人に決まりました。' "
            "FROM collection_judged j WHERE k.what = 'target:' || j.id AND k.sort = 'target' AND k.state = 'open' "
            "AND j.person_id IS NOT NULL"
        )
    return found


# -- for screens ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """A pension record as it came, and why it is open (`why` = "" when it is matched)."""

    id: int
    captured_year: int
    captured_month: int
    payer: str
    basic_pension_number: str
    pension_code: str
    birth_date: date | None
    sex: str
    kana: str
    annual_pension_yen: int | None  # None = may not be seen
    matched_by: str
    person: int | None
    why: str

    @property
    def captured(self) -> date:
        """The first day of the month of the capture (捕捉)."""
        return date(self.captured_year, self.captured_month, 1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who may be meant, and what agrees."""

    person: int
    name: str
    kana: str
    birth_date: date | None
    sex: str
    agrees: tuple[str, ...]


_RECORD = (
    "SELECT t.id, t.captured_year, t.captured_month, t.payer, t.basic_pension_number, t.pension_code, t.birth_date, "
    "t.sex, t.kana, t.annual_pension_yen, CASE WHEN t.match_id IS NULL THEN t.matched_by ELSE 'hand' END, "
    "t.matched_person, coalesce(k.message, '') FROM ({matched}) t "
    "{join} JOIN collection_task k ON k.sort = 'target' AND k.state = 'open' AND k.what = 'target:' || t.id "
)


_CANDIDATES = """
WITH numbers AS (SELECT n.person_id FROM ({numbers}) n WHERE n.effective @> %(on)s::date AND n.number = %(number)s),
c AS (SELECT p.person_id, p.name, p.kana, p.birth_date, p.sex,
             EXISTS (SELECT 1 FROM numbers n WHERE n.person_id = p.person_id) AS by_number,
             coalesce(p.birth_date = %(birth)s::date, false) AS by_birth, p.sex = %(sex)s AS by_sex,
             {folded} = {wanted} AS by_kana
      FROM ({particulars}) p
      -- Two of three agree only where the birth date or the kana does; the first letter spares most of the folding.
      WHERE (p.birth_date = %(birth)s::date OR p.person_id IN (SELECT person_id FROM numbers)
             OR (left(p.kana, 1) = left({wanted}, 1) AND {folded} = {wanted}))
        AND EXISTS (SELECT 1 FROM ({qualification}) q WHERE q.person_id = p.person_id AND q.acquired_on <= %(on)s
                    AND (q.lost_on IS NULL OR q.lost_on > %(since)s)))
SELECT * FROM c WHERE by_number OR by_birth::int + by_sex::int + by_kana::int >= 2
ORDER BY by_number DESC, by_birth::int + by_sex::int + by_kana::int DESC, by_kana DESC, person_id LIMIT 10"""


def _seen(ctx: Context, found: Record) -> Record:
    """Without what tells of the pension, for those who may not see it."""
    if ctx.sees("pension"):
        return found
    return replace(
        found, payer=HIDDEN, basic_pension_number=HIDDEN, pension_code=HIDDEN, annual_pension_yen=None
    )


def unmatched(ctx: Context, offset: int = 0, limit: int = 50) -> tuple[list[Record], int]:
    """Open records in the order of arrival, and how many there are."""
    total = rows("SELECT count(*) FROM collection_task WHERE sort = 'target' AND state = 'open'", {})[0][0]
    found = rows(
        _RECORD.format(matched=MATCHED, join="") + "ORDER BY t.id LIMIT %(limit)s OFFSET %(offset)s",
        {"limit": limit, "offset": offset},
    )
    return [_seen(ctx, Record(*row)) for row in found], total


def record(ctx: Context, target: int) -> Record | None:
    """One record by id."""
    found = rows(
        _RECORD.format(matched=f"SELECT * FROM ({MATCHED}) x WHERE x.id = %(target)s", join="LEFT"),
        {"target": target},
    )
    return _seen(ctx, Record(*found[0])) if found else None


def of_person(ctx: Context, person: int) -> list[Record]:
    """The records matched with a person, newest first."""
    mine = f"SELECT * FROM ({MATCHED_OF}) x WHERE x.matched_person = %(person)s"
    found = rows(
        _RECORD.format(matched=mine, join="LEFT") + "ORDER BY t.id DESC",
        {"person": person, "persons": [person]},
    )
    return [_seen(ctx, Record(*row)) for row in found]


def candidates(ctx: Context, target: Record) -> list[Candidate]:
    """Insured people with whom the number, or two of birth date, sex and kana agree; the likeliest first, at most 10."""
    query = _CANDIDATES.format(
        particulars=residents.particulars_sql(ctx),
        numbers=residents.pension_number_sql(ctx),
        qualification=qualification.in_force_sql(ctx),
        folded=_folded("p.kana"),
        wanted=_folded("%(kana)s::text"),
    )
    found = rows(
        query,
        {
            "on": ctx.on,
            "known_at": ctx.known_at,
            "since": _since(ctx),
            "birth": target.birth_date,
            "sex": target.sex,
            "kana": target.kana,
            "number": target.basic_pension_number,
        },
    )
    saw(row[0] for row in found)
    names = ("基礎年金番号", "生年月日", "性別", "カナ氏名")
    return [
        Candidate(*row[:5], tuple(n for n, yes in zip(names, row[5:], strict=True) if yes)) for row in found
    ]
