"""Make the ward once: database, accounts, files, the fiscal year up to the posted notices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from kaigo.site.demo import folder as demo_folder
from kaigo.site.embedded import Cluster
from kaigo.site.home import home
from kaigo.site.prepare import prepare

INSURER = "131997"
SEED = 20260401
FISCAL_YEAR = 2026
MARKER = "demo.marker"


def ensure(residents: int, port: int, until: str) -> dict:
    """What was made: {residents, business_date, accounts, samples, totals, seconds}. Made once per size and code."""
    cluster = Cluster(home())
    cluster.root.mkdir(parents=True, exist_ok=True)
    # The marker lets demo log-ins exist at all; an installation made without it never gets them.
    (cluster.root / MARKER).touch()
    cluster.start()
    result = cluster.root / "demo.json"
    if result.exists():
        made = json.loads(result.read_text())
        if made["residents"] == residents and made["business_date"] == max(until, made["business_date"]):
            return made
        print(
            f"実演の区は住民 {made['residents']:,} 人、{made['business_date']} までで作ってあります。"
            "別の大きさや日にするには make demo-reset の後に始めてください。",
            file=sys.stderr,
        )
        return made
    begun = time.monotonic()
    _say("データベースを用意しています")
    prepare(cluster, INSURER)
    accounts = _python("staff", "kaigo.site.demo.accounts", port=port)
    folder = demo_folder() / "ward"
    _say(f"見本区(住民 {residents:,} 人)のファイルを作っています")
    _world(residents, folder)
    made = _python("insurance", "kaigo.site.demo.play", str(folder), until, port=port)
    _python("staff", "kaigo.site.demo.personnel", str(folder), made["business_date"], port=port)
    made |= {"residents": residents, "accounts": accounts, "seconds": round(time.monotonic() - begun)}
    result.write_text(json.dumps(made, ensure_ascii=False, indent=1))
    return made


def _world(residents: int, folder: Path) -> None:
    command = [sys.executable, "-m", "kaigo.site.cli", "world", "make", "--residents", str(residents)]
    command += ["--seed", str(SEED), "--fiscal-year", str(FISCAL_YEAR), str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _python(system: str, module: str, *arguments: str, port: int) -> dict:
    """Run a module in the process of one system; its last line on stdout is JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment(system, port),
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def environment(system: str, port: int) -> dict[str, str]:
    """The environment of one system's process."""
    return {
        "KAIGO_SYSTEM": system,
        "KAIGO_INSURER": INSURER,
        "KAIGO_HOME": str(home()),
        "DJANGO_SETTINGS_MODULE": f"kaigo.site.settings.{system}",
        "KAIGO_INSURANCE_ADDRESS": f"http://localhost:{port}",
        "KAIGO_STAFF_ADDRESS": f"http://localhost:{port + 1}",
    }


def _say(text: str) -> None:
    print(f"・{text}", file=sys.stderr)
