"""Addresses name rows by references (kaigo/base/desk/refs.py), never by numbers: in patterns, templates and code.

Read from the source, so that every link of every page is seen, also those that no test draws. Of the system that
KAIGO_SYSTEM names.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.urls import Resolver404, get_resolver, resolve
from django.urls.converters import IntConverter

from kaigo.base.desk.refs import KINDS, Reference, ref

# What a path may hold beside references: numbers and words that tell nothing of a row.
NUMBERS = {"year", "month", "day", "part"}
WORDS = {"job", "kind", "act"}
# Rows of the staff system.
STAFF_KINDS = {
    "account",
    "application",
    "declaration",
    "emergency",
    "enrolment",
    "grant",
    "member",
    "passkey",
    "session",
    "watched",
}
# A name that ends like this in a template is a row number.
ROW = re.compile(
    r"(?:^|[._])(?:id|pk)$|(?:^|\.)(?:person|plan|draft|run|delivery|ticket|assessment|supersedes)$"
)
HOLE = re.compile(r"\{\{\s*(.*?)\s*\}\}")
SEALED = re.compile(r"""(.+)\|ref:['"](\w+)['"]""")
ATTRIBUTE = re.compile(r"""\b(href|action|value)="((?:\{\{.*?\}\}|\{%.*?%\}|[^"])*)\"""")


def rooms() -> Iterator[Path]:
    """Folders of the rooms whose pages this system serves. The desk's frame leads to the counter from everywhere."""
    for app in apps.get_app_configs():
        if app.name.startswith("kaigo.") and (app.label != "desk" or settings.SYSTEM == "insurance"):
            yield Path(app.path)


def converters(patterns=None) -> Iterator[tuple[str, str, object]]:
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        for name, converter in entry.pattern.converters.items():
            yield str(entry.pattern), name, converter
        yield from converters(getattr(entry, "url_patterns", []))


def attributes() -> Iterator[tuple[str, str, str]]:
    """(file, attribute, value) of every address and form value in every template."""
    for room in rooms():
        for template in sorted(room.rglob("templates/**/*.html")):
            for name, value in ATTRIBUTE.findall(template.read_text()):
                yield template.name, name, value


def opens(address: str) -> bool:
    try:
        resolve(re.split("[?#]", address)[0])
    except Resolver404:
        return False
    return True


def filled(value: str) -> str:
    """An address with a reference for each hole that makes one and a number for any other: no row is a number."""

    def one(hole: re.Match) -> str:
        sealed = SEALED.fullmatch(hole[1])
        return ref(sealed[2], 1) if sealed else "2026"

    return HOLE.sub(one, value)


def test_paths_hold_references_and_no_numbers_of_rows():
    found = list(converters())
    wrong = []
    for path, name, converter in found:
        allowed = NUMBERS if isinstance(converter, IntConverter) else WORDS
        if not isinstance(converter, Reference) and name not in allowed:
            wrong.append((path, name))
    assert wrong == []
    if settings.SYSTEM == "insurance":
        kinds = {converter.kind for _, _, converter in found if isinstance(converter, Reference)}
        assert kinds == set(KINDS) - {"period"} - STAFF_KINDS


def test_every_address_of_a_template_opens_with_the_references_it_makes():
    found = [one for one in attributes() if one[1] != "value" and re.match("/(?!static/)", one[2])]
    assert [(file, value) for file, _, value in found if not opens(filled(value))] == []
    if settings.SYSTEM == "insurance":
        assert len(found) > 300


def test_no_form_and_no_query_sends_the_number_of_a_row():
    bare = [
        (file, name, hole)
        for file, name, value in attributes()
        for hole in HOLE.findall(value)
        if ROW.search(hole.partition("|")[0]) and not SEALED.fullmatch(hole)
    ]
    assert bare == []


def test_every_address_of_the_code_opens_with_the_references_it_makes():
    found = [
        (f"{source.name}:{node.lineno}", address(node))
        for room in rooms()
        for source in sorted(room.rglob("*.py"))
        if not {"tests", "migrations"} & set(source.relative_to(room).parts)
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.JoinedStr)
    ]
    found = [(where, text) for where, text in found if re.match(r"/[a-z]", text)]
    assert [(where, text) for where, text in found if not opens(text)] == []
    if settings.SYSTEM == "insurance":
        assert len(found) > 60


def address(node: ast.JoinedStr) -> str:
    """What an f-string may become: a reference where `ref("kind", …)` is called, else a number."""
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else _made(part.value) for part in node.values
    )


def _made(value: ast.expr) -> str:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "ref":
        return ref(ast.literal_eval(value.args[0]), 1)
    return "2026"
