"""The demo's ten people and their button: only with the mark of the demo, only from this machine, only the ten."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path

import pytest
from django.http import Http404
from django.test import Client, RequestFactory
from django.urls import Resolver404, clear_url_caches, get_resolver, resolve, set_urlconf

from kaigo.base.desk import login
from kaigo.base.records.refusal import Refused
from kaigo.base.staff.models import Account, Grant, Session
from kaigo.base.staff.opening import PEOPLE, demo_marker, open_demo_accounts
from kaigo.base.staff.sessions import begin
from kaigo.base.staff.tests.hired import APRIL, account, on
from kaigo.base.staff.who import identify
from kaigo.site.urls import staff as addresses

TABLE = Path(__file__).resolve().parents[4] / "docs/access.csv"
pytestmark = pytest.mark.django_db


@pytest.fixture
def marked(settings):
    """An installation that was made as a demo."""
    settings.BUSINESS_DATE = APRIL.isoformat()
    Path(settings.FILES_ROOT).mkdir(parents=True, exist_ok=True)
    demo_marker().touch()
    yield
    demo_marker().unlink(missing_ok=True)


def press(who: str, address: str = "127.0.0.1"):
    request = RequestFactory(REMOTE_ADDR=address).post("/login/as", {"login": who})
    request.day, request.staff = APRIL, None
    return login.log_in_as(request)


def test_the_ten_have_different_posts_roles_and_marks_of_two_people(marked):
    told = open_demo_accounts(on())
    assert len(told) == len({p["role"] for p in told}) == 10
    for person in PEOPLE:
        one = Account.objects.get(login=person.login)
        who = identify(begin(one, "demo"), APRIL)
        (held,) = who.grants
        assert (held.role.name, who.section, who.title) == (person.role, person.section, person.title)
        assert len(who.permissions) > 1, f"{person.login} may do something"
        ruling = Grant.objects.get(id=held.id).ruling
        assert ruling.ruled_by_id not in (ruling.requested_by_id, one.member_id)


def test_with_mark_machine_and_name_the_button_opens(marked):
    open_demo_accounts(on())
    assert press("kakari").status_code == 302
    assert Session.objects.get().method == "demo"


def test_everybody_comes_out_at_a_page_that_his_role_opens(marked, settings):
    open_demo_accounts(on())
    insurance, staff = (settings.SYSTEM_URLS[system] for system in ("insurance", "staff"))
    lands = {p.login: press(p.login)["Location"] for p in PEOPLE}
    elsewhere = {"kengen", "hogo"}
    assert {login for login, where in lands.items() if where == f"{staff}/access/mine/"} == elsewhere
    assert {where for login, where in lands.items() if login not in elsewhere} == {f"{insurance}/"}
    first = next(
        r
        for r in csv.DictReader(TABLE.open(encoding="utf-8"))
        if (r["system"], r["address"]) == ("insurance", "/")
    )
    assert first["permission"] == login.FIRST_PAGE
    # Who asked for a page is led to it, whatever it answers.
    request = RequestFactory(REMOTE_ADDR="127.0.0.1").post(
        "/login/as", {"login": "hogo", "next": f"{insurance}/person/x/"}
    )
    request.day, request.staff = APRIL, None
    assert login.log_in_as(request)["Location"] == f"{insurance}/person/x/"


def test_without_the_mark_there_is_nothing(marked):
    open_demo_accounts(on())
    demo_marker().unlink()
    with pytest.raises(Http404):
        press("kakari")
    with pytest.raises(Refused, match="実演の印"):
        open_demo_accounts(on())
    assert "実演" not in Client().get("/login").content.decode() and not Session.objects.exists()


@pytest.mark.parametrize("address", ["192.0.2.7", "10.0.0.5", "::ffff:192.0.2.7", ""])
def test_from_another_machine_there_is_nothing(marked, address):
    open_demo_accounts(on())
    with pytest.raises(Http404):
        press("kakari", address)
    assert not Session.objects.exists()


def test_for_anybody_else_than_the_ten_there_is_nothing(marked):
    open_demo_accounts(on())
    account("900", "somebody")
    for who in ("somebody", "nobody", ""):
        with pytest.raises(Http404):
            press(who)
    assert not Session.objects.exists()


def test_an_installation_without_the_mark_has_no_such_address(marked):
    """The addresses are laid when the program starts."""
    demo_marker().unlink()
    try:
        _begin_anew()
        for address in ("/login/as", "/prove/as"):
            with pytest.raises(Resolver404):
                resolve(address)
        demo_marker().touch()
        _begin_anew()
        assert resolve("/login/as").func is login.log_in_as
    finally:
        demo_marker().unlink()
        _begin_anew()


def _begin_anew() -> None:
    importlib.reload(addresses)
    clear_url_caches()
    set_urlconf(None)
    get_resolver.cache_clear() if hasattr(get_resolver, "cache_clear") else None
