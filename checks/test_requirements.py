"""Every package that we ask people to install is one that the program names."""

from __future__ import annotations

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Builds the project and nothing else: named in pyproject.toml.
BUILD = {"setuptools"}
# Imported by Django for what the settings name.
THROUGH = {"argon2-cffi": "django.contrib.auth.hashers.Argon2PasswordHasher"}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def required() -> set[str]:
    lines = ROOT.joinpath("requirements.in").read_text().splitlines()
    return {_plain(re.match(r"[\w.-]+", line)[0]) for line in lines if line and not line.startswith("#")}


def named() -> set[str | None]:
    """Modules that are imported, and dotted strings with their first words (settings, commands)."""
    found: set[str | None] = set()
    for room in ("kaigo", "world"):
        for path in ROOT.joinpath(room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.partition(".")[0])
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found |= {node.value, node.value.partition(".")[0]}
    return found


def test_no_package_is_required_and_never_used():
    modules: dict[str, set[str | None]] = {}
    for module, packages in packages_distributions().items():
        for package in packages:
            modules.setdefault(_plain(package), set()).add(module)
    words = named()
    unused = {name for name in required() - BUILD if not (modules[name] | {THROUGH.get(name)}) & words}
    assert not unused


def test_what_is_pinned_is_what_is_asked_for():
    """Each line of requirements.in is pinned with hashes, and nothing is pinned for its own sake."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = ROOT.joinpath(name).read_text()
        asked = {
            _plain(package)
            for package, why in re.findall(r"(?m)^([\w.-]+)(?:\[.*?\])?==.*\n((?:    .*\n?)*)", text)
            if "-r requirements.in" in why
        }
        assert asked == required(), name
        assert not re.findall(r"(?m)^[\w.-]+==[^\\\n]*\n", text), f"{name}: without a hash"
