"""What was deducted in February before the year: lines of the former system or of a pension payer → premium_deducted."""

from __future__ import annotations

from django.db import connection

from kaigo.base.feeds import read as feeds
from kaigo.base.records.context import Context
from kaigo.base.records.watermarks import reading
from kaigo.insurance.residents import read as residents

LAYOUT = "migrate.february"
FEBRUARY = 14
UNKNOWN = "この宛名番号の人が住民の台帳にいません"
DIFFERS = "同じ人・年度の2月の額がもう別の額で取り込まれています"


def take(ctx: Context) -> dict:
    """Read the new lines once. A line that cannot be used goes back to the list of errors of the files."""
    place = feeds.columns(LAYOUT)
    with reading("premium.take_february", "feeds_line") as span, connection.cursor() as cursor:
        cursor.execute(
            f"""CREATE TEMPORARY TABLE premium_february ON COMMIT DROP AS
            SELECT l.id, l.sequence, l.delivery_id, l.number, l.values[{place["addressee"]}] AS addressee, a.person_id,
                   l.values[{place["fiscal_year"]}]::int AS fiscal_year, l.values[{place["yen"]}]::int AS yen
            FROM ({feeds.lines_sql()}) l LEFT JOIN ({residents.addressee_sql()}) a
              ON a.number = l.values[{place["addressee"]}]
            WHERE l.layout = %(layout)s AND l.tx >= %(after)s::text::xid8 AND l.tx < %(upto)s::text::xid8""",
            {"layout": LAYOUT, "after": str(span.after), "upto": str(span.upto)},
        )
        cursor.execute(
            "INSERT INTO premium_deducted (person_id, fiscal_year, month, yen, source) "
            "SELECT DISTINCT ON (person_id, fiscal_year) person_id, fiscal_year, %s, yen, "
            "'feed:' || delivery_id || ':' || number FROM premium_february WHERE person_id IS NOT NULL "
            "ORDER BY person_id, fiscal_year, sequence DESC, id DESC "
            "ON CONFLICT (person_id, fiscal_year, month) DO NOTHING",
            [FEBRUARY],
        )
        taken = cursor.rowcount
        cursor.execute(
            "SELECT f.delivery_id, f.number, f.addressee, f.person_id, f.yen FROM premium_february f "
            "LEFT JOIN premium_deducted d ON d.person_id = f.person_id AND d.fiscal_year = f.fiscal_year "
            "AND d.month = %s WHERE f.person_id IS NULL OR d.yen <> f.yen",
            [FEBRUARY],
        )
        wrong = cursor.fetchall()
        cursor.execute("DROP TABLE premium_february")
    _refuse(ctx, wrong)
    return {"taken": taken, "refused": len(wrong)}


def _refuse(ctx: Context, wrong: list[tuple]) -> None:
    if not wrong:
        return
    from kaigo.base.feeds.decide import Refusal, refuse_lines

    refuse_lines(
        ctx,
        "premium",
        [
            Refusal(
                delivery, number, "addressee", "premium.person", addressee, UNKNOWN,
                "宛名番号を確かめ、住民記録を先に取り込んでから再読込してください",
            )
            if person is None
            else Refusal(
                delivery, number, "yen", "premium.february_once", str(yen), DIFFERS,
                "どちらの額が正しいか、旧システムの収納の記録で確かめてください",
            )
            for delivery, number, addressee, person, yen in wrong
        ],
    )  # fmt: skip
