"""Events of the access record: the document is what events.py says, and code and list name the same events."""

from __future__ import annotations

import ast
import re
from inspect import signature
from pathlib import Path

from kaigo.base.audit.events import COMMON, EVENTS, FIELDS, WHYS
from kaigo.base.audit.listing import markdown
from kaigo.base.audit.models import Event
from kaigo.base.audit.write import record

ROOT = Path(__file__).resolve().parents[1]
NAME = re.compile(r"[a-z]+\.[a-z_]+")
WRITERS = {"record", "record_apart"}


def sources():
    for path in sorted((ROOT / "kaigo").rglob("*.py")):
        if not {"tests", "migrations"} & set(path.parts) and path.name != "events.py":
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def written():
    """(place, event, names of details) of every call that writes an event by its name."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in WRITERS:
                texts = [a.value for a in node.args[1:2] if isinstance(a, ast.Constant)]
                if texts and isinstance(texts[0], str) and NAME.fullmatch(texts[0]):
                    where = f"{path.relative_to(ROOT)}:{node.lineno}"
                    yield where, texts[0], {k.arg for k in node.keywords if k.arg}


def test_the_document_is_what_the_program_says():
    text = (ROOT / "docs/audit-events.md").read_text(encoding="utf-8")
    assert text == markdown(), "run: kaigo audit events --write"
    assert all(f"| `{name}` |" in text for name in EVENTS)


def test_every_event_that_code_writes_is_listed_with_its_details():
    found = list(written())
    assert len(found) > 12
    fixed = {"why", "people", "opened", "outcome", "about"} | COMMON.keys()
    wrong = [
        (where, event, details - fixed)
        for where, event, details in found
        if event not in EVENTS or details - fixed - EVENTS[event].details.keys()
    ]
    assert not wrong


def test_no_detail_has_the_name_of_something_that_every_event_has():
    own = set(signature(record).parameters)
    assert not {(event, key) for event, kind in EVENTS.items() for key in kind.details if key in own}


def test_every_listed_event_is_written_somewhere():
    used = {
        node.value
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not EVENTS.keys() - used - AWAITED


def test_every_reason_of_a_refusal_has_words():
    """why="…" of whoever writes an event or ends a visit, and what `can` answers."""
    used = set()
    for path, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func).split(".")[-1]
            given = [k.value for k in node.keywords if k.arg == "why" and called in {*WRITERS, "turned_away"}]
            if called == "Answer" and path.name == "can.py":
                given += node.args[1:2]
            used |= {g.value for g in given if isinstance(g, ast.Constant)}
    assert {"permission", "step_up", "rule"} <= used
    assert used - {""} <= WHYS.keys()


def test_every_column_of_an_event_is_told():
    assert {field.attname for field in Event._meta.concrete_fields} == FIELDS.keys()


# Named before the pages that write them.
AWAITED = {"staff.review"}
