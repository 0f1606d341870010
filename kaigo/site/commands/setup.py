"""What every database command needs: Django for one system, and a progress bar on stderr."""

from __future__ import annotations

import os
from contextlib import contextmanager


def django_ready(system: str = "insurance") -> None:
    """Set up Django for a system in this process; the embedded server is started when it is used and down."""
    os.environ.setdefault("KAIGO_SYSTEM", system)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"kaigo.site.settings.{os.environ['KAIGO_SYSTEM']}")
    if not os.environ.get(f"KAIGO_{os.environ['KAIGO_SYSTEM'].upper()}_URL"):
        from kaigo.site.embedded import Cluster
        from kaigo.site.home import home

        Cluster(home()).start()
    import django

    django.setup()


@contextmanager
def bar(title: str):
    """Yields show(done, total, what) drawing on stderr; with no terminal it stays silent."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as drawn:
        task = drawn.add_task(title, total=None)

        def show(done: int, total: int, what: str = "") -> None:
            drawn.update(task, completed=done, total=total or None, description=f"{title} {what}")

        yield show
