"""What the story of the money does: the ward's files and jobs, what is sent, what the world answers, what is taken in.

Nothing here judges: test_money.py holds the ledger against the world's truth.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings

from kaigo.base.feeds.decide import receive
from kaigo.base.jobs.run import run
from kaigo.base.records.context import Context, acting
from kaigo.insurance.collection import decide as collection
from kaigo.insurance.collection import read as plans
from kaigo.insurance.collection import request
from kaigo.insurance.premium import batch
from kaigo.insurance.premium.models import Batch
from kaigo.insurance.receipts import debits
from kaigo.insurance.receipts.models import DebitRequest
from kaigo.insurance.release import debit_files
from kaigo.insurance.residents import read as residents
from kaigo.layouts.writer import write_csv
from world.cli import main as world

YEAR, SEED, RESIDENTS = 2026, 7, 1_000
# Where letters go, who is ill and who is whose relative moves no money.
LEFT_OUT = {"ward.mailing_address", "ward.medical", "ward.relationship"}
DAILY = ("registers.take", "residents.take", "qualification.daily")


def context(on: date, purpose: str = "operations", actor: str = "account:1") -> Context:
    return Context(actor, purpose, on)


class Town:
    """A ward with its world: `day` is until when everything has happened."""

    def __init__(self, folder: Path) -> None:
        self.ward, self.money, self.sent = folder / "ward", folder / "money", folder / "sent"
        self.sent.mkdir()
        make = [
            "--residents",
            str(RESIDENTS),
            "--seed",
            str(SEED),
            "--fiscal-year",
            str(YEAR),
            str(self.ward),
        ]
        assert quietly("make", *make)[0] == 0
        manifest = json.loads((self.ward / "manifest.json").read_text(encoding="utf-8"))
        self.files: dict[str, list[dict]] = defaultdict(list)
        for entry in manifest["files"]:
            if entry["layout"] not in LEFT_OUT:
                self.files[entry["date"]].append(entry)
        self.day = date(YEAR, 4, 1)
        self.states: list[tuple[str, str, str]] = []
        self.number = 0

    # -- the ward's own files and jobs --------------------------------------------------------------------

    def take_ward(self, until: date) -> None:
        """The files of the ward's offices until a day, in their order, and what follows from them."""
        for day in sorted(day for day in self.files if day <= until.isoformat()):
            for entry in self.files.pop(day):
                self.receive(date.fromisoformat(day), self.ward / entry["file"], entry["layout"])
        self.jobs(until, *DAILY)

    def receive(self, on: date, path: Path, layout: str) -> str:
        ctx = context(on, "intake")
        with acting(ctx):
            return str(receive(ctx, settings.INSURER, path.name, path.read_bytes(), layout).state)

    def jobs(self, on: date, *names: str) -> None:
        for name in names:
            run(context(on), name)

    def levy(self, on: date) -> None:
        """The year's main assessment, by two people, and the plans that follow from it."""
        self.jobs(on, "premium.shadow_main")
        head = context(on, "premium", "account:2")
        with acting(head):
            batch.approve(head, Batch.objects.get(sort="main", fiscal_year=YEAR, state="shadowed"))
        self.jobs(on, "premium.main", "collection.plan")

    # -- what is sent -------------------------------------------------------------------------------------

    def slips(self, on: date, due_until: date) -> list[str]:
        """The list of slips that are mailed, and of those which banks and the welfare office ask for. Nobody is mailed the
        slip of a debit that his bank has not answered."""
        ctx, path = context(on), self._path("slips")
        with acting(ctx):
            asked = set(
                DebitRequest.objects.filter(result=None, debit_on__lt=on).values_list("reference", flat=True)
            )
            lines = [
                slip._asdict()
                | {"due_on": slip.due_on.isoformat(), "insured_number": slip.insured_number or None}
                for slip in plans.slips(ctx, YEAR, due_until)
                if slip.reference not in asked
            ]
        path.write_text(
            "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8"
        )
        return ["--slips", str(path)]

    def debit(self, on: date, due_until: date) -> list[str]:
        """A request for every due day until then that the banks were not asked for yet."""
        ctx = context(on, "collection")
        found: list[str] = []
        with acting(ctx):
            due = sorted(
                {
                    slip.due_on
                    for slip in plans.slips(ctx, YEAR, due_until)
                    if slip.way == "debit" and slip.due_on > on
                }
            )
            for day in due:
                if not debits.wanted(ctx, day):
                    continue
                made = debit_files.prepare(ctx, settings.INSURER, day)
                assert not made.unfit
                path = self._path("debit")
                path.write_bytes(made.content)
                debits.note_requested(ctx, day, self.number, made.asked)
                found += ["--debit", str(path)]
        return found

    def pensions(self, on: date, *codes: str) -> list[str]:
        """The files to the pension payers for which somebody waits."""
        ctx = context(on, "collection")
        found: list[str] = []
        with acting(ctx):
            for code in codes:
                made = request.prepare(ctx, settings.INSURER, YEAR, code)
                if not made.rows:
                    continue
                path = self._path(code)
                path.write_bytes(made.content)
                collection.note_requested(ctx, YEAR, self.number, made.rows)
                found += ["--pension", str(path)]
        return found

    def welfare(self, on: date, due_from: date, due_until: date) -> list[str]:
        """The list to the welfare office of what is due in a span."""
        ctx = context(on, "collection")
        with acting(ctx):
            wanted = [
                s
                for s in plans.slips(ctx, YEAR, due_until)
                if s.way == "substitute" and s.due_on >= due_from and s.addressee
            ]
            names = residents.names(ctx, [s.person for s in wanted])
        if not wanted:
            return []
        rows = [
            {
                "number": f"{place:012}", "addressee": s.addressee, "insured_number": s.insured_number,
                "name": names.get(s.person, ""), "birth": "19500101", "fiscal_year": str(s.fiscal_year),
                "instalment": str(s.number), "yen": str(s.yen), "due_on": f"{s.due_on:%Y%m%d}",
            }
            for place, s in enumerate(wanted, 1)
        ]  # fmt: skip
        path = self._path("welfare")
        content = write_csv("welfare.substitute_request", settings.INSURER, on, self.number, "changes", rows)
        path.write_bytes(content)
        return ["--welfare", str(path)]

    def _path(self, what: str) -> Path:
        self.number += 1
        return self.sent / f"{self.number:03}_{what}"

    # -- what comes back ----------------------------------------------------------------------------------

    def play(self, until: date, *sent: str, last: bool = False) -> None:
        """The world lives until a day; its files are received in their order and booked."""
        more = ["--last"] if last else []
        code, told = quietly(
            "pay", "--from", f"{self.day}", "--until", f"{until}", "--seed", str(SEED), "--ward", str(self.ward), "--json",
            *sent, *more, str(self.money),
        )  # fmt: skip
        assert code == 0
        for entry in json.loads(told)["files"]:
            state = self.receive(
                date.fromisoformat(entry["date"]), self.money / entry["file"], entry["layout"]
            )
            self.states.append((entry["file"], entry["expected"], state))
        self.jobs(until - timedelta(days=1), "receipts.take")
        self.day = until

    def truth(self) -> list[dict]:
        """Every payment that really happened."""
        return [json.loads(line) for line in (self.money / "truth.jsonl").read_text("utf-8").splitlines()]

    def told(self) -> list[dict]:
        """Every file that came."""
        return json.loads((self.money / "payments-manifest.json").read_text("utf-8"))


def quietly(*words: str) -> tuple[int, str]:
    """A command of the world: (exit code, what it said)."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = world(list(words))
    return code, out.getvalue()


def months(first: date, count: int) -> list[date]:
    """First days of months."""
    found = [first]
    for _ in range(count - 1):
        found.append((found[-1] + timedelta(days=32)).replace(day=1))
    return found
