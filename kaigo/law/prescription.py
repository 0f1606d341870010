"""徴収権の時効: 納期限の翌日から二年(法200条1項)。更新・完成猶予(令和2年3月までは中断・停止)をたどり、完成する日を見る。

時効の完成には援用を要せず、その利益を放棄できない(自治法236条2項)。完成した後の納付は受け取れず、返す(時効後収入)。できごとの
種類ごとの効き目は、日付のある値 `prescription.effects` にある。還付を請求する権利の時効は `limits.refund`。
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Literal, NamedTuple

from kaigo.law.dates import last_day
from kaigo.law.limits import two_years_after
from kaigo.law.reasons import Finding, Reason
from kaigo.law.rule import rule
from kaigo.law.values import Values, value

ARTICLE = "法200条1項・自治法236条"
DAY = timedelta(days=1)
Kind = Literal[
    "dunning", "part_payment", "acknowledgement", "instalment_agreement", "seizure", "distribution_claim",
    "lawsuit", "deferral", "enforcement_stop", "reminder",
]  # fmt: skip
ARTICLES: dict[str, str] = {
    "dunning": "法200条2項",
    "part_payment": "民法152条",
    "acknowledgement": "民法152条",
    "instalment_agreement": "民法152条",
    "seizure": "民法148条",
    "distribution_claim": "地方税法18条の2の例",
    "lawsuit": "民法147条",
    "deferral": "地方税法18条の2の例",
    "enforcement_stop": "地方税法15条の7の例",
    "reminder": "民法150条",
}
# renew: 新たに二年を数える。hold: 続く間は完成せず、終われば新たに二年。pause: 続く間は進まない。
# grace: 六か月は完成しない。none: 時効は変わらない。
EFFECTS = ("renew", "hold", "pause", "grace", "none")


class Event(NamedTuple):
    """時効にかかわるできごと。on: あった日(督促状を発した日、納めた日、差し押さえた日、猶予の始まる日など)。

    end: 続かない最初の日(差押を解いた日、猶予の終わる日の翌日)。続いていれば None。withdrawn: 差押・交付要求・訴えを取り消した。
    """

    kind: Kind
    on: date
    end: date | None = None
    withdrawn: bool = False


class PrescriptionFacts(NamedTuple):
    """一つの期の徴収権。due_on: 納期限。on: いつ見るか(その後のできごとは見ない)。"""

    due_on: date
    on: date
    events: tuple[Event, ...] = ()


class Prescription(NamedTuple):
    """starts_on: いま数えている二年の初日。last_on: 徴収できる最後の日(差押などが続いていて決まらなければ None)。

    complete: on に時効が完成しているか。
    """

    starts_on: date
    last_on: date | None
    complete: bool


class LateReceiptFacts(NamedTuple):
    """納付の日に時効が完成していたかを見る事実。received_on: 納めた日(領収日)。yen: 納めた額(円)。"""

    due_on: date
    received_on: date
    yen: int
    events: tuple[Event, ...] = ()


class LateReceipt(NamedTuple):
    """kept_yen: 収入にする額。return_yen: 時効後収入として返す額(円)。"""

    kept_yen: int
    return_yen: int


@value("prescription.effects")
def _effects(raw) -> Mapping[str, str]:
    wrong = {kind for kind in ARTICLES if raw.get(kind) not in EFFECTS}
    if wrong or set(raw) - set(ARTICLES) - {"withdrawn", "renewal"}:
        raise ValueError(f"できごと({' '.join(ARTICLES)})のそれぞれに {' '.join(EFFECTS)} のどれかを書く")
    if raw["withdrawn"] not in ("grace", "none") or raw["renewal"] not in ("renewal", "interruption"):
        raise ValueError("withdrawn は grace か none、renewal は renewal か interruption")
    return raw


class _Run(NamedTuple):
    """数えている途中。pauses: 進まない期間。grace: 完成猶予の最後の日。held: 差押などが続いている。"""

    start: date
    pauses: tuple[tuple[date, date | None], ...] = ()
    grace: date | None = None
    held: bool = False
    dunned: bool = False


@rule("prescription.collection", facts=PrescriptionFacts, article=ARTICLE)
def collection(facts: PrescriptionFacts, values: Values) -> Finding[Prescription]:
    """徴収権の時効が完成する日と、そこに至るできごと。"""
    first = facts.due_on + DAY
    run = _Run(first)
    chain = [Reason("prescription.start", "法200条1項", (facts.due_on, first, two_years_after(facts.due_on)))]
    for event in sorted(facts.events, key=lambda event: event.on):
        if event.on <= facts.on:
            run, reason = _after(run, event, values)
            chain.append(reason)
    last = _last(run)
    complete = last is not None and facts.on > last
    which = (
        "prescription.held" if last is None else "prescription.complete" if complete else "prescription.runs"
    )
    return Finding(
        Prescription(run.start, last, complete), (Reason(which, ARTICLE, (facts.on, last), tuple(chain)),)
    )


@rule("prescription.receipt", facts=LateReceiptFacts, article=ARTICLE)
def receipt(facts: LateReceiptFacts, values: Values) -> Finding[LateReceipt]:
    """納付を収入にできるか。時効が完成した後の納付は、全額を返す。"""
    found = collection(PrescriptionFacts(facts.due_on, facts.received_on, facts.events), values)
    if found.value.complete:
        why = Reason(
            "prescription.late_receipt",
            ARTICLE,
            (facts.received_on, found.value.last_on, facts.yen),
            found.reasons,
        )
        return Finding(LateReceipt(0, facts.yen), (why,))
    why = Reason("prescription.receipt", ARTICLE, (facts.received_on, facts.yen), found.reasons)
    return Finding(LateReceipt(facts.yen, 0), (why,))


def _after(run: _Run, event: Event, values: Values) -> tuple[_Run, Reason]:
    """一つのできごとの後。完成した後のできごとと、二度目の督促は、何も変えない。"""
    article = ARTICLES[event.kind]
    last = _last(run)
    if last is not None and event.on > last:
        return run, Reason("prescription.too_late", article, (event.kind, event.on, last))
    effects: Mapping[str, str] = values.at(event.on).get("prescription.effects")
    effect = effects[event.kind]
    if event.kind == "dunning" and run.dunned:
        return run, Reason("prescription.dunned_again", article, (event.on, last))
    if effect == "renew":
        run = run._replace(start=max(run.start, event.on + DAY), dunned=run.dunned or event.kind == "dunning")
        return run, Reason(
            "prescription.renewed", article, (event.kind, event.on, effects["renewal"], run.start, _last(run))
        )
    if effect == "hold":
        return _held(run, event, effects)
    if effect == "pause":
        run = run._replace(pauses=(*run.pauses, (event.on, event.end)))
        return run, Reason("prescription.paused", article, (event.kind, *_span(event), _last(run)))
    if effect == "grace":
        return _grace(run, event)
    return run, Reason("prescription.unchanged", article, (event.kind, event.on, last))


def _held(run: _Run, event: Event, effects: Mapping[str, str]) -> tuple[_Run, Reason]:
    """差押・交付要求・訴え: 続く間は完成しない。終われば新たに二年。取り消せば六か月の猶予だけ(民法147条・148条)。"""
    article = ARTICLES[event.kind]
    if event.end is None:
        return run._replace(held=True), Reason("prescription.holding", article, (event.kind, event.on))
    if not event.withdrawn:
        run = run._replace(start=max(run.start, event.end + DAY))
        return run, Reason(
            "prescription.hold_ended", article, (event.kind, event.on, event.end, run.start, _last(run))
        )
    if effects["withdrawn"] == "grace":
        run = _later(run, event.end)
    return run, Reason("prescription.withdrawn", article, (event.kind, event.on, event.end, _last(run)))


def _grace(run: _Run, event: Event) -> tuple[_Run, Reason]:
    """催告: 六か月は完成しない。猶予されている間の再度の催告に効き目はない(民法150条2項)。"""
    article = ARTICLES[event.kind]
    counted = _counted(run)
    if run.grace and counted is not None and event.on > counted:
        return run, Reason("prescription.reminded_again", article, (event.on, run.grace))
    run = _later(run, event.on)
    return run, Reason("prescription.grace", article, (event.kind, event.on, run.grace, _last(run)))


def _later(run: _Run, on: date) -> _Run:
    until = last_day(on + DAY, months=6)
    return run._replace(grace=max(run.grace, until) if run.grace else until)


def _span(event: Event) -> tuple[date, date | None]:
    """文に書く初日と末日。続いていれば末日はない。"""
    return event.on, event.end and event.end - DAY


def _last(run: _Run) -> date | None:
    """徴収できる最後の日。差押や猶予が続いていれば None。"""
    counted = _counted(run)
    if run.held or counted is None:
        return None
    return max(counted, run.grace) if run.grace else counted


def _counted(run: _Run) -> date | None:
    """進まない期間の日数だけ延びた、二年の末日。重なる期間は一度だけ数える。"""
    last, reached = last_day(run.start, years=2), run.start
    for begin, end in sorted(run.pauses, key=lambda pause: pause[0]):
        start = max(begin, reached)
        if start > last:
            break
        if end is None:
            return None
        if end > start:
            last, reached = last + (end - start), end
    return last
