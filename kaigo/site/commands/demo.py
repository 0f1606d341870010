"""`kaigo demo start | stop | reset`: what `make demo` runs. RESIDENTS, PORT, UNTIL (to which day the year is played)
and DETACH come from the environment."""

from __future__ import annotations

import argparse
import os
import shutil
import sys

from kaigo.site.demo import folder, make, serve, watch
from kaigo.site.embedded import Cluster
from kaigo.site.home import home


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="kaigo demo")
    parser.add_argument("word", choices=("start", "stop", "reset"))
    options = parser.parse_args(argv)
    if options.word == "start":
        return start()
    serve.stop()
    Cluster(home()).stop()
    if options.word == "reset":
        Cluster(home()).remove()
        watch.remove()
        shutil.rmtree(folder(), ignore_errors=True)
        print("実演のデータをすべて消しました。", file=sys.stderr)
    return 0


def start() -> int:
    """Make the ward when it is not there, serve the screens, say what to click."""
    residents = int(os.environ.get("RESIDENTS") or 20000)
    port = int(os.environ.get("PORT") or 8000)
    serve.stop()
    until = os.environ.get("UNTIL") or "2026-07-15"
    made = make.ensure(residents, port, until)
    running = serve.start(port, made["business_date"])
    serve.write_ready(port, made)
    print(serve.told(port, made))
    if os.environ.get("DETACH"):
        return 0
    return serve.wait(running)
