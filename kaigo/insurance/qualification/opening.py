"""Numbers and periods of the former system → opening decisions, which nobody judges again (移行).

What happened until the opening is the former system's decision: it stays. What happens afterwards is judged and
decided here as for everybody. Facts that arrive afterwards and tell another past become a question to a clerk.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import connection

from kaigo.base.records.bulk import to_json
from kaigo.base.records.context import Context
from kaigo.base.records.watermarks import reading
from kaigo.insurance.qualification.changes import KINDS
from kaigo.insurance.residents import read as residents
from kaigo.insurance.residents.handed_over import UNKNOWN, Rule, mark, send_back, stage
from kaigo.law.qualification import Period
from kaigo.law.reasons import Reason, pack

ROOM = "qualification"
NUMBERS, PERIODS = "migrate.person", "migrate.qualification"
# The column `law` of a finding names the line instead of a version of the law room: nothing was judged.
SOURCE = "migration:"
REASON = "opening.qualification"
DIFFERS = (
    "前のシステムから引き継いだ資格と、その後に届いた事実から判定した資格が違います。"
    "事実を確かめ、資格を訂正するか、このままにする理由を書いて終わらせてください"
)

_NUMBER_RULES = (
    UNKNOWN,
    Rule(
        "migration.number_other",
        "insured_number",
        "EXISTS (SELECT 1 FROM qualification_number n WHERE n.person_id = t.person_id AND n.number <> t.insured_number)",
        "この人には別の被保険者番号がもうあります",
        "どちらの番号が正しいか、前のシステムの記録で確かめてください",
    ),
    Rule(
        "migration.number_taken",
        "insured_number",
        "EXISTS (SELECT 1 FROM qualification_number n WHERE n.number = t.insured_number AND n.person_id <> t.person_id)",
        "この被保険者番号は別の人のものです",
        "前のシステムの記録で番号を確かめてください",
    ),
    # Two rules, not one with OR: each is answered by one join, however many lines there are.
    Rule(
        "migration.number_twice",
        "insured_number",
        "EXISTS (SELECT 1 FROM opening_number o WHERE o.insured_number = t.insured_number AND o.id < t.id)",
        "同じ被保険者番号の行が二つあります",
        "前のシステムの記録で番号を確かめてください",
    ),
    Rule(
        "migration.person_twice",
        "insured_number",
        "EXISTS (SELECT 1 FROM opening_number o WHERE o.person_id = t.person_id AND o.id < t.id)",
        "一人に被保険者番号が二つあります",
        "前のシステムの記録で番号を確かめてください",
    ),
)
_PERIOD_RULES = (
    UNKNOWN,
    Rule(
        "migration.number_missing",
        "addressee",
        "NOT EXISTS (SELECT 1 FROM qualification_number n WHERE n.person_id = t.person_id)",
        "この人の被保険者番号がありません",
        "「移行: 被保険者番号」の行を先に直してから再読込してください",
    ),
    Rule(
        "migration.loss",
        "lost_on",
        "(t.lost_on IS NULL) <> (t.lost_reason = '')",
        "喪失の日と事由の一方だけがあります",
        "両方書くか、両方空にしてください",
    ),
    Rule(
        "migration.days",
        "acquired_on",
        "t.lost_on <= t.acquired_on OR t.acquired_on > %(on)s::date OR t.period < 1",
        "取得日が喪失日より前でないか、移行の日より後です",
        "取得日と喪失日を確かめてください",
    ),
    Rule(
        "migration.overlap",
        "period",
        "EXISTS (SELECT 1 FROM opening_period o WHERE o.person_id = t.person_id AND o.id <> t.id "
        "AND o.period <= t.period AND (o.period < t.period OR o.id < t.id) "
        "AND (o.lost_on IS NULL OR o.lost_on > t.acquired_on OR o.period = t.period))",
        "前の資格期間と重なっています",
        "資格期間の順番と日を確かめてください",
    ),
    Rule(
        "migration.decided",
        "period",
        "EXISTS (SELECT 1 FROM qualification_decision d LEFT JOIN qualification_finding f ON f.decision_id = d.id "
        "WHERE d.person_id = t.person_id AND d.supersedes_id IS NULL AND (f.law IS NULL OR f.law NOT LIKE %(source)s "
        "OR (d.period = t.period AND (d.acquired_on, d.acquired_reason, d.lost_reason, d.lost_on) "
        "IS DISTINCT FROM (t.acquired_on, t.acquired_reason, t.lost_reason, t.lost_on))))",
        "この人の資格はもう別の内容で決まっています",
        "引き継いだ資格を直すには、資格の画面で訂正してください",
    ),
)

_DECIDE = """
WITH new AS (
    INSERT INTO qualification_decision (person_id, period, category, acquired_on, acquired_reason, lost_on, lost_reason,
                                        provisional, cancelled, decided_on, actor)
    SELECT t.person_id, t.period, 1, t.acquired_on, t.acquired_reason, t.lost_on, t.lost_reason, false, false,
           %(on)s, %(actor)s
    FROM opening_period t WHERE t.wrong = '' AND NOT EXISTS (
        SELECT 1 FROM qualification_decision d WHERE d.person_id = t.person_id AND d.period = t.period)
    ORDER BY t.person_id, t.period
    RETURNING id, person_id, period)
INSERT INTO qualification_finding (decision_id, facts, reasons, law)
SELECT new.id, '[]', %(reasons)s, %(prefix)s || t.delivery_id || ':' || t.line
FROM new JOIN opening_period t ON t.person_id = new.person_id AND t.period = new.period AND t.wrong = ''"""


def take(ctx: Context) -> dict:
    """New lines → insured numbers and opening decisions, in the caller's transaction. Returns counts."""
    params = {
        "on": ctx.on,
        "actor": ctx.actor,
        "prefix": SOURCE,
        "source": f"{SOURCE}%",
        "reasons": to_json(pack((Reason(REASON, "法9条"),))),
    }
    with reading("qualification.opening", "feeds_line") as span, connection.cursor() as cursor:
        stage(cursor, NUMBERS, "opening_number", span)
        mark(cursor, "opening_number", _NUMBER_RULES)
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('qualification_number'))")
        cursor.execute(
            "INSERT INTO qualification_number (person_id, number) SELECT t.person_id, t.insured_number "
            "FROM opening_number t WHERE t.wrong = '' ORDER BY t.person_id ON CONFLICT DO NOTHING"
        )
        numbers = cursor.rowcount
        stage(cursor, PERIODS, "opening_period", span)
        mark(cursor, "opening_period", _PERIOD_RULES, params)
        cursor.execute(_DECIDE, params)
        decided = cursor.rowcount
        refused = send_back(ctx, cursor, ROOM, "opening_number", _NUMBER_RULES)
        refused += send_back(ctx, cursor, ROOM, "opening_period", _PERIOD_RULES)
        cursor.execute("DROP TABLE opening_number, opening_period")
    return {"numbers": numbers, "decisions": decided, "refused": refused}


def ready(ctx: Context) -> list[str]:
    """An opening comes before the first decision of our own; later lines only mend it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM qualification_decision), "
            "EXISTS (SELECT 1 FROM qualification_finding WHERE law LIKE %s)",
            [f"{SOURCE}%"],
        )
        decided, opened = cursor.fetchone()
    if decided and not opened:
        return [
            "このシステムで資格の決定がもう始まっています。移行は最初の「資格の取得・喪失」の前に行います"
        ]
    return []


class Opened(NamedTuple):
    """A person whose qualification was taken over on a day; changed: his facts have changed since."""

    on: date
    changed: bool


def opened(ctx: Context, persons: Sequence[int] | None) -> dict[int, Opened]:
    """person → Opened, of everybody or of `persons`."""
    mine = "(%(persons)s::bigint[] IS NULL OR {0}.person_id = ANY(%(persons)s::bigint[]))"
    params = {"persons": None if persons is None else list(persons), "source": f"{SOURCE}%"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT q.person_id, min(q.decided_on), max(q.tx::text::bigint) FROM qualification_decision q "
            "JOIN qualification_finding f ON f.decision_id = q.id "
            f"WHERE f.law LIKE %(source)s AND {mine.format('q')} GROUP BY q.person_id",
            params,
        )
        found = {person: (on, tx) for person, on, tx in cursor.fetchall()}
        if not found:
            return {}
        first = min(tx for _, tx in found.values())
        cursor.execute(
            f"SELECT c.person_id, max(c.tx::text::bigint) FROM ({residents.changed_sql(KINDS)}) c "
            f"WHERE {mine.format('c')} GROUP BY c.person_id",
            params | {"after": str(first), "upto": str(2**62)},
        )
        changed = dict(cursor.fetchall())
    return {person: Opened(on, changed.get(person, 0) > tx) for person, (on, tx) in found.items()}


def continued(judged: Sequence[Period], known: Sequence[Period], on: date) -> tuple[Period, ...] | None:
    """What holds for somebody taken over on a day: his past as it was decided, what happens afterwards as judged.

    None: the facts tell another past.
    """
    held = []
    for place, was in enumerate(known):
        now = judged[place] if place < len(judged) else None
        if now is None or now.acquired_on != was.acquired_on:
            if was.acquired_on < on or (now and now.acquired_on < on):
                return None
            if now is None:
                break
            held.append(now)
        elif _past(was.lost_on, on) or _past(now.lost_on, on):
            if was.lost_on != now.lost_on:
                return None
            held.append(was)
        else:
            held.append(
                was._replace(lost_on=now.lost_on, lost_code=now.lost_code, provisional=now.provisional)
            )
    later = judged[len(known) :]
    return None if any(now.acquired_on < on for now in later) else (*held, *later)


def _past(day: date | None, on: date) -> bool:
    return day is not None and day <= on
