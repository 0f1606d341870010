"""Banks and branches: the published list of 統一金融機関コード as packaged by zengin-code."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from kaigo.base.records.folding import fold
from kaigo.layouts.bank_text import head_of, narrow


class Branch(NamedTuple):
    """A branch of a bank as the list has it."""

    bank: str
    bank_name: str
    code: str
    name: str
    kana: str


@lru_cache(maxsize=1)
def _banks() -> dict:
    from zengin_code import Bank  # reads 10 MB: only when somebody asks

    return Bank.all


def bank_name(code: str, branch: str | None = None) -> str | None:
    """銀行名, or 銀行名 支店名 when a branch is asked for. None = not in the list."""
    bank = _banks().get(code)
    if bank is None or branch is None:
        return bank.name if bank else None
    found = bank.branches.get(branch)
    return f"{bank.name} {found.name}" if found else None


def bank_kana(code: str, branch: str) -> tuple[str, str]:
    """(bank, branch) as banks write them, half-width kana cut to what a record holds (15); "" = not in the list."""
    bank = _banks().get(code)
    found = bank.branches.get(branch) if bank else None
    return _cut(bank.kana if bank else ""), _cut(found.kana if found else "")


def _cut(kana: str) -> str:
    return head_of(narrow(kana), 15) or ""


def find_banks(words: str, most: int = 50) -> list[Branch]:
    """Banks and branches by number or by name or kana, in the order of their numbers.

    One word finds banks (branch ""), two words a bank and its branches: 「みずほ 東京」, 「0001 001」.
    """
    first, _, rest = words.replace("　", " ").strip().partition(" ")
    if not first:
        return []
    banks = [bank for bank in _banks().values() if _fits(bank, first)]
    if not rest.strip():
        return [Branch(b.code, b.name, "", "", b.kana) for b in banks[:most]]
    found = [
        Branch(b.code, b.name, s.code, s.name, s.kana)
        for b in banks
        for s in b.branches.values()
        if _fits(s, rest.strip())
    ]
    return found[:most]


def _fits(entry, word: str) -> bool:
    plain = fold(word)
    if plain.isdigit():
        return entry.code.startswith(plain)
    return plain in fold(entry.name) or plain in fold(entry.kana)
