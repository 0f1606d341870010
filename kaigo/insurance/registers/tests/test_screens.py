"""Pages of the registers as a clerk meets them."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import RequestFactory

from kaigo.base.records.context import acting
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.registers import screens
from kaigo.insurance.registers.models import Facility
from kaigo.insurance.registers.take import take
from kaigo.insurance.registers.tests.test_registers import deliver


def ask(name, query=None, may=frozenset({"registers.view"}), **path):
    view = next(p.callback for p in screens.urls if p.name == name)
    request = RequestFactory().get("/", query or {})
    request.staff, request.day = someone(may), date(2026, 7, 1)
    return view(request, **path)


@pytest.fixture
def filled(street, ctx):
    with acting(ctx):
        deliver(
            1, {"number": "1370000001"}, {"number": "1370000001", "from": "20260501", "name": "新みほん苑"}
        )
    with acting(ctx):
        take(ctx)


def test_facilities_are_shown_on_a_day(filled):
    assert "新みほん苑" in ask("facilities").content.decode()
    html = ask("facilities", {"on": "R8.4.1"}).content.decode()
    assert "みほん苑" in html
    assert "新みほん苑" not in html
    assert "令和8年4月1日(2026-04-01)" in html
    assert "日付として読めません" in ask("facilities", {"on": "きのう"}).content.decode()
    assert "この条件の施設はありません" in ask("facilities", {"kind": "10"}).content.decode()
    html = ask("facility", facility=Facility.objects.get().id).content.decode()
    assert "令和8年4月30日" in html
    assert ask("facility", facility=10**9).status_code == 404


def test_banks_and_insurers_are_found(filled):
    assert "東京営業部" in ask("banks", {"words": "みずほ 東京"}).content.decode()
    assert "この言葉の金融機関はありません" in ask("banks", {"words": "存在しない銀行"}).content.decode()
    assert "131128" in ask("insurers", {"words": "世田谷区"}).content.decode()


def test_without_permission_nothing_is_there(filled):
    assert ask("facilities", may=frozenset()).status_code == 404
