"""The ward of the benchmarks: its database, its files, and contexts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from kaigo.site.embedded import Cluster
from kaigo.site.home import PROJECT, home
from kaigo.site.prepare import prepare

RESIDENTS = int(os.environ.get("RESIDENTS") or 740_000)
SEED = 20260401
YEAR = 2026
FILES = PROJECT / ".cache" / f"ward-{RESIDENTS}"


def fresh() -> None:
    """An empty cluster with all tables, and Django ready."""
    Cluster(home()).remove()
    open_ward()


def open_ward() -> None:
    """The cluster as it is, started, and Django ready."""
    cluster = Cluster(home())
    cluster.start()
    prepare(cluster, os.environ["KAIGO_INSURER"])
    ready()


def ready() -> None:
    """Django in this process, for a cluster that runs."""
    import django

    django.setup()


def settle() -> None:
    """What the server does by itself in the weeks between two steps that follow here within minutes.

    Tables that were just filled are vacuumed and their pages written: otherwise that runs beside the measured step.
    """
    import psycopg

    database = f"insurance_{os.environ['KAIGO_INSURER']}"
    with psycopg.connect(Cluster(home()).dsn(database), autocommit=True) as admin:
        admin.execute("VACUUM (ANALYZE)")
        admin.execute("CHECKPOINT")


def files() -> list[dict]:
    """The manifest's files in the order of delivery; made once per size."""
    if not (FILES / "manifest.json").exists():
        command = [sys.executable, "-m", "kaigo.site.cli", "world", "make", "--residents", str(RESIDENTS)]
        subprocess.run([*command, "--seed", str(SEED), "--fiscal-year", str(YEAR), str(FILES)], check=True)
    return json.loads((FILES / "manifest.json").read_text(encoding="utf-8"))["files"]


def content(entry: dict) -> bytes:
    return Path(FILES / entry["file"]).read_bytes()


def context(day: date, actor: str = "account:1", purpose: str = "operations"):
    from kaigo.base.records.context import Context

    return Context(actor, purpose, day)


@contextmanager
def clock() -> Iterator[list[float]]:
    """Appends the seconds of the block to the list it yields."""
    seconds: list[float] = []
    begun = time.perf_counter()
    yield seconds
    seconds.append(time.perf_counter() - begun)
