"""Play the ward's year: every file on its day, every job when the calendar calls it, two people where two must act.

Runs in a process of the insurance system. Wiring only: it calls what the screens call.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402  after setup

from kaigo.base.jobs.registry import Daily, jobs  # noqa: E402
from kaigo.base.jobs.run import run  # noqa: E402
from kaigo.base.records.context import Context, acting  # noqa: E402
from kaigo.law.dates import add_months  # noqa: E402
from kaigo.site.demo.money import CLERK, HEAD, Money, demand  # noqa: E402

YEAR = 2026
OPENING = date(YEAR, 4, 1)
ASSESSED = date(YEAR, 7, 1)
DATED = date(YEAR, 7, 10)
POSTED = date(YEAR, 7, 13)
UNTIL = date(YEAR, 7, 15)
REPLY_BY = date(YEAR, 7, 10)


def play(folder: Path, until: date = UNTIL) -> dict:
    """Files and jobs until a day, UNTIL at the least. Returns what the demo tells: date, totals, samples, pages worth a click."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    days: dict[date, list[dict]] = defaultdict(list)
    for entry in manifest["files"]:
        days[max(date.fromisoformat(entry["date"]), OPENING)].append(entry)
    until = max(until, UNTIL)
    calendar = [day for day in _days(OPENING, until) if day in days or day in STEPS or _is_monthly(day)]
    money = Money(folder, YEAR, OPENING)
    with bar("見本区の一年") as show:
        for place, day in enumerate(calendar):
            show(place, len(calendar), f"{day:%m月%d日}")
            for entry in days.get(day, ()):
                _receive(day, folder, entry)
            if day in days or _is_monthly(day):
                _daily(day)
            for step in STEPS.get(day, ()):
                step(day)
            if day == UNTIL:
                money.pay(day, *money.send(day))
            if _is_monthly(day):
                _month_of_money(day, money)
        show(len(calendar), len(calendar), "")
    if money.day < until:
        money.pay(until)
    return _result(manifest, until)


def _is_monthly(day: date) -> bool:
    """After the year's notices every first of a month goes on in the same way."""
    return day > UNTIL and day.day == 1


def _month_of_money(day: date, money: Money) -> None:
    """What was paid until today is booked; what is due next is sent; what is overdue is demanded, within twenty days."""
    money.pay(day)
    _monthly(day)
    if day > add_months(ASSESSED, 1):
        demand(day)
    _watch(day)
    money.pay(day.replace(day=2), *money.send(day))


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)


def _context(day: date, actor: str = CLERK, purpose: str = "operations") -> Context:
    return Context(actor, purpose, day)


def _receive(day: date, folder: Path, entry: dict) -> None:
    from kaigo.base.feeds.decide import receive

    ctx = _context(day, purpose="intake")
    content = (folder / entry["file"]).read_bytes()
    with acting(ctx):
        receive(ctx, settings.INSURER, Path(entry["file"]).name, content, entry["layout"])


def _daily(day: date) -> None:
    for name in ("registers.take", "residents.take", "qualification.daily"):
        run(_context(day), name)


def _opening(day: date) -> None:
    for name in ("premium.take_february", "premium.provisional", "collection.plan"):
        run(_context(day), name)


def _monthly(day: date) -> None:
    """What every month brings; certificates go out with their letters."""
    for name in MONTHLY:
        run(_context(day), name)
    _letters(day, "insured_certificate")


def _match(day: date) -> None:
    run(_context(day), "collection.match_targets")


def _inquire(day: date) -> None:
    """Half of the municipalities are asked what they levied on people who came after 1 January; the rest waits for
    whoever tries the screens."""
    from kaigo.insurance.qualification import income_inquiries
    from kaigo.insurance.qualification.income_wanted import wanted
    from kaigo.insurance.release import pulls

    clerk, head = _context(day, purpose="premium"), _context(day, HEAD, "release")
    with acting(clerk):
        asked: dict[str, list[int]] = defaultdict(list)
        for one in wanted(clerk, YEAR):
            if one.askable and not one.guarded:
                asked[one.municipality].append(one.person)
        for code in sorted(asked)[::2]:
            income_inquiries.ask(clerk, YEAR, code, asked[code], REPLY_BY)
    run(_context(day), "notices.draft_inquiries")
    printed = _letters(day, "income_inquiry")
    if printed:
        with acting(head):
            pulls.post(head, printed)


def _main(day: date) -> None:
    from kaigo.insurance.premium.batch import approve
    from kaigo.insurance.premium.models import Batch

    run(_context(day), "premium.shadow_main")
    head = _context(day, HEAD, "premium")
    with acting(head):
        approve(head, Batch.objects.get(sort="main", fiscal_year=YEAR, state="shadowed"))
    run(_context(day), "premium.main")
    run(_context(day), "collection.plan")


def _letters(day: date, letter: str) -> int | None:
    """One kind of letter: asked for by the clerk, approved by the head, printed. The run, None = nothing waits."""
    from kaigo.insurance.notices.models import Draft
    from kaigo.insurance.release import printing, requests

    if not Draft.objects.filter(letter=letter, state="draft", held="", dated=day).exists():
        return None
    clerk, head = _context(day, CLERK, "release"), _context(day, HEAD, "release")
    with acting(clerk):
        wanted = requests.request_run(clerk, letter, YEAR, day)
    with acting(head):
        requests.approve(head, wanted)
    with acting(clerk):
        return printing.print_run(clerk, wanted).id


def _notices(day: date) -> None:
    run(_context(day), "notices.draft_premium")
    for letter in ("premium_notice", "deduction_start"):
        _letters(day, letter)


def _post(day: date) -> None:
    from kaigo.insurance.release import pulls
    from kaigo.insurance.release.models import PrintRun

    head = _context(day, HEAD, "release")
    with acting(head):
        pulls.recheck_all(head)
        for printed in PrintRun.objects.filter(posting__isnull=True):
            pulls.post(head, printed.id)


def _file(day: date) -> None:
    # What happened since the print: decided, booked and told before the file says it to the pension service.
    for name in ("premium.monthly", "collection.plan", "notices.draft_changes", "collection.request"):
        run(_context(day), name)
    # 01 asks for October; 61 tells August's levelled amount, which must arrive before August.
    for code in ("01", "61"):
        _let_out(day, code)
    _watch(day)


def _watch(day: date) -> None:
    """The daily looks: decisions on old facts, letters that may no longer go out."""
    taken = {"registers.take", "residents.take", "qualification.daily"}
    # What needs the work of the day comes after it.
    for name, work in sorted(jobs().items(), key=lambda one: bool(one[1].needs)):
        if isinstance(work.when, Daily) and name not in taken:
            run(_context(day), name)


def _let_out(day: date, code: str) -> None:
    from kaigo.insurance.release import files, requests

    clerk, head = _context(day, CLERK, "release"), _context(day, HEAD, "release")
    with acting(clerk):
        wanted = files.release_request(clerk, settings.INSURER, YEAR, code)
    with acting(head):
        requests.approve(head, wanted)
    with acting(clerk):
        files.let_out(clerk, settings.INSURER, wanted)


MONTHLY = (
    "premium.monthly", "collection.plan", "notices.draft_changes", "certificates.monthly", "notices.draft_certificates",
)  # fmt: skip
STEPS = {
    OPENING: (_opening, _monthly),
    date(YEAR, 5, 1): (_monthly,),
    date(YEAR, 6, 10): (_match, _inquire),
    date(YEAR, 6, 1): (_monthly,),
    ASSESSED: (_monthly, _main),
    DATED: (_notices,),
    POSTED: (_post,),
    UNTIL: (_file,),
}


def _result(manifest: dict, until: date) -> dict:
    from kaigo.base.desk.refs import ref
    from kaigo.insurance.collection import read as collection
    from kaigo.insurance.premium import read as premium
    from kaigo.insurance.qualification import read as qualification
    from kaigo.insurance.residents.models import AddresseeNumber

    ctx = _context(until, purpose="inquiry")
    levied = premium.totals(ctx, YEAR)
    persons = dict(
        AddresseeNumber.objects.filter(number__in=_numbers(manifest)).values_list("number", "person_id")
    )
    # As addresses name them: whoever reads the demo's file puts them behind /person/.
    samples = {
        name: [ref("person", persons[n]) for n in numbers if n in persons]
        for name, numbers in manifest["samples"].items()
    }
    return {
        "business_date": until.isoformat(),
        "samples": samples,
        "clicks": _clicks(samples),
        "totals": {
            "被保険者": qualification.counts(ctx)["insured"],
            "賦課した人": levied["people"],
            "賦課額(円)": levied["yen"],
            "調定と決定の差": len(collection.invariant(ctx, YEAR)),
        },
    }


def _numbers(manifest: dict) -> list[str]:
    return [number for numbers in manifest["samples"].values() for number in numbers]


TELLING = (
    "年度途中に65歳になる人", "みなし課税の人(令和8年度)", "仮徴収が年額を上回る人", "生活保護が年度途中に始まる人",
    "所得が後で更正された人", "死亡の日が後で訂正された人", "施設への転出で確かめを待つ人", "住所地特例(自特例)の人", "支援措置の人",
)  # fmt: skip


def _clicks(samples: dict[str, list[str]]) -> list[tuple[str, str]]:
    found = [
        ("ホーム(一年の暦)", "/"),
        ("ファイルと直すべき行", "/feeds/"),
        ("本算定の一括処理", "/premium/"),
        ("月計と収納", "/ledger/"),
    ]
    # The most telling lives first: the command line shows only some.
    for name in sorted(samples, key=lambda one: TELLING.index(one) if one in TELLING else len(TELLING)):
        if ids := samples[name]:
            found.append((f"人の画面 {name}", f"/person/{ids[0]}/"))
    return found


@contextmanager
def bar(title: str):
    """The progress bar of the command line; this process has no other output than its last line."""
    from kaigo.site.commands.setup import bar as draw

    with draw(title) as show:
        yield show


if __name__ == "__main__":
    print(json.dumps(play(Path(sys.argv[1]), date.fromisoformat(sys.argv[2])), ensure_ascii=False))
