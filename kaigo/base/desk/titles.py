"""Titles of pages about one person: the page's own heading names him, the browser's tab and history do not.

What stands in <title> is kept by the browser (history, task lists, screen shares); what stands in <h1> goes with the page.
"""

from __future__ import annotations


class Title(str):
    """The heading of a page, and apart from it what kind of page it is: all that leaves the page."""

    kind: str

    def __new__(cls, kind: str, heading: str) -> Title:
        made = super().__new__(cls, heading)
        made.kind = kind
        return made


def whose(name: str, rest: str) -> Title:
    """`whose("見本 花子", "の資格")`: 見本 花子 さんの資格, of the kind 資格."""
    return Title(rest[1:], f"{name} さん{rest}")
