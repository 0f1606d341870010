"""Every table, column, room, permission, purpose and status word is a row of docs/glossary.csv, spelled one way.

Read from the sources, not from an installed app: the rooms of all systems are checked in one run.
"""

from __future__ import annotations

import ast
import csv
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# A room has models.py, or a folder `models` when that would be too long.
MODELS = sorted(p for form in ("models.py", "models/*.py") for p in (ROOT / "kaigo").rglob(form))
# `state = models.CharField(max_length=10)  # open | settled`
WORDS = re.compile(r"^\s+\w+ = .*#\s*([a-z_]+(?: \| [a-z_]+)+)\s*$", re.MULTILINE)
PERMISSION = re.compile(
    r"""permission\s*=\s*["']([a-z_]+)\.([a-z_]+)["']|["']([a-z_]+)\.([a-z_]+)["']\s*,\s*waiting"""
)
PURPOSE = re.compile(r"""purpose\s*=\s*["']([a-z_]+)["']""")


def glossary() -> dict[str, dict[str, str]]:
    with (ROOT / "docs/glossary.csv").open(encoding="utf-8") as file:
        return {row["key"]: row for row in csv.DictReader(file)}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def room(path: Path) -> str:
    return (path.parent.parent if path.parent.name == "models" else path.parent).name


def tables():
    """(file, class node) of every table and every abstract kind of table."""
    for path in MODELS:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and any(
                isinstance(part, ast.ClassDef) and part.name == "Meta" for part in node.body
            ):
                yield path, node


def columns(node: ast.ClassDef):
    for part in node.body:
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call):
            maker = ast.unparse(part.value.func).split(".")[-1]
            if maker.endswith(("Field", "Key", "Person")):
                yield from (target.id for target in part.targets if isinstance(target, ast.Name))


def lacking(found: dict[str, str]) -> list[str]:
    known = glossary()
    return [f"{term} ({where})" for term, where in sorted(found.items()) if term not in known]


def test_every_table_has_a_row():
    found = {snake(node.name): str(path.relative_to(ROOT)) for path, node in tables()}
    assert len(found) > 60
    assert not lacking(found)


def test_every_column_has_a_row():
    found = {
        column: f"{path.relative_to(ROOT)}:{node.name}" for path, node in tables() for column in columns(node)
    }
    assert len(found) > 150
    assert not lacking(found)


def test_every_status_word_has_a_row():
    found = {
        word: str(path.relative_to(ROOT))
        for path in MODELS
        for line in WORDS.findall(path.read_text(encoding="utf-8"))
        for word in line.split(" | ")
    }
    assert len(found) > 20
    assert not lacking(found)


def test_every_room_permission_and_purpose_has_a_row():
    found = {room(path): "room" for path in MODELS}
    for path in (ROOT / "kaigo").rglob("*.py"):
        if "tests" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        for match in PERMISSION.findall(text):
            found |= {word: str(path.relative_to(ROOT)) for word in match if word}
        found |= {word: str(path.relative_to(ROOT)) for word in PURPOSE.findall(text)}
    assert {"premium", "approve", "inquiry"} <= set(found)
    assert not lacking(found)


def test_every_row_is_one_english_term_with_japanese():
    wrong = [
        key
        for key, row in glossary().items()
        if not re.fullmatch(r"[a-z][a-z0-9_]*", key) or not row["日本語"].strip()
    ]
    assert not wrong


def test_no_two_terms_share_their_japanese():
    seen: dict[str, list[str]] = {}
    for key, row in glossary().items():
        seen.setdefault(row["日本語"], []).append(key)
    assert not {word: keys for word, keys in seen.items() if len(keys) > 1}
