"""Why a letter may not go out now. Facts only; nothing is decided about the premium here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kaigo.base.paper import fonts
from kaigo.base.records.context import Context
from kaigo.base.records.rows import rows_at
from kaigo.insurance.residents import read as residents

HOLDS = {
    "protected": "支援措置",
    "dead": "死亡(相続人の送付先なし)",
    "address": "宛先なし",
    "stopped": "処理停止",
    "unprintable": "印刷できない文字",
    "shared": "他人と同じ送付先",
    "interim": "仮の段階",
    "remission": "減免",
}
# A clerk may let these go, with a reason that is kept.
LIFTABLE = ("shared", "interim")
SHARED = "世帯の違う人と同じ送付先です。別の人の送付先を登録していないか確かめ、正しければ止めた理由を外してください。"
INTERIM = (
    "税の申告または調査が済んでいないため仮の段階です。仮のまま通知するときは、止めた理由を外してください。"
)
REMISSION = (
    "減免の額を記す通知書の様式がまだありません。減免の決定は、様式ができるまで窓口の文書で知らせてください。"
)


class Hold(NamedTuple):
    """code: a key of HOLDS, "" = may go out; why: what to do, Japanese."""

    code: str = ""
    why: str = ""


FREE = Hold()


class Place(NamedTuple):
    """Where a letter goes, and whether it may. A held one of a protected person carries no address."""

    postal_code: str
    address: str
    building: str
    recipient: str
    name: str
    hold: Hold


def places(ctx: Context, persons: Iterable[int], use: str = "premium") -> dict[int, Place]:
    """person → Place on ctx.on, for everybody asked for."""
    persons = list(persons)
    found = residents.letter_addresses(ctx, persons, use)
    protected = residents.protected_among(ctx, persons)
    held = [person for person, letter in found.items() if letter.held]
    dead = _dead(ctx, held) if held else set()
    stopped = _stopped(ctx, persons)
    mailed = [person for person, letter in found.items() if letter.kind == "mailing"]
    shared = _shared(ctx, mailed) if mailed else set()
    return {
        person: Place(
            letter.postal_code, letter.address, letter.building, letter.recipient, letter.name,
            _hold(letter, person in protected, person in dead, stopped.get(person), person in shared),
        )
        for person, letter in found.items()
    }  # fmt: skip


def _hold(
    letter: residents.LetterAddress, protected: bool, dead: bool, stopped: str | None, shared: bool
) -> Hold:
    if letter.held:
        return Hold("protected" if protected else "dead" if dead else "address", letter.why)
    if stopped is not None:
        return Hold("stopped", f"処理停止({stopped})を解いてから出し直してください。")
    words = letter.name + letter.recipient + letter.address + letter.building
    if not fonts.prints(words):
        signs = "、".join(f"U+{ord(sign):04X}" for sign in sorted(set(words)) if not fonts.prints(sign))
        return Hold(
            "unprintable", f"印刷できない文字({signs})があります。送付先に代わりの文字で登録してください。"
        )
    return Hold("shared", SHARED) if shared else FREE


def _shared(ctx: Context, persons: list[int]) -> set[int]:
    """Those whose mailing address also serves somebody who never lived in one household with them.

    Whoever enters the address of the wrong person sends his letters, and later his money, there (I27d).
    """
    mailing = f"SELECT * FROM ({residents.mailing_address_sql(ctx)}) x WHERE x.effective @> %(on)s::date"
    homes = residents.membership_history_sql(ctx)
    return {
        row[0]
        for row in rows_at(
            ctx,
            f"SELECT DISTINCT m.person_id FROM ({mailing}) m JOIN ({mailing}) o ON o.person_id <> m.person_id "
            "AND o.address = m.address AND o.building = m.building "
            "WHERE m.person_id = ANY(%(persons)s::bigint[]) AND NOT EXISTS ("
            f"SELECT 1 FROM ({homes}) h JOIN ({homes}) g ON g.household_id = h.household_id "
            "AND g.effective && h.effective WHERE h.person_id = m.person_id AND g.person_id = o.person_id)",
            persons=persons,
        )
    }


def _dead(ctx: Context, persons: list[int]) -> set[int]:
    return {
        row[0]
        for row in rows_at(
            ctx,
            f"SELECT r.person_id FROM ({residents.residence_sql(ctx)}) r "
            "WHERE r.state = 'dead' AND r.person_id = ANY(%(persons)s::bigint[])",
            persons=persons,
        )
    }


def _stopped(ctx: Context, persons: list[int]) -> dict[int, str]:
    return dict(
        rows_at(
            ctx,
            f"SELECT h.person_id, h.reason FROM ({residents.hold_sql(ctx)}) h "
            "WHERE h.effective @> %(on)s::date AND h.person_id = ANY(%(persons)s::bigint[])",
            persons=persons,
        )
    )
