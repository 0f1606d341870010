"""The contract of every store of keys: the same tests for files and for a real PKCS#11 token (SoftHSM)."""

from __future__ import annotations

import os
import random
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kaigo.base.keys.signing import signed
from kaigo.base.keys.store import Kind, NoKey, StoreDown, Unopened, store

MODULE = next(
    (p for p in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm.so") if Path(p).exists()),
    "",
)
PIN = "123456"


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    """A token of its own: (label, file of the PIN)."""
    if not MODULE or not shutil.which("softhsm2-util"):
        pytest.fail("needs Debian's package softhsm2 (checks/packages.sh)")
    root = tmp_path_factory.mktemp("token")
    (root / "tokens").mkdir()
    conf = root / "softhsm2.conf"
    conf.write_text(
        f"directories.tokendir = {root / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    os.environ["SOFTHSM2_CONF"] = str(conf)
    label = root.name
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN],
        check=True, capture_output=True,
    )  # fmt: skip
    pin = root / "pin"
    pin.write_text(PIN)
    return label, str(pin)


@pytest.fixture(params=["embedded", "pkcs11"])
def kept(request, settings, tmp_path):
    """A store without a key."""
    settings.KEY_STORE, settings.KEYS_ROOT = request.param, tmp_path / "keys"
    if request.param == "pkcs11":
        label, pin = request.getfixturevalue("token")
        settings.KEY_TOKEN = {"module": MODULE, "label": label, "pin_file": pin}
        with store()._session() as session:
            for one in list(session.get_objects()):
                one.destroy()
    return store()


class TestContract:
    def test_a_key_is_made_once_and_its_versions_count_on(self, kept):
        assert kept.versions(Kind.MAC, "a") == () and kept.inventory() == []
        assert kept.make(Kind.MAC, "a") == kept.make(Kind.MAC, "a") == 1
        assert kept.rotate(Kind.MAC, "a") == 2 == kept.make(Kind.MAC, "a")
        assert kept.rotate(Kind.WRAP, "a") == 1
        assert kept.versions(Kind.MAC, "a") == (1, 2)
        with pytest.raises(ValueError, match="not a key's name"):
            kept.make(Kind.MAC, "../a")

    def test_many_at_once_make_one_key(self, kept):
        with ThreadPoolExecutor(8) as pool:
            found = list(
                pool.map(lambda n: (kept.make(Kind.MAC, "x"), *kept.hmac("x", [b"x"], 1)), range(40))
            )
        assert len(set(found)) == 1 and kept.versions(Kind.MAC, "x") == (1,)

    def test_a_first_version_and_a_rotation_at_once_are_two_versions_at_most(self, kept):
        for turn in range(5):
            with ThreadPoolExecutor(4) as pool:
                made = [
                    pool.submit(lambda t=turn: kept.hmac(f"x{t}", [b"x"], kept.make(Kind.MAC, f"x{t}"))[0])
                    for _ in range(3)
                ]
                pool.submit(kept.rotate, Kind.MAC, f"x{turn}").result()
            known = {kept.hmac(f"x{turn}", [b"x"], n)[0] for n in kept.versions(Kind.MAC, f"x{turn}")}
            assert {one.result() for one in made} <= known

    def test_what_is_wrapped_opens_for_the_same_thing_only(self, kept):
        seed = random.randrange(1 << 32)
        print("seed", seed)
        chance, key = random.Random(seed), bytes(range(32))
        version, wrapped = kept.wrap("kek", key, b"of a")
        assert kept.unwrap("kek", version, wrapped, b"of a") == key and key not in wrapped
        assert kept.wrap("kek", key, b"of a")[1] != wrapped
        kept.rotate(Kind.WRAP, "kek")
        again, other = kept.wrap("kek", key, b"of a")
        assert (version, again) == (1, 2) and kept.unwrap("kek", 1, wrapped, b"of a") == key
        kept.make(Kind.WRAP, "beside")
        touched = [
            bytes(c ^ (i == place) for i, c in enumerate(wrapped))
            for place in chance.sample(range(len(wrapped)), 20)
        ]
        for name, number, content, aad in (
            ("kek", 1, wrapped, b"of b"), ("kek", 2, wrapped, b"of a"), ("beside", 1, wrapped, b"of a"),
            ("kek", 1, other, b"of a"), ("kek", 1, b"", b"of a"), ("kek", 1, wrapped[:20], b"of a"),
            *(("kek", 1, one, b"of a") for one in touched),
        ):  # fmt: skip
            with pytest.raises(Unopened):
                kept.unwrap(name, number, content, aad)
        assert kept.unwrap("kek", 1, wrapped, b"of a") == key

    def test_digests_are_those_of_one_key(self, kept):
        kept.make(Kind.MAC, "a")
        texts = [f"person:{n}".encode() for n in range(50)]
        found = kept.hmac("a", iter(texts), 1)
        assert len(set(found)) == 50 and {len(one) for one in found} == {32}
        assert kept.hmac("a", texts, 1) == found and kept.hmac("a", [texts[7]], 1) == [found[7]]
        assert kept.hmac("a", texts[:2], 1, 16) == [found[0][:16], found[1][:16]]
        kept.rotate(Kind.MAC, "a")
        kept.make(Kind.MAC, "b")
        assert not set(found) & {*kept.hmac("a", texts, 2), *kept.hmac("b", texts, 1)}

    def test_a_signature_can_be_checked_without_the_store(self, kept):
        version = kept.make(Kind.SIGN, "audit")
        public, signature = kept.public("audit", version), kept.sign("audit", b"checkpoint", version)
        assert (len(public), len(signature)) == (32, 64)
        assert signed(public, b"checkpoint", signature) and not signed(public, b"checkpoinT", signature)

    def test_what_is_destroyed_is_gone_and_its_number_never_comes_back(self, kept):
        _, wrapped = kept.wrap("kek", b"key", b"")
        kept.make(Kind.SIGN, "audit")
        public = kept.public("audit", 1)
        for kind, name in ((Kind.WRAP, "kek"), (Kind.SIGN, "audit")):
            assert kept.rotate(kind, name) == 2
            kept.destroy(kind, name, 1)
            kept.destroy(kind, name, 1)
            assert kept.versions(kind, name) == (2,)
            kept.destroy(kind, name, 2)
            assert kept.versions(kind, name) == () and kept.rotate(kind, name) == 3
        for act in (
            lambda: kept.unwrap("kek", 1, wrapped, b""), lambda: kept.sign("audit", b"", 1), lambda: kept.hmac("no", [b""], 1),
            lambda: kept.destroy(Kind.WRAP, "kek", 9), lambda: kept.destroy(Kind.WRAP, "never", 1), lambda: kept.public("audit", 9),
        ):  # fmt: skip
            with pytest.raises(NoKey):
                act()
        assert kept.public("audit", 1) == public

    def test_the_inventory_lists_all_that_ever_was(self, kept):
        kept.make(Kind.MAC, "b")
        kept.make(Kind.MAC, "a")
        kept.rotate(Kind.MAC, "a")
        kept.make(Kind.SIGN, "audit")
        kept.destroy(Kind.MAC, "a", 1)
        told = {(one.kind, one.name): one.versions for one in kept.inventory()}
        assert list(told) == [(Kind.MAC, "a"), (Kind.MAC, "b"), (Kind.SIGN, "audit")]
        first, second = told[Kind.MAC, "a"]
        assert (
            first.destroyed and first.destroyed >= first.made and not second.destroyed and second.number == 2
        )

    def test_another_process_hears_of_a_rotation(self, kept):
        kept.make(Kind.MAC, "a")
        before = kept.hmac("a", [b"x"], 1)
        pid = os.fork()
        if not pid:
            try:
                same = kept.hmac("a", [b"x"], 1) == before
                os._exit(0 if same and kept.rotate(Kind.MAC, "a") == 2 else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        for _ in range(30):
            if kept.make(Kind.MAC, "a") == 2:
                break
            import time

            time.sleep(0.1)
        assert kept.make(Kind.MAC, "a") == 2 and kept.hmac("a", [b"x"], 1) == before

    def test_it_says_of_itself_that_the_keys_lie_on_this_machine(self, kept):
        kept.make(Kind.MAC, "a")
        health = kept.health()
        assert health.problems == () and health.same_machine and health.label.startswith("鍵は同一機に保管")


class TestFiles:
    """What holds of keys in files alone."""

    @pytest.fixture(autouse=True)
    def _apart(self, settings, tmp_path):
        settings.KEYS_ROOT = tmp_path / "keys"

    def test_files_are_for_the_program_alone(self, settings):
        for kind in Kind:
            store().rotate(kind, "a")
        folder = Path(settings.KEYS_ROOT)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
        assert len(list(folder.glob("*.json"))) == 3 and not store().health().problems
        (folder / "wrap-a.json").chmod(0o640)
        (folder / "mac-a.json").write_text("{")
        assert len(store().health().problems) == 2

    def test_a_destroyed_key_leaves_no_byte_in_its_file_of_before(self, settings):
        store().make(Kind.MAC, "a")
        store().rotate(Kind.MAC, "a")
        with (Path(settings.KEYS_ROOT) / "mac-a.json").open("rb") as before:
            held = before.read()
            store().destroy(Kind.MAC, "a", 1)
            before.seek(0)
            assert before.read() == b"\0" * len(held)
        assert store().versions(Kind.MAC, "a") == (2,)


class TestToken:
    """What holds of a token alone."""

    def test_no_key_can_be_taken_out(self, token, settings, tmp_path):
        from pkcs11 import Attribute, ObjectClass
        from pkcs11.exceptions import AttributeSensitive

        settings.KEY_STORE, settings.KEYS_ROOT = "pkcs11", tmp_path
        settings.KEY_TOKEN = {"module": MODULE, "label": token[0], "pin_file": token[1]}
        for kind in Kind:
            store().make(kind, "out")
        with store()._session() as session:
            found = [
                o
                for of in (ObjectClass.SECRET_KEY, ObjectClass.PRIVATE_KEY)
                for o in session.get_objects({Attribute.CLASS: of})
            ]
            assert len(found) >= 3
            for key in found:
                assert key[Attribute.SENSITIVE] and not key[Attribute.EXTRACTABLE]
                with pytest.raises(AttributeSensitive):
                    key[Attribute.VALUE]

    @pytest.mark.parametrize("lacks", ["module", "label", "pin_file"])
    def test_a_token_that_does_not_answer_is_said_to_be_down(self, token, settings, tmp_path, lacks):
        settings.KEY_STORE, settings.KEYS_ROOT = "pkcs11", tmp_path
        told = {"module": MODULE, "label": token[0], "pin_file": token[1]} | {lacks: "/nowhere"}
        settings.KEY_TOKEN = told
        with pytest.raises(StoreDown):
            store().make(Kind.MAC, "a")
        assert store().health().problems


def test_a_store_that_there_is_not_is_refused(settings):
    settings.KEY_STORE = "paper"
    with pytest.raises(ValueError, match="KEY_STORE"):
        store()
