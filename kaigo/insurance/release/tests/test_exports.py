"""持出し: a list leaves once, for who asked, approved by another, with nothing in it that a spreadsheet would run."""

import csv
import hashlib
import io
import json
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, connections, transaction

from kaigo.base.audit import fresh
from kaigo.base.audit.models import BulkSubjects, Event, Subject
from kaigo.base.audit.write import KEY
from kaigo.base.files import passing, store
from kaigo.base.keys.index import index
from kaigo.base.records.context import Context
from kaigo.base.records.refusal import Refused
from kaigo.insurance.notices.tests import builders as N
from kaigo.insurance.release import export_csv, export_kinds, exports, jobs
from kaigo.insurance.release.models import Export, ExportFetch, ExportProduct, ExportRuling

pytestmark = pytest.mark.django_db
DAY = date(2026, 7, 10)
ASKER, OTHER = Context("account:1", "release", DAY), Context("account:2", "release", DAY)
ALL = frozenset({"*"})
# What a spreadsheet may take for a formula, or for another field or line.
PAYLOADS = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://x\",\"y\")",
    "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "@import", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM", " =1+1", "\u3000=1+1",
    '=1";=2', '見本",=1+1,"', "\u22121+1",
)  # fmt: skip
SAFE_STARTS = ("'", "見")


def wanted(kind="premium", **other) -> exports.Wanted:
    year = N.YEAR if kind == "premium" else None
    day = None if year else DAY
    return exports.Wanted(
        kind, year, day, ["number", "name", "address"], "決算の照合に使う一覧です", "会計課", "inside", DAY + timedelta(days=30)
    )._replace(**other)  # fmt: skip


def asked(kind="premium", ctx=ASKER, **other) -> Export:
    return again(exports.ask(ctx, wanted(kind, **other), "staff"))


def again(export: Export) -> Export:
    return Export.objects.get(id=export.id)


def approved(kind="premium", ctx=ASKER, **other) -> Export:
    made = asked(kind, ctx, **other)
    exports.rule(OTHER, made, "approved", "", "staff")
    return again(made)


def produced(kind="premium", ctx=ASKER, **other) -> Export:
    made = approved(kind, ctx, **other)
    exports.produce(ctx, made, lambda: ALL)
    return again(made)


def kept(settings) -> list:
    """The files of lists that wait to be fetched, and their keys."""
    root = settings.FILES_ROOT.parent
    return [*root.glob("passing/*"), *root.glob("secrets/passing/*")]


def read(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("kind", export_kinds.KINDS)
def test_no_cell_of_any_list_is_a_formula(kind):
    """Twenty-one hostile names and addresses in each list: read back they are one field, led by an apostrophe."""
    assert len(PAYLOADS) > 20
    for payload in PAYLOADS:
        who = N.ready(payload) if kind == "premium" else N.insured(payload)
        N.lives(who, payload)
    content = exports.fetch(ASKER, produced(kind))
    table = read(content)
    assert len(table) == len(PAYLOADS) + 1 and {len(line) for line in table} == {3}
    for line, payload in zip(table[1:], PAYLOADS, strict=True):
        for cell in line[1:]:
            assert cell.startswith(SAFE_STARTS) and cell.removeprefix("'") == payload
    assert content.count(b"\r\n") == len(PAYLOADS) + 1 and content.endswith(b"\r\n")


def test_whole_numbers_stay_numbers_and_quotes_are_doubled():
    assert (
        export_csv.lines([[-5, 'a"b', "", None, "見本, 花子"]]) == '-5,"a""b","","","見本, 花子"\r\n'.encode()
    )


def test_the_list_of_a_year_tells_what_was_decided():
    N.ready("見本 花子", 74_400, stage=5)
    made = produced(columns=["name", "stage", "annual_yen", "months", "sort", "decided_on"])
    assert read(exports.fetch(ASKER, made)) == [
        ["氏名", "段階", "年額(円)", "月数", "区分", "決定日"],
        ["見本 花子", "5", "74400", "12", "賦課決定", "2026-07-10"],
    ]


def test_the_list_of_a_day_tells_who_is_insured_then():
    N.insured("見本 花子")
    gone = N.insured("見本 太郎")
    N.B.lose(gone, date(2026, 7, 1))
    assert [line[1] for line in read(exports.fetch(ASKER, produced("insured")))[1:]] == ["見本 花子"]
    before = produced("insured", day=date(2026, 6, 30))
    assert [line[1] for line in read(exports.fetch(ASKER, before))[1:]] == ["見本 花子", "見本 太郎"]


@pytest.mark.parametrize("kind", export_kinds.KINDS)
def test_who_is_protected_stands_there_without_address(kind):
    N.ready("見本 花子", 74_400)
    hidden = N.ready("見本 太郎", 74_400)
    N.protect(hidden)
    made = produced(kind, columns=["name", "postal_code", "address", "building"])
    assert made.estimate == 2 and made.shielded == 1
    lines = {line[0]: line[1:] for line in read(exports.fetch(ASKER, made))[1:]}
    assert lines["見本 太郎"] == ["", "", ""] and lines["見本 花子"][1].startswith("東京都")


def test_a_second_production_and_a_second_download_are_refused():
    N.ready()
    made = produced()
    with pytest.raises(Refused, match="まだ作成していない申請だけ"):
        exports.produce(ASKER, made, lambda: ALL)
    with pytest.raises(IntegrityError), transaction.atomic():
        ExportProduct.objects.create(
            export=made, digest="", manifest="", people_digest="", records=0, size=0, actor="account:1"
        )
    exports.fetch(ASKER, again(made))
    with pytest.raises(Refused, match="二度は渡しません"):
        exports.fetch(ASKER, again(made))
    with pytest.raises(IntegrityError), transaction.atomic():
        ExportFetch.objects.create(product=again(made).product, actor="account:1", fetched_on=DAY)
    assert Event.objects.filter(event="export.fetch", outcome="done").count() == 1


def test_nothing_is_given_out_after_its_hours(monkeypatch):
    N.ready()
    made = produced()
    monkeypatch.setattr(exports, "HOURS", 0)
    assert exports.state(again(made)) == "expired"
    with pytest.raises(Refused, match="時間を過ぎました"):
        exports.fetch(ASKER, again(made))
    assert not ExportFetch.objects.exists()


@pytest.mark.witness
def test_while_nobody_watches_the_log_nothing_is_made_or_handed_over(monkeypatch):
    N.ready()
    waiting = approved()
    with pytest.raises(Refused, match="立会が止まっているため"):
        exports.produce(ASKER, waiting, lambda: ALL)
    assert exports.state(again(waiting)) == "approved"
    with monkeypatch.context() as patch:
        patch.setattr(fresh, "watch", lambda: fresh.Watch(datetime.now(UTC), 1, False))
        exports.produce(ASKER, waiting, lambda: ALL)
    with pytest.raises(Refused, match="立会が止まっているため"):
        exports.fetch(ASKER, again(waiting))
    assert exports.state(again(waiting)) == "produced"


def test_only_who_asked_makes_receives_and_withdraws():
    N.ready()
    waiting, made, whole = asked(), approved(), produced()
    for act in (
        lambda: exports.withdraw(OTHER, waiting),
        lambda: exports.produce(OTHER, made, lambda: ALL),
        lambda: exports.fetch(OTHER, whole),
    ):
        with pytest.raises(Refused, match="申請した本人"):
            act()
    assert exports.withdraw(ASKER, again(waiting)).outcome == "withdrawn"
    for act in (
        lambda: exports.rule(OTHER, again(waiting), "approved", "", "staff"),
        lambda: exports.withdraw(ASKER, again(waiting)),
        lambda: exports.withdraw(ASKER, again(made)),
    ):
        with pytest.raises(Refused, match="もう決まっています"):
            act()
    with pytest.raises(Refused, match="承認されて"):
        exports.produce(ASKER, again(waiting), lambda: ALL)


def test_neither_the_asker_nor_a_contractor_approves():
    N.ready()
    made = asked()
    with pytest.raises(Refused, match="自分では承認"):
        exports.rule(ASKER, made, "approved", "", "staff")
    with pytest.raises(Refused, match="委託先の人"):
        exports.rule(OTHER, again(made), "approved", "", "contractor")
    # The database keeps the two apart by itself, and the copy of who asked true.
    for asker, actor in (("account:1", "account:1"), ("account:9", "account:2")):
        with pytest.raises(IntegrityError), transaction.atomic():
            ExportRuling.objects.create(
                export=made, outcome="approved", requested_by=asker, actor=actor, ruled_on=DAY
            )
            with connections["default"].cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert not ExportRuling.objects.exists()


def test_a_rejection_says_why():
    N.ready()
    made = asked()
    with pytest.raises(Refused, match="却下するときは"):
        exports.rule(OTHER, made, "rejected", "", "staff")
    assert exports.rule(OTHER, again(made), "rejected", "項目が多い", "staff").outcome == "rejected"
    with pytest.raises(Refused, match="承認されて"):
        exports.produce(ASKER, again(made), lambda: ALL)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"columns": []}, "項目"),
        ({"columns": ["name", "bank"]}, "項目"),
        ({"columns": ["1; DROP TABLE x"]}, "項目"),
        ({"reason": "短い理由"}, "10字以上"),
        ({"handed_to": ""}, "渡す相手"),
        ({"medium": "mail"}, "渡し方"),
        ({"keep_until": DAY + timedelta(days=91)}, "90日以内"),
        ({"keep_until": DAY - timedelta(days=1)}, "90日以内"),
        ({"fiscal_year": None}, "年度または日"),
        ({"day": DAY}, "年度または日"),
        ({"kind": "insured", "day": None}, "年度または日"),
        ({"kind": "insured", "fiscal_year": N.YEAR}, "年度または日"),
        ({"fiscal_year": 1999}, "載る人がいません"),
    ],
)
def test_what_breaks_a_rule_is_not_even_asked(wrong, says):
    N.ready()
    with pytest.raises(Refused, match=says):
        asked(**wrong)
    assert not Export.objects.exists()


def test_the_last_day_that_may_be_asked_for():
    N.ready()
    assert asked(keep_until=DAY + timedelta(days=90)).id


def test_columns_that_one_may_not_see_cannot_be_asked_for():
    N.ready()
    clerk = replace(ASKER, fields=frozenset({"name"}))
    assert set(export_kinds.offered(clerk, "premium")) == {
        "name", "kana", "stage", "annual_yen", "months", "sort", "decided_on",
    }  # fmt: skip
    with pytest.raises(Refused, match="あなたの権限で見られる項目"):
        asked(ctx=clerk)
    assert asked(ctx=clerk, columns=["name", "annual_yen"]).columns == ["name", "annual_yen"]


def test_who_lost_a_detail_since_gets_nothing():
    """Not a shorter list either: another person approved those columns."""
    N.ready()
    made = approved()
    poorer = replace(ASKER, fields=frozenset({"name", "number"}))
    with pytest.raises(Refused, match="見られる項目が減りました"):
        exports.produce(poorer, made, lambda: ALL)
    with pytest.raises(exports.Stopped):
        exports.produce(ASKER, again(made), lambda: {"name", "number"})
    assert not ExportProduct.objects.exists()


def test_a_run_that_may_no_longer_stops_and_keeps_nothing(monkeypatch, settings):
    for _ in range(5):
        N.ready()
    monkeypatch.setattr(exports, "CHUNK", 2)
    made, answers = approved(), iter([ALL, ALL, None])
    with pytest.raises(exports.Stopped, match=r"途中で.+何も残していません"):
        exports.produce(ASKER, made, lambda: next(answers))
    assert not ExportProduct.objects.exists() and not kept(settings) and not settings.FILES_ROOT.exists()
    assert next(answers, "asked three times") == "asked three times"
    assert not Event.objects.filter(event="export.produce", outcome="done").exists()
    # It was not made, so it may be made still.
    assert exports.produce(ASKER, again(made), lambda: ALL).records == 5


def test_the_manifest_tells_the_file_and_nobody_in_it():
    N.ready("見本 花子")
    made = produced()
    content = exports.fetch(ASKER, made)
    text = store.get(made.product.manifest).decode()
    told = json.loads(text)
    assert told["sha256"] == hashlib.sha256(content).hexdigest() and told["rows"] == made.product.records == 1
    assert told["columns"] == ["number", "name", "address"] and told["bytes"] == len(content)
    assert "見本 花子" not in text and "東京都" not in text


def test_what_is_kept_is_encrypted(settings):
    """The list and who stands on it, each with its key; for good only the manifest."""
    N.ready("見本 花子")
    produced()
    files = [path for path in settings.FILES_ROOT.parent.rglob("*") if path.is_file()]
    assert len(kept(settings)) == 4 and len(list(settings.FILES_ROOT.glob("*/*"))) == 1
    assert not [path for path in files if "花子".encode() in path.read_bytes()]


def test_what_was_handed_over_is_erased_and_its_manifest_stays(settings, django_capture_on_commit_callbacks):
    N.ready("見本 花子")
    made, other = produced(), produced()
    with django_capture_on_commit_callbacks(execute=True):
        content = exports.fetch(ASKER, made)
        # Not before it is saved that he has it.
        assert len(kept(settings)) == 8
    assert len(kept(settings)) == 4
    assert (
        json.loads(store.get(made.product.manifest))["sha256"]
        == made.product.digest
        == hashlib.sha256(content).hexdigest()
    )
    assert read(exports.fetch(ASKER, other)) == read(content)


@pytest.mark.parametrize("by", ["job", "production"])
def test_what_nobody_fetched_in_time_is_erased(settings, by):
    N.ready("見本 花子")
    old, new = produced(), approved()
    for path in kept(settings):
        os.utime(path, (path.stat().st_mtime - (exports.HOURS * 3600 - 60),) * 2)
    assert exports.erase_old() == 0
    for path in kept(settings):
        os.utime(path, (path.stat().st_mtime - 120,) * 2)
    if by == "job":
        assert jobs.erase_exports(ASKER, None) == {"erased": 2} and not kept(settings)
    else:
        exports.produce(ASKER, new, lambda: ALL)
        assert len(kept(settings)) == 4 and read(exports.fetch(ASKER, again(new)))
    with pytest.raises(Refused, match="時間を過ぎました"):
        exports.fetch(ASKER, again(old))


def test_of_two_who_press_at_once_the_second_overwrites_nothing():
    """He waits for the row of the first, and is refused before a file is put."""
    N.ready("見本 花子")
    made = approved()
    stale = Export.objects.select_related("ruling").get(id=made.id)
    assert exports.state(stale) == "approved"
    exports.produce(ASKER, made, lambda: ALL)
    before = passing.get(f"export:{made.id}")
    stale._state.fields_cache["product"] = None
    N.ready("見本 太郎")
    with pytest.raises(IntegrityError), transaction.atomic():
        exports.produce(ASKER, stale, lambda: ALL)
    assert passing.get(f"export:{made.id}") == before


def seen(event: Event) -> set[bytes]:
    rows = Subject.objects.filter(event_id=event.id).values_list("digest", flat=True)
    bulk = BulkSubjects.objects.filter(event_id=event.id).values_list("digests", flat=True)
    size = len(index(KEY).digest("x"))
    packed = (bytes(row)[at : at + size] for row in bulk for at in range(0, len(row), size))
    return {bytes(digest) for digest in rows} | set(packed)


def test_every_event_is_there_and_those_of_the_file_carry_every_person():
    """More than stand in rows of their own: packed."""
    people = [N.insured() for _ in range(203)]
    exports.fetch(ASKER, produced("insured", columns=["name"]))
    events = {event.event: event for event in Event.objects.filter(event__startswith="export.")}
    assert events.keys() == {"export.ask", "export.rule", "export.produce", "export.fetch"}
    everybody = set(index(KEY).digests(f"person:{person}" for person in people))
    for name in ("export.produce", "export.fetch"):
        assert events[name].subjects == 203 and seen(events[name]) == everybody, name
        assert events[name].details["digest"] == ExportProduct.objects.get().digest
    assert events["export.ask"].subjects == events["export.rule"].subjects == 0
