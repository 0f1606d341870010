"""The log of accesses in the demo: a process for each system that seals it, and a witness beside them.

The witness has a key and, where this may be (root), an account of its own; but it sits on the same machine, which a real
installation must not copy: whoever administers this machine could bend both. The demo says so.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import time
import urllib.request
from functools import cache
from pathlib import Path

from kaigo.site.demo import folder
from kaigo.site.demo.make import environment
from kaigo.site.home import PROJECT, home
from kaigo.site.processes import ensure_account

ACCOUNT = "openkaigo-witness"
NAME = "openkaigo.example/demo-witness"
PORT = 2  # behind the first port of the demo
WITNESS = "kaigo.witness.service"


def start_witness(port: int) -> subprocess.Popen:
    """Make the witness when there is none, let it know the logs, and wait until it answers."""
    place = _place()
    if not (place / "witness.key").exists():
        _run("new", str(place), NAME)
    for system in ("insurance", "staff"):
        key = _log_key(system, port)
        _run("know", str(place), key.partition("+")[0], key)
    _given_away(place)
    log = (folder() / "witness.log").open("w")
    command = [sys.executable, "-m", WITNESS, "serve", str(place), f"127.0.0.1:{port + PORT}"]
    running = subprocess.Popen(
        command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, **_as()
    )
    address = f"http://127.0.0.1:{port + PORT}"
    until = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                (folder() / "witness.pub").write_bytes(answer.read())
            return running
        except OSError:
            if time.monotonic() > until or running.poll() is not None:
                raise RuntimeError(
                    f"立会がポート {port + PORT} で答えません。PORT=… で別のポートを選べます。"
                ) from None
            time.sleep(0.1)


def write_keys(port: int) -> None:
    """What an auditor is handed: of each log a file with its key and that of the witness, for kaigo-audit-verify."""
    for system in ("insurance", "staff"):
        keys = f"{_log_key(system, port)}\n{(folder() / 'witness.pub').read_text()}"
        (folder() / f"audit-keys-{system}").write_text(keys)


def start_sealer(system: str, port: int, business_date: str) -> subprocess.Popen:
    """Seal the log of one system from now on."""
    log = (folder() / f"{system}-log.log").open("w")
    env = os.environ | environment(system, port) | told(port) | {"KAIGO_BUSINESS_DATE": business_date}
    command = [sys.executable, "-m", "kaigo.site.cli", "audit", "seal"]
    return subprocess.Popen(
        command, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
    )


def start_finder(system: str, port: int, business_date: str) -> subprocess.Popen:
    """Ask the critical rules about the log of one system every few minutes (base/misuse)."""
    log = (folder() / f"{system}-misuse.log").open("w")
    env = os.environ | environment(system, port) | {"KAIGO_BUSINESS_DATE": business_date}
    command = [sys.executable, "-m", "kaigo.site.cli", "misuse", "watch"]
    return subprocess.Popen(
        command, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
    )


def told(port: int) -> dict[str, str]:
    """What the systems are told of the witness."""
    return {
        "KAIGO_WITNESS_URL": f"http://127.0.0.1:{port + PORT}",
        "KAIGO_WITNESS_KEY": (folder() / "witness.pub").read_text().strip(),
    }


def remove() -> None:
    """Forget the witness with its memory, together with the logs that it knows."""
    shutil.rmtree(_place(), ignore_errors=True)


def words() -> str:
    """What the demo says about it."""
    account = f"アカウント {ACCOUNT}" if _as() else "同じアカウント"
    return (
        f"アクセス記録の立会は、実演のためこの機械の上にあります({account}、鍵は別)。本番では、別の課の別の機械に置きます。\n"
        f"  確かめる: kaigo-audit-verify {home()}/log/insurance --keys {folder()}/audit-keys-insurance"
    )


def _place() -> Path:
    """Beside the home, never in it."""
    return home().with_name(f"{home().name}-witness")


@cache
def _log_key(system: str, port: int) -> str:
    command = [sys.executable, "-m", "kaigo.site.cli", "audit", "key"]
    env = os.environ | environment(system, port)
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=env).stdout.strip()


def _run(*words: str) -> None:
    subprocess.run([sys.executable, "-m", WITNESS, *words], check=True, stdout=subprocess.DEVNULL)


def _as() -> dict:
    """Under which account it runs: its own where we may and it can read the program."""
    if os.geteuid() != 0 or not _readable():
        return {}
    ensure_account(ACCOUNT)
    return {
        "user": ACCOUNT,
        "group": ACCOUNT,
        "extra_groups": [],
        "cwd": "/",
        "env": {"PYTHONPATH": str(PROJECT)},
    }


def _readable() -> bool:
    """May everybody read the program and its Python?"""
    places = [Path(sys.executable).resolve(), Path(sys.prefix), PROJECT / "kaigo"]
    return all(part.stat().st_mode & 0o005 == 0o005 for place in places for part in [place, *place.parents])


def _given_away(place: Path) -> None:
    if _as():
        entry = pwd.getpwnam(ACCOUNT)
        for path in [place, *place.rglob("*")]:
            os.chown(path, entry.pw_uid, entry.pw_gid)
