"""The lists that come with the program: permissions, roles by day, contract items, fields, limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml

# Every account with a post may look at its own grants and accesses.
OWN = "staff.self"


@dataclass(frozen=True, slots=True)
class Permission:
    """label: as screens and the permission table say it. acts, step_up: see permissions.yaml."""

    name: str
    label: str
    acts: bool
    step_up: bool


@dataclass(frozen=True, slots=True)
class Version:
    """What a role gives from a day on. everywhere: approves and reviews for all sections, not only for its own."""

    since: date
    kinds: frozenset[str]
    permissions: frozenset[str]
    fields: frozenset[str]
    purposes: frozenset[str]
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """A role and its versions, the oldest first."""

    name: str
    versions: tuple[Version, ...]

    def on(self, day: date) -> Version | None:
        """What the role gives on a day; None before its first version."""
        return next((v for v in reversed(self.versions) if v.since <= day), None)


@dataclass(frozen=True, slots=True)
class Contract:
    """委託事項: which roles a contractor's account may hold."""

    item: str
    title: str
    roles: frozenset[str]
    note: str


def _read(name: str) -> dict:
    return yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))


@cache
def permissions() -> dict[str, Permission]:
    """name → Permission."""
    return {
        name: Permission(name, told["label"], told.get("acts", False), told.get("step_up", False))
        for name, told in _read("permissions.yaml").items()
    }


@cache
def roles() -> dict[str, Role]:
    """name → Role. Raises ValueError when a role names a permission or field that does not exist."""
    found = {}
    for name, versions in _read("roles.yaml").items():
        made = tuple(_version(name, told) for told in versions)
        if [v.since for v in made] != sorted({v.since for v in made}):
            raise ValueError(f"versions of {name} are not in order")
        found[name] = Role(name, made)
    return found


def _version(role: str, told: dict) -> Version:
    unknown = set(told["permissions"]) - set(permissions()) | set(told["fields"]) - set(fields())
    if unknown:
        raise ValueError(f"{role}: no such permission or field: {', '.join(sorted(unknown))}")
    where = told.get("sections", "own")
    if where not in ("own", "all"):
        raise ValueError(f"{role}: sections is own or all, not {where}")
    return Version(
        told["from"],
        *(frozenset(told[part]) for part in ("kinds", "permissions", "fields", "purposes")),
        where == "all",
    )


@cache
def contracts() -> dict[str, Contract]:
    """item → Contract."""
    return {
        item: Contract(item, told["title"], frozenset(told["roles"]), told.get("note", ""))
        for item, told in _read("contracts.yaml").items()
    }


@cache
def fields() -> dict[str, str]:
    """field → Japanese."""
    return _read("fields.yaml")


@cache
def limits() -> dict[str, int]:
    """limit → value."""
    return {name: told["value"] for name, told in _read("limits.yaml").items()}
