"""Insurers are apart (security.md E-10): whoever may log in to the databases of one reaches none of another."""

from __future__ import annotations

import json

import psycopg
import pytest

from kaigo.site.databases import LOGIN_ROLES, SYSTEMS, create

ONE, OTHER = "900001", "900002"


@pytest.fixture(scope="module")
def databases(cluster, tmp_path_factory):
    root = tmp_path_factory.mktemp("secrets")
    yield (
        {insurer: [create(cluster, system, insurer, root) for system in SYSTEMS] for insurer in (ONE, OTHER)},
        root,
    )
    with psycopg.connect(cluster.dsn("postgres"), autocommit=True) as admin:
        for insurer in (ONE, OTHER):
            for system in SYSTEMS:
                admin.execute(f'DROP DATABASE "{system}_{insurer}"')


def test_no_role_of_one_insurer_enters_a_database_of_another(cluster, databases):
    names, root = databases
    tried = 0
    for name in names[ONE]:
        words = json.loads((root / "secrets" / f"{name}.json").read_text())
        for role in LOGIN_ROLES:
            own = cluster.dsn(name, f"{role}_{name}", words[role])
            with psycopg.connect(own) as connection:
                assert connection.execute("SELECT current_database()").fetchone() == (name,)
            for foreign in [*names[OTHER], "postgres", "template1"]:
                with pytest.raises(psycopg.OperationalError, match="CONNECT"):
                    psycopg.connect(cluster.dsn(foreign, f"{role}_{name}", words[role]))
                tried += 1
    assert tried == len(SYSTEMS) * len(LOGIN_ROLES) * (len(SYSTEMS) + 2)


def test_every_insurer_has_words_of_its_own(databases):
    names, root = databases
    words = [
        word
        for name in names[ONE] + names[OTHER]
        for word in json.loads((root / "secrets" / f"{name}.json").read_text()).values()
    ]
    assert len(set(words)) == len(words) == 2 * len(SYSTEMS) * len(LOGIN_ROLES)
