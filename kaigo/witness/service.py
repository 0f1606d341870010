"""`kaigo-witness`: a small program of its own that watches the logs of others and signs what is consistent.

    kaigo-witness new FOLDER NAME             make a witness; prints its key, to be handed to the log and to auditors
    kaigo-witness know FOLDER ORIGIN KEY      watch this log
    kaigo-witness renew FOLDER ORIGIN KEY     believe a further key of a known log, after its rotation
    kaigo-witness serve FOLDER HOST:PORT      answer POST /add-checkpoint
    kaigo-witness seen FOLDER ORIGIN          every checkpoint it has signed, for kaigo-audit-verify --seen

It should run on a machine, under an account and with a key that whoever administers the log cannot reach.
"""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kaigo.witness import note
from kaigo.witness.book import Book, Refuses, found

LARGEST = 1 << 17  # bytes of a request: a proof of 63 lines and a note


def server(book: Book, host: str, port: int) -> ThreadingHTTPServer:
    """Serve a witness; port 0 takes any free one."""

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version, sys_version = "kaigo-witness", ""
        timeout = 10

        def do_POST(self) -> None:
            if self.path != "/add-checkpoint":
                return self._say(404, "そのような入口はありません。")
            length = self.headers.get("Content-Length", "")
            if not note.counted(length) or int(length) > LARGEST:
                return self._say(413, "依頼が大きすぎるか、長さが書かれていません。")
            try:
                return self._say(200, book.add(self.rfile.read(int(length))))
            except Refuses as refused:
                return self._say(refused.status, refused.body)

        def do_GET(self) -> None:
            """Who this witness is; health for whoever watches it."""
            if self.path != "/":
                return self._say(404, "そのような入口はありません。")
            return self._say(200, f"{book.key}\n")

        def _say(self, status: int, body: str) -> None:
            # One request a connection: what stands behind one that was not read is never taken for another.
            self.close_connection = True
            content = body.encode()
            kind = "text/x.tlog.size" if status == 409 else "text/plain; charset=utf-8"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, form: str, *values: object) -> None:
            # What was asked stands in the book; a request line can hold anything.
            return

    return ThreadingHTTPServer((host, port), Answer)


def main(argv: list[str] | None = None) -> int:
    match sys.argv[1:] if argv is None else argv:
        case ["new", folder, name]:
            print(found(Path(folder), name))
        case ["know" | "renew" as word, folder, origin, key]:
            try:
                Book(Path(folder)).know(origin, key, also=word == "renew")
            except (Refuses, note.NoteWrong) as refused:
                print(refused, file=sys.stderr)
                return 1
        case ["seen", folder, origin]:
            for signed in Book(Path(folder)).seen(origin):
                print(json.dumps(signed, ensure_ascii=False))
        case ["serve", folder, address]:
            host, _, port = address.rpartition(":")
            with server(Book(Path(folder)), host, int(port)) as running:
                print(f"http://{host}:{running.server_port}", flush=True)
                running.serve_forever()
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
