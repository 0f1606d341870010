"""総合照会: one person on one page, on any day, as believed at any moment."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from kaigo.base.desk.charts import Timeline, timeline
from kaigo.base.desk.panel import Panel
from kaigo.base.desk.refs import ref
from kaigo.base.desk.titles import Title, whose
from kaigo.base.desk.views import Page, go
from kaigo.base.records.context import Context
from kaigo.insurance.qualification import read as qualification
from kaigo.insurance.residents import read as residents
from kaigo.law.dates import age, fiscal_span, fiscal_year, parse_date, wareki

# kind of banner → (note, order). What harms somebody comes first.
BANNERS = {
    "protected": ("danger", 0),
    "dead": ("warn", 1),
    "moved": ("warn", 2),
    "hold": ("warn", 3),
    "arrears": ("warn", 4),
    "interim": ("info", 5),
}
# For what a ledger is printed: purposes of the access record, in words.
PURPOSES = {
    "inquiry": "問合せへの対応",
    "qualification": "資格の調べ",
    "premium": "賦課の調べ",
    "collection": "収納の調べ",
}
_YEARS_BACK = 10
_EARLIEST = date(2000, 4, 1)  # 介護保険法の施行


@dataclass(frozen=True, slots=True)
class Times:
    """What the time control says. changed: not today or not as believed now; errors: what could not be read."""

    on: date
    known_at: datetime | None
    today: date
    typed_on: str
    typed_known: str
    errors: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return self.on != self.today or self.known_at is not None

    @property
    def told(self) -> str:
        """令和7年10月1日現在・令和8年4月1日 09:00 時点の認識."""
        parts = [f"{wareki(self.on)}現在"]
        if self.known_at is not None:
            local = timezone.localtime(self.known_at)
            parts.append(f"{wareki(local.date())} {local:%H:%M} 時点の認識")
        return "、".join(parts)


def times(ctx: Context, given: Mapping[str, str]) -> Times:
    """`on` = a date in any usual spelling, `known` = a date with or without time (Tokyo); wrong ones are told."""
    errors = []
    on, known_at = ctx.on, None
    typed = {name: given.get(name, "").strip() for name in ("on", "known")}
    if typed["on"]:
        try:
            on = parse_date(typed["on"])
        except ValueError:
            errors.append(
                f"いつ現在「{typed['on']}」は日付として読めません。令和7年10月1日、R7.10.1、2025-10-01 のように書いてください"
            )
    if typed["known"]:
        try:
            known_at = moment(typed["known"])
        except ValueError:
            errors.append(
                f"いつ時点の認識「{typed['known']}」は日付と時刻として読めません。"
                "令和8年4月1日 9:00、R8.4.1、2026-04-01 09:00 のように書いてください"
            )
        if known_at is not None and known_at > timezone.now():
            errors.append("いつ時点の認識: これから先の認識はありません。いまの認識を表示しています")
            known_at = None
    return Times(on, known_at, ctx.on, typed["on"], typed["known"], tuple(errors))


_CLOCK = re.compile(r"(.+?)(?:[T ]\s*|(?<=日))(\d{1,2})[:時](\d{2})分?")


def moment(text: str) -> datetime:
    """A day in any usual spelling with a time in Tokyo; without one, the end of that day. ValueError = unreadable."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _CLOCK.fullmatch(plain)
    if found:
        day, clock = parse_date(found[1]), clock_time(int(found[2]), int(found[3]))
    else:
        day, clock = parse_date(plain) + timedelta(days=1), clock_time()
    return timezone.make_aware(datetime.combine(day, clock))


class PersonPage(Page):
    permission = "counter.view"
    purpose = "inquiry"

    def get(self, ctx: Context, request: HttpRequest, person: int):
        asked = times(ctx, request.GET)
        ctx = replace(ctx, on=asked.on, known_at=asked.known_at)
        view = residents.one_or_404(ctx, person)
        if view.merged_into is not None:
            return go(f"/person/{ref('person', view.merged_into)}/")
        panels = panels_of(ctx, person, request)
        return "counter/person.html", {
            "title": _title(view),
            "view": view,
            "person": person,
            "times": asked,
            "age": age(view.birth_date, asked.on)
            if view.birth_date and view.birth_date <= asked.on
            else None,
            "may_note": request.staff.may("counter.note"),
            "may_trace": request.staff.may("audit.view"),
            "may_tell": request.staff.may("audit.tell"),
            "print_for": list(PURPOSES.items()),
            "insured_number": qualification.number(ctx, person),
            "banners": banners(view, panels),
            "panels": panels,
            "unknown": not (view.name or view.birth_raw),
            "timeline": _timeline(panels, asked.on),
        }


def _title(view: residents.PersonView) -> Title:
    return whose(view.known_as or "氏名不明", "の総合照会")


@lru_cache(maxsize=4)
def _rooms() -> tuple:
    """The panels of the street, in its order."""
    return tuple(import_module(f"{room}.panels") for room in settings.STREET if find_spec(f"{room}.panels"))


def panels_of(ctx: Context, person: int, request: HttpRequest) -> list[Panel]:
    """The cards that this clerk may see; rooms he may not enter are absent."""
    found = [room.panel(ctx, person) for room in _rooms()]
    return [panel for panel in found if panel is not None and request.staff.may(panel.permission)]


def banners(view: residents.PersonView, panels: list[Panel]) -> list[tuple[str, str]]:
    """(note, text), the gravest first. Protection, death and moves are told also to those who see no card."""
    found: dict[str, list[str]] = {}
    if view.protected:
        found["protected"] = ["支援措置の対象者です。住所や連絡先を、本人のほか誰にも伝えないでください。"]
    if view.dead and view.since:
        found["dead"] = [f"亡くなっています({wareki(view.since)})。"]
    if view.moved and view.since:
        found["moved"] = [f"転出しています({wareki(view.since)})。"]
    if view.hold:
        found["hold"] = [f"処理を止めています: {view.hold}"]
    own = set(found)
    for panel in panels:
        for banner in panel.banners:
            if banner.kind not in own:
                found.setdefault(banner.kind, []).append(banner.text)
    ordered = sorted(found.items(), key=lambda item: BANNERS.get(item[0], ("warn", 9))[1])
    return [(BANNERS.get(kind, ("warn", 9))[0], text) for kind, texts in ordered for text in texts]


def _timeline(panels: list[Panel], on: date) -> Timeline:
    lanes = [(panel.title, panel.bars) for panel in panels if panel.bars]
    starts = [bar.start for _, bars in lanes for bar in bars]
    first = max(_EARLIEST, date(fiscal_year(on) - _YEARS_BACK + 1, 4, 1))
    if starts:
        first = max(first, fiscal_span(fiscal_year(min(starts)))[0])
    first = min(first, fiscal_span(fiscal_year(on))[0])
    return timeline(lanes, first, fiscal_span(fiscal_year(on) + 1)[1], on)
