"""Pages of 持出し by people with real log-ins: from asking to receiving, and everything that stops it."""

import re
from datetime import date

import psycopg
import pytest
from django.db import connection, transaction

from kaigo.base.audit.models import Event
from kaigo.base.desk.refs import ref
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.release import exports, screens_exports
from kaigo.insurance.release.models import Export, ExportFetch, ExportProduct, ExportRuling
from kaigo.insurance.release.tests.hired import Office

DAY = date(2026, 7, 15)
LIST = "/release/exports/"
FORM = {
    "year": str(N.YEAR), "columns": ["number", "name", "address", "stage"], "reason": "決算の照合に使う一覧です",
    "handed_to": "会計課", "medium": "inside", "keep_until": "R8.8.1",
}  # fmt: skip


@pytest.fixture
def office(street, _unblocked, settings):
    settings.BUSINESS_DATE = DAY.isoformat()
    office = Office(street)
    office.hire("kakari", "係員")
    office.hire("kakaricho", "係長")
    # The clerk's own second account, with what an approver has.
    office.hire("kakari2", "係長", member=office.members["kakari"])
    office.hire("unyo", "運用", "contractor", "3")
    office.hire("shuno", "収納係員")
    yield office
    office.close()


@pytest.fixture
def _unblocked(street, django_db_blocker):
    with django_db_blocker.unblock():
        yield


def ready(*names: str) -> None:
    with transaction.atomic():
        for name in names:
            N.ready(name)


def text(answer) -> str:
    assert answer.status_code == 200, (answer.status_code, answer.content.decode()[-1500:])
    html = answer.content.decode()
    return html[html.index("<main") : html.index("</main>")]


def asked(office, login="kakari", kind="premium", **other) -> str:
    """Asks for a list; returns its address."""
    answer = office.ask(login, f"{LIST}new/{kind}/", FORM | other)
    assert answer.status_code == 302, answer.content.decode()
    return answer.url


def waiting(settings) -> list:
    """Files of lists that are kept until they are fetched."""
    return list(settings.FILES_ROOT.parent.glob("passing/*"))


def test_from_asking_to_receiving_by_two_people(office, settings):
    ready("見本 花子")
    assert "持出しの申請はありません" in text(office.ask("kakaricho", LIST))
    assert "賦課の一覧を申請する" in text(office.ask("kakari", LIST))
    where = asked(office)
    mine = text(office.ask("kakari", where))
    assert (
        "承認待ち" in mine and "ほかの職員の承認" in mine and "承認する" not in mine and "取り下げる" in mine
    )
    theirs = text(office.ask("kakaricho", where))
    assert "承認する" in theirs and "決算の照合に使う一覧です" in theirs and "1 行" in theirs
    assert office.ask("kakari", f"{where}produce/", {}).status_code == 409
    assert office.ask("kakaricho", f"{where}rule/", {"outcome": "approved"}).status_code == 302
    assert "一覧を作成する" in text(office.ask("kakari", where))
    assert "一覧を作成する" not in text(office.ask("kakaricho", where))
    assert office.ask("kakari", f"{where}produce/", {}).status_code == 302
    assert "ファイルを受け取る" in text(office.ask("kakari", where))
    assert office.ask("kakari", f"{where}manifest/").json()["rows"] == 1
    # A link that somebody opens, or a browser that looks ahead, takes nothing.
    assert office.ask("kakari", f"{where}fetch/").status_code == 405
    assert len(waiting(settings)) == 2
    answer = office.ask("kakari", f"{where}fetch/", {})
    assert not waiting(settings)
    assert answer.status_code == 200 and "見本 花子" in answer.content.decode("utf-8-sig")
    assert re.fullmatch(r'attachment; filename="[\w-]+\.csv"', answer["Content-Disposition"])
    assert answer["Cache-Control"] == "no-store" and answer["Content-Type"] == "text/csv; charset=utf-8"
    assert office.ask("kakari", f"{where}fetch/", {}).status_code == 409
    assert office.ask("kakari", f"{where}produce/", {}).status_code == 409
    after = text(office.ask("kakari", where))
    assert "受取り済み" in after and "ファイルを受け取る" not in after
    assert "受取り済み" in text(office.ask("kakari", LIST))
    told = Event.objects.filter(event__startswith="export.", outcome="done").order_by("id")
    assert [(event.event, event.subjects) for event in told] == [
        ("export.ask", 0), ("export.rule", 0), ("export.produce", 1), ("export.fetch", 1),
    ]  # fmt: skip


def test_who_may_not_approve(office):
    ready("見本 花子")
    where = asked(office)
    assert office.ask("kakari", f"{where}rule/", {"outcome": "approved"}).status_code == 404
    answer = office.ask("kakari2", f"{where}rule/", {"outcome": "approved"})
    assert answer.status_code == 409 and "自分では承認" in answer.content.decode()
    assert "承認する" not in text(office.ask("kakari2", where))
    assert office.ask("unyo", f"{where}rule/", {"outcome": "approved"}).status_code == 404
    assert office.ask("shuno", where).status_code == 404
    assert not ExportRuling.objects.exists()
    office.do("UPDATE staff_session SET proved_at = now() - interval '6 minutes'")
    answer = office.ask("kakaricho", f"{where}rule/", {"outcome": "approved"})
    assert answer.status_code == 403 and not ExportRuling.objects.exists()


def test_another_account_of_the_asker_receives_nothing(office):
    ready("見本 花子")
    where = asked(office)
    office.ask("kakaricho", f"{where}rule/", {"outcome": "approved"})
    office.hire("kakari3", "係員", member=office.members["kakari"])
    assert office.ask("kakari3", f"{where}produce/", {}).status_code == 409
    office.ask("kakari", f"{where}produce/", {})
    assert office.ask("kakari3", f"{where}fetch/", {}).status_code == 409
    assert ExportProduct.objects.exists() and not ExportFetch.objects.exists()
    # Receiving asks for a fresh proof.
    office.do("UPDATE staff_session SET proved_at = now() - interval '6 minutes'")
    assert office.ask("kakari", f"{where}fetch/", {}).status_code == 403
    assert not ExportFetch.objects.exists()


def test_a_rejected_and_a_withdrawn_one_show_it(office):
    ready("見本 花子")
    one, two = asked(office), asked(office)
    assert office.ask("kakaricho", f"{one}rule/", {"outcome": "rejected"}).status_code == 409
    assert (
        office.ask("kakaricho", f"{one}rule/", {"outcome": "rejected", "remark": "項目が多い"}).status_code
        == 302
    )
    assert office.ask("kakari", f"{two}withdraw/", {}).status_code == 302
    assert "項目が多い" in text(office.ask("kakari", one))
    shown = text(office.ask("kakari", LIST))
    assert "却下" in shown and "取下げ" in shown
    for where in (one, two):
        assert office.ask("kakari", f"{where}produce/", {}).status_code == 409


def test_an_expired_one_shows_it(office, monkeypatch):
    ready("見本 花子")
    where = asked(office)
    office.ask("kakaricho", f"{where}rule/", {"outcome": "approved"})
    office.ask("kakari", f"{where}produce/", {})
    monkeypatch.setattr(exports, "HOURS", 0)
    page = text(office.ask("kakari", where))
    assert "受取りの期限切れ" in page and "ファイルを受け取る" not in page
    assert office.ask("kakari", f"{where}fetch/", {}).status_code == 409


def test_it_may_be_received_for_a_day_of_twenty_four_hours(office, street):
    ready("見本 花子")
    where = asked(office)
    office.ask("kakaricho", f"{where}rule/", {"outcome": "approved"})
    office.ask("kakari", f"{where}produce/", {})
    with psycopg.connect(street.dsn(connection.settings_dict["NAME"]), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        for minutes, may in ((24 * 60 + 1, False), (24 * 60 - 1, True)):
            owner.execute(
                "UPDATE release_export_product SET created_at = now() - make_interval(mins => %s)", [minutes]
            )
            assert ("ファイルを受け取る" in text(office.ask("kakari", where))) == may
            assert office.ask("kakari", f"{where}fetch/", {}).status_code == (200 if may else 409)


def test_a_contractor_is_offered_nothing_of_anybody_and_forges_in_vain(office):
    ready("見本 花子")
    form = text(office.ask("unyo", f"{LIST}new/premium/"))
    assert 'value="annual_yen"' in form
    assert not re.search(r'value="(number|name|kana|birth|sex|postal_code|address|building)"', form)
    forged = office.ask("unyo", f"{LIST}new/premium/", FORM)
    assert "あなたの権限で見られる項目" in text(forged) and not Export.objects.exists()
    where = asked(office, "unyo", columns=["stage", "annual_yen"])
    assert "委託先" in text(office.ask("kakaricho", where)) and "委託先" in text(
        office.ask("kakaricho", LIST)
    )
    office.ask("kakaricho", f"{where}rule/", {"outcome": "approved"})
    assert office.ask("unyo", f"{where}produce/", {}).status_code == 302
    assert office.ask("unyo", f"{where}fetch/", {}).content.decode("utf-8-sig") == (
        '"段階","年額(円)"\r\n5,74400\r\n'
    )


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(office):
    ready("見本 花子")
    for other, field in (
        ({"columns": []}, "columns"), ({"reason": "短い"}, "reason"), ({"handed_to": ""}, "handed_to"),
        ({"medium": "x"}, "medium"), ({"keep_until": "R9.8.1"}, "keep_until"), ({"keep_until": "いつか"}, "keep_until"),
        ({"year": "1999"}, "year"),
    ):  # fmt: skip
        page = text(office.ask("kakari", f"{LIST}new/premium/", FORM | other))
        assert f'<a href="#{field}">' in page, (field, page)
        assert 'value="name" checked' in page or field == "columns"
    # What is missing is told at once, not one after the other.
    page = text(office.ask("kakari", f"{LIST}new/premium/", FORM | {"columns": [], "reason": ""}))
    assert '<a href="#columns">' in page and '<a href="#reason">' in page
    page = text(office.ask("kakari", f"{LIST}new/insured/", FORM | {"day": "R5.1.1", "columns": ["stage"]}))
    assert '<a href="#columns">' in page
    assert office.ask("kakari", f"{LIST}new/bank/").status_code == 404
    assert office.ask("kakari", f"{LIST}new/bank/", FORM).status_code == 404
    assert not Export.objects.exists()


ENDS = {
    "session": "UPDATE staff_session SET ends_at = now() WHERE account_id = %s",
    "idle": "UPDATE staff_session_seen SET seen_at = now() - interval '16 minutes' WHERE id IN "
    "(SELECT id FROM staff_session WHERE account_id = %s)",
    "account": "INSERT INTO staff_account_end (account_id, ended_on, form_number, reason, actor) "
    "VALUES (%s, '2026-07-15', 'X', 'x', 'job:test')",
    "post": "UPDATE staff_post SET effective = daterange('2026-04-01', '2026-07-15') WHERE member_id = "
    "(SELECT member_id FROM staff_account WHERE id = %s)",
    "grant": "INSERT INTO staff_grant_end (grant_id, ended_on, form_number, reason, sessions_ended, actor) "
    "SELECT id, '2026-07-15', 'X', 'x', 0, 'job:test' FROM staff_grant WHERE account_id = %s",
}


@pytest.mark.parametrize("end", ENDS)
def test_an_end_in_the_middle_stops_it_and_nothing_is_kept(office, end, monkeypatch, settings):
    ready("見本 花子", "見本 太郎", "見本 次郎")
    where = asked(office)
    office.ask("kakaricho", f"{where}rule/", {"outcome": "approved"})
    monkeypatch.setattr(exports, "CHUNK", 1)
    calls, really = [], screens_exports.still

    def ends_before_the_third(session, day):
        calls.append(session)
        if len(calls) == 3:
            office.do(ENDS[end], office.accounts["kakari"])
        return really(session, day)

    monkeypatch.setattr(screens_exports, "still", ends_before_the_third)
    # Whose log-in is over, does not see the answer either.
    answer = office.ask("kakari", f"{where}produce/", {}, shown=end == "grant")
    if end == "grant":
        assert answer.status_code == 409 and "何も残していません" in answer.content.decode()
    assert len(calls) == 3
    assert not ExportProduct.objects.exists() and not waiting(settings)
    event = Event.objects.get(event="export.produce")
    export = Export.objects.get()
    assert (event.outcome, event.why, event.object) == ("failed", "ended", f"export:{export.id}")
    assert where == f"{LIST}{ref('export', export.id)}/"
