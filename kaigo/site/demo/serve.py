"""Serve the screens: one gunicorn per system on loopback, and a file that says where everything is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from kaigo.site.demo import folder, watch
from kaigo.site.demo.make import environment
from kaigo.site.home import home

# Two cores: the counter gets the larger share.
SERVERS = {"insurance": (0, 3), "staff": (1, 1)}
OURS = (b"kaigo.site.wsgi", b"kaigo.site.cli", b"kaigo.witness.service")


# As much as a person reads; ready.json has everybody.
CLICKS = 12


def start(port: int, business_date: str) -> list[subprocess.Popen]:
    """Start the servers and wait until each answers. Raises RuntimeError with the log's last lines."""
    folder().mkdir(parents=True, exist_ok=True)
    running = [watch.start_witness(port)]
    watch.write_keys(port)
    _pid("witness").write_text(str(running[0].pid))
    for system, (offset, workers) in SERVERS.items():
        log = (folder() / f"{system}.log").open("w")
        command = [sys.executable, "-m", "gunicorn", "kaigo.site.wsgi:application", "--bind"]
        command += [f"127.0.0.1:{port + offset}", "--workers", str(workers), "--threads", "2", "--preload"]
        command += ["--worker-tmp-dir", "/dev/shm"] if os.path.isdir("/dev/shm") else []
        env = (
            os.environ | environment(system, port) | watch.told(port) | {"KAIGO_BUSINESS_DATE": business_date}
        )
        process = subprocess.Popen(
            command, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
        sealer = watch.start_sealer(system, port, business_date)
        running += [process, sealer]
        _pid(system).write_text(str(process.pid))
        _pid(f"{system}-log").write_text(str(sealer.pid))
    # Only this system has people whose records the critical rules are about.
    finder = watch.start_finder("insurance", port, business_date)
    running.append(finder)
    _pid("insurance-misuse").write_text(str(finder.pid))
    for system, (offset, _) in SERVERS.items():
        _answers(system, port + offset)
    return running


def _answers(system: str, port: int) -> None:
    address = f"http://localhost:{port}/health"
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(address, timeout=5)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    tail = (folder() / f"{system}.log").read_text(errors="replace")[-600:]
    raise RuntimeError(f"{system} がポート {port} で答えません。PORT=… で別のポートを選べます。\n{tail}")


def stop() -> None:
    """Stop what an earlier start left running."""
    for name in (*SERVERS, *(f"{system}-log" for system in SERVERS), "insurance-misuse", "witness"):
        path = _pid(name)
        if path.exists():
            _end(int(path.read_text() or 0))
            path.unlink()


def _end(pid: int) -> None:
    # A recycled number may belong to somebody else by now: only a process of ours is ended.
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if not any(ours in command for ours in OURS):
            return
        os.killpg(pid, signal.SIGTERM)
    except (OSError, ProcessLookupError):
        return
    for _ in range(50):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.1)


def wait(running: list[subprocess.Popen]) -> int:
    """Until Ctrl-C."""
    try:
        running[1].wait()
    except KeyboardInterrupt:
        stop()
    return 0


def write_ready(port: int, made: dict) -> None:
    """.demo/ready.json: addresses, accounts, sample persons, totals."""
    ready = {
        "urls": {"insurance": f"http://localhost:{port}", "staff": f"http://localhost:{port + 1}"},
        "home": str(home()),
        "log": str(home() / "log" / "insurance"),
        "audit_keys": str(folder() / "audit-keys-insurance"),
        **made,
    }
    (folder() / "ready.json").write_text(json.dumps(ready, ensure_ascii=False, indent=1))


def told(port: int, made: dict) -> str:
    """What a person reads when the demo is up."""
    lines = [
        "",
        f"OpenKaigo 実演  http://localhost:{port}/",
        f"業務日 {made['business_date']}",
        "",
        "ログイン(画面で人を選びます。この端末からだけ)",
    ]
    lines += [f"  {a['name']}  {a['section']} {a['title']}({a['role']})" for a in made["accounts"]]
    lines += ["", watch.words(), "", "見てみる"]
    lines += [f"  {what}: http://localhost:{port}{where}" for what, where in made["clicks"][:CLICKS]]
    lines += [f"  ほかの人は {folder() / 'ready.json'} の clicks に"]
    lines += ["", "合計"]
    lines += [
        f"  {key}: {value:,}" if isinstance(value, int) else f"  {key}: {value}"
        for key, value in made["totals"].items()
    ]
    return "\n".join(lines)


def _pid(system: str) -> Path:
    return folder() / f"{system}.pid"
