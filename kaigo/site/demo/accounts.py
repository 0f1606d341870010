"""Accounts of the demo, opened in the staff system. Runs in a process of its own (KAIGO_SYSTEM=staff)."""

from __future__ import annotations

import json
from datetime import date

import django

django.setup()


def main() -> None:
    from kaigo.base.records.context import Context, acting
    from kaigo.base.staff.opening import open_demo_accounts

    ctx = Context("job:demo.accounts", "operations", date(2026, 4, 1))
    with acting(ctx):
        accounts = open_demo_accounts(ctx)
    print(json.dumps(accounts, ensure_ascii=False))


if __name__ == "__main__":
    main()
