"""`kaigo manage …`: Django's own commands for one system (KAIGO_SYSTEM, KAIGO_ROLE)."""

from __future__ import annotations

import os


def main(argv: list[str]) -> int:
    os.environ.setdefault("KAIGO_SYSTEM", "insurance")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"kaigo.site.settings.{os.environ['KAIGO_SYSTEM']}")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["kaigo manage", *argv])
    return 0
