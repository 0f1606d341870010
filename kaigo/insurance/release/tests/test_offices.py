"""What holds for every letter to another municipality: from the decision to the post; what has changed since stops it."""

from __future__ import annotations

import pytest

from kaigo.base.desk.tests.asking import ask, text
from kaigo.base.records.refusal import Refused
from kaigo.insurance.notices import decide, screens
from kaigo.insurance.notices.models import Draft
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.release import printing, pulls, requests
from kaigo.insurance.release import screens as release_screens
from kaigo.insurance.release.models import Letter
from kaigo.insurance.release.tests.offices import (
    APPROVES,
    ASKS,
    ICHIKAWA,
    KINDS,
    MAY,
    Kind,
    compared,
    drafted,
    here,
    printed,
    rename,
    request,
)  # fmt: skip

__all__ = ["here"]
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("here"),
    pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.office.name),
]


def test_one_letter_for_each_municipality_and_none_twice(kind: Kind):
    kind.decide(kind.person("見本 花子"), kind.person("見本 太郎"))
    kind.decide(kind.person("見本 次郎", ICHIKAWA), town=ICHIKAWA)
    assert drafted(kind.office) == {"drafts": 2, kind.office.many: 3, "left": 0}
    assert drafted(kind.office) == {"drafts": 0, kind.office.many: 0, "left": 0}
    first, second = Draft.objects.order_by("id")
    assert (first.person_id, first.letter, first.fiscal_year) == (None, kind.office.letter, 2026)
    assert {one["name"] for one in first.content.data[kind.office.many]} == {"見本 花子", "見本 太郎"}
    assert second.content.data["recipient"] == kind.recipient


def test_asking_and_approving_are_two_persons(kind: Kind):
    kind.decide(kind.person())
    drafted(kind.office)
    with pytest.raises(Refused, match="本人は承認できません"):
        requests.approve(ASKS, request(kind.office))


def test_who_is_in_no_letter_is_missed_and_printed_is_not_yet_told(kind: Kind):
    (row,) = kind.decide(kind.person())
    assert [d["what"] for d in compared(kind.office).differences] == ["missing"]
    drafted(kind.office)
    run = printed(kind.office)
    row.refresh_from_db()
    assert (row.state, run.letters, kind.effect.objects.count()) == (kind.waits, 1, 0)
    # Printed and not yet posted: no second letter.
    assert drafted(kind.office)["drafts"] == 0
    assert pulls.post(APPROVES, run.id).letters == 1
    row.refresh_from_db()
    assert (row.state, row.sent_on, kind.effect.objects.count()) == ("sent", APPROVES.on, 1)


def test_what_changed_since_stops_the_gate_and_is_drafted_anew(kind: Kind):
    who = kind.person()
    (row,) = kind.decide(who)
    drafted(kind.office)
    assert compared(kind.office).difference_count == 0
    rename(who, "改名 花子")
    assert compared(kind.office).differences == [{"person": who, "what": kind.office.name}]
    with pytest.raises(requests.Differs):
        request(kind.office)
    assert decide.recheck(ASKS, N.INSURER) == {"checked": 1, "withdrawn": 1, "drafts": 1}
    assert compared(kind.office).difference_count == 0
    kind.drop(ASKS, row, "別の方法で済んだ")
    assert [d["what"] for d in compared(kind.office).differences] == [kind.office.name]
    assert decide.recheck(ASKS, N.INSURER)["drafts"] == 0
    assert not Draft.objects.filter(state="draft").exists()


def test_what_changed_after_the_approval_is_not_printed(kind: Kind):
    who = kind.person()
    kind.decide(who)
    drafted(kind.office)
    wanted = request(kind.office)
    requests.approve(APPROVES, wanted)
    rename(who, "改名 花子")
    with pytest.raises(requests.Differs):
        printing.print_run(ASKS, wanted)


def test_a_protected_person_is_in_no_letter_and_one_printed_is_taken_out(kind: Kind):
    who = kind.person()
    (row,) = kind.decide(who)
    drafted(kind.office)
    run = printed(kind.office)
    N.protect(who)
    with pytest.raises(Refused, match="事情の変わった通知が1通"):
        pulls.post(APPROVES, run.id)
    assert pulls.recheck(APPROVES, run.id) == 1
    assert pulls.pull_list(run.id)[0].code == "protected"
    assert pulls.post(APPROVES, run.id).letters == 0
    row.refresh_from_db()
    assert row.state == kind.waits and not kind.effect.objects.exists()
    assert drafted(kind.office) == {"drafts": 0, kind.office.many: 0, "left": 1}
    assert compared(kind.office).difference_count == 0
    kind.drop(ASKS, row, "支援措置の開始")
    kind.decide(who, reason="本人が同意")
    assert drafted(kind.office)[kind.office.many] == 1


def test_the_clerk_drafts_from_the_page_and_reads_the_letter_after_print(kind: Kind):
    assert ask(screens, kind.page, {}, may=MAY).status_code == 409
    kind.decide(kind.person())
    assert ask(screens, kind.page, {}, may={"notices.view"}).status_code == 404
    assert ask(screens, kind.page, {}, may=MAY).status_code == 302
    assert "県川口市" in text(ask(screens, "drafts", may=MAY, query=f"letter={kind.office.letter}"))
    run = printed(kind.office)
    assert "県川口市" in text(ask(release_screens, "run", may=MAY, run=run.id))
    page = text(ask(release_screens, "letter", may=MAY, letter=Letter.objects.get().id))
    assert "御中" in page and "年額" not in page and "総合照会</a> ›" not in page
