"""Files to the pension payers: prepared here as bytes and rows, let out by release, noted by decide.note_requested.

01 年次の依頼 and 31 追加の依頼: amounts of October, December, February. 61 仮徴収額の変更: April, June, August.
41 資格喪失等: stop. One block (H, D…, T) for each payer, in the order of payer and 基礎年金番号; each record is the payer's
own record sent back with our amounts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from kaigo.base.audit.seen import saw
from kaigo.base.feeds import read as feeds
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.collection.in_force import plans_in_force_sql
from kaigo.insurance.collection.targets import LAYOUT
from kaigo.insurance.collection.targets_read import MATCHED
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents
from kaigo.law.values import load
from kaigo.layouts.writer import DoesNotFit, write_fixed

NOTICES = {
    "01": "特別徴収依頼通知",
    "31": "特別徴収追加依頼通知",
    "41": "資格喪失等の通知",
    "61": "仮徴収額変更通知",
}
LINE_MEDIUM, CARE = "6", "0"  # 媒体コード 6 = 回線、特別徴収制度コード 0 = 介護
# 各種区分 of 41: 死亡, 転出, その他, 適用除外; of the others: 通常, 住所地特例.
_LOST = {"52": "01", "51": "02", "53": "04"}
# Characters of names that CP932 does not have and the form in which the pension service keeps them.
SUBSTITUTE = {
    "𠮷": "吉",
    "𡈽": "土",
    "𣘺": "橋",
    "𠮟": "叱",
    "〜": "～",
    "−": "－",
    "‖": "∥",
    "—": "―",
}


@dataclass(frozen=True, slots=True)
class RequestRow:
    """What is asked for one person; yen by the months of the notice. day: of the loss, in a 41."""

    person: int
    plan: int
    target: int
    code: str
    kind: str
    payer: str
    yen1: int
    yen2: int
    yen3: int
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who cannot be in the file, and why. After the file is out he pays directly."""

    person: int
    plan: int
    why: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """totals: records, yen1, yen2, yen3, payers."""

    code: str
    fiscal_year: int
    content: bytes
    rows: list[RequestRow]
    totals: dict[str, int]
    left: list[Left]


def prepare(ctx: Context, insurer: str, fiscal_year: int, code: str = "01") -> Prepared:
    """The file of a notice for the plans in force that were not asked yet. Refused when there is nothing to send."""
    if code not in NOTICES:
        raise Refused(f"通知内容コード {code} のファイルは作れません。")
    wanted = list(_wanted(ctx, fiscal_year, code))
    saw(person for person, *_ in wanted)
    records = _records(ctx, insurer, fiscal_year, [person for person, *_ in wanted])
    exceptions = _exceptions(ctx, [person for person, *_ in wanted])
    asked: list[tuple[RequestRow, dict[str, str]]] = []
    left: list[Left] = []
    for person, plan, kind, day, *yen in wanted:
        found = records.get(person)
        if found is None:
            left.append(Left(person, plan, "同定された年金の記録がありません"))
            continue
        target, payer, values = found
        special = code != "41" and person in exceptions
        row = RequestRow(person, plan, target, code, "02" if special else kind, payer, *yen, day)
        asked.append((row, _record(row, values)))
    asked.sort(key=lambda pair: (pair[0].payer, pair[1]["basic_pension_number"], pair[0].person))
    blocks, fitting = [], []
    for payer, group in groupby(asked, key=lambda pair: pair[0].payer):
        block, inside = _block(_head(insurer, ctx.on, code, payer), list(group), left)
        blocks += block
        fitting += inside
    asked = fitting
    made = [row for row, _ in asked]
    totals = {
        "records": len(made),
        "payers": len(blocks),
        **{f"yen{n}": sum(getattr(row, f"yen{n}") for row in made) for n in (1, 2, 3)},
    }
    return Prepared(code, fiscal_year, b"".join(blocks), made, totals, left)


def _block(
    head: dict[str, str], asked: list[tuple[RequestRow, dict[str, str]]], left: list[Left]
) -> tuple[list[bytes], list[tuple[RequestRow, dict[str, str]]]]:
    """The block of a payer, and who is in it. A record that cannot be written is put aside, not the whole block."""
    try:
        return [write_fixed(LAYOUT, head, [record for _, record in asked], SUBSTITUTE)], asked
    except DoesNotFit:
        fitting = []
        for row, record in asked:
            try:
                write_fixed(LAYOUT, head, [record], SUBSTITUTE)
                fitting.append((row, record))
            except DoesNotFit as problem:
                left.append(Left(row.person, row.plan, str(problem).split(": ", 1)[-1]))
        if not fitting:
            return [], []
        return [write_fixed(LAYOUT, head, [record for _, record in fitting], SUBSTITUTE)], fitting


def _head(insurer: str, on: date, code: str, payer: str) -> dict[str, str]:
    return {
        "municipality": insurer[:5],
        "payer": payer,
        "notice": code,
        "medium": LINE_MEDIUM,
        "scheme": CARE,
        "made_on": f"{on:%Y%m%d}",
    }


def _record(row: RequestRow, values: dict[str, str]) -> dict[str, str]:
    """The payer's record with our notice. 媒体コード has a meaning in the head only."""
    return values | {
        "payer": row.payer,
        "notice": row.code,
        "medium": "",
        "kind": row.kind,
        "result": "00",
        "day": f"{row.day:%Y%m%d}" if row.day else "",
        "yen1": str(row.yen1),
        "yen2": str(row.yen2),
        "yen3": str(row.yen3),
    }


# -- who --------------------------------------------------------------------------------------------------

_PLANNED = """
WITH p AS (SELECT x.id, x.person_id, x.request, x.cause, x.supersedes_id FROM ({plans}) x WHERE x.fiscal_year = %(year)s),
i AS (SELECT p.id, p.person_id, p.request, p.cause,
             coalesce(sum(i.yen) FILTER (WHERE i.number = 4), 0)::int AS april,
             coalesce(sum(i.yen) FILTER (WHERE i.number = 6), 0)::int AS june,
             coalesce(sum(i.yen) FILTER (WHERE i.number = 8), 0)::int AS august,
             coalesce(sum(i.yen) FILTER (WHERE i.number = 10), 0)::int AS october,
             coalesce(sum(i.yen) FILTER (WHERE i.number = 12), 0)::int AS december,
             coalesce(sum(i.yen) FILTER (WHERE i.number = 14), 0)::int AS february
      FROM p LEFT JOIN collection_instalment i ON i.plan_id = p.id AND i.way = 'deduction'
      GROUP BY p.id, p.person_id, p.request, p.cause),
asked AS (SELECT person_id, bool_or(code IN ('01', '31')) AS main, bool_or(code = '41') AS stopped,
                 (array_agg(yen2 ORDER BY id DESC) FILTER (WHERE code = '61'))[1] AS june,
                 (array_agg(yen3 ORDER BY id DESC) FILTER (WHERE code = '61'))[1] AS august
          FROM collection_deduction_request WHERE fiscal_year = %(year)s GROUP BY person_id)
SELECT i.person_id, i.id, '01', NULL::date, {amounts} FROM i LEFT JOIN asked q ON q.person_id = i.person_id
WHERE {condition} ORDER BY i.person_id"""

_MAIN = "i.october, i.december, i.february"
_CONDITIONS = {
    # The yearly request: everybody deducted from October, unless already asked.
    "01": (
        _MAIN,
        "i.october > 0 AND i.request IN ('start', 'keep') AND q.main IS NOT TRUE AND q.stopped IS NOT TRUE",
    ),
    # Later captures begin in December or February.
    "31": (
        _MAIN,
        "i.october = 0 AND i.december + i.february > 0 AND i.request = 'start' AND q.main IS NOT TRUE",
    ),
    # Deducted since before, but August (or June, when the section set it) differs from what the payer deducts
    # without being told: the same as in April (法140条4項).
    "61": (
        "i.april, i.june, i.august",
        "i.june > 0 AND i.august > 0 AND i.request IN ('keep', 'none') AND q.stopped IS NOT TRUE AND CASE "
        "WHEN i.cause = 'provisional' THEN (i.june, i.august) <> (coalesce(q.june, i.april), coalesce(q.august, i.april)) "
        "ELSE i.august <> coalesce(q.august, i.june) END",
    ),
}

_STOPPED = """
WITH lost AS (SELECT q.person_id, max(q.lost_on) AS lost_on,
                     (array_agg(q.lost_reason ORDER BY q.lost_on DESC))[1] AS reason
              FROM ({qualification}) q GROUP BY q.person_id HAVING NOT bool_or(q.lost_on IS NULL))
SELECT p.person_id, p.id, l.reason, l.lost_on, 0, 0, 0 FROM ({plans}) p LEFT JOIN lost l ON l.person_id = p.person_id
WHERE p.fiscal_year = %(year)s AND p.request = 'stop' AND NOT EXISTS
      (SELECT 1 FROM collection_deduction_request r
       WHERE r.person_id = p.person_id AND r.fiscal_year = p.fiscal_year AND r.code = '41')
ORDER BY p.person_id"""


def _wanted(ctx: Context, fiscal_year: int, code: str) -> Iterator[tuple]:
    """(person, plan, kind, day, yen1, yen2, yen3)."""
    params = {"year": fiscal_year, "known_at": ctx.known_at}
    plans = plans_in_force_sql(ctx)
    if code == "41":
        query = _STOPPED.format(plans=plans, qualification=qualification.in_force_sql(ctx))
        for person, plan, reason, lost_on, *yen in rows(query, params):
            yield person, plan, _LOST.get(reason, "03"), lost_on, *yen
        return
    if code == "61" and ctx.on >= date(fiscal_year, 8, 1):
        return
    amounts, condition = _CONDITIONS[code]
    yield from rows(_PLANNED.format(plans=plans, amounts=amounts, condition=condition), params)


def _records(
    ctx: Context, insurer: str, fiscal_year: int, persons: list[int]
) -> dict[int, tuple[int, str, dict[str, str]]]:
    """person → (target, payer, the record as it came): the newest capture; of several payers the first by code."""
    least = load().values(insurer, date(fiscal_year, 4, 1)).get("collection.deduction_minimum_pension")
    places = feeds.columns(LAYOUT)
    keys = [k for k in places if k not in ("record", "municipality", "scheme", "made_on")]
    found = {}
    for person, target, payer, *values in rows(
        f"SELECT DISTINCT ON (t.matched_person) t.matched_person, t.id, t.payer, "
        f"{', '.join(f'l.v[{places[k]}]' for k in keys)} "
        f"FROM ({MATCHED}) t JOIN (SELECT id, delivery_id, number, values AS v FROM ({feeds.lines_sql()}) x "
        "WHERE layout = %(layout)s) l ON l.delivery_id = t.delivery AND l.number = t.line "
        "WHERE t.matched_person = ANY(%(persons)s::bigint[]) AND t.annual_pension_yen >= %(least)s "
        "ORDER BY t.matched_person, t.captured_year DESC, t.captured_month DESC, t.payer, t.pension_code, t.id, l.id DESC",
        {"layout": LAYOUT, "persons": persons, "least": least},
    ):
        found[person] = (target, payer, dict(zip(keys, values, strict=True)))
    return found


def _exceptions(ctx: Context, persons: list[int]) -> set[int]:
    """Ours, living elsewhere (住所地特例)."""
    return {
        person
        for (person,) in rows(
            f"SELECT person_id FROM ({residents.address_exception_sql(ctx)}) x WHERE x.exception = 'own' "
            "AND x.effective @> %(on)s::date AND x.person_id = ANY(%(persons)s::bigint[])",
            {"on": ctx.on, "known_at": ctx.known_at, "persons": persons},
        )
    }


# -- state, for screens -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """A notice of the year: how many would be in its file now (and how many have no record), what went out."""

    code: str
    name: str
    waiting: int
    without_record: int
    yen1: int
    yen2: int
    yen3: int
    sent: int
    sent_on: date | None


def state(ctx: Context, insurer: str, fiscal_year: int) -> list[State]:
    """Every notice of the year, without making its file."""
    sent = {
        code: (count, on)
        for code, count, on in rows(
            "SELECT code, count(*), max(created_at AT TIME ZONE 'Asia/Tokyo')::date FROM collection_deduction_request "
            "WHERE fiscal_year = %(year)s GROUP BY code",
            {"year": fiscal_year},
        )
    }
    known = _with_record(insurer, fiscal_year)
    found = []
    for code, name in NOTICES.items():
        wanted = list(_wanted(ctx, fiscal_year, code))
        lacking = sum(1 for person, *_ in wanted if person not in known)
        yen = [sum(row[place] for row in wanted) for place in (4, 5, 6)]
        found.append(State(code, name, len(wanted), lacking, *yen, *sent.get(code, (0, None))))
    return found


def without_record(ctx: Context, insurer: str, fiscal_year: int) -> list[tuple[int, int]]:
    """(person, plan) of those who should be asked for in the yearly file and have no pension record."""
    known = _with_record(insurer, fiscal_year)
    return [(person, plan) for person, plan, *_ in _wanted(ctx, fiscal_year, "01") if person not in known]


def _with_record(insurer: str, fiscal_year: int) -> set[int]:
    least = load().values(insurer, date(fiscal_year, 4, 1)).get("collection.deduction_minimum_pension")
    return {
        person
        for (person,) in rows(
            f"SELECT DISTINCT matched_person FROM ({MATCHED}) t WHERE matched_person IS NOT NULL "
            "AND annual_pension_yen >= %(least)s",
            {"least": least},
        )
    }
