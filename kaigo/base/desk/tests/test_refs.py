"""References open to the row and kind they were made for, and to nothing else."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date

import pytest
from django.conf import settings
from django.template import engines
from django.test import Client, RequestFactory
from django.urls import Resolver404, resolve
from hypothesis import given
from hypothesis import strategies as some

from kaigo.base.desk import middleware, views
from kaigo.base.desk.refs import KINDS, PATTERN, Seal, ref, unref
from kaigo.base.keys.private import make_once
from kaigo.base.staff.tests.someone import someone

MAY = frozenset({"counter.view", "residents.view"})
ROWS = some.integers(0, 2**63 - 1)


@given(some.sampled_from(KINDS), ROWS)
def test_a_reference_opens_to_its_row_and_to_no_other_kind(kind, row):
    text = ref(kind, row)
    assert len(text) == 22 and unref(kind, text) == row
    assert [other for other in KINDS if unref(other, text) is not None] == [kind]
    assert Seal(bytes(32)).open(kind, text) is None, "another key opens nothing"


@given(ROWS)
def test_neighbours_have_nothing_in_common(row):
    """About half of the 128 bits differ between a row and the next; fewer than 20 is one in 10^16."""
    first, second = (int.from_bytes(urlsafe_b64decode(ref("person", n) + "==")) for n in (row, row + 1))
    assert (first ^ second).bit_count() > 20


@given(ROWS, some.integers(0, 127))
def test_one_bit_changed_opens_nothing(row, bit):
    block = bytearray(urlsafe_b64decode(ref("person", row) + "=="))
    block[bit // 8] ^= 1 << bit % 8
    assert unref("person", urlsafe_b64encode(bytes(block)).decode()[:22]) is None


@given(some.one_of(some.text(), some.from_regex(PATTERN, fullmatch=True)))
def test_what_was_never_made_opens_nothing(text):
    assert unref("person", text) is None


def test_a_reference_is_written_in_one_way():
    """No second spelling of the same row: neither other base64, nor spare bits, nor anything around it."""
    for row in range(300):
        text = ref("person", row)
        others = [text[:-1] + chr(ord(text[-1]) + 1), text + "==", text + "\n", f" {text}", text[:-1]]
        others += [text.translate(str.maketrans("-_", "+/"))] if set("-_") & set(text) else []
        assert [unref("person", other) for other in others] == [None] * len(others)


def test_an_unknown_kind_and_an_impossible_row_are_mistakes_of_the_program():
    with pytest.raises(KeyError):
        ref("persons", 1)
    with pytest.raises(OverflowError):
        ref("person", -1)
    template = engines["django"].from_string("/person/{{ who|ref:'person' }}/")
    assert template.render({"who": 12}) == f"/person/{ref('person', 12)}/"
    with pytest.raises(AttributeError):
        template.render({"who": None})


def test_threads_share_the_key_and_not_the_context():
    """A cipher context has a state: two threads in one at a time would write over each other."""
    seal, found = Seal(os.urandom(32)), []

    def work() -> None:
        found.append((seal.close("plan", 12), seal._contexts()))

    work()
    other = threading.Thread(target=work)
    other.start()
    other.join()
    (first, mine), (second, its) = found
    assert first == second and seal._contexts() is mine
    assert mine[0] is not its[0] and mine[1] is not its[1]


def test_a_page_of_two_hundred_links_costs_less_than_a_query():
    """3 µs each in the quiet; the best of twenty tries, because this machine has other work."""

    def seconds() -> float:
        begun = time.perf_counter()
        for row in range(200):
            ref("person", row)
        return time.perf_counter() - begun

    ref("person", 1)
    assert min(seconds() for _ in range(20)) < 200 * 3e-6


def test_the_path_gives_the_row_and_a_number_or_another_kind_is_no_address():
    assert resolve(f"/person/{ref('person', 12)}/").kwargs == {"person": 12}
    for wrong in ("12", ref("plan", 12), ref("person", 12)[:-1], "A" * 22):
        with pytest.raises(Resolver404):
            resolve(f"/person/{wrong}/")


@pytest.mark.django_db
def test_not_yours_not_there_and_never_made_look_the_same(monkeypatch):
    """Also in length: whoever tries addresses learns nothing from the answers."""

    def ask(address: str, may: frozenset) -> tuple[int, bytes]:
        monkeypatch.setattr(middleware, "business_date", lambda: date(2026, 7, 15))
        monkeypatch.setattr(middleware, "identify", lambda *_: someone(may))
        answer = Client().get(address, HTTP_HOST="localhost")
        # What guards the forms is another one on every page, and always as long.
        return answer.status_code, re.sub(rb'(csrfmiddlewaretoken" value=)"\w{64}"', rb"\1", answer.content)

    there = ask(f"/person/{ref('person', 2**40)}/", MAY)
    assert there[0] == 404
    assert ask("/person/12/", MAY) == there
    assert ask(f"/person/{ref('plan', 1)}/", MAY) == there
    yours = ask(f"/person/{ref('person', 2**40)}/", MAY - {"counter.view"})
    forged = ask(f"/person/{ref('plan', 1)}/", MAY - {"counter.view"})
    assert yours == forged and yours[0] == 404


def key_of(home, **more) -> str:
    """What a process of its own takes for the key."""
    program = "from kaigo.site.secret import reference_key; print(reference_key().hex())"
    env = (
        {k: v for k, v in os.environ.items() if not k.startswith("KAIGO_")} | {"KAIGO_HOME": str(home)} | more
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or done.stderr


def test_all_processes_of_an_installation_share_one_key_that_only_they_can_read(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(key_of(tmp_path))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file = tmp_path / "secrets" / "reference.key"
    assert set(found) == {file.read_bytes().hex()} and len(file.read_bytes()) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["reference.key"], "nothing half made is left"
    make_once(file, bytes(32))
    assert key_of(tmp_path) == found[0], "who comes second finds the key of the first"
    assert key_of(tmp_path / "other") not in found
    assert key_of(tmp_path, KAIGO_REFERENCE_KEY="ab" * 32) == "ab" * 32
    assert "32バイト" in key_of(tmp_path, KAIGO_REFERENCE_KEY="abcd")
    assert len(settings.REFERENCE_KEY) == 32


def test_the_desk_answers_a_view_with_the_plain_number():
    seen = []

    class Seen(views.Page):
        permission, purpose = "", ""

        def answer(self, request, **path):
            seen.append(path)

    request = RequestFactory().get("/x")
    Seen.view()(request, **resolve(f"/premium/{ref('assessment', 7)}/").kwargs)
    assert seen == [{"assessment": 7}]
