"""The inventory, the page and the acts: whoever changes keys leaves a trace, and nobody is told that all is well when it is not."""

from __future__ import annotations

import ast
import json
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone

from kaigo.base.audit.models import Event
from kaigo.base.audit.write import record
from kaigo.base.files import store as files
from kaigo.base.keyring import acts, screens
from kaigo.base.keys import envelope, inventory, ring
from kaigo.base.keys.columns import forget, sealed
from kaigo.base.keys.index import index
from kaigo.base.keys.models import KeyAct
from kaigo.base.keys.signing import signer
from kaigo.base.keys.store import Kind, store
from kaigo.base.records.context import Context, acting
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.tests.someone import someone
from kaigo.site.commands import keys as command

TODAY = timezone.localdate()
ROOT = Path(__file__).resolve().parents[4]
CTX = Context("account:1", "operations", date(2026, 7, 15))
pytestmark = pytest.mark.django_db


def page(day=None) -> str:
    request = RequestFactory().get("/keyring/")
    request.staff, request.day = someone({"keys.view"}, purposes={"operations"}), day or TODAY
    answer = screens.Keys.view()(request)
    assert answer.status_code == 200
    return answer.content.decode().split("<main")[1].split("</main>")[0]


CALLS = {"index": "mac", "signer": "sign", "wrapped.fresh": "wrap"}


def named(tree: ast.Module) -> dict[str, str]:
    """NAME = "…" of a module, also those that it takes from others."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("kaigo."):
            path = ROOT / (node.module.replace(".", "/") + ".py")
            theirs = named(ast.parse(path.read_text(encoding="utf-8"))) if path.exists() else {}
            found |= {one.name: theirs[one.name] for one in node.names if one.name in theirs}
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            found |= {one.id: node.value.value for one in node.targets if isinstance(one, ast.Name)}
    return found


def test_every_key_that_the_program_names_has_its_purpose():
    """Read from the sources: index(…), signer(…) and the names that wrap."""
    found = {("wrap", ring.kek())}
    for path in sorted((ROOT / "kaigo").rglob("*.py")):
        if "tests" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            kind = CALLS.get(ast.unparse(node.func)) if isinstance(node, ast.Call) and node.args else None
            if kind and isinstance(node.args[0], ast.Constant):
                found.add((kind, node.args[0].value))
            elif kind and isinstance(node.args[0], ast.Name) and node.args[0].id.isupper():
                found.add((kind, named(tree)[node.args[0].id]))
    assert {("mac", "subjects"), ("mac", "self"), ("mac", "one_time"), ("mac", "user_handle")} <= found
    assert {("wrap", "files"), ("wrap", "passing")} <= found
    told = {(kind, name) for kind in Kind for name in inventory.purposes()[kind]}
    assert not found - told
    assert all(
        one["purpose"] and one["days"] >= 0 for kind in Kind for one in inventory.purposes()[kind].values()
    )


def test_secrets_outside_the_store_are_listed_too(settings):
    folder = Path(settings.SECRETS_ROOT)
    folder.mkdir()
    for name in ("django", "reference.key", "insurance_131997.json", "strange"):
        (folder / name).write_text("x")
    (folder / "passing").mkdir()
    found = {line.name: line.purpose for line in inventory.lines() if line.kind == "secret"}
    assert list(found) == ["django", "insurance_131997.json", "reference.key", "strange"]
    assert found["reference.key"] == "アドレスの中の番号を隠す" and found["strange"] == ""
    assert inventory.check() == ["secret strange: 目的の記載がありません(purposes.yaml)。"]
    assert "鍵の置き場所の外の秘密" in page()


def test_the_inventory_counts_what_uses_which_version():
    files.put(b"a")
    with acting(CTX):
        record(CTX, "page.read", "person", people=[1, 2])
    index("subjects").digest("person:1")
    store().rotate(Kind.MAC, "subjects")
    store().rotate(Kind.WRAP, "files")
    signer("audit")
    files.put(b"b")
    found = {(line.kind, line.name, line.version): line for line in inventory.lines()}
    assert found["wrap", "files", 1].used == found["wrap", "files", 2].used == 1
    assert (found["mac", "subjects", 1].used, found["mac", "subjects", 2].used) == (1, 0)
    assert found["sign", "audit", 1].used is None and not found["sign", "audit", 1].counted
    assert found["wrap", "files", 1].due is None
    today = found["wrap", "files", 2].made
    assert (
        found["wrap", "files", 2].due == today + timedelta(days=365) and not found["mac", "subjects", 2].due
    )
    assert {line.name for line in inventory.overdue(list(found.values()), today + timedelta(days=365))} == {
        "files",
        "audit",
    }
    # A page does not walk through all files and events.
    quick = {(line.kind, line.name, line.version): line.used for line in inventory.lines(all_counts=False)}
    assert quick["wrap", "files", 1] is quick["mac", "subjects", 1] is None


def test_the_page_says_where_keys_lie_and_what_is_due(settings):
    assert "鍵はまだありません" in page()
    files.put(b"a")
    store().make(Kind.MAC, "stray")
    shown = page()
    assert "鍵は同一機に保管" in shown and "note--warn" in shown and str(settings.KEYS_ROOT) in shown
    assert "保存するファイルの鍵を包む" in shown and "記載なし" in shown and "期限切れ" not in shown
    assert "期限切れ" in page(TODAY + timedelta(days=400))
    Path(settings.KEYS_ROOT, "mac-stray.json").chmod(0o644)
    assert "ほかの利用者も開けます" in page()
    store().rotate(Kind.WRAP, "files")
    store().destroy(Kind.WRAP, "files", 1)
    assert "破棄" in page()
    settings.KEY_STORE, settings.KEY_TOKEN = (
        "pkcs11",
        {"module": "/nowhere.so", "label": "x", "pin_file": "/nowhere"},
    )
    request = RequestFactory().get("/keyring/")
    request.staff, request.day = someone({"keys.view"}), TODAY
    assert screens.Keys.view()(request).status_code == 503


def test_acts_leave_their_events_and_reasons():
    store().make(Kind.WRAP, "files")
    digest = files.put(b"a")
    assert acts.rotate(CTX, "wrap", "files") == 2 and files.counts() == {2: 1}
    acts.destroy(CTX, "wrap", "files", 1)
    assert acts.renew(CTX) == {"wrapped": 0, "sealed": 0}
    assert files.get(digest) == b"a"
    for kind, name, version, reason, words in (
        ("wrap", "files", 2, "", "いちばん新しい版"), ("wrap", "files", 9, "", "1 件|ありません"), ("paper", "x", 1, "", "鍵の種類"),
        ("data", "a.b", 1, "", "列「a.b」はありません"), ("mac", "none", 1, "", "数えられません"),
        ("mac", "none", 1, "漏れた疑い", "この版はありません"), ("wrap", "files", 2, "短い", "5字以上"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=words):
            acts.destroy(CTX, kind, name, version, reason)
    with pytest.raises(Refused):
        acts.rotate(CTX, "data", "a.b")
    told = list(
        Event.objects.filter(event__startswith="keys.")
        .order_by("id")
        .values_list("event", "object", "details")
    )
    assert told == [
        ("keys.rotate", "key", {"sort": "wrap", "key": "files", "version": 2}),
        ("keys.destroy", "key", {"sort": "wrap", "key": "files", "version": 1, "forced": False}),
        ("keys.renew", "key", {"wrapped": 0, "sealed": 0}),
    ]
    acts.destroy(CTX, "wrap", "files", 2, "漏れた疑いがあるため")
    assert KeyAct.objects.latest("id").reason == "漏れた疑いがあるため"
    assert "漏れた" not in json.dumps(
        list(Event.objects.values_list("details", flat=True)), ensure_ascii=False
    )
    assert any("破棄" in wrong or "開けません" in wrong for wrong in inventory.check()) is False


def test_a_data_key_that_does_not_open_is_found():
    note = sealed("keys_note", "secret", "値")
    try:
        with transaction.atomic():
            envelope.seal(note, 1, "a")
        store().rotate(Kind.WRAP, ring.kek())
        store().destroy(Kind.WRAP, ring.kek(), 1)
        assert any("keys_note.secret" in wrong and "開けません" in wrong for wrong in inventory.closed())
    finally:
        forget(note)


@pytest.fixture
def said(monkeypatch, capsys):
    """The command as somebody types it: (exit code, stdout, stderr)."""
    monkeypatch.setattr(command, "django_ready", lambda: None)

    def run(*words: str):
        code = command.main(list(words))
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_the_command(said, settings):
    files.put(b"a")
    code, out, err = said("list", "--json")
    told = json.loads(out)
    assert code == 0 and "鍵は同一機に保管" in err and told["same_machine"] is True
    assert [(key["name"], key["used"], key["overdue"]) for key in told["keys"]] == [("files", 1, False)]
    assert "保存するファイルの鍵を包む" in said("list")[1] and said("check")[0] == 0
    assert json.loads(said("rotate", "wrap", "files", "--json")[1]) == {
        "kind": "wrap",
        "name": "files",
        "version": 2,
    }
    assert said("destroy", "wrap", "files", "2")[0] == 1
    assert json.loads(said("destroy", "wrap", "files", "1", "--json")[1])["destroyed"] == 1
    assert said("renew")[0] == 0 and json.loads(said("renew", "--json")[1]) == {"wrapped": 0, "sealed": 0}
    assert said("rotate", "wrap", "../x")[0] == 2
    store().make(Kind.MAC, "stray")
    code, out, _ = said("check", "--json")
    assert code == 1 and json.loads(out)["wrong"] == ["mac stray: 目的の記載がありません(purposes.yaml)。"]
    settings.KEY_STORE, settings.KEY_TOKEN = (
        "pkcs11",
        {"module": "/nowhere.so", "label": "x", "pin_file": "/nowhere"},
    )
    assert [said(word)[0] for word in ("list", "check")] == [3, 3]
    with pytest.raises(SystemExit) as usage:
        said("destroy", "paper", "x", "1")
    assert usage.value.code == 2
    assert os.environ.get("KAIGO_KEY_STORE") is None
