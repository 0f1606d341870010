"""What the insurance system knows of people that a decision about access needs (base/desk/things.py)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kaigo.base.desk.refs import ref
from kaigo.base.desk.things import Access, Look
from kaigo.base.keys.index import index
from kaigo.base.records.context import Context
from kaigo.base.staff.can import Staff
from kaigo.base.staff.marks import MARKS, own_number, own_words
from kaigo.insurance.counter import caps
from kaigo.insurance.counter.explained import cases, joined
from kaigo.insurance.release import read as release
from kaigo.insurance.residents import read as residents


class InsuranceAccess(Access):
    """Of the insured and their households."""

    def marks(self, ctx: Context, people: tuple[int, ...]) -> frozenset[bytes]:
        """Who these people and their households are, by kana and birth date and by 宛名番号."""
        words = []
        for kana, birth, numbers in residents.identities(ctx, people):
            if kana and birth:
                words.append(own_words(kana, birth))
            words += [own_number(number) for number in numbers]
        # What staff are known by was kept under the key of its time.
        key = index(MARKS)
        return frozenset(digest for word in words for digest in key.every(word))

    knows = True

    def same(self, ctx: Context, person: int) -> tuple[int, ...]:
        return residents.same(ctx, person)

    def everybody(self, ctx: Context) -> Sequence[int]:
        return residents.everybody(ctx)

    def names(self, ctx: Context, people: Iterable[int]) -> dict[int, str]:
        return residents.names(ctx, people)

    def numbered(self, ctx: Context, texts: Iterable[str]) -> Iterable[int]:
        return residents.numbered(ctx, texts)

    def recipients(self, ctx: Context, objects: Iterable[str]) -> dict[str, str]:
        return release.recipients(ctx, objects)

    def address(self, person: int) -> str:
        return f"/person/{ref('person', person)}/"

    def guarded(self, ctx: Context, people: Iterable[int]) -> bool:
        return bool(residents.protected_among(ctx, people))

    def look(self, ctx: Context, staff: Staff, people: tuple[int, ...]) -> Look:
        """Explained by what waits about each of them, a contact, a work list, or a reason given today."""
        told = cases(ctx, staff, people)
        lacks = next((person for person in people if person not in told), None)
        if lacks is not None:
            return Look(ask=f"{self.address(lacks)}why/")
        case, unexplained = joined(told)
        return Look(case, unexplained, over=caps.spent(replace(ctx, case=case), staff, people))

    def exist(self, people: tuple[int, ...]) -> bool:
        return all(residents.exists(person) for person in people)

    def listed(self, ctx: Context, staff: Staff, people: frozenset[int]) -> str:
        return caps.listed(ctx, staff, people)
