"""Every page that a role may open, for every role: no detail that the role may not see stands in it, the others do."""

from __future__ import annotations

from datetime import date

import pytest

from kaigo.base.staff.can import Held, Posted, Staff
from kaigo.base.staff.tables import OWN, fields, roles
from kaigo.insurance.counter.ledger.sheet import ledger
from kaigo.insurance.counter.tests.canaries import CANARIES, CLERK, MEMO, TODAY, plant
from kaigo.insurance.counter.tests.visitor import addresses, visit
from kaigo.insurance.residents import read as residents

pytestmark = pytest.mark.django_db
# What the pages of a role show of her, at least: without this a page that shows nothing would pass.
SEEN = {
    "係員": {"address", "bank", "birth", "contact", "household", "medical", "name", "number", "pension", "tax", "welfare"},
    "係長": {"address", "bank", "birth", "contact", "household", "medical", "name", "number", "pension", "tax", "welfare"},
    "収納係員": {"address", "bank", "birth", "contact", "household", "name", "number", "pension"},
    "課長": {"address", "birth", "contact", "household", "name", "number", "tax", "welfare"},
    "窓口受託": {"birth", "name", "number"},
    "監査": {"birth", "household", "name", "number", "tax"},
}  # fmt: skip


def holder(role: str) -> Staff:
    """Somebody who holds this role of roles.yaml, proved just now."""
    kind = min(roles()[role].on(TODAY).kinds)
    contract = {"窓口受託": "2", "運用": "3", "印刷受託": "6"}.get(role, "")
    return Staff(
        1, 1001, "試験 職員", kind, (Posted("介護保険課", "係員", date.min, contract=contract),),
        (Held(7, roles()[role], "介護保険課", date.min),), frozenset(), 1, "passkey", 0.0, day=TODAY,
    )  # fmt: skip


def pages(rows: dict[str, int], staff: Staff) -> dict[str, str]:
    """address → what the page shows to this person; redirects and refusals in words are pages too."""
    shown = {}
    for address, page in addresses(rows):
        if not hasattr(page, "get") or not (staff.may(page.permission) or page.permission == OWN):
            continue
        for query in ("", "?show=changes", "?for=person", "?on=2026-07-14"):
            answer = visit(address + query, staff=staff)
            if "html" in answer.headers.get("Content-Type", ""):
                shown[address + query] = answer.content.decode()
    return shown


@pytest.mark.parametrize("role", roles())
def test_no_page_of_a_role_shows_what_it_may_not_see(role, monkeypatch):
    rows = plant()
    staff, sees = holder(role), roles()[role].on(TODAY).fields
    # This is about what stands on the pages, not about how many of them one may open.
    monkeypatch.setattr("kaigo.insurance.counter.caps.limits", lambda: dict.fromkeys(("opened_per_day", "listed_per_day"), 10**6))  # fmt: skip
    shown = pages(rows, staff)
    shown |= {
        f"search {n}": visit("/search", {"words": "カガミサクラコ"}, staff=staff).content.decode()
        for n in "1"
    }
    told = {
        field: any(word in html for html in shown.values() for word in words)
        for field, words in CANARIES.items()
    }
    leaks = sorted(
        (field, word, address)
        for field, words in CANARIES.items()
        if field not in sees
        for word in words
        for address, html in shown.items()
        if word in html
    )
    assert leaks == []
    assert {field for field in CANARIES if told[field]} >= SEEN.get(role, set())
    if sees != set(fields()):
        assert not [address for address, html in shown.items() if MEMO in html]


@pytest.mark.parametrize("field", [f for f in CANARIES if f not in ("name",)])
def test_a_ledger_on_paper_leaves_out_what_may_not_be_seen(field):
    from dataclasses import replace

    who = plant()["person"]
    everything = frozenset(fields())
    with_it, without = (
        str(ledger(replace(CLERK, fields=seen), who, "", lambda _: True))
        for seen in (everything, everything - {field})
    )
    # A ledger tells other members by their relationship only, accounts by their last digits, no income, no pension number.
    printed = [word for word in CANARIES[field] if word in with_it]
    assert printed or field in ("bank", "household", "tax")
    assert not [word for word in CANARIES[field] if word in without]
    if field == "bank":
        assert "****329" in with_it and "****329" not in without


def test_jobs_see_everything():
    who = plant()["person"]
    view = residents.one(CLERK, who)
    assert (view.address, view.phone, view.head, view.numbers) == (
        "鑑町一丁目23番4号", "03-5555-0199", "鑑 世帯主", ("000000123459876",),
    )  # fmt: skip
