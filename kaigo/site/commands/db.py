"""`kaigo db url SYSTEM --role app|own|read`, `kaigo db prepare`, `kaigo db stop`."""

from __future__ import annotations

import argparse
import os
import sys

from psycopg.conninfo import make_conninfo

from kaigo.site.databases import SYSTEMS, connection_settings
from kaigo.site.embedded import Cluster
from kaigo.site.home import home
from kaigo.site.prepare import prepare


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="kaigo db")
    words = parser.add_subparsers(dest="word", required=True)
    url = words.add_parser("url", help="接続文字列")
    url.add_argument("system", choices=SYSTEMS)
    url.add_argument("--role", choices=("app", "own", "read"), default="read")
    words.add_parser("prepare", help="データベースをコードの状態にする")
    words.add_parser("stop", help="同梱サーバーを止める")
    options = parser.parse_args(argv)
    insurer = os.environ.get("KAIGO_INSURER", "131997")
    if options.word == "url":
        entry = connection_settings(options.system, insurer, options.role)
        named = {"dbname": entry["NAME"], "user": entry["USER"], "host": entry["HOST"]}
        if entry.get("PASSWORD"):
            named["password"] = entry["PASSWORD"]
        if entry.get("OPTIONS"):
            named["options"] = entry["OPTIONS"]["options"]
        print(make_conninfo("", **named))
        return 0
    cluster = Cluster(home())
    if options.word == "stop":
        cluster.stop()
        return 0
    cluster.start()
    prepare(cluster, insurer)
    print("データベースの用意ができました。", file=sys.stderr)
    return 0
