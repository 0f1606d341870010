"""Measuring: repeated runs, medians, and the share of the raw limit.

The raw limit of a saving step is COPY of the same rows into a copy of the same table with its indexes,
constraints and triggers: what the database alone needs.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import resource
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from types import ModuleType

from django.db import connection

RESULTS = Path(__file__).parent / "results"


def timed(work: Callable[[], object], runs: int = 3, warm_up: int = 1) -> list[float]:
    """Seconds of each counted run."""
    for _ in range(warm_up):
        work()
    seconds = []
    for _ in range(runs):
        gc.collect()
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return seconds


@contextmanager
def clocked(module: ModuleType, name: str) -> Iterator[list[float]]:
    """Inside the block, the seconds of every call of a module's function are added to the list that is yielded."""
    function, seconds = getattr(module, name), []

    def measured(*args, **named):
        begun = time.perf_counter()
        try:
            return function(*args, **named)
        finally:
            seconds.append(time.perf_counter() - begun)

    setattr(module, name, measured)
    try:
        yield seconds
    finally:
        setattr(module, name, function)


def raw_copy(tables: list[str], where: dict[str, str] | None = None, runs: int = 3) -> float:
    """Median seconds of COPYing the rows of the tables (with an optional condition each) into copies of them.

    The rows are written to memory first; only COPY IN into the empty, fully indexed copy is counted.
    """
    import psycopg

    from kaigo.site.embedded import Cluster
    from kaigo.site.home import home

    total = 0.0
    # The program's own role may not make tables: the copy is the administrator's.
    with psycopg.connect(Cluster(home()).dsn(connection.settings_dict["NAME"]), autocommit=True) as admin:
        for table in tables:
            condition = (where or {}).get(table, "true")
            with admin.cursor().copy(
                f"COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT (FORMAT binary)"
            ) as out:
                data = b"".join(bytes(part) for part in out)

            def once(table=table, data=data) -> None:
                _copy_in(admin, table, data)

            total += median(timed(once, runs=runs, warm_up=int(runs > 1)))
    return total


def _copy_in(admin, table: str, data: bytes) -> None:
    admin.execute("DROP TABLE IF EXISTS raw_limit")
    admin.execute(f"CREATE UNLOGGED TABLE raw_limit (LIKE {table} INCLUDING ALL)")
    admin.execute("ALTER TABLE raw_limit SET LOGGED")
    with admin.cursor().copy("COPY raw_limit FROM STDIN (FORMAT binary)") as copy:
        for place in range(0, len(data), 1 << 20):
            copy.write(data[place : place + (1 << 20)])
    admin.execute("DROP TABLE raw_limit")


def peak_memory_mb() -> int:
    """Peak of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def report(
    name: str,
    seconds: list[float],
    reach: float,
    *,
    unit: str = "s",
    raw: float | None = None,
    raw_name: str = "",
    value: float | None = None,
    smaller_is_better: bool = True,
    seed: int = 0,
    **more: object,
) -> dict:
    """One line of results, written to benchmarks/results/<name>.json and printed.

    unit "share": the value itself is the share of the raw limit, and `seconds` are those of the step.
    """
    got = median(seconds) if value is None else value
    row = {
        "name": name,
        "value": round(got, 4),
        "unit": unit,
        "reach": reach,
        "ok": got <= reach if smaller_is_better else got >= reach,
        "raw": round(raw, 4) if raw else None,
        "raw_name": raw_name,
        "share": round(got if unit == "share" else raw / got, 3) if raw and got else None,
        "runs": [round(s, 4) for s in seconds],
        "machine": f"{os.cpu_count()} cores {platform.machine()}",
        "commit": _commit(),
        "seed": seed,
        "date": datetime.now(UTC).date().isoformat(),
        **more,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(row, ensure_ascii=False, indent=1) + "\n")
    mark = "ok " if row["ok"] else "MISS"
    share = f" share of raw {row['share']:.0%}" if row["share"] else ""
    print(f"{mark} {name}: {got:.3f} {unit} (reach {reach}){share} {more or ''}")
    return row


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()
