"""第1号被保険者の資格: 取得、喪失、月数。法9条から13条、施行法11条。"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from kaigo.law.dates import attained_on
from kaigo.law.premium import insured_months
from kaigo.law.premium_facts import Span
from kaigo.law.qualification_facts import (
    ACQUIRED,
    LOST,
    Acquisition,
    AcquisitionFacts,
    AcquisitionReason,
    Exception_,
    Exclusion,
    Life,
    LifeFacts,
    Loss,
    LossFacts,
    LossReason,
    Months,
    MonthsFacts,
    Period,
    Stay,
)
from kaigo.law.reasons import Finding, Missing, Reason, Unclear, unclear
from kaigo.law.rule import rule
from kaigo.law.values import Values, value

__all__ = [
    "ACQUIRED", "AGE", "LOST", "Acquisition", "AcquisitionFacts", "AcquisitionReason", "Exception_", "Exclusion", "Life",
    "LifeFacts", "Loss", "LossFacts", "LossReason", "Months", "MonthsFacts", "Period", "Stay", "acquisition", "loss",
    "months", "periods",
]  # fmt: skip
AGE = 65
DAY = timedelta(days=1)
# 日付と考えられる範囲 [FIRST, BEYOND)。9999-12-31 のような埋め草を期限として扱わない。
FIRST, BEYOND = date(1868, 1, 25), date(2200, 1, 1)


@rule("qualification.acquisition", facts=AcquisitionFacts, article="法10条")
def acquisition(facts: AcquisitionFacts, values: Values) -> Finding[Acquisition] | Unclear:
    """資格を取得する日。六十五歳は誕生日の前日、ほかは事由の日。"""
    if facts.reason in ("age_65", "second_to_first"):
        if facts.birth_date is None:
            return unclear("birth_date", "65歳に達する日を数えるには生年月日が要ります")
        day = attained_on(facts.birth_date, AGE)
        reason = Reason(f"acquired.{facts.reason}", "法10条", (facts.birth_date, day))
        return Finding(Acquisition(day, ACQUIRED[facts.reason]), (reason,))
    if facts.day is None:
        return unclear("day", "事由の起きた日が要ります")
    return Finding(
        Acquisition(facts.day, ACQUIRED[facts.reason]),
        (Reason(f"acquired.{facts.reason}", "法10条", (facts.day,)),),
    )


@rule("qualification.loss", facts=LossFacts, article="法11条")
def loss(facts: LossFacts, values: Values) -> Finding[Loss] | Unclear:
    """資格を失う日。翌日が原則、同じ日に他の市町村に住所をもつ者はその日(法11条1項ただし書)。"""
    if facts.reason in ("moved_out", "moved_out_planned") and facts.to_facility:
        return unclear(
            "facility", "転出先が登録施設の住所です。住所地特例(法13条)かどうかを確かめるまで喪失させません"
        )
    if facts.reason in ("moved_out", "moved_out_planned") and facts.taken_on == facts.day:
        found = Loss(facts.day, "51", provisional=False)
        return Finding(found, (Reason("lost.same_day", "法11条1項ただし書", (facts.day,)),))
    provisional = facts.reason == "moved_out_planned"
    # 他の市町村の被保険者であると分かった者は、その事由の日から当方の被保険者でない。
    # 医療保険加入者でなくなった第2号も、その日に失う(法11条2項)。
    day = facts.day if facts.reason in ("other_exception", "no_medical_insurance") else facts.day + DAY
    article = {
        "excluded": "施行法11条", "other_exception": "法13条", "own_exception_ended": "法13条",
        "no_medical_insurance": "法11条2項",
    }  # fmt: skip
    reason = Reason(f"lost.{facts.reason}", article.get(facts.reason, "法11条1項"), (facts.day, day))
    return Finding(Loss(day, LOST[facts.reason], provisional), (reason,))


@rule("qualification.months", facts=MonthsFacts, article="法130条・条例")
def months(facts: MonthsFacts, values: Values) -> Finding[Months]:
    """年度のうち資格のある月。取得の月を数え、喪失の月を数えない。"""
    marks = insured_months((Span(facts.acquired_on, facts.lost_on),), facts.fiscal_year)
    counted = tuple(place + 4 for place, mark in enumerate(marks) if mark)
    reason = Reason(
        "months.counted", "法130条", (facts.fiscal_year, facts.acquired_on, facts.lost_on, len(counted))
    )
    return Finding(Months(len(counted), counted), (reason,))


# -- 一人の一生 ----------------------------------------------------------------------------------------


class ExclusionKind(NamedTuple):
    """適用除外施設の種類。requires: 除外に要る支給決定の種類(空なら要らない)。"""

    name: str
    article: str
    requires: tuple[str, ...]


@value("qualification.exclusion_kinds")
def _kinds(raw) -> dict[str, ExclusionKind]:
    return {
        str(code): ExclusionKind(entry["name"], entry["article"], tuple(map(str, entry.get("requires", ()))))
        for code, entry in raw.items()
    }


class _Piece(NamedTuple):
    """組み立て中の期間。"""

    start: date
    start_code: str
    end: date | None
    end_code: str
    provisional: bool
    reasons: tuple[Reason, ...]


@rule("qualification.periods", facts=LifeFacts, article="法9条から13条・施行法11条")
def periods(facts: LifeFacts, values: Values) -> Finding[Life] | Unclear:
    """一人の資格の期間。矛盾する事実は Unclear、施設への転出は保留(holds)。"""
    if not facts.stays and not facts.exceptions:
        # 住んだことも住所地特例もない記録(取り消された記録、ほかの人にまとめた記録)に資格はない。生年月日を問わない。
        return Finding(Life((), ()), ())
    if facts.birth_date is None:
        return unclear("birth_date", "生年月日に不詳があり、65歳に達する日を決められません")
    wrong = _contradiction(facts)
    if wrong:
        return wrong
    attained = attained_on(facts.birth_date, AGE)
    holds: list[Missing] = []
    pieces = [*_resident(facts, values, holds), *_own(facts)]
    pieces.sort(key=lambda piece: piece.start)
    pieces = _joined(pieces)
    for exclusion in facts.exclusions:
        lack = _grant(exclusion, values)
        if lack:
            holds.append(lack)
            continue
        pieces = _cut(
            pieces, exclusion.entered + DAY, exclusion.left, "53", "08", "lost.excluded", "施行法11条"
        )
    for other in facts.exceptions:
        if other.which == "other":
            pieces = _cut(pieces, other.start, other.end, "58", "07", "lost.other_exception", "法13条")
    found, reasons = [], []
    for piece in pieces:
        period = _from_65(piece, attained)
        if period:
            found.append(period)
            reasons += _told(piece, period, facts.birth_date)
    return Finding(Life(tuple(found), tuple(holds)), tuple(reasons))


def _contradiction(facts: LifeFacts) -> Unclear | None:
    for on in _dates(facts):
        if not FIRST <= on < BEYOND:
            return unclear(
                "date", f"日付 {on.isoformat()} は実在の異動日と考えられません。元の記録を確かめてください"
            )
    for exclusion in facts.exclusions:
        if exclusion.left is not None and exclusion.left < exclusion.entered:
            return unclear("exclusion", "適用除外施設の退所の日が入所の日より前です")
    for exception in facts.exceptions:
        if exception.end is not None and exception.end < exception.start:
            return unclear("exception", "住所地特例の終わりの日が始まりの日より前です")
    for before, after in zip(facts.stays, facts.stays[1:], strict=False):
        if before.end is None or before.end > after.start:
            return unclear("residence", "住所の期間が重なっています。住民記録の履歴を確かめてください")
    for stay in facts.stays:
        if stay.end is not None and stay.end < stay.start:
            return unclear("residence", "異動日が住み始めた日より前です。住民記録の履歴を確かめてください")
        if stay.start < facts.birth_date:
            return unclear("residence", "住み始めた日が生年月日より前です")
    return None


def _dates(facts: LifeFacts) -> list[date]:
    """事実にある日付のすべて。"""
    found = [facts.birth_date]
    for stay in facts.stays:
        found += (stay.start, stay.end, stay.taken_on, stay.planned_on)
    for exclusion in facts.exclusions:
        found += (exclusion.entered, exclusion.left)
    for exception in facts.exceptions:
        found += (exception.start, exception.end)
    return [on for on in found if on is not None]


def _resident(facts: LifeFacts, values: Values, holds: list[Missing]) -> list[_Piece]:
    own_starts = {e.start for e in facts.exceptions if e.which == "own"}
    pieces = []
    for stay in facts.stays:
        code = ACQUIRED[stay.start_reason]
        if stay.end is None and stay.planned_on is None:
            pieces.append(_Piece(stay.start, code, None, "", False, ()))
            continue
        reason = stay.end_reason or "moved_out_planned"
        day = stay.end or stay.planned_on
        # 自特例の適用がもう記録されているなら、施設への転出は資格を切らない。
        told = LossFacts(reason, day, stay.taken_on, stay.to_facility and day not in own_starts)
        lost = loss(told, values)
        if isinstance(lost, Unclear):
            holds += lost.missing
            pieces.append(_Piece(stay.start, code, None, "", False, ()))
        else:
            pieces.append(
                _Piece(
                    stay.start,
                    code,
                    lost.value.lost_on,
                    lost.value.code,
                    lost.value.provisional,
                    lost.reasons,
                )
            )
    return pieces


def _own(facts: LifeFacts) -> list[_Piece]:
    pieces = []
    for exception in facts.exceptions:
        if exception.which == "own":
            end = exception.end + DAY if exception.end else None
            reason = exception.end_reason or "own_exception_ended"
            code = LOST[reason] if end else ""
            why = (Reason(f"lost.{reason}", "法13条", (exception.end, end)),) if end else ()
            pieces.append(_Piece(exception.start, "05", end, code, False, why))
    return pieces


def _joined(pieces: list[_Piece]) -> list[_Piece]:
    """間の空かない期間を一つにする(市内の転居、特例の適用)。"""
    found: list[_Piece] = []
    for piece in pieces:
        if found and (found[-1].end is None or piece.start <= found[-1].end):
            last = found[-1]
            if last.end is not None and (piece.end is None or piece.end >= last.end):
                found[-1] = last._replace(
                    end=piece.end,
                    end_code=piece.end_code,
                    provisional=piece.provisional,
                    reasons=piece.reasons,
                )
        else:
            found.append(piece)
    return found


def _cut(pieces, start: date, end: date | None, lost_code: str, again_code: str, which: str, article: str):
    """[start, end) を除く。除いた後に残る期間は again_code で取得する。"""
    if end is not None and end <= start:  # 入所の日か翌日に退所した: 除かれる日がない
        return pieces
    found = []
    for piece in pieces:
        if (piece.end is not None and piece.end <= start) or (end is not None and end <= piece.start):
            found.append(piece)
            continue
        if piece.start < start:
            why = (Reason(which, article, (start - DAY, start) if lost_code == "53" else (start, start)),)
            found.append(piece._replace(end=start, end_code=lost_code, provisional=False, reasons=why))
        if end is not None and (piece.end is None or end < piece.end):
            found.append(piece._replace(start=max(end, piece.start), start_code=again_code))
    return found


def _grant(exclusion: Exclusion, values: Values) -> Missing | None:
    """適用除外に要る支給決定があるか(事例 I26)。"""
    kind = values.get("qualification.exclusion_kinds").get(exclusion.kind)
    if kind is None:
        return Missing("exclusion.kind", f"適用除外の種類 {exclusion.kind} は施行規則170条の表にありません")
    if kind.requires and exclusion.grant not in kind.requires:
        return Missing(
            "exclusion.grant",
            f"{kind.name}の適用除外には支給決定({'・'.join(kind.requires)})が要ります({kind.article})",
        )
    return None


def _from_65(piece: _Piece, attained: date) -> Period | None:
    # 移った日のうちに他の市町村へ移れば、資格のある日は一日もない(法11条1項ただし書)。
    if piece.end is not None and piece.end <= max(attained, piece.start):
        return None
    if piece.start <= attained:
        return Period(attained, "02", piece.end, piece.end_code, piece.provisional)
    return Period(piece.start, piece.start_code, piece.end, piece.end_code, piece.provisional)


_CODE_REASON = {code: name for name, code in ACQUIRED.items()}


def _told(piece: _Piece, period: Period, birth: date) -> list[Reason]:
    if period.acquired_code == "02":
        begun = Reason("acquired.age_65", "法10条", (birth, period.acquired_on))
    else:
        begun = Reason(f"acquired.{_CODE_REASON[period.acquired_code]}", "法10条", (period.acquired_on,))
    return [begun, *piece.reasons]
