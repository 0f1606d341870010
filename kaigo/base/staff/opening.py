"""The demo's log-ins. They exist only where the cluster was made with the demo marker."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings

from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.decide import give, open_account, roles

SECTION = "介護保険課"
# The order is the order of ids: the demo's year is played by the first two.
PEOPLE = (
    ("kakari", "係員", "見本 花子", "staff"),
    ("kakaricho", "係長", "見本 太郎", "staff"),
    ("unyo", "運用", "試験 運用", "contractor"),
    ("kansa", "監査", "試験 監査", "staff"),
)


def open_demo_accounts(ctx: Context) -> list[dict[str, str]]:
    """One account for each role: [{login, password, name, role}]. Passwords are made here and told once."""
    if not (Path(settings.FILES_ROOT).parent / "demo.marker").exists():
        raise Refused("実演の印のない設置では、実演の口座は作れません。")
    opened = []
    for login, role, name, kind in PEOPLE:
        password = secrets.token_urlsafe(12)
        account = open_account(ctx, login, kind, name, password, SECTION, role)
        give(ctx, account, roles()[role], None, "job:demo.request", "job:demo.approve")
        opened.append({"login": login, "password": password, "name": name, "role": role})
    return opened
