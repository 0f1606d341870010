"""Databases for tests: one volatile server, one template per system, clones for those who need real commits.

Tests run as the app role. `KAIGO_SYSTEM` says which system this pytest run is about (make test runs each).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

SYSTEM = os.environ.setdefault("KAIGO_SYSTEM", "insurance")
INSURER = os.environ.setdefault("KAIGO_INSURER", "131997")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"kaigo.site.settings.{SYSTEM}")


def _home() -> Path:
    """Each test process has a server of its own: a reader by watermark waits for the open transactions of a whole
    server, and those of another process must not keep its rows from it."""
    from kaigo.site.home import default_home

    root = os.environ.get("KAIGO_TEST_HOME")
    home = Path(root) if root else default_home("test")
    binaries = os.environ.get("KAIGO_PG_BIN")
    # A data folder belongs to one major version: …/15/bin gets a home of its own.
    parts = [
        home.name,
        Path(binaries).parent.name if binaries else "",
        os.environ.get("PYTEST_XDIST_WORKER", ""),
    ]
    return home.with_name("-".join(filter(None, parts)))


os.environ["KAIGO_HOME"] = str(_home())
# Set-up collects the styles here; a test that asks for pages needs the folder alone.
(_home() / "static").mkdir(parents=True, exist_ok=True)

import django  # noqa: E402  after the environment is set

django.setup()
_BINARIES = os.environ.get("KAIGO_PG_BIN", "")


def _fingerprint() -> str:
    """What the template was made of: models, migrations and the kinds."""
    from kaigo.site.home import PROJECT

    parts = sorted(
        [
            *PROJECT.glob("kaigo/**/migrations/*.py"),
            *PROJECT.glob("kaigo/base/records/*.py"),
            *PROJECT.glob("kaigo/**/models.py"),
            *PROJECT.glob("kaigo/**/models/*.py"),
            *PROJECT.glob("kaigo/site/settings/*.py"),
            PROJECT / "kaigo/base/desk/answers.py",
            PROJECT / "kaigo/base/staff/sql.py",
            PROJECT / "kaigo/insurance/ledger/closed.py",
            PROJECT / "kaigo/site/databases.py",
        ]
    )
    digest = hashlib.sha256(_BINARIES.encode())
    for part in parts:
        digest.update(part.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def cluster():
    """The test server, started once and kept for the next run; in CI nothing stays behind."""
    import fcntl

    from kaigo.site.databases import clone
    from kaigo.site.embedded import Cluster
    from kaigo.site.prepare import prepare

    server = Cluster(_home(), volatile=True)
    _home().mkdir(parents=True, exist_ok=True)
    with (_home() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server.start()
        mark = _home() / "template"
        if not mark.exists() or mark.read_text() != _fingerprint():
            _drop_all(server)
            prepare(server, INSURER)
            for system in ("staff", "insurance"):
                clone(server, f"{system}_{INSURER}", f"{system}_{INSURER}_template")
            mark.write_text(_fingerprint())
    yield server
    if os.environ.get("CI"):
        server.stop()


def _drop_all(server) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(server.dsn("postgres"), autocommit=True) as admin:
        names = admin.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE %s", [f"%\\_{INSURER}%"]
        ).fetchall()
        for (name,) in names:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


_serial = iter(range(1_000_000))


def _use_clone(cluster, worker: str) -> list[str]:
    """Point every alias at a fresh clone; returns the names."""
    from django.db import connections

    from kaigo.site.databases import clone, connection_settings

    names = []
    number = next(_serial)
    for alias in connections:
        system = "staff" if alias == "staff" else SYSTEM
        name = f"{system}_{INSURER}_t{os.getpid()}_{number}"
        connections[alias].close()
        clone(cluster, f"{system}_{INSURER}_template", name)
        # Settings may have been read before this process had a server of its own.
        entry = connection_settings(system, INSURER, "read" if alias == "staff" else "app")
        entry = {key: entry[key] for key in ("HOST", "USER", "PASSWORD")}
        connections[alias].settings_dict.update(entry, NAME=name)
        names.append(name)
    return names


def _drop(cluster, names: list[str]) -> None:
    import psycopg
    from django.db import connections
    from psycopg import sql

    connections.close_all()
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        for name in names:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def django_db_setup(cluster, django_db_blocker):
    """For tests marked django_db: one clone per process, each test rolled back."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with django_db_blocker.unblock():
        names = _use_clone(cluster, worker)
    yield
    with django_db_blocker.unblock():
        _drop(cluster, names)


def _street(cluster, django_db_blocker):
    from django.db import connections

    before = {alias: connections[alias].settings_dict["NAME"] for alias in connections}
    with django_db_blocker.unblock():
        names = _use_clone(cluster, "street")
        yield cluster
        _drop(cluster, names)
        for alias, name in before.items():
            connections[alias].settings_dict["NAME"] = name


@pytest.fixture
def street(cluster, django_db_setup, django_db_blocker):
    """A database of its own with real commits: for tests of knowledge over time, freezes, several connections."""
    yield from _street(cluster, django_db_blocker)


@pytest.fixture(scope="module")
def long_street(cluster, django_db_setup, django_db_blocker):
    """The same for all tests of a file."""
    yield from _street(cluster, django_db_blocker)


def _as_a_browser() -> None:
    """Test clients go on to the page that shows the answer to a post, as browsers do (base/desk/answers.py)."""
    from django.test import Client

    from kaigo.base.desk.answers import PARAMETER

    plain = Client.post

    def post(self, *arguments, shown: bool = True, **more):
        answer = plain(self, *arguments, **more)
        if shown and answer.status_code == 303 and f"?{PARAMETER}=" in answer["Location"]:
            kept = {name: value for name, value in more.items() if name.isupper()}
            return self.get(answer["Location"], **kept)
        return answer

    Client.post = post


_as_a_browser()


def pytest_collection_modifyitems(items):
    """Whoever may use a database may ask the staff database who somebody is, as every staff system does."""
    for item in items:
        for mark in item.iter_markers("django_db"):
            mark.kwargs.setdefault("databases", "__all__")


@pytest.fixture(autouse=True)
def _files_apart(tmp_path, settings):
    settings.FILES_ROOT = tmp_path / "files"
    settings.KEYS_ROOT = tmp_path / "keys"
    settings.AUDIT_LOG_ROOT = tmp_path / "log"
    settings.SECRETS_ROOT = tmp_path / "secrets"


@pytest.fixture(autouse=True)
def _everybody_has_called(request, monkeypatch):
    """Pages ask why somebody is looked at. Tests of other things find that told; tests of the asking are marked `asks`."""
    if SYSTEM == "insurance" and request.node.get_closest_marker("asks") is None:
        monkeypatch.setattr(
            "kaigo.insurance.counter.access.cases",
            lambda ctx, staff, people: dict.fromkeys(people, ("ticket:0", False)),
        )


@pytest.fixture(autouse=True)
def _somebody_watches(request, monkeypatch):
    """Nothing leaves the house unwatched. Tests of other things find a witness who has just signed; tests of the
    watching are marked `witness`."""
    from datetime import UTC, datetime

    if request.node.get_closest_marker("witness") is None:
        from kaigo.base.audit import fresh

        monkeypatch.setattr(fresh, "watch", lambda: fresh.Watch(datetime.now(UTC), 1, False))


@pytest.fixture
def ctx():
    """A context on 1 July 2026."""
    from datetime import date

    from kaigo.base.records.context import Context

    return Context(actor="account:1", purpose="premium", on=date(2026, 7, 1))
