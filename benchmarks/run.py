"""What `make bench` runs: a ward of its own at full size, one step after the other."""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module

from kaigo.site.home import default_home

STEPS = (
    "street",
    "law",
    "letters",
    "counter",
    "audit",
    "log",
    "keys",
    "guessing",
    "misuse",
    "size",
    "dunning",
)


def main(argv: list[str]) -> int:
    """Steps by name, default all. 0 = every reach is met."""
    os.environ["KAIGO_HOME"] = str(default_home("bench"))
    os.environ.setdefault("KAIGO_SYSTEM", "insurance")
    os.environ.setdefault("KAIGO_INSURER", "131997")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaigo.site.settings.insurance")
    wanted = argv or list(STEPS)
    unknown = set(wanted) - set(STEPS)
    if unknown:
        print(f"知らない測定です: {' '.join(sorted(unknown))}。選べるのは {' '.join(STEPS)}", file=sys.stderr)
        return 2
    rows = [row for name in wanted for row in _alone(name)]
    missed = [row["name"] for row in rows if not row["ok"]]
    print(
        f"{len(rows) - len(missed)} / {len(rows)} が届きました。"
        + (f"届かない: {' '.join(missed)}" if missed else "")
    )
    return 1 if missed else 0


def _alone(name: str) -> list[dict]:
    """A step in a process of its own: what an earlier step left in memory is neither its peak nor its pauses."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_step, name).result()


def _step(name: str) -> list[dict]:
    return import_module(f"benchmarks.{name}").run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
