"""`kaigo feeds load`: exit codes and what it tells."""

from __future__ import annotations

import json

import pytest

from kaigo.base.feeds.tests.files import STAY, stay, stays
from kaigo.site.cli import main

pytestmark = pytest.mark.django_db


@pytest.fixture
def load(tmp_path, capsys, monkeypatch):
    # The test's own database is used; the installation's server is not started.
    monkeypatch.setattr("kaigo.site.commands.feeds.django_ready", lambda: None)

    def run(content: bytes, *words: str):
        path = tmp_path / "stay.csv"
        path.write_bytes(content)
        code = main(["feeds", "load", str(path), "--layout", STAY, "--on", "2026-04-01", *words])
        return code, capsys.readouterr().out

    return run


def test_exit_codes(load):
    good = stays(1, stay(1))
    assert load(good)[0] == 0
    assert load(good)[0] == 0
    assert load(stays(2, stay(1, facility="x"), stay(2)))[0] == 1
    assert load(stays(4, stay(3)))[0] == 3
    assert load(b"x")[0] == 1


def test_usage(load, capsys):
    assert main(["feeds", "load", "/nowhere.csv", "--layout", STAY]) == 2
    assert load(b"x", "--layout", "ward.nothing")[0] == 2


def test_json_is_whole(load):
    code, out = load(stays(1, stay(1), stay(2, facility="x")), "--json")
    told = json.loads(out)
    assert (code, told["state"], told["lines"], told["new_lines"], told["refused_lines"]) == (
        1,
        "accepted",
        2,
        1,
        1,
    )
    assert told["problems"] == []
    assert told["refused"][0]["errors"][0]["field"] == "施設番号"


def test_words_name_place_and_remedy(load):
    _, out = load(stays(1, stay(1), stay(2, facility="x")))
    assert "3行目 施設番号「x」: 施設番号が10桁の数字ではありません。10桁の数字にしてください(半角)。" in out
