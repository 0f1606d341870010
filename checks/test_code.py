"""Checks about the code: no float in law, small files, every page denies by default."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAW = sorted(p for p in (ROOT / "kaigo/law").rglob("*.py") if "tests" not in p.parts)
SOURCES = sorted(
    p for d in ("kaigo", "world") for p in (ROOT / d).rglob("*.py") if "migrations" not in p.parts
)
STREET = ROOT / "kaigo/insurance"
LONGEST_FILE, LONGEST_FUNCTION = 450, 80


def test_no_float_and_no_true_division_in_law():
    """Money is int, ratios are Fraction. The twin is columnar and divides integers with // too."""
    found = []
    for path in LAW:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, float):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} float")
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
                # Fraction and Path use the same sign: only names that end in one of these words may.
                left = ast.unparse(node.left).lower()
                if (
                    not left.split("(")[0]
                    .rstrip(")")
                    .endswith(("path", "root", "folder", "here", "dir", "parent"))
                ):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno} /")
    assert not found


def test_law_reads_no_clock():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in LAW
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in {"today", "now", "utcnow"}
    ]
    assert not found


def test_files_and_functions_stay_small():
    found = []
    for path in SOURCES:
        text = path.read_text()
        if "tests" in path.parts:
            continue
        if text.count("\n") > LONGEST_FILE:
            found.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > LONGEST_FUNCTION:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not found


def test_rooms_of_the_street_name_their_own_tables_only():
    """Who reads another room's table by name reads past its read.py, and breaks when the room changes it."""
    rooms = [p for p in SOURCES if p.is_relative_to(STREET) and "tests" not in p.parts]
    owner = {
        table: path.relative_to(STREET).parts[0]
        for path in rooms
        for table in re.findall(r'db_table = "(\w+)"', path.read_text())
    }
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in rooms
        for word in set(re.findall(r"\w+", path.read_text()))
        if owner.get(word, path.relative_to(STREET).parts[0]) != path.relative_to(STREET).parts[0]
    ]
    assert not found
    assert len(owner) > 50


def _pages():
    from django.urls import get_resolver

    def walk(patterns, prefix=""):
        for entry in patterns:
            if hasattr(entry, "url_patterns"):
                yield from walk(entry.url_patterns, prefix + str(entry.pattern))
            else:
                yield prefix + str(entry.pattern), entry.callback

    return list(walk(get_resolver().url_patterns))


def test_every_address_declares_permission_and_purpose():
    bare = []
    for address, callback in _pages():
        page = getattr(callback, "page", None)
        if page is None or not page.permission or not page.purpose:
            bare.append(address)
    assert len(_pages()) > 1
    # Who watches the machine asks it without a log-in; it tells nothing of anybody.
    assert bare == ["health"]


def test_no_personal_data_in_addresses():
    """Addresses carry ids of our own only: no name, insured number, birth date."""
    words = ("name", "kana", "birth", "insured_number", "number>")
    assert not [a for a, _ in _pages() if any(word in a for word in words)]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_name_no_host(name):
    text = (ROOT / name).read_text()
    assert "--hash=sha256:" in text
    assert "://" not in text


def test_no_title_carries_a_name_into_the_history_of_the_browser():
    """A title with somebody's name is a titles.Title: never a plain text."""
    found, named = [], 0
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            named += isinstance(node, ast.Call) and ast.unparse(node.func) in {"whose", "Title"}
            pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ()
            for key, value in pairs:
                plain = isinstance(value, ast.JoinedStr) and (
                    "さん" in ast.unparse(value) or "login" in ast.unparse(value)
                )
                if isinstance(key, ast.Constant) and key.value == "title" and plain:
                    found.append(f"{path.relative_to(ROOT)}:{value.lineno}")
    assert not found
    assert named > 25
