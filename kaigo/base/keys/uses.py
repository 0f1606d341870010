"""What uses which key of the store: a room says how its things are counted and put under the newest version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from kaigo.base.keys.store import Kind


class Use(NamedTuple):
    """counts(): version → how many things of this system or installation need it. renew(): puts the others under the newest
    version, returns how many. still(): inside it nothing begins to use an old version; Refused when that cannot be had.
    quick: counted fast enough for a page.
    """

    kind: Kind
    name: str
    label: str
    counts: Callable[[], Mapping[int, int]]
    renew: Callable[[], int] | None = None
    still: Callable[[], AbstractContextManager[object]] = nullcontext
    quick: bool = True


_USES: dict[tuple[Kind, str], Use] = {}


def using(use: Use) -> None:
    """Tell it, once a key. A key that nobody tells of is destroyed with a reason only."""
    _USES[use.kind, use.name] = use


def use_of(kind: Kind, name: str) -> Use | None:
    """Who counts this key, None = nobody."""
    return _USES.get((kind, name))


def uses() -> list[Use]:
    """All, by kind and name."""
    return [_USES[key] for key in sorted(_USES)]
