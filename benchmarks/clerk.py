"""Clerks for measurements: hired, granted and logged in by the ways of the staff system. Prints their cookies."""

from __future__ import annotations

import secrets
import sys
from datetime import date

import django

django.setup()


def main(count: int) -> None:
    from kaigo.base.records.context import Context, acting
    from kaigo.base.staff import applications
    from kaigo.base.staff.accounts import open_account
    from kaigo.base.staff.can import EVERYWHERE
    from kaigo.base.staff.people import Told, believe_people
    from kaigo.base.staff.sessions import begin

    day, care = date(2026, 4, 1), "介護保険課"
    ctx = Context("job:benchmark", "operations", day)
    with acting(ctx):
        numbers = [f"B{secrets.token_hex(6)}" for _ in range(count + 2)]
        lines = [
            Told(number, "測定", "ソクテイ", None, "staff", care, "係員", day, None) for number in numbers
        ]
        members = believe_people(ctx, lines, "feed:benchmark")
        asker, ruler, *clerks = (open_account(ctx, members[number], number, "staff") for number in numbers)
        by = [Context(f"account:{account.id}", "staff", day) for account in (asker, ruler)]
        for clerk in clerks:
            asked = applications.apply(by[0], "grant", clerk, "測定のための権限", role="係員", section=care)
            applications.approve(by[1], asked, EVERYWHERE)
        tokens = [begin(clerk, "passkey") for clerk in clerks]
    print(*tokens)


if __name__ == "__main__":
    main(int(sys.argv[1]))
