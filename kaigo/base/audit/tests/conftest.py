"""A real witness over HTTP."""

from __future__ import annotations

import threading

import pytest

from kaigo.base.audit import sealing
from kaigo.witness.book import Book, found
from kaigo.witness.service import server


@pytest.fixture
def witness(tmp_path, settings):
    """A witness that knows the log; `book.now` moves its clock."""
    found(tmp_path / "witness", "witness.example/joho")
    book = Book(tmp_path / "witness")
    book.know(settings.AUDIT_ORIGIN, str(sealing.own_key()))
    running = server(book, "127.0.0.1", 0)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    settings.WITNESS_URL, settings.WITNESS_KEY = f"http://127.0.0.1:{running.server_port}", str(book.key)
    yield book
    running.shutdown()
    running.server_close()
