"""The money of the demo: what the ward sends through its gates, what the world answers, and what is booked of it.

Runs in the process of play.py. Two people act where two must; the world is a program of its own and only gets files.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from django.conf import settings

from kaigo.base.feeds.decide import receive
from kaigo.base.files import store
from kaigo.base.jobs.run import run
from kaigo.base.records.context import Context, acting
from kaigo.insurance.release.subjects import FILES
from kaigo.law.dates import add_months

CLERK, HEAD = "account:1", "account:2"
SEED = 20260401
# Files of release (subjects.FILES) → as which of them the world takes them.
WORDS = {"debit": "--debit", "substitute": "--welfare", "file": "--pension"}
# Slips are mailed for what is due in the month and in the first days of the next.
AHEAD = 35


class Money:
    """The ward's folder, and until which day the world has paid."""

    def __init__(self, ward: Path, year: int, begin: date) -> None:
        self.ward, self.year, self.day = ward, year, begin
        self.answers, self.sent = ward.parent / "money", ward.parent / "sent"
        self.sent.mkdir(exist_ok=True)
        self.last = 0  # outgoing files up to here reached whom they are for

    def pay(self, until: date, *sent: str) -> None:
        """The world pays what it was sent, as people do; its files come in on their days and are booked."""
        command = [
            sys.executable,
            "-m",
            "kaigo.site.cli",
            "world",
            "pay",
            "--from",
            f"{self.day}",
            "--until",
            f"{until}",
        ]
        command += ["--seed", str(SEED), "--ward", str(self.ward), "--json", *sent, str(self.answers)]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        for entry in json.loads(told)["files"]:
            ctx = Context(CLERK, "intake", date.fromisoformat(entry["date"]))
            with acting(ctx):
                content = (self.answers / entry["file"]).read_bytes()
                receive(ctx, settings.INSURER, entry["file"], content, entry["layout"])
        run(Context(CLERK, "operations", until), "receipts.take")
        self.day = until

    def send(self, on: date) -> list[str]:
        """What goes out until a day: slips by mail; requests to banks, welfare office and pension payers, through the gate."""
        from kaigo.insurance.release.models import OutgoingFile

        for subject in WORDS:
            self._let_out(on, subject)
        found = [*self._slips(on)]
        for file in OutgoingFile.objects.filter(id__gt=self.last).order_by("id"):
            self.last = file.id
            subject = next((one for one in WORDS if FILES[one].layout == file.layout), None)
            if subject:
                found += [WORDS[subject], str(self._kept(on, subject, store.get(file.digest)))]
        return found

    def _slips(self, on: date) -> Iterator[str]:
        """The list of slips that are mailed, and of those which banks and the welfare office ask for. Nobody is mailed the
        slip of a debit that his bank has not answered."""
        from kaigo.insurance.collection import read as collection
        from kaigo.insurance.receipts.models import DebitRequest

        until = date.fromordinal(on.toordinal() + AHEAD)
        with acting(Context(CLERK, "collection", on)):
            asked = set(
                DebitRequest.objects.filter(result=None, debit_on__lt=on).values_list("reference", flat=True)
            )
            lines = [
                json.dumps(
                    slip._asdict()
                    | {"due_on": slip.due_on.isoformat(), "insured_number": slip.insured_number or None},
                    ensure_ascii=False,
                )
                for slip in collection.slips(Context(CLERK, "collection", on), self.year, until)
                if slip.reference not in asked
            ]
        yield "--slips"
        yield str(self._kept(on, "slips", "".join(f"{line}\n" for line in lines).encode()))

    def _let_out(self, on: date, subject: str) -> None:
        """Every file of a kind that waits: asked for by the clerk, approved by the head."""
        from kaigo.base.jobs.registry import NotReady
        from kaigo.base.records.refusal import Refused
        from kaigo.insurance.release import requests
        from kaigo.insurance.release.leaving import KINDS

        kind = KINDS[subject]
        clerk, head = Context(CLERK, "release", on), Context(HEAD, "release", on)
        for what in kind.what(clerk, self.year):
            if subject != "file" and not on <= date.fromisoformat(what) < add_months(on, 1):
                continue
            try:
                with acting(clerk):
                    wanted = kind.request(clerk, settings.INSURER, self.year, what)
            except (NotReady, Refused, requests.Differs):
                continue  # nobody waits, or somebody must look first: the gate says why
            with acting(head):
                requests.approve(head, wanted)
            with acting(clerk):
                kind.let_out(clerk, settings.INSURER, wanted)

    def _kept(self, on: date, what: str, content: bytes) -> Path:
        path = self.sent / f"{on:%Y%m%d}_{what}_{len(list(self.sent.iterdir())):03}"
        path.write_bytes(content)
        return path


def demand(on: date) -> None:
    """督促: the list of what is overdue, approved by the head, carried out; the letters wait for whoever prints them."""
    from kaigo.insurance.dunning import batch

    clerk, head = Context(CLERK, "collection", on), Context(HEAD, "collection", on)
    with acting(clerk):
        made = batch.shadow(clerk, settings.INSURER, on)
    with acting(head):
        batch.approve(head, made)
    with acting(clerk):
        batch.execute(clerk, made)
    run(Context(CLERK, "operations", on), "notices.draft_dunning")
