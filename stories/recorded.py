"""What the proofs of the access record stand on: a played ward in this process, all its addresses, and the statements
that each of them sends to the database.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psycopg
from django.apps import apps
from django.db import IntegrityError, connection
from django.urls import get_resolver
from django.urls.converters import IntConverter

from kaigo.base.desk.refs import Reference, ref
from kaigo.base.desk.things import subjects
from kaigo.base.records.models import Record

RESIDENTS, SEED, YEAR = "1000", "20260401", "2026"
INSERT = re.compile(r"INSERT INTO audit_event\b")
TABLE = re.compile(r"\b[a-z]+_[a-z_]+\b")


def world(folder: Path) -> Path:
    """The files of a small ward."""
    command = [sys.executable, "-m", "kaigo.site.cli", "world", "make", "--residents", RESIDENTS]
    subprocess.run(
        [*command, "--seed", SEED, "--fiscal-year", YEAR, str(folder)], check=True, capture_output=True
    )
    return folder


def personal() -> frozenset[str]:
    """Tables about people."""
    found = frozenset(
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, Record) and model.about.subject == "person"
    )
    assert len(found) > 40
    return found


@dataclass
class Transaction:
    """Statements between two ends. end: commit | rollback | "" = outside of any transaction, or not ended yet."""

    end: str = ""
    atomic: bool = True
    statements: list[str] = field(default_factory=list)

    def touched(self, tables: frozenset[str]) -> set[str]:
        return {word for statement in self.statements for word in TABLE.findall(statement)} & tables

    @property
    def events(self) -> int:
        return sum(1 for statement in self.statements if INSERT.search(statement))


@contextmanager
def watched() -> Iterator[list[Transaction]]:
    """Every statement of this connection, transaction by transaction; COPY is seen as the statement that it is."""
    log: list[Transaction] = []

    def note(execute, sql, params, many, context):
        atomic = connection.in_atomic_block
        if not log or log[-1].end or log[-1].atomic != atomic:
            log.append(Transaction(atomic=atomic))
        log[-1].statements.append(str(sql))
        return execute(sql, params, many, context)

    def ended(how, original):
        def end():
            if log and log[-1].atomic and not log[-1].end:
                log[-1].end = how
            return original()

        return end

    commit, rollback = connection.commit, connection.rollback
    connection.commit, connection.rollback = ended("commit", commit), ended("rollback", rollback)
    try:
        with connection.execute_wrapper(note):
            yield log
    finally:
        connection.commit, connection.rollback = commit, rollback


class Address(NamedTuple):
    """An address that exists: of a page, with references to rows that exist."""

    path: str
    page: type
    values: dict


# Parts of addresses that name no row: what there is to choose from.
WORDS = {
    "act": ("protection", "bank"),
    "job": ("premium.main", "residents.take"),
    "kind": ("call",),
    "month": (7,),
    "part": (1,),
    "year": (2026,),
}
# Rows that are about nobody in particular: parameter → table.
ROWS = {
    "asked": "release_request", "batch": "premium_batch", "delivery": "feeds_delivery", "event": "audit_event",
    "export": "release_export",
    "facility": "registers_facility", "file": "release_file", "repair": "feeds_repair", "report": "release_gate",
    "run": "release_run",
}  # fmt: skip
KINDS_OF_MANIFEST = ("csv", "json")
KINDS_OF_LISTS = ("premium", "insured")


def addresses(people: list[int]) -> list[Address]:
    """Every page of every room of this system; a page that names a row once for the first and the last there is."""
    found = []
    for pattern, page, converters in _pages(get_resolver().url_patterns):
        room = ".".join(page.__module__.split(".")[:3])
        choices = {name: _rows(room, name, people, pattern) for name in converters}
        for place in (0, -1):
            values = {name: rows[place] for name, rows in choices.items() if rows}
            if len(values) == len(choices):
                found.append(Address(_path(pattern, converters, values), page, values))
    return list({address.path: address for address in found}.values())


def _pages(patterns, prefix="/") -> Iterator[tuple[str, type, dict]]:
    for entry in patterns:
        address = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from _pages(entry.url_patterns, address)
        elif getattr(entry.callback, "page", None):
            yield address, entry.callback.page, entry.pattern.converters


def _rows(room: str, name: str, people: list[int], pattern: str) -> list:
    if name == "person":
        return people
    if name == "kind" and "manifest" in pattern:
        return list(KINDS_OF_MANIFEST)
    if name == "kind" and "exports" in pattern:
        return list(KINDS_OF_LISTS)
    if name in WORDS:
        return list(WORDS[name])
    about = subjects(room).get(name) or ""
    table = re.search(r"FROM (\w+) WHERE (\w+) = %s", about)
    source = f"{table[2]} FROM {table[1]}" if table else f"id FROM {ROWS[name]}" if name in ROWS else ""
    if not source:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {source} ORDER BY 1")
        return [row for (row,) in cursor.fetchall()]


def _path(pattern: str, converters: dict, values: dict) -> str:
    def part(hole: re.Match) -> str:
        name = hole[1].rpartition(":")[2]
        converter = converters[name]
        if isinstance(converter, Reference):
            return ref(converter.kind, values[name])
        return str(int(values[name])) if isinstance(converter, IntConverter) else str(values[name])

    return re.sub(r"<([^>]+)>", part, pattern)


def names() -> dict[str, set[int]]:
    """Name → everybody who is or was called so."""
    found: dict[str, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, person_id FROM residents_particulars WHERE length(name) > 3")
        for name, person in cursor.fetchall():
            found.setdefault(name, set()).add(person)
    return found


# Columns that say who somebody is, where he lives and where his money goes: (table, column).
TELLING = (
    ("residents_particulars", "name"), ("residents_particulars", "kana"), ("residents_particulars", "birth_raw"),
    ("residents_residence", "address"), ("residents_residence", "phone"), ("residents_mailing_address", "address"),
    ("residents_mailing_address", "recipient"), ("residents_bank_account", "account"),
    ("residents_addressee_number", "number"), ("residents_pension_number", "number"), ("qualification_number", "number"),
)  # fmt: skip
# What a clerk might type of somebody who is nowhere else: name, kana, address, telephone, number, birth date, account.
TYPED = (
    "金糸雀 七海", "カナリア ナナミ", "見本区金糸雀町九丁目87番65号", "090-8765-4321", "8877665544332", "昭和33年11月23日", "9876501",
)  # fmt: skip


def stored(people: list[int]) -> frozenset[str]:
    """What is kept of these people."""
    found: set[str] = set()
    with connection.cursor() as cursor:
        for table, column in TELLING:
            cursor.execute(f"SELECT DISTINCT {column} FROM {table} WHERE person_id = ANY(%s)", [people])
            found |= {str(value) for (value,) in cursor.fetchall() if value and len(str(value)) > 3}
    return frozenset(found)


class Broken(Exception):
    """What went wrong says who was at hand, as errors of databases and parsers do."""


@contextmanager
def breaking(words: str, make=Broken) -> Iterator[list[str]]:
    """The first statement inside a transaction fails with these words, once. Yields what failed."""
    failed: list[str] = []

    def fail(execute, sql, params, many, context):
        if connection.in_atomic_block and not failed and "set_config" not in str(sql):
            failed.append(str(sql))
            raise make(words)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        yield failed


def same_again(words: str) -> Exception:
    """An error of the database about a row that is there already, with the row in its words."""
    error = IntegrityError(words)
    error.__cause__ = psycopg.errors.UniqueViolation(words)
    return error


def fields() -> list[str]:
    """The name of every field of every form."""
    root = Path(__file__).resolve().parents[1] / "kaigo"
    found = set()
    for template in root.rglob("templates/**/*.html"):
        found |= set(re.findall(r'<(?:input|textarea|select)[^>]*? name="([a-z_]+)"', template.read_text()))
    assert len(found) > 30
    return sorted(found)
