"""The list of 住所地特例 to another municipality: what stands in it = what was decided to tell, or no file."""

from __future__ import annotations

import re
from datetime import date

import pytest

from kaigo.base.desk.refs import ref
from kaigo.base.desk.tests.asking import ask, text
from kaigo.base.files import store
from kaigo.base.records.refusal import Refused
from kaigo.insurance.collection.tests import builders as B
from kaigo.insurance.notices.exchange.drafting import EXCHANGE
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.qualification import exchange_letters, exchange_told
from kaigo.insurance.qualification.models import ExchangeTelling, InsuredNumber
from kaigo.insurance.qualification.tests.builders import facility
from kaigo.insurance.release import exchange_files, jobs, pulls, requests, screens
from kaigo.insurance.release.models import GateReport, OutgoingFile, Request
from kaigo.insurance.release.tests.offices import (
    APPROVES,
    ASKS,
    BEGAN,
    ICHIKAWA,
    KAWAGUCHI,
    began,
    drafted,
    here,
    lives_in,
    printed,
    rename,
    wanted,
)  # fmt: skip
from kaigo.layouts.reader import read

__all__ = ["here"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("here")]
MAY = {"release.runs", "release.view", "release.request", "release.approve"}


def differences(ctx=ASKS, town=KAWAGUCHI) -> list[tuple[int, str]]:
    report, _ = exchange_files.compare(ctx, N.INSURER, N.YEAR, town)
    return [(d["person"], d["what"]) for d in report.differences]


def asked_for(town=KAWAGUCHI) -> Request:
    return exchange_files.request(ASKS, N.INSURER, N.YEAR, town)


def lines(file: OutgoingFile, town=KAWAGUCHI) -> list[dict]:
    """As the program of the other municipality reads it."""
    reading = read(store.get(file.digest), exchange_files.LAYOUT, insurer=town)
    assert not reading.problems and not reading.refused
    return reading.rows.drop("line").to_dicts()


def test_the_list_leaves_by_two_persons_and_the_other_municipality_reads_it():
    who = began("特例 花子")
    InsuredNumber.objects.create(person_id=who, number="0000012345")
    wanted(who)
    asked = asked_for()
    assert asked.gate.totals | {"digest": ""} == {
        "records": 1, "people": 1, "shielded": 0, "decided": 1, "digest": ""
    }  # fmt: skip
    with pytest.raises(Refused, match="本人は承認できません"):
        requests.approve(ASKS, asked)
    with pytest.raises(Refused, match="承認されていない"):
        exchange_files.let_out(ASKS, N.INSURER, asked)
    requests.approve(APPROVES, asked)
    sent = exchange_files.let_out(APPROVES, N.INSURER, asked)
    assert (sent.requested_by, sent.approved_by) == ("account:1", "account:2")
    (line,) = lines(sent)
    assert line == {
        "municipality": N.INSURER, "side": "2", "insured_number": "0000012345", "name": "特例 花子",
        "kana": line["kana"], "birth": "19500505", "facility_name": line["facility_name"], "from": "20260610",
        "to": "", "as_of": "20260710",
    }  # fmt: skip
    assert line["kana"] and line["facility_name"]
    assert sent.name == "131997_exchange_112038_20260710.csv"


def test_only_those_in_homes_of_that_municipality_and_who_ended_this_year():
    here_, there = began("特例 花子"), began("特例 次郎", ICHIKAWA)
    ended, long_ago = B.person("終了 太郎"), B.person("過去 三郎")
    lives_in(ended, date(2024, 4, 1), date(2026, 4, 1))
    lives_in(long_ago, date(2024, 4, 1), date(2026, 3, 31))
    wanted(here_)
    wanted(there, town=ICHIKAWA)
    exchange_letters.want(ASKS, [(ended, "end", date(2026, 4, 1), KAWAGUCHI)])
    assert differences() == []
    requests.approve(APPROVES, asked := asked_for())
    found = lines(exchange_files.let_out(APPROVES, N.INSURER, asked))
    assert [(line["name"], line["from"], line["to"]) for line in sorted(found, key=lambda x: x["from"])] == [
        ("終了 太郎", "20240401", "20260401"),
        ("特例 花子", "20260610", ""),
    ]


def test_what_nobody_decided_to_tell_stops_the_list():
    told, silent = began("特例 花子"), began("特例 太郎", kana="トクレイ タロウ")
    wanted(told)
    assert differences() == [(silent, "list_undecided")]
    with pytest.raises(requests.Differs):
        asked_for()
    assert not Request.objects.exists() and not OutgoingFile.objects.exists()
    # Told by telephone is told.
    exchange_told.tell(ASKS, silent, "start", BEGAN, KAWAGUCHI, date(2026, 6, 12), "電話")
    assert differences() == []


def test_an_undecided_change_of_home_and_end_stop_it_too():
    facility("1100000002", "埼玉県川口市本町2-2", exception=True)
    who = B.person("特例 花子")
    lives_in(who, date(2020, 4, 1), BEGAN)
    lives_in(who, BEGAN, date(2026, 7, 1), home="1100000002")
    assert differences() == [(who, "list_undecided")] * 2
    exchange_letters.want(ASKS, [(who, "change", BEGAN, KAWAGUCHI)])
    assert differences() == [(who, "list_undecided")]
    exchange_letters.want(ASKS, [(who, "end", date(2026, 7, 1), KAWAGUCHI)])
    assert differences() == []


def test_a_decision_that_our_records_know_no_longer_stops_it_until_it_is_dropped():
    stays, gone = began("特例 花子"), began("特例 太郎", kana="トクレイ タロウ")
    wanted(stays, gone)
    assert differences() == []
    lives_in(gone, date(2026, 6, 1), BEGAN)
    assert (gone, "list_gone") in differences()
    exchange_letters.drop(ASKS, ExchangeTelling.objects.get(person_id=gone), "記録の誤り")
    assert (gone, "list_gone") not in differences()


def test_a_line_that_says_something_else_than_was_told_stops_it(monkeypatch):
    """The bytes are read back: what was prepared wrongly does not leave."""
    who = began()
    wanted(who)
    write = exchange_files.write_csv

    def wrong(*words):
        *head, rows = words
        return write(*head, [row | {"from": "20260611"} for row in rows])

    monkeypatch.setattr(exchange_files, "write_csv", wrong)
    assert differences() == [(who, "list_differs")]


def test_a_line_that_the_layout_refuses_stops_it():
    who = B.person("特例 花子", "")
    lives_in(who, BEGAN)
    wanted(who)
    assert (who, "list_unreadable") in differences()


def test_a_protected_person_is_left_out_unless_a_reason_was_written():
    who, other = began("保護 花子"), began("特例 太郎", kana="トクレイ タロウ")
    wanted(other)
    N.protect(who)
    asked = asked_for()
    assert (asked.gate.totals["people"], asked.gate.totals["shielded"]) == (1, 1)
    assert "保護".encode() not in store.get(asked.gate.totals["digest"])
    requests.abandon(ASKS, asked)
    wanted(who, reason="本人が同意")
    assert (differences(), asked_for().gate.totals["people"]) == ([], 2)


def test_who_is_protected_after_the_approval_is_not_in_the_file():
    who, other = began("保護 花子"), began("特例 太郎", kana="トクレイ タロウ")
    wanted(who, other)
    requests.approve(APPROVES, asked := asked_for())
    # From a day after the day of the list.
    N.protect(who, since=date(2026, 7, 11))
    with pytest.raises(Refused, match="承認の後にファイルの中身が変わりました"):
        exchange_files.let_out(N.on(date(2026, 7, 12), "account:2"), N.INSURER, asked)
    assert not OutgoingFile.objects.exists()


def test_a_name_that_changes_after_the_approval_stops_it():
    who = began()
    wanted(who)
    requests.approve(APPROVES, asked := asked_for())
    rename(who, "改名 花子")
    with pytest.raises(Refused, match="承認の後にファイルの中身が変わりました"):
        exchange_files.let_out(APPROVES, N.INSURER, asked)


def test_a_list_leaves_once_and_the_next_has_the_next_number():
    wanted(began())
    requests.approve(APPROVES, asked := asked_for())
    again = Request.objects.get(id=asked.id)
    with pytest.raises(Refused, match="同じものの依頼がすでにあります"):
        asked_for()
    assert jobs.print_approved(APPROVES, None)["files"] == 1
    with pytest.raises(Refused, match="承認されていない"):
        exchange_files.let_out(APPROVES, N.INSURER, again)
    requests.approve(APPROVES, second := asked_for())
    exchange_files.let_out(APPROVES, N.INSURER, second)
    heads = [store.get(file.digest).split(b"\r\n")[0] for file in OutgoingFile.objects.order_by("id")]
    assert [head.split(b",")[5] for head in heads] == [b"1", b"2"]


def test_a_letter_at_the_post_counts_as_told():
    wanted(began())
    drafted(EXCHANGE)
    pulls.post(APPROVES, printed(EXCHANGE).id)
    assert not ExchangeTelling.objects.filter(state="wanted").exists()
    assert differences() == []


def test_the_clerks_ask_approve_let_out_and_receive_it_from_the_pages():
    who = began("特例 花子")
    asking = {"subject": "exchange", "what": KAWAGUCHI, "year": str(N.YEAR)}
    gate = text(ask(screens, "gate", may=MAY))
    assert "112038 県川口市" in gate and "122033" not in gate
    answer = ask(screens, "ask", asking, may=MAY)
    report = GateReport.objects.get()
    assert answer["Location"] == f"/release/report/{ref('report', report.id)}/"
    html = text(ask(screens, "report", may=MAY, report=report.id))
    assert "連絡票にする決定もない異動" in html and "特例 花子" in html and "決定(円)" not in html
    wanted(who)
    assert ask(screens, "ask", asking | {"what": ICHIKAWA}, may=MAY).status_code == 409
    assert ask(screens, "ask", asking, may={"release.runs", "release.view"}).status_code == 404
    assert ask(screens, "ask", asking, may=MAY).status_code == 302
    asked = Request.objects.get()
    assert "住所地特例の一覧(団体コード 112038 へ)" in text(ask(screens, "asked", may=MAY, asked=asked.id))
    assert ask(screens, "approve", {}, may=MAY, asked=asked.id).status_code == 409
    assert ask(screens, "approve", {}, may=MAY, account=2, asked=asked.id).status_code == 302
    assert "ファイルを出す" in text(ask(screens, "asked", may=MAY, account=2, asked=asked.id))
    assert ask(screens, "print", {}, may=MAY, account=2, asked=asked.id).status_code == 302
    file = OutgoingFile.objects.get()
    page = text(ask(screens, "file", may=MAY, file=file.id))
    assert re.search(r"載っている人 1 人", page) and "金額1" not in page
    assert ask(screens, "content", may={"release.runs", "release.view"}, file=file.id).status_code == 404
    content = ask(screens, "content", may=MAY, file=file.id)
    assert content.content == store.get(file.digest) and "特例 花子" in content.content.decode()
    assert content["Content-Disposition"] == f'attachment; filename="{file.name}"'
