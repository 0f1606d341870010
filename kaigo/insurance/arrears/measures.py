"""差押, 交付要求, 執行停止, 債務の承認: what was done about a debt by law, and when it ended.

Each act is a Decision; it is about all that the person owes on its day, or about the terms that are named.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from kaigo.base.records.context import Context
from kaigo.base.records.free_text import without_my_number
from kaigo.base.records.refusal import Refused
from kaigo.base.records.rows import rows
from kaigo.insurance.arrears.chain import judged
from kaigo.insurance.arrears.events import standing_sql
from kaigo.insurance.arrears.lapses import open_at
from kaigo.insurance.arrears.models import Measure, MeasureTerm

KINDS = {
    "seizure": "差押",
    "distribution_claim": "交付要求",
    "enforcement_stop": "執行停止",
    "acknowledgement": "債務の承認",
    "dunning": "督促(前のシステム)",
    "deferral": "徴収猶予(前のシステム)",
}
# 地方税法15条の7第1項各号の例。
GROUNDS = {
    "no_property": "財産がない",
    "hardship": "生活を著しく窮迫させるおそれ",
    "unknown": "所在・財産が不明",
}
LASTING = ("seizure", "distribution_claim", "enforcement_stop", "deferral")
BY_HAND = ("seizure", "distribution_claim", "enforcement_stop", "acknowledgement")
STATES = {"begun": "続いている", "ended": "終わった", "withdrawn": "取り消した", "void": "誤記"}


class MeasureView(NamedTuple):
    """A measure as it stands; yen: what was open of its terms when it began. ends: the first day after it."""

    id: int
    person: int
    kind: str
    state: str
    begins: date
    ends: date | None
    object: str
    ground: str
    at_once: bool
    reason: str
    yen: int

    @property
    def what(self) -> str:
        return KINDS[self.kind]

    @property
    def how(self) -> str:
        """続いている | 終わった …; nothing for what happens on one day."""
        return STATES[self.state] if self.kind in LASTING or self.state == "void" else ""

    @property
    def why(self) -> str:
        return GROUNDS.get(self.ground, self.ground)

    @property
    def lasts(self) -> bool:
        return self.kind in LASTING and self.state == "begun"


def begin(
    ctx: Context, person: int, kind: str, begins: date, object: str = "", ground: str = "", at_once: bool = False,
    reason: str = "", terms: Iterable[tuple[int, int]] | None = None,
) -> Measure:  # fmt: skip
    """Record a measure. terms: (fiscal year, number); None = all that was owed on its day and had not lapsed by then.

    Refused on a day to come, without object (差押, 交付要求) or ground (執行停止), and where nothing is owed.
    """
    if kind not in BY_HAND:
        raise Refused("差押・交付要求・執行停止・債務の承認のどれかを選んでください。")
    if begins > ctx.on:
        raise Refused("まだ来ていない日です。行った日を書いてください。")
    if kind in ("seizure", "distribution_claim") and not object.strip():
        raise Refused("何を差し押さえたか(だれに交付を求めたか)を書いてください。")
    if kind == "enforcement_stop" and ground not in GROUNDS:
        raise Refused("執行を停止する理由を選んでください(地方税法15条の7の例)。")
    without_my_number(object, reason)
    rows("SELECT pg_advisory_xact_lock(hashtext('arrears.measure'), %(id)s::int)", {"id": person % 2**31})
    if kind == "enforcement_stop" and any(one.kind == kind and one.lasts for one in of_person(ctx, person)):
        raise Refused("執行停止がもう続いています。取り消してから、改めて停止してください。")
    wanted = None if terms is None else set(terms)
    owed = [
        one.term
        # As it was on the day of the measure: what was done in time and is entered later was done in time.
        for one in judged(ctx.at(begins), [person])
        if one.term.balance > 0 and one.finding and not one.complete and one.term.due_on < begins
        and (wanted is None or (one.term.fiscal_year, one.term.number) in wanted)
    ]  # fmt: skip
    if not owed or (wanted is not None and len(owed) != len(wanted)):
        raise Refused("その日に滞納していて時効の完成していない期がありません。日と期を確かめてください。")
    made = Measure.objects.create(
        person_id=person, begun=None, kind=kind, state="begun", begins=begins, ends=None, object=object.strip()[:120],
        ground=ground if kind == "enforcement_stop" else "", at_once=at_once and kind == "enforcement_stop",
        reason=reason.strip()[:200], decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip
    left = open_at(ctx, [(*t.key, begins) for t in owed])
    MeasureTerm.objects.bulk_create(
        MeasureTerm(
            measure=made, person_id=person, fiscal_year=t.fiscal_year, number=t.number, yen=left[t.key]
        )
        for t in owed
    )
    return made


def end(ctx: Context, measure: int, how: str, ended_on: date | None, reason: str) -> Measure:
    """A measure is over. how: ended (解除・終了) | withdrawn (取消し) | void (entered by mistake, as if never).

    ended_on: the day of the release, the first on which it held no more. Refused for what does not last, before its begin, on a day to come, without
    reason.
    """
    first = Measure.objects.filter(id=measure, begun__isnull=True).first()
    if first is None:
        raise Refused("この処分はありません。画面を開き直してください。")
    rows(
        "SELECT pg_advisory_xact_lock(hashtext('arrears.measure'), %(id)s::int)",
        {"id": first.person_id % 2**31},
    )
    if Measure.objects.filter(supersedes=first).exists():
        raise Refused("この処分はもう終わっています。画面を開き直してください。")
    if how not in ("ended", "withdrawn", "void"):
        raise Refused("解除(終了)・取消し・誤記のどれかを選んでください。")
    if not reason.strip():
        raise Refused("理由を書いてください。")
    without_my_number(reason)
    ends = None
    if how != "void":
        if first.kind not in LASTING:
            raise Refused("一日で終わるできごとです。誤って書いたときは誤記としてください。")
        if ended_on is None or ended_on < first.begins or ended_on > ctx.on:
            raise Refused(
                "解いた日(終わった日、取り消した日)を、始まった日から今日までの日で書いてください。"
            )
        ends = ended_on
    return Measure.objects.create(
        person_id=first.person_id, begun=first, kind=first.kind, state=how, begins=first.begins, ends=ends,
        object=first.object, ground=first.ground, at_once=first.at_once, reason=reason.strip()[:200], supersedes=first,
        decided_on=ctx.on, actor=ctx.actor,
    )  # fmt: skip


def of_person(ctx: Context, person: int) -> list[MeasureView]:
    """A person's measures as they stand, the newest first."""
    return [
        MeasureView(*row)
        for row in rows(
            f"""
            SELECT coalesce(m.begun_id, m.id), m.person_id, m.kind, m.state, m.begins, m.ends, m.object, m.ground, m.at_once,
                   m.reason, coalesce((SELECT sum(t.yen) FROM arrears_measure_term t
                                       WHERE t.measure_id = coalesce(m.begun_id, m.id)), 0)::int
            FROM ({standing_sql(ctx, "arrears_measure")}) m WHERE m.person_id = %(person)s
            ORDER BY m.begins DESC, m.id DESC""",
            {"person": person, "known_at": ctx.known_at},
        )
    ]
