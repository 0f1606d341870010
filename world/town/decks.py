"""Chance without luck: cards in exact shares, shuffled, drawn one by one, so that a small ward sees each kind too."""

from __future__ import annotations

from math import gcd

from world.town.chance import generator


class Decks:
    """Decks by name, each begun anew when it is empty. `drawn` (name → how many) is all that must be kept of them."""

    def __init__(
        self, seed: int, shares: dict[str, dict[str, int]], drawn: dict[str, int] | None = None
    ) -> None:
        self.seed, self.drawn = seed, dict(drawn or {})
        self._cards = {name: _cards(share) for name, share in shares.items()}
        self._shuffled: dict[tuple[str, int], list[str]] = {}

    def draw(self, name: str) -> str:
        """The next card of a deck."""
        cards = self._cards[name]
        place = self.drawn.get(name, 0)
        self.drawn[name] = place + 1
        turn = place // len(cards)
        if (name, turn) not in self._shuffled:
            shuffled = list(cards)
            generator(self.seed, f"deck {name} {turn}").shuffle(shuffled)
            self._shuffled[name, turn] = shuffled
        return self._shuffled[name, turn][place % len(cards)]


def _cards(share: dict[str, int]) -> list[str]:
    least = gcd(*share.values())
    return [card for card, count in share.items() for _ in range(count // least)]
