"""Applications and accounts on screens: who waits, who may rule, what a word opens, and when proof is asked again."""

from __future__ import annotations

import re
from datetime import date, timedelta
from urllib.parse import unquote, urlsplit

import pytest
from django.utils import timezone

from kaigo.base.audit.models import Event
from kaigo.base.desk.refs import ref
from kaigo.base.staff import emergencies, enrolment
from kaigo.base.staff.accounts import open_account
from kaigo.base.staff.models import (
    Account,
    AccountEnd,
    Application,
    Enrolment,
    EnrolmentConfirmation,
    Grant,
    Passkey,
    PasskeyEnd,
    Ruling,
    Session,
)
from kaigo.base.staff.tests.hired import account, by, grant, member, on
from kaigo.base.staff.who import token_hash
from kaigo.personnel.people.tests.desk import text

JULY = date(2026, 7, 15)
pytestmark = pytest.mark.django_db
GRANT = {"kind": "grant", "role": "収納係員", "section": "介護保険課", "reason": "収納係の応援のため"}


@pytest.fixture
def asked(desk):
    assert desk.post(desk.clerk, "/access/mine/apply/", **GRANT).status_code == 302
    return Application.objects.latest("id")


def address(application, act=""):
    return f"/access/applications/{ref('application', application.id)}/{act}"


def test_what_waits_comes_first_and_is_counted(desk, asked):
    page = text(desk.get(desk.kacho, "/access/applications/"))
    first = page.split("<tbody>")[1].split("</tr>")[0]
    assert asked.form_number in first and "承認待ち" in first
    assert '<span class="badge">1<' in page
    assert "この状態の申請はありません" in text(
        desk.get(desk.kacho, "/access/applications/", outcome="rejected")
    )
    assert desk.get(desk.clerk, "/access/applications/").status_code == 404, "a clerk may not look"


def test_the_head_approves_and_the_clerk_holds_it(desk, asked):
    assert "承認する" in text(desk.get(desk.kacho, address(asked)))
    assert badges_of(desk, desk.kacho)["申請"] == 1
    assert desk.post(desk.kacho, address(asked, "approve/")).status_code == 302
    assert "申請" not in badges_of(desk, desk.kacho), "what he has just ruled waits no more"
    assert Grant.objects.filter(account=desk.clerk, role="収納係員").count() == 1
    assert "収納係員" in text(desk.get(desk.clerk, "/access/mine/"))
    assert desk.post(desk.kacho, address(asked, "approve/")).status_code == 409, "ruled once"


def test_a_rejection_needs_its_reason(desk, asked):
    assert "却下の理由を書いてください" in text(desk.post(desk.kacho, address(asked, "reject/"), reason=""))
    assert desk.post(desk.kacho, address(asked, "reject/"), reason="ほかの人が担当します").status_code == 302
    assert "ほかの人が担当します" in text(desk.get(desk.clerk, "/access/mine/"))
    assert not Grant.objects.filter(role="収納係員").exists()


def test_nobody_rules_his_own_and_no_button_says_so(desk):
    desk.post(desk.kacho, "/access/mine/apply/", **(GRANT | {"role": "係長"}))
    own = Application.objects.latest("id")
    assert "承認する" not in text(desk.get(desk.kacho, address(own)))
    assert desk.post(desk.kacho, address(own, "approve/")).status_code == 409
    assert not Ruling.objects.filter(application=own).exists()
    assert desk.post(desk.hogo, address(own, "approve/")).status_code == 302


def test_who_proved_himself_long_ago_proves_himself_again(desk, asked):
    client = desk.client(desk.kacho)
    Session.objects.filter(account=desk.kacho).update(proved_at=timezone.now() - timedelta(minutes=6))
    answer = client.post(address(asked, "approve/"))
    assert answer.status_code == 403 and "本人の再確認" in answer.content.decode()
    assert not Ruling.objects.filter(application=asked).exists()


@pytest.mark.parametrize("act", ["confirm", "enrol", "keys", "emergency", "open"])
def test_who_has_proved_himself_is_led_back_to_a_page_that_is_there(desk, act):
    """An act has no page of its own: the nearest one above it, or itself."""
    account_page = f"/access/accounts/{ref('account', desk.clerk.id)}/"
    opening = f"/access/accounts/open/{ref('member', desk.clerk.member_id)}/"
    who, way, back = {
        "confirm": (desk.kacho, f"/access/enrolments/{ref('enrolment', 1)}/confirm/", "/access/enrolments/"),
        "enrol": (desk.kengen, f"{account_page}enrol/", account_page),
        "keys": (desk.kengen, f"{account_page}keys/{ref('passkey', 1)}/end/", account_page),
        "emergency": (desk.clerk, "/access/emergency/", "/access/emergency/"),
        "open": (desk.kengen, opening, opening),
    }[act]
    client = desk.client(who)
    Session.objects.filter(account=who).update(proved_at=timezone.now() - timedelta(minutes=6))
    answer = client.post(way)
    told = unquote(answer.content.decode().split("next=")[1].split('"')[0])
    assert answer.status_code == 403 and urlsplit(told).path == back
    Session.objects.filter(account=who).update(proved_at=timezone.now())
    assert client.get(back).status_code == 200


def test_a_badge_counts_only_what_one_may_rule_oneself(desk, asked):
    far = account("800", "elsewhere", section="住民課", title="課長")
    grant(far, "課長", asker=desk.kengen, ruler=desk.hogo, section="住民課")
    way = f"/access/accounts/{ref('account', desk.clerk.id)}/enrol/"
    desk.post(desk.kengen, way, form_number="紙-1", reason="着任のため")
    desk.post(desk.clerk, "/access/mine/apply/", kind="fallback", reason="指の怪我のため", last="2026-08-15")
    own = f"/access/accounts/{ref('account', desk.kacho.id)}/enrol/"
    desk.post(desk.kengen, own, form_number="紙-2", reason="着任のため")
    # What reaches every section is not the head's; what is one's own is another's.
    desk.post(desk.clerk, "/access/mine/apply/", **(GRANT | {"role": "権限承認"}))
    desk.post(desk.kacho, "/access/mine/apply/", **(GRANT | {"role": "係長"}))
    emergencies.begin(by(desk.clerk, JULY), desk.clerk, "受付 7-15", "火災で避難した人の連絡先を知るため")
    emergencies.begin(by(far, JULY), far, "受付 7-16", "火災で避難した人の連絡先を知るため")
    grant(far, "係長", asker=desk.kengen, ruler=desk.hogo, section="住民課")
    told = {who: badges_of(desk, who) for who in (desk.kacho, desk.hogo, far, desk.kengen)}
    assert told == {
        desk.kacho: {"申請": 2, "鍵の登録券": 1, "棚卸し": 1, "緊急閲覧": 2},
        desk.hogo: {"申請": 4, "鍵の登録券": 2, "棚卸し": 2, "緊急閲覧": 2},
        far: {"棚卸し": 1, "緊急閲覧": 1},
        desk.kengen: {},
    }


def badges_of(desk, who) -> dict[str, int]:
    page = text(desk.get(who, "/access/mine/"))
    return {
        label: int(count) for label, count in re.findall(r'>([^<>]+?)\s*<span class="badge">(\d+)<', page)
    }


def test_an_account_is_opened_for_a_member_and_asked_for_by_another(desk):
    who = member("777", title="係員")
    way = f"/access/accounts/open/{ref('member', who.id)}/"
    assert "ログインIDは" in text(desk.post(desk.kengen, way, login="山田", kind="staff"))
    assert "いつまでを書いてください" in text(desk.post(desk.kengen, way, login="vendor1", kind="contractor"))
    made = desk.post(desk.kengen, way, login="s777", kind="staff")
    opened = Account.objects.get(login="s777")
    assert made["Location"] == f"/access/accounts/{ref('account', opened.id)}/"
    assert desk.post(desk.kengen, way, login="s777", kind="staff").status_code == 409, "taken"
    assert desk.post(desk.clerk, way, login="s778", kind="staff").status_code == 404
    answer = desk.post(desk.kengen, f"/access/accounts/{ref('account', opened.id)}/apply/", **GRANT)
    assert answer.status_code == 302
    assert Application.objects.latest("id").member_id == who.id
    assert "s777" in text(desk.get(desk.kacho, "/access/accounts/"))


def test_a_word_is_shown_once_and_only_its_hash_is_kept(desk):
    way = f"/access/accounts/{ref('account', desk.clerk.id)}/"
    assert "申請書の番号を書いてください" in text(desk.post(desk.kengen, f"{way}enrol/", reason="着任"))
    page = text(desk.post(desk.kengen, f"{way}enrol/", form_number="紙-1", reason="着任"))
    word = page.split("<code>")[1].split("</code>")[0]
    assert Enrolment.objects.get().word_hash == token_hash(word)
    assert word not in text(desk.get(desk.kengen, way))


def test_another_human_being_confirms_the_word_and_does_not_see_it(desk):
    way = f"/access/accounts/{ref('account', desk.clerk.id)}/"
    page = text(desk.post(desk.kengen, f"{way}enrol/", form_number="紙-1", reason="着任のため"))
    word = page.split("<code>")[1].split("</code>")[0]
    confirm = f"/access/enrolments/{ref('enrolment', Enrolment.objects.get().id)}/confirm/"
    shown = text(desk.get(desk.kacho, "/access/enrolments/"))
    assert "clerk" in shown and "紙-1" in shown and "着任のため" in shown and "確認する" in shown
    assert word not in shown and '<span class="badge">1<' in shown
    # Whoever keeps accounts sees that it waits, and finds neither button nor way.
    assert "確認する</button>" not in text(desk.get(desk.kengen, "/access/enrolments/"))
    assert desk.post(desk.kengen, confirm).status_code == 404
    assert desk.post(desk.clerk, confirm).status_code == 404
    client = desk.client(desk.kacho)
    Session.objects.filter(account=desk.kacho).update(proved_at=timezone.now() - timedelta(minutes=6))
    assert client.post(confirm).status_code == 403, "proves himself again"
    assert not enrolment.good("clerk", word, JULY)
    assert desk.post(desk.kacho, confirm).status_code == 302
    assert enrolment.good("clerk", word, JULY).account_id == desk.clerk.id
    assert "確認を待つ登録券はありません" in text(desk.get(desk.kacho, "/access/enrolments/"))


def test_who_issues_and_confirms_by_two_accounts_is_refused(desk):
    """One human being with staff.manage and, by a second account, staff.approve."""
    second = open_account(on(), desk.kengen.member, "kengen-2", "staff")
    grant(second, "権限承認", asker=desk.kacho, ruler=desk.hogo)
    way = f"/access/accounts/{ref('account', desk.clerk.id)}/"
    desk.post(desk.kengen, f"{way}enrol/", form_number="紙-1", reason="着任のため")
    confirm = f"/access/enrolments/{ref('enrolment', Enrolment.objects.get().id)}/confirm/"
    assert "ほかの人が確認します" in text(desk.get(second, "/access/enrolments/"))
    answer = desk.post(second, confirm)
    assert answer.status_code == 409 and "別のアカウントでも同じです" in answer.content.decode()
    assert not EnrolmentConfirmation.objects.exists()


def test_a_head_rules_and_confirms_only_what_is_of_his_section(desk, asked):
    far = account("800", "elsewhere", section="住民課", title="課長")
    grant(far, "課長", asker=desk.kengen, ruler=desk.hogo, section="住民課")
    page = text(desk.get(far, address(asked)))
    assert "ほかの課の申請です" in page and "承認する</button>" not in page
    for act, data in (("approve/", {}), ("reject/", {"reason": "ほかの人が担当します"})):
        answer = desk.post(far, address(asked, act), **data)
        assert answer.status_code == 409 and "ほかの課の申請です" in answer.content.decode()
    assert not Ruling.objects.filter(application=asked).exists()
    # What names no section is of the person's own: a password instead of a key.
    desk.post(desk.clerk, "/access/mine/apply/", kind="fallback", reason="指の怪我のため", last="2026-08-15")
    fallback = Application.objects.latest("id")
    assert fallback.kind == "fallback" and desk.post(far, address(fallback, "approve/")).status_code == 409
    way = f"/access/accounts/{ref('account', desk.clerk.id)}/"
    desk.post(desk.kengen, f"{way}enrol/", form_number="紙-1", reason="着任のため")
    assert "ほかの課です" in text(desk.get(far, "/access/enrolments/"))
    confirm = f"/access/enrolments/{ref('enrolment', Enrolment.objects.get().id)}/confirm/"
    assert desk.post(far, confirm).status_code == 409
    # 個人情報保護 and 権限承認 rule for every section.
    assert desk.post(desk.hogo, address(asked, "approve/")).status_code == 302
    assert desk.post(desk.kacho, address(fallback, "approve/")).status_code == 302


def test_a_lost_key_and_an_ended_account_open_nothing(desk):
    key = Passkey.objects.create(
        account=desk.clerk,
        credential=b"c",
        public_key=b"k",
        model="0",
        device_bound=True,
        label="庁内の端末",
    )
    open_session = desk.client(desk.clerk)
    way = f"/access/accounts/{ref('account', desk.clerk.id)}/"
    lost = f"{way}keys/{ref('passkey', key.id)}/end/"
    other = f"/access/accounts/{ref('account', desk.kacho.id)}/keys/{ref('passkey', key.id)}/end/"
    assert desk.post(desk.kengen, other, key_reason="紛失").status_code == 404, "not a key of that account"
    assert desk.post(desk.kengen, lost, key_reason="紛失").status_code == 302
    assert PasskeyEnd.objects.get().passkey_id == key.id
    event = Event.objects.get(event="staff.key_end")
    assert (event.actor, event.object, event.details) == (
        f"account:{desk.kengen.id}", f"account:{desk.clerk.id}", {"key": key.id},
    )  # fmt: skip
    assert desk.post(desk.kengen, lost, key_reason="紛失").status_code == 409, "ended once"
    assert open_session.get("/access/mine/").status_code == 302, "the session ended with it"
    assert desk.post(desk.kengen, f"{way}end/", form_number="紙-2", reason="退職").status_code == 302
    assert AccountEnd.objects.get().account_id == desk.clerk.id
    assert desk.get(desk.clerk, "/access/mine/").status_code == 302


def test_people_are_found_by_words_that_stand_in_no_address(desk):
    account("555", "somebody", kana="サガス ヒト")
    account("556", "elsewhere", section="住民課")
    # As it is written, without the space, in full width, by half-width kana, by the staff number.
    for words in ("サガス ヒト", "サガスヒト", "サガス\u3000ヒト", "ｻｶﾞｽ ﾋﾄ", "555"):
        page = text(desk.post(desk.kacho, "/people/", words=words))
        assert "試験 555" in page and "試験 102" not in page, words
    assert "に当たる人はいません" in text(desk.post(desk.kacho, "/people/", words="いない"))
    listed = text(desk.get(desk.kacho, "/people/", section="介護保険課"))
    assert "試験 555" in listed and "試験 556" not in listed
    assert "この条件の人はいません" in text(desk.get(desk.kacho, "/people/", postless="1"))
    assert desk.get(desk.clerk, "/people/").status_code == 404
