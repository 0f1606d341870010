"""The command `kaigo`: a table of words and the module that answers each. No logic here."""

from __future__ import annotations

import importlib
import sys

# word → module with main(argv) -> exit code (0 ok, 1 difference or refusal, 2 usage, 3 unclear or missing input)
COMMANDS = {
    "law": "kaigo.law.cli",
    "layouts": "kaigo.layouts.cli",
    "world": "world.cli",
    "db": "kaigo.site.commands.db",
    "demo": "kaigo.site.commands.demo",
    "feeds": "kaigo.site.commands.feeds",
    "run": "kaigo.site.commands.run",
    "calendar": "kaigo.site.commands.calendar",
    "collection": "kaigo.site.commands.collection",
    "audit": "kaigo.site.commands.audit",
    "keys": "kaigo.site.commands.keys",
    "misuse": "kaigo.site.commands.misuse",
    "ledger": "kaigo.site.commands.ledger",
    "year": "kaigo.site.commands.year",
    "migrate": "kaigo.site.commands.migrate",
    "features": "kaigo.site.commands.lists",
    "incidents": "kaigo.site.commands.lists",
    "staff": "kaigo.site.commands.staff",
    "manage": "kaigo.site.commands.manage",
}


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = sys.argv[1:] if argv is None else argv
    if not words or words[0] in {"-h", "--help"} or words[0] not in COMMANDS:
        print("kaigo " + " | ".join(COMMANDS), file=sys.stderr)
        return 0 if words and words[0] in {"-h", "--help"} else 2
    module = importlib.import_module(COMMANDS[words[0]])
    rest = words if COMMANDS[words[0]].endswith(".lists") else words[1:]
    return int(module.main(rest) or 0)


def entry() -> None:
    sys.exit(main())


if __name__ == "__main__":
    entry()
