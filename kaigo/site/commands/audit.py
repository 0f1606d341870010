"""`kaigo audit events [--write]`: the list of audit events, as docs/audit-events.md has it."""

from __future__ import annotations

import argparse

from kaigo.site.commands.setup import django_ready
from kaigo.site.home import PROJECT


def main(argv: list[str]) -> int:
    """0 = printed or written."""
    parser = argparse.ArgumentParser(prog="kaigo audit")
    parser.add_argument("what", choices=["events"])
    parser.add_argument("--write", action="store_true", help="docs/audit-events.md に書く")
    options = parser.parse_args(argv)
    django_ready()
    from kaigo.base.audit.listing import markdown

    if options.write:
        (PROJECT / "docs/audit-events.md").write_text(markdown(), encoding="utf-8")
    else:
        print(markdown(), end="")
    return 0
