"""Databases and roles of an insurer: made once, named by rule, secrets in 0600 files.

Per system and insurer: database `<system>_<insurer>` and the roles `own_`, `app_`, `erase_`, `read_` + that name.
`own_` has no log-in: the administrator becomes it to run migrations.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

import psycopg
from psycopg import sql

from kaigo.base.keys.private import make_once
from kaigo.site.embedded import Cluster
from kaigo.site.home import home

SYSTEMS = ("staff", "insurance")
LOGIN_ROLES = ("app", "erase", "read")
EXTENSIONS = ("btree_gist", "pg_trgm")


def database_name(system: str, insurer: str) -> str:
    """`insurance` + `131997` → `insurance_131997`."""
    if system not in SYSTEMS:
        raise ValueError(f"no such system: {system}")
    if not (len(insurer) == 6 and insurer.isdigit()):
        raise ValueError("an insurer is named by its six-digit 全国地方公共団体コード")
    return f"{system}_{insurer}"


def create(cluster: Cluster, system: str, insurer: str, root: Path | None = None) -> str:
    """Database, roles, secrets. Doing it twice changes nothing. Returns the database name."""
    name = database_name(system, insurer)
    words = _secrets(name, root or home())
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        _role(admin, f"own_{name}", None)
        for role in LOGIN_ROLES:
            _role(admin, f"{role}_{name}", words[role])
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(f"own_{name}")
                )
            )
        # PostgreSQL lets everybody into every new database, and into its own two.
        for closed in (name, "postgres", "template1"):
            admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(closed)))
        for role in LOGIN_ROLES:
            admin.execute(
                sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                    sql.Identifier(name), sql.Identifier(f"{role}_{name}")
                )
            )
    with psycopg.connect(cluster.dsn(name), autocommit=True) as admin:
        for extension in EXTENSIONS:
            admin.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
        admin.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(f"own_{name}")))
        admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    return name


def connection_settings(system: str, insurer: str, role: str, suffix: str = "") -> dict:
    """Django's DATABASES entry. role: app | read | erase | own (own: administrator who becomes the owner).

    suffix: a clone of the database (tests, shadow runs); the roles are those of the original.
    """
    url = os.environ.get(f"KAIGO_{system.upper()}_URL")
    name = database_name(system, insurer)
    common = {"ENGINE": "kaigo.base.records.backend", "CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    if url:
        parts = psycopg.conninfo.conninfo_to_dict(url)
        return common | {
            "NAME": parts["dbname"],
            "USER": parts.get("user", ""),
            "PASSWORD": parts.get("password", ""),
            "HOST": parts.get("host", ""),
            "PORT": parts.get("port", ""),
        }
    cluster = Cluster(home())
    entry = common | {"NAME": name + suffix, "HOST": str(cluster.socket), "PORT": ""}
    if role == "own":
        return entry | {"USER": "kaigo_admin", "OPTIONS": {"options": f"-c role=own_{name}"}}
    return entry | {"USER": f"{role}_{name}", "PASSWORD": _secrets(name, home())[role]}


def clone(cluster: Cluster, template: str, name: str) -> None:
    """A copy of a database nobody is connected to, replacing one of that name."""
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        owner = admin.execute(
            "SELECT r.rolname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE datname = %s",
            [template],
        ).fetchone()[0]
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template), sql.Identifier(owner)
            )
        )
        admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        for role in LOGIN_ROLES:
            user = f"{role}_{owner.removeprefix('own_')}"
            admin.execute(
                sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                    sql.Identifier(name), sql.Identifier(user)
                )
            )


def _secrets(name: str, root: Path) -> dict[str, str]:
    folder = root / "secrets"
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o700)
    path = folder / f"{name}.json"
    if not path.exists():
        words = {role: secrets.token_urlsafe(24) for role in LOGIN_ROLES}
        make_once(path, json.dumps(words).encode())
    return json.loads(path.read_text())


def _role(admin: psycopg.Connection, role: str, password: str | None) -> None:
    exists = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    login = (
        sql.SQL("NOLOGIN") if password is None else sql.SQL("LOGIN PASSWORD {}").format(sql.Literal(password))
    )
    verb = sql.SQL("ALTER ROLE") if exists else sql.SQL("CREATE ROLE")
    admin.execute(
        sql.SQL("{} {} WITH NOSUPERUSER NOCREATEDB NOCREATEROLE {}").format(verb, sql.Identifier(role), login)
    )
