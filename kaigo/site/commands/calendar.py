"""`kaigo calendar [--fiscal-year Y] [--on DATE]`: the year's jobs, what they wait for, and their state."""

from __future__ import annotations

import argparse
import json
from datetime import date

from kaigo.site.commands.setup import django_ready


def main(argv: list[str]) -> int:
    """0 nothing is overdue · 1 something is."""
    parser = argparse.ArgumentParser(prog="kaigo calendar")
    parser.add_argument("--on", type=date.fromisoformat)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    django_ready()
    from kaigo.base.desk.day import business_date
    from kaigo.base.jobs.calendar import year

    on = options.on or business_date()
    rows = year(on)
    if options.json:
        print(json.dumps([row.as_json() for row in rows], ensure_ascii=False))
    else:
        for row in rows:
            print(f"{row.due_on} {row.state:8} {row.title}({row.name})")
            for need in row.missing:
                print(f"             ← {need}")
    return 1 if any(row.state == "overdue" for row in rows) else 0
