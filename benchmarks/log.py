"""What the log of accesses costs: sealing events, letting the witness sign, verifying the whole as an auditor does."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks import ward
from benchmarks.measure import report

EVENTS = 1_000_000
_SOME = """
INSERT INTO audit_event (event, outcome, why, actor, member, permission, grants, purpose, "case", unexplained, place,
    object, fields, subject_key, subjects, opened, trace, program, details)
SELECT 'page.read', 'done', '', 'account:' || n %% 300, n %% 300, 'counter.view', '{7}', 'inquiry', 'ticket:' || n, false,
    'insurance:counter.PersonPage', 'person', '{name,address}', 0, 0, '{}', md5(n::text), 'openkaigo bench', '{"method": "GET"}'
FROM generate_series(1, %s) n"""


def run() -> list[dict]:
    os.environ.setdefault("RESIDENTS", "20000")
    ward.open_ward()
    from django.conf import settings
    from django.db import connection

    from kaigo.base.audit import sealing

    events = int(os.environ.get("EVENTS") or EVENTS)
    folder = Path(tempfile.mkdtemp(prefix="kaigo-log-"))
    settings.AUDIT_LOG_ROOT = folder / "log"
    sealing.limits()["segment_leaves"] = 1 << 40  # the archive is measured with the keys
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(number) + 1, 0) FROM audit_leaf")
        before = cursor.fetchone()[0]
    assert before == 0, "the ward of the benchmark has a log already; remove its home"
    with connection.cursor() as cursor:
        cursor.execute(_SOME, [events])
    begun = time.perf_counter()
    size = sealing.seal().size
    sealed = time.perf_counter() - begun
    rows = [
        report("log_seal", [sealed], 20_000, unit="events/s", value=size / sealed, smaller_is_better=False)
    ]
    rows += _witnessed(folder, size)
    return rows


def _witnessed(folder: Path, size: int) -> list[dict]:
    from django.conf import settings

    from kaigo.base.audit import sealing
    from kaigo.base.audit.witnessing import Witness
    from kaigo.witness.book import Book, found
    from kaigo.witness.service import server

    found(folder / "witness", "witness.example/bench")
    book = Book(folder / "witness")
    book.know(settings.AUDIT_ORIGIN, str(sealing.own_key()))
    running = server(book, "127.0.0.1", 0)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    witness = Witness(f"http://127.0.0.1:{running.server_port}", str(book.key))
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        sealing.show(witness)
        seconds.append(time.perf_counter() - begun)
    running.shutdown()
    (folder / "keys").write_text(f"{sealing.own_key()}\n{book.key}\n")
    command = [
        sys.executable,
        "-m",
        "kaigo.witness.verify",
        str(folder / "log"),
        "--keys",
        str(folder / "keys"),
    ]
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    verified = time.perf_counter() - begun
    return [
        report(
            "log_witness", seconds, 1.0, unit="s", value=statistics.median(seconds), smaller_is_better=True
        ),
        report(
            "log_verify", [verified], 100_000, unit="leaves/s", value=size / verified, smaller_is_better=False
        ),
    ]
