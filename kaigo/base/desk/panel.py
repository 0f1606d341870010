"""What a room shows of a person on the counter's page. Rooms return it; the counter draws it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar on the time axis, half-open; end None = still so. tone: a colour name of the desk, always with the label."""

    label: str
    start: date
    end: date | None
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class PanelEvent:
    """One thing that happened."""

    on: date
    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Banner:
    """Something everybody must see before anything else. kind: protected | dead | moved | arrears | interim | hold."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A room's card: the state in one line, the last events, a link, bars of the timeline, banners."""

    room: str
    title: str
    state: str
    url: str
    events: tuple[PanelEvent, ...] = ()
    bars: tuple[Bar, ...] = ()
    banners: tuple[Banner, ...] = ()
    permission: str = ""
    facts: tuple[tuple[str, str], ...] = field(default=())
