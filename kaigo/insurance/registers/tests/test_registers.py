"""Facilities, insurers, banks: dated entries, addresses that compare, real lists."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection

from kaigo.base.feeds.models import Delivery, Line
from kaigo.base.records.context import acting
from kaigo.insurance.registers import read
from kaigo.insurance.registers.addresses import address_key
from kaigo.insurance.registers.banks import find_banks
from kaigo.insurance.registers.take import municipalities, take
from kaigo.layouts.model import get


@pytest.mark.parametrize(
    "text",
    [
        "見本区中央二丁目３番１号", "東京都見本区中央2-3-1", "見本区中央２－３－１", "見本区 中央 2丁目3番地1", "見本区中央２丁目３の１",
        "見本区中央2ー3ー1",
    ],
)  # fmt: skip
def test_spellings_of_one_place_compare_equal(text):
    assert address_key(text) == "見本区中央2-3-1"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("八王子市三崎町十番地", "八王子市三崎町10"),
        ("見本区中央2-13-1", "見本区中央2-13-1"),
        ("サンハイツーA", "サンハイツーA"),
        ("", ""),
    ],
)
def test_other_places_stay_apart(text, key):
    assert address_key(text) == key


def deliver(sequence, *facilities):
    """Lines of ward.facility as the feeds room keeps them."""
    keys = [field.key for field in get("ward.facility").fields]
    delivery = Delivery.objects.create(
        layout="ward.facility", edition="2026", name="f.csv", sequence=sequence, made_on=date(2026, 4, 1), received_on=date(2026, 4, 1), mode="changes",
        digest=str(sequence), lines=len(facilities), actor="test",
    )  # fmt: skip
    usual = {
        "name": "みほん苑", "kind": "01", "capacity": "80", "municipality": "131997", "postal_code": "1790000",
        "address": "見本区中央二丁目3番1号", "exception_target": "1", "exclusion_kind": "", "from": "20150401", "to": "",
    }  # fmt: skip
    Line.objects.bulk_create(
        Line(delivery=delivery, layout="ward.facility", number=n, values=[(usual | f)[k] for k in keys])
        for n, f in enumerate(facilities, 2)
    )


def test_entries_are_dated_and_believed(street, ctx):
    with acting(ctx):
        deliver(1, {"number": "1370000001"}, {"number": "1370000002", "exclusion_kind": "03", "kind": "10"})
    with acting(ctx):
        assert take(ctx)["facilities"]["added"] == 2
    with acting(ctx):
        deliver(2, {"number": "1370000001", "name": "新みほん苑", "from": "20260501"})
    with acting(ctx):
        take(ctx)
    assert read.facility(ctx.at(date(2026, 4, 1)), "1370000001").name == "みほん苑"
    assert read.facility(ctx, "1370000001").name == "新みほん苑"
    assert len(read.facilities(ctx)) == 2
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT number, exclusion_kind FROM ({read.exclusion_facility_sql()}) x", {"known_at": None}
        )
        assert cursor.fetchall() == [("1370000002", "03")]
        cursor.execute(
            f"SELECT count(*) FROM ({read.exception_address_sql()}) x WHERE address_key = %(key)s",
            {"known_at": None, "key": "見本区中央2-3-1"},
        )
        assert cursor.fetchone() == (3,)
    with acting(ctx):
        assert take(ctx) == {
            "facilities": {"stated": 0, "unchanged": 0, "closed": 0, "added": 0},
            "insurers": {"stated": 0, "unchanged": 0, "closed": 0, "added": 0},
        }


@pytest.mark.django_db
def test_insurers_have_both_numbers(ctx):
    with acting(ctx):
        take(ctx)
    assert read.insurer_name(ctx, "131202") == "東京都練馬区"
    (setagaya,) = read.insurers(ctx, "世田谷区")
    assert (setagaya.code, setagaya.number) == ("131121", "131128")


def test_the_wards_of_a_designated_city_are_their_city():
    listed = municipalities()
    assert listed["011002"] == ("北海道", "札幌市")
    assert listed["401307"] == ("福岡県", "福岡市")
    assert not [name for _, name in listed.values() if "市" in name[:-1] and name.endswith("区")]
    assert len(listed) > 1700


def test_banks_are_the_published_list():
    assert read.bank_name("0001") == "みずほ"
    assert read.bank_name("0001", "001") == "みずほ 東京営業部"
    assert read.bank_name("9999") is None
    assert read.bank_name("0001", "000") is None
    assert [b.code for b in find_banks("ゆうちょ")] == ["9900"] or find_banks("ゆうちょ")[0].bank == "9900"
    assert find_banks("0001 001")[0].name == "東京営業部"
    assert find_banks("ﾐｽﾞﾎ 東京")[0].bank == "0001"
    assert find_banks(" ") == []
