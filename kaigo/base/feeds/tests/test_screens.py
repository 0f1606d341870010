"""Pages as a clerk meets them: what came, what is wrong where, mending it, and what a file changed."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from kaigo.base.desk.refs import ref
from kaigo.base.feeds import read, screens
from kaigo.base.feeds.decide import receive
from kaigo.base.feeds.models import Line
from kaigo.base.feeds.tests.files import INSURER, STAY, stay, stays
from kaigo.base.staff.tests.someone import someone

pytestmark = pytest.mark.django_db
ALL = frozenset({"feeds.view", "feeds.lines", "feeds.load", "feeds.repair"})
DAY = date(2026, 7, 1)


def ask(name, data=None, may=ALL, query="", **path):
    """The page of this name as a clerk with these permissions sees it."""
    view = next(p.callback for p in screens.urls if p.name == name)
    request = RequestFactory().post("/", data) if data is not None else RequestFactory().get(f"/?{query}")
    request.staff, request.day = someone(may), DAY
    return view(request, **path)


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def take(ctx, content):
    return receive(ctx, INSURER, "stay.csv", content, STAY).delivery_id


def test_empty_states_say_so():
    assert "届いたファイルはまだありません" in text(ask("files"))
    assert "直すのを待っている行はありません" in text(ask("repairs"))
    assert "この条件のファイルはありません" in text(ask("files", query="state=waiting"))


def test_a_file_by_hand_is_loaded_and_shown(ctx):
    good = {"layout": STAY, "file": SimpleUploadedFile("stay.csv", stays(1, stay(1), stay(2, facility="x")))}
    answer = ask("load", good)
    assert answer.status_code == 302
    delivery = read.deliveries(ctx)[0]
    assert answer["Location"] == f"/feeds/{ref('delivery', delivery.id)}/"
    html = text(ask("file", delivery=delivery.id))
    for words in (
        "受入れ済み",
        "施設番号",
        "10桁の数字にしてください",
        "令和8年7月1日",
        "宛名番号 000000000000002",
    ):
        assert words in html
    listed = text(ask("files"))
    assert "施設入退所" in listed and "直すのを待っている行が 1 行" in listed
    assert screens.nav.waiting(ctx) == 1


def test_an_upload_without_file_or_layout_is_told():
    html = text(ask("load", {"layout": "x"}))
    assert "様式を選んでください" in html and "ファイルを選んでください" in html


def test_a_refused_file_says_where_what_and_how(ctx):
    delivery = take(ctx, stays(1, stay(1)).replace(b"T,1", b"T,5"))
    html = text(ask("file", delivery=delivery))
    assert "最終行: 件数が合いません(後尾 5、実際 1)。送り手に送り直しを頼んでください。" in html
    assert "断った行" not in html


def test_a_waiting_file_names_what_is_missing_and_can_be_withdrawn(ctx):
    take(ctx, stays(1, stay(1)))
    delivery = take(ctx, stays(3, stay(3)))
    assert "連番 2 がまだ届いていません" in text(ask("file", delivery=delivery))
    assert "理由を書いてください" in text(ask("withdraw", {"reason": ""}, delivery=delivery))
    assert ask("withdraw", {"reason": "誤り"}, delivery=delivery).status_code == 302
    assert "取り下げました: 誤り" in text(ask("file", delivery=delivery))
    assert ask("withdraw", {"reason": "誤り"}, delivery=delivery).status_code == 409


def test_what_a_file_changed_is_shown_before_and_after(ctx):
    take(ctx, stays(1, stay(1, grant_kind="1")))
    delivery = take(ctx, stays(2, stay(1, grant_kind="2"), stay(2)))
    html = text(ask("file", query="show=changes", delivery=delivery))
    assert "1 生活介護及び施設入所支援" in html and "2 療養介護" in html
    assert html.count("新しい</span>") == 1


def test_a_line_is_mended_and_replayed(ctx):
    take(ctx, stays(1, stay(1), stay(2, facility="x", grant_kind="9")))
    repair = read.open_repairs(ctx)[0].id
    html = text(ask("repair", repair=repair))
    assert html.count("field--wrong") == 2
    assert "9(符号にない値)" in html and "令和8年4月1日" in html
    form = {
        "act": "replay", "field-addressee": "000000000000002", "field-facility": "１３１９９００００２",
        "field-from": "R8.4.2", "field-to": "", "field-grant_kind": "9",
    }  # fmt: skip
    html = text(ask("repair", form, repair=repair))
    assert html.count("field--wrong") == 1 and "1319900002" in html
    assert ask("repair", form | {"field-grant_kind": "1"}, repair=repair).status_code == 302
    assert Line.objects.order_by("-id")[0].values == ["000000000000002", "1319900002", "20260402", "", "1"]
    assert "直して受け入れた" in text(ask("repair", repair=repair))


def test_a_line_is_set_aside_with_a_reason(ctx):
    take(ctx, stays(1, stay(1), stay(2, facility="x")))
    repair = read.open_repairs(ctx)[0].id
    assert "理由を書いてください" in text(ask("repair", {"act": "set_aside", "reason": " "}, repair=repair))
    assert ask("repair", {"act": "set_aside", "reason": "重複"}, repair=repair).status_code == 302
    assert "重複" in text(ask("repairs", query="state=set_aside"))
    assert read.waiting(ctx) == 0


def test_a_line_that_cannot_be_split_is_shown_as_it_came(ctx):
    take(
        ctx,
        stays(1, stay(1), stay(2)).replace(b"D,000000000000002,1319900001", b"D,000000000000002,13,19900001"),
    )
    repair = read.open_repairs(ctx)[0].id
    assert "000000000000002,13,19900001,20260401,," in text(ask("repair", repair=repair))


def test_long_lists_come_in_pages_with_few_queries(ctx, django_assert_max_num_queries):
    delivery = take(ctx, stays(1, *(stay(n, facility="x") for n in range(120))))
    with django_assert_max_num_queries(25):
        html = text(ask("repairs", query="page=2"))
    assert "120" in html and "51–100件目" in html
    assert "51–100件目" in text(ask("file", query="page=2", delivery=delivery))


def test_who_carries_files_does_not_read_their_lines(ctx):
    """feeds.view alone: a contractor sees that a file came and how many lines it had, never what stands in them."""
    delivery = take(ctx, stays(1, stay(1), stay(2, facility="秘密の施設")))
    whole, carrier = frozenset({"feeds.view", "feeds.lines"}), frozenset({"feeds.view", "feeds.load"})
    for query, word in (("show=refused", "秘密の施設"), ("show=changes", "施設")):
        assert word in text(ask("file", query=query, may=whole, delivery=delivery))
        hidden = text(ask("file", query=query, may=carrier, delivery=delivery))
        assert word not in hidden.split("<dl")[1].split("</dl>")[1]
        assert "あなたの権限では表示しません" in hidden
    assert "/feeds/repairs/" not in text(ask("files", may=carrier))


def test_rights_are_kept(ctx):
    delivery = take(ctx, stays(1, stay(2, facility="x")))
    repair = read.open_repairs(ctx)[0].id
    view = frozenset({"feeds.view"})
    assert ask("load", may=view).status_code == 404
    assert ask("repair", may=view, repair=repair).status_code == 404
    assert ask("files", may=frozenset()).status_code == 404
    assert ask("repairs", may=view).status_code == 404
    assert f"/feeds/repairs/{ref('repair', repair)}/" not in text(ask("file", may=view, delivery=delivery))
    assert ask("file", delivery=10**9).status_code == 404


def test_what_a_sender_calls_his_file_is_no_path_of_ours(settings, tmp_path):
    """5.3.2: the file is kept under its digest, wherever its name points."""
    wicked = SimpleUploadedFile("x.csv", stays(1, stay(1)))
    wicked.name = "../../../etc/cron.d/own"
    ask("load", {"layout": STAY, "file": wicked})
    kept = [path for path in settings.FILES_ROOT.rglob("*") if path.is_file()]
    assert kept and all(len(path.name) == 64 and path.parent.parent == settings.FILES_ROOT for path in kept)
    assert not [path for path in tmp_path.rglob("*") if path.name == "own"]
