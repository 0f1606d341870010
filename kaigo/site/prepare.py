"""Bring the databases of an insurer to the state of the code: roles, tables, kinds, grants."""

from __future__ import annotations

import os
import subprocess
import sys

from kaigo.site.databases import SYSTEMS, create
from kaigo.site.embedded import Cluster
from kaigo.site.home import home


def prepare(cluster: Cluster, insurer: str, systems: tuple[str, ...] = SYSTEMS) -> None:
    """All systems of the insurer; each in a process of its own, because one process has one settings module."""
    for system in systems:
        create(cluster, system, insurer, cluster.root)
    processes = []
    for system in systems:
        env = os.environ | {
            "KAIGO_SYSTEM": system,
            "KAIGO_ROLE": "own",
            "KAIGO_INSURER": insurer,
            "KAIGO_HOME": str(cluster.root),
            "DJANGO_SETTINGS_MODULE": f"kaigo.site.settings.{system}",
        }
        processes.append(
            (system, subprocess.Popen([sys.executable, "-m", "kaigo.site.prepare", system], env=env))
        )
    failed = [system for system, process in processes if process.wait() != 0]
    if failed:
        raise RuntimeError(f"migrations failed: {', '.join(failed)}")


def migrate_here() -> None:
    """Inside the process of one system: migrations, then kinds. The connection is the owner's."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from kaigo.base.records.install import install
    from kaigo.site.databases import database_name

    call_command("migrate", verbosity=0, interactive=False)
    install(connection, database_name(settings.SYSTEM, settings.INSURER))


def main() -> int:
    """Make the embedded cluster of this home ready."""
    cluster = Cluster(home())
    cluster.start()
    prepare(cluster, os.environ.get("KAIGO_INSURER", "131997"))
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        migrate_here()
    else:
        sys.exit(main())
