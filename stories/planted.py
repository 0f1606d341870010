"""Script, markup and template syntax in every text that a ward keeps of people, offices and letters, and in what is typed;
and what a page makes of it.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple

import psycopg
from psycopg import sql

# A word that stands nowhere else, in a spelling that no page makes of it by itself.
WORD = "zqjxv"
PAYLOADS = (
    f"<script>{WORD}(1)</script>",
    f'"><img src=x onerror={WORD}(2)>',
    f"' onmouseover='{WORD}(3)",
    f"javascript:{WORD}(4)",
    "{{ 71|add:35791 }}{% debug %} " + WORD,
    f"</title></textarea></svg><svg onload={WORD}(5)>",
    f"'; SELECT '{WORD}'; --",
)
# Texts that people, offices, letters and clerks bring: table → columns.
TEXTS = {
    "residents_particulars": ("name", "kana", "alias", "alias_kana", "nationality"),
    "residents_residence": ("address", "building", "from_address", "to_address"),
    "residents_mailing_address": ("recipient", "address", "building"),
    "residents_bank_account": ("holder",),
    "residents_memo": ("text",),
    "residents_merge": ("reason",),
    "registers_facility_entry": ("name", "address"),
    "registers_insurer_entry": ("name",),
    "qualification_task": ("settled_reason",),
    "qualification_income_inquiry": ("reason",),
    "qualification_income_reply": ("remark",),
    "qualification_notification": ("place", "filer_name", "reason"),
    "qualification_deemed": ("office", "reason"),
    "qualification_exchange_notice": ("how",),
    "qualification_exchange_telling": ("reason",),
    "collection_deduction_target": ("kana",),
    "collection_task": ("settled_reason",),
    "premium_task": ("settled_reason",),
    "notices_draft": ("held_why", "lifted_reason"),
    "release_pull": ("reason",),
    "release_file": ("name",),
    "feeds_delivery": ("name",),
    "feeds_refused_line": ("value",),
    "feeds_repair": ("reason",),
    "counter_ticket": ("subject", "text"),
    "counter_access": ("reason",),
    "counter_work_list": ("name", "reason"),
}  # fmt: skip


def plant(dsn: str) -> int:
    """The owner writes them over what the ward keeps, past every check of the program. How many rows."""
    rows = 0
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        for table, columns in TEXTS.items():
            for place, column in enumerate(columns):
                # Another one for each row, and only where something stands, so that flags of emptiness keep their meaning.
                query = sql.SQL(
                    "UPDATE {table} SET {column} = (%s::text[])[1 + (id + {place}) %% %s] WHERE {column} <> '' OR {kept}"
                ).format(
                    table=sql.Identifier(table), column=sql.Identifier(column), place=sql.Literal(place),
                    kept=sql.Literal(column in {"text", "alias", "building"}),
                )  # fmt: skip
                rows += owner.execute(query, [list(PAYLOADS), len(PAYLOADS)]).rowcount
    return rows


LEADS = {"href", "src", "action", "formaction"}


class Seen(NamedTuple):
    """shown: which payloads stand on the page as plain text; faults: what became more than text."""

    shown: set[str]
    faults: list[str]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.faults: list[str] = []
        self.tag = ""

    def handle_starttag(self, tag, attrs) -> None:
        self.tag = tag
        for name, value in attrs:
            text = (value or "").strip()
            self.texts.append(text)
            if name.startswith("on") or name == "style" or WORD in name:
                self.faults.append(f"<{tag} {name}>")
            if name in LEADS and text and not text.startswith(("/", "?", "#", "http://localhost")):
                self.faults.append(f"<{tag} {name}={text[:20]}>")
        if tag == "script" and not (dict(attrs).get("src") or "").startswith("/static/"):
            self.faults.append("<script>")
        if tag in {"img", "iframe", "object", "embed", "base"}:
            self.faults.append(f"<{tag}>")

    handle_startendtag = handle_starttag

    def handle_data(self, data) -> None:
        self.texts.append(data)
        if self.tag in {"script", "style"} and WORD in data:
            self.faults.append(f"in <{self.tag}>")


def read(html: str) -> Seen:
    """How a browser understands a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = "\n".join(reader.texts)
    if "35862" in text:
        reader.faults.append("a template of what is stored")
    return Seen({one for one in PAYLOADS if one in text}, reader.faults)
