"""What all letters of one kind, year and day share: issuer, seal, contact, 教示, how to pay, table of stages.

Kept once in base/files under its digest, so that a letter can be printed again as it was.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from functools import lru_cache
from pathlib import Path

from kaigo.base.files import store
from kaigo.insurance.notices.certificates.letters import CERTIFICATE
from kaigo.insurance.notices.dunning import letters as dunning
from kaigo.insurance.notices.exchange import letters as exchange
from kaigo.insurance.notices.inquiries import letters as inquiries
from kaigo.insurance.notices.premium.letters import CHANGE, NOTICE
from kaigo.insurance.notices.provisional import letters as provisional
from kaigo.insurance.notices.stages import rows
from kaigo.insurance.notices.texts import text
from kaigo.law.dates import fiscal_year_name, wareki
from kaigo.law.values import load

LETTERS = {
    "premium_notice": "納入通知書・決定通知書",
    "deduction_start": "特別徴収開始通知書",
    "change_notice": "変更通知書",
    "provisional_change": "仮徴収額変更通知書",
    "insured_certificate": "被保険者証",
    inquiries.LETTER: "所得照会票",
    exchange.LETTER: "住所地特例連絡票",
    dunning.DEMAND: "督促状",
    dunning.REMINDER: "催告書",
}
TEMPLATES: dict[str, tuple[Path, int]] = {  # letter → (template, pages of one letter)
    "premium_notice": (NOTICE, 2),
    "deduction_start": (NOTICE, 2),
    "change_notice": (CHANGE, 2),
    provisional.LETTER: (provisional.TEMPLATE, provisional.PAGES),
    "insured_certificate": (CERTIFICATE, 1),
    inquiries.LETTER: (inquiries.TEMPLATE, inquiries.PAGES),
    exchange.LETTER: (exchange.TEMPLATE, exchange.PAGES),
    **dunning.TEMPLATES,
}

# Letters to other municipalities → their text.
TO_OFFICES = {inquiries.LETTER: "inquiry", exchange.LETTER: "exchange"}


def common(insurer: str, letter: str, fiscal_year: int, dated: date) -> dict:
    """The shared words. NotReady when a text is not valid on the day, ValueError when the 教示 is empty."""
    issuer, seal = text(insurer, "issuer", dated), text(insurer, "seal", dated)
    found = {
        "letter": letter,
        "fiscal_year": fiscal_year_name(fiscal_year),
        "dated": wareki(dated),
        "dated_on": dated.isoformat(),
        "insurer": issuer["insurer"],
        "insurer_number": load().insurers[insurer].get("insurer_number", ""),
        "head": issuer["head"],
        "head_name": issuer["name"],
        "seal_svg": seal["svg"],
        "seal_alt": seal["alt"],
        "specimen": seal["specimen"],
        "contact": text(insurer, "contact", dated)["lines"],
        "numbering": text(insurer, "numbering", dated)[letter],
    }
    if letter == "insured_certificate":
        return found | {"certificate": text(insurer, "certificate", dated)["lines"]}
    if letter in TO_OFFICES:
        return found | {TO_OFFICES[letter]: text(insurer, TO_OFFICES[letter], dated)}
    if letter == dunning.REMINDER:
        # No decision about anybody: it has no 教示.
        return found | {"dunning": text(insurer, "dunning", dated)}
    appeal = text(insurer, "appeal", dated)
    if not appeal["paragraphs"]:
        raise ValueError("教示がない通知は印刷できません。")
    said = [line.format(insurer=issuer["insurer"], head=issuer["head"]) for line in appeal["paragraphs"]]
    found["operative_text"] = {"id": appeal["id"], "paragraphs": said}
    if letter == dunning.DEMAND:
        return found | {"dunning": text(insurer, "dunning", dated)}
    return found | {
        "how_to_pay": text(insurer, "how_to_pay", dated),
        "change": text(insurer, "change", dated),
        "payers": text(insurer, "payers", dated),
        "stages": rows(load().values(insurer, date(fiscal_year, 4, 1))),
    }


def keep(words: dict) -> str:
    """Keep shared words; returns their digest."""
    return store.put(json.dumps(words, ensure_ascii=False, sort_keys=True).encode())


@lru_cache(maxsize=32)
def kept(digest: str) -> dict:
    """Shared words by digest."""
    return json.loads(store.get(digest))


@lru_cache(maxsize=8)
def template_digest(letter: str) -> str:
    """sha256 of the template of a kind and of what all templates share: another one would print other pages."""
    template, _ = TEMPLATES[letter]
    shared = Path(__file__).parent / "letter.typ"
    return hashlib.sha256(template.read_bytes() + shared.read_bytes()).hexdigest()
