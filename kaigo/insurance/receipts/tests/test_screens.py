"""Pages as a clerk meets them: figures, reasons, what is typed stays, rights are kept."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import RequestFactory

from kaigo.base.desk.refs import ref
from kaigo.base.staff.tests.someone import someone
from kaigo.insurance.collection.tests.builders import YEAR, on
from kaigo.insurance.qualification.models import InsuredNumber
from kaigo.insurance.receipts import cash, panels, screens, unknown
from kaigo.insurance.receipts.models import CashClose, Receipt, Ruling
from kaigo.insurance.receipts.tests.test_posting import AUGUST, balances, by_slips, slip_of, told

pytestmark = pytest.mark.django_db
ALL = frozenset({"collection.view", "receipts.rule", "receipts.cash"})


def ask(name, data=None, may=ALL, day=AUGUST, **path):
    """The page of this name as a clerk with these permissions sees it."""
    view = next(p.callback for p in screens.urls if p.name == name)
    request = RequestFactory().post("/", data) if data is not None else RequestFactory().get("/")
    request.staff, request.day = someone(may), day
    return view(request, **path)


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_month_shows_each_channel_and_what_waits():
    who, terms = by_slips()
    assert "この月の収納はありません" in text(ask("month_now"))
    told((slip_of(terms[1]), 5_000, AUGUST, "final"), ("1", 700, AUGUST, "final"))
    cash.take(on(AUGUST), who, YEAR, 2, 300)
    html = text(ask("month_now"))
    for word in ("6,000 円", "納付書(金融機関)", "窓口の現金", "5,700", "一件ずつ決める"):
        assert word in html
    assert "この月の収納はありません" in text(ask("month", year=2026, month=7))
    assert ask("month", year=2026, month=13).status_code == 404


def test_a_payment_of_nobody_is_decided_for_a_term_and_needs_a_reason():
    who, terms = by_slips()
    wrong = slip_of(terms[3])[:-1] + str((int(slip_of(terms[3])[-1]) + 1) % 10)
    told((wrong, terms[3].yen, AUGUST, "final"))
    (line,) = unknown.waiting(on(AUGUST))
    listed = text(ask("unknowns"))
    assert wrong in listed
    assert unknown.WHY["reference"] in listed
    assert "見本 花子" in text(ask("unknown", receipt=line.id))
    assert f"{YEAR}:direct:3" in text(ask("pay_for", receipt=line.id, person=who))
    again = text(ask("pay_for", {"term": f"{YEAR}:direct:3", "reason": " "}, receipt=line.id, person=who))
    assert "理由を書いてください" in again
    assert f'value="{YEAR}:direct:3" checked' in again
    assert not Ruling.objects.exists()
    decided = {"term": f"{YEAR}:direct:3", "reason": "領収証書", "seen": "0"}
    answer = ask("pay_for", decided, receipt=line.id, person=who)
    assert answer.status_code == 302
    assert balances(who)[3] == 0
    assert f"/receipts/unknown/{ref('receipt', line.id)}/" in text(ask("person", person=who))
    # Another clerk still has the page of before: he is told, and shown what was decided.
    for name, path in (("pay_for", {"person": who}), ("unknown", {})):
        late = ask(name, decided | {"act": "send_back"}, receipt=line.id, **path)
        assert late.status_code == 409 and "ほかの職員が先に決めました" in late.content.decode()
        shown = text(ask(name, receipt=line.id, **path))
        assert "見本 花子さんの期に消し込みました(理由: 領収証書)" in shown
        assert 'name="seen" value="1"' in shown
    assert balances(who)[3] == 0
    assert "納付者の分からない収納はありません" in text(ask("unknowns"))


def test_a_person_is_found_by_number_and_never_in_an_address():
    who, _ = by_slips()
    InsuredNumber.objects.create(person_id=who, number="0000012345")
    told(("1", 100, AUGUST, "final"))
    (line,) = unknown.waiting(on(AUGUST))
    missing = text(ask("unknown", {"act": "find", "insured_number": "0000099999"}, receipt=line.id))
    assert "「0000099999」の人はいません" in missing
    answer = ask("unknown", {"act": "find", "insured_number": "0000012345"}, receipt=line.id)
    assert answer["Location"].startswith(
        f"/receipts/unknown/{ref('receipt', line.id)}/person/{ref('person', who)}/"
    )
    assert "12345" not in answer["Location"]


def test_a_payment_that_is_not_ours_goes_back_with_a_reason():
    by_slips()
    told(("1", 100, AUGUST, "final"))
    (line,) = unknown.waiting(on(AUGUST))
    assert "理由を書いてください" in text(ask("unknown", {"act": "send_back", "reason": ""}, receipt=line.id))
    assert (
        ask(
            "unknown", {"act": "send_back", "reason": "他区の納付書", "seen": "0"}, receipt=line.id
        ).status_code
        == 302
    )
    assert Ruling.objects.get().what == "returned"


def test_cash_is_checked_before_it_is_taken_and_the_day_is_closed():
    who, terms = by_slips()
    form = text(ask("cash_from", person=who))
    assert f"未納 {terms[1].yen:,} 円" in form
    wrong = text(ask("cash_from", {"term": f"{YEAR}:1", "yen": "たくさん"}, person=who))
    assert "「たくさん」は数として読めません" in wrong
    assert "checked" in wrong
    check = text(ask("cash_from", {"term": f"{YEAR}:1", "yen": "99,999"}, person=who))
    assert "納め過ぎになります" in check
    assert f'name="open" value="{terms[1].yen}"' in check
    assert not Receipt.objects.exists()
    sure = {"term": f"{YEAR}:1", "yen": "500", "step": "do", "open": str(terms[1].yen)}
    assert ask("cash_from", sure, person=who).status_code == 302
    assert balances(who)[1] == terms[1].yen - 500
    # Pressed twice, it is taken once.
    again = ask("cash_from", sure, person=who)
    assert again.status_code == 409 and "二度押し" in again.content.decode()
    assert balances(who)[1] == terms[1].yen - 500
    assert "確かめた未納の額を書いてください" in text(ask("cash_from", sure | {"open": ""}, person=who))
    assert "違う理由を書いてください" in text(ask("cash", {"counted": "400", "reason": ""}))
    assert ask("cash", {"counted": "500", "reason": ""}).status_code == 302
    assert CashClose.objects.get().counted_yen == 500
    assert "今日は日締めしました" in text(ask("cash"))


def test_who_may_not_act_sees_the_list_but_no_way_to_act():
    who, _ = by_slips()
    told(("1", 100, AUGUST, "final"))
    (line,) = unknown.waiting(on(AUGUST))
    may = frozenset({"collection.view"})
    assert f"/receipts/unknown/{ref('receipt', line.id)}/" not in text(ask("unknowns", may=may))
    assert ask("unknown", may=may, receipt=line.id).status_code == 404
    assert ask("cash_from", may=may, person=who).status_code == 404
    assert "窓口で現金を受け取る" not in text(ask("person", may=may, person=who))


def test_the_panel_tells_what_came_last_and_what_was_only_reported():
    who, terms = by_slips()
    assert panels.panel(on(AUGUST), who) is None
    told(
        (slip_of(terms[1]), terms[1].yen, date(2026, 8, 2), "final"),
        (slip_of(terms[2]), 800, AUGUST, "preliminary"),
    )
    found = panels.panel(on(AUGUST), who)
    assert found.state == "納付書(金融機関) 800円(速報)"
    assert found.facts == (("速報のある額", "800円"),)
    assert len(found.events) == 2
    # The money has come: what was reported is no more to come.
    told((slip_of(terms[2]), 800, date(2026, 8, 5), "final"), file="b" * 16)
    found = panels.panel(on(AUGUST), who)
    assert (found.state, found.facts) == ("納付書(金融機関) 800円", ())
    told((slip_of(terms[3]), 900, date(2026, 8, 6), "cancelled"), file="c" * 16)
    found = panels.panel(on(AUGUST), who)
    assert found.state == "納付書(金融機関) 800円" and "(速報の取消)" in found.events[0].text
