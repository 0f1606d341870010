"""A clerk for measurements: hired, granted and logged in by the ways of the staff system. Prints the cookie."""

from __future__ import annotations

import secrets
from datetime import date

import django

django.setup()


def main() -> None:
    from kaigo.base.records.context import Context, acting
    from kaigo.base.staff import applications
    from kaigo.base.staff.accounts import open_account
    from kaigo.base.staff.people import Told, believe_people
    from kaigo.base.staff.sessions import begin

    day, care = date(2026, 4, 1), "介護保険課"
    ctx = Context("job:benchmark", "operations", day)
    with acting(ctx):
        numbers = [f"B{secrets.token_hex(6)}" for _ in range(3)]
        lines = [
            Told(number, "測定", "ソクテイ", None, "staff", care, "係員", day, None) for number in numbers
        ]
        members = believe_people(ctx, lines, "feed:benchmark")
        clerk, asker, ruler = (open_account(ctx, members[number], number, "staff") for number in numbers)
        by = [Context(f"account:{account.id}", "staff", day) for account in (asker, ruler)]
        asked = applications.apply(by[0], "grant", clerk, "測定のための権限", role="係員", section=care)
        applications.approve(by[1], asked)
        token = begin(clerk, "passkey")
    print(token)


if __name__ == "__main__":
    main()
