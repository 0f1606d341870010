"""The money of the ward's year, day by day: who pays what was asked, when and how, and the files that tell of it.

What the municipality sends is given with `send_*`; `play` lets days pass. Everything that must be remembered lies in the
folder (`payments.json`), so that the municipality may send, let a month pass, and send again. The same seed and the same
things sent give the same bytes. `truth.jsonl` says what was really paid; `payments-manifest.json` which files tell it.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from datetime import date
from pathlib import Path

from world.town import days, money_lines, sent
from world.town.chance import data, generator
from world.town.decks import Decks
from world.town.files import Folder
from world.town.gone import DEAD, People, alive
from world.town.mishaps_money import deliver, late
from world.town.pensions import Pensions
from world.town.sent import Slip

STATE, TRUTH, MANIFEST = "payments.json", "truth.jsonl", "payments-manifest.json"
_NEW = {"day": 0, "drawn": {}, "queue": [], "slips": {}, "terms": {}, "moved": {}, "pensions": {}, "number": 0,
        "sequences": {}, "told": {}, "late": []}  # fmt: skip


class Payments:
    """One folder of money. people: who is gone, from the world's register."""

    def __init__(self, folder: Path, seed: int, people: People) -> None:
        self.folder, self.seed, self.people = folder, seed, people
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / STATE
        self.state: dict = (
            json.loads(kept.read_text("utf-8")) if kept.exists() else json.loads(json.dumps(_NEW))
        )
        figures = data("payments")
        self.days = figures["days"]
        self.mishaps = figures["mishaps"]
        shares = ("slips", "channels", "old_slips", "moved", "debits", "welfare")
        self.decks = Decks(seed, {name: figures[name] for name in shares}, self.state["drawn"])
        self.files = Folder(folder, self.state["sequences"])
        self.pensions = Pensions(self.state["pensions"], people)
        self.truth: list[dict] = []
        # Today's files: lines by layout, and files whose bytes are ready (name, layout, bytes, lines).
        self.rows: dict[str, list[money_lines.Line]] = {}
        self.whole: list[tuple[str, str, bytes, int]] = []

    # -- what is sent -----------------------------------------------------------------------------------

    def send_slips(self, on: int, slips: list[Slip]) -> None:
        """Slips arrive. Those of banks and of the welfare office only tell which term a number names."""
        for slip in sorted(slips, key=lambda s: (s.addressee, s.fiscal_year, s.number, s.reference)):
            known = slip.reference in self.state["slips"]
            self.state["slips"][slip.reference] = list(slip)
            # A debit whose day is over has bounced: the slip comes by mail.
            mailed = slip.way == "slip" or (slip.way == "debit" and slip.due_on < on)
            if mailed and not (known and self._in_hand(slip) == slip.reference):
                self._received(on, slip)

    def send_debits(self, on: int, content: bytes) -> None:
        """A bank has a request; it answers some days after the debit."""
        for block in sent.debits(content):
            debit_on = _coming(on, block.debit_on)
            told = _open(debit_on + self._between("answer", f"answer {debit_on}"))
            lines = b"".join((block.head, *block.lines, b"8".ljust(120), b"9".ljust(120)))
            self._later(told, "answer", debit_on=debit_on, request=b64encode(lines).decode())

    def send_pensions(self, on: int, content: bytes) -> None:
        """A pension payer has a file 01, 31, 41 or 61."""
        self.pensions.asked(on, sent.deductions(content))

    def send_welfare(self, on: int, content: bytes) -> None:
        """The welfare office has a list; it pays around the due day."""
        for line in sent.wanted(content):
            paid = _open(
                max(on, line.due_on) + self._between("welfare", f"welfare {line.addressee} {line.due_on}")
            )
            self._later(paid, "welfare", line=list(line))

    # -- days -------------------------------------------------------------------------------------------

    def play(self, begin: int, end: int) -> list[dict]:
        """Let the days [begin, end) pass; returns the files that came, in the order of their delivery."""
        if begin < self.state["day"]:
            raise ValueError(f"{days.iso(begin)} is over")
        entries: list[dict] = []
        for day in range(begin, end):
            due = [act for act in self.state["queue"] if act["on"] <= day]
            self.state["queue"] = [act for act in self.state["queue"] if act["on"] > day]
            for act in due:
                getattr(self, f"_{act['what']}")(day, act)
            self._pension_files(day)
            entries += deliver(self, day)
        self.state["day"] = end
        return entries

    def rest(self, on: int) -> list[dict]:
        """What was late and would come with a later file comes now, on a day, and its files with it."""
        return late(self, on)

    def save(self, entries: list[dict]) -> None:
        """Keep what must be remembered, the truth and the manifest."""
        self.state["drawn"] = self.decks.drawn
        (self.folder / STATE).write_text(json.dumps(self.state, ensure_ascii=False), "utf-8")
        with (self.folder / TRUTH).open("a", encoding="utf-8") as out:
            out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in self.truth)
        self.truth = []
        kept = self.folder / MANIFEST
        before = json.loads(kept.read_text("utf-8")) if kept.exists() else []
        kept.write_text(json.dumps(before + entries, ensure_ascii=False, indent=1), "utf-8")

    def line(self, layout: str, made: money_lines.Line) -> None:
        """A line of today's file of a layout."""
        self.rows.setdefault(layout, []).append(made)

    def number(self) -> int:
        """The next running number of those who count what they tell."""
        self.state["number"] += 1
        return self.state["number"]

    def _later(self, on: int, what: str, **more) -> None:
        self.state["queue"].append({"on": on, "what": what} | more)

    def _between(self, name: str, part: str) -> int:
        least, most = self.days[name]
        return generator(self.seed, part).randint(least, most)

    # -- slips ------------------------------------------------------------------------------------------

    def _in_hand(self, slip: Slip) -> str:
        return self.state["terms"].get(_term(slip), "")

    def _received(self, on: int, slip: Slip) -> None:
        """Somebody gets a slip and makes up his mind; of two for one term he keeps one."""
        before, term = self._in_hand(slip), _term(slip)
        waiting = [a for a in self.state["queue"] if a["what"] == "pay" and a["reference"] == before]
        if before and waiting and self.decks.draw("old_slips") == "old":
            return
        if waiting:
            self.state["queue"] = [a for a in self.state["queue"] if a not in waiting]
        self.state["terms"][term] = slip.reference
        fate = self.decks.draw("slips")
        if fate == "never":
            return
        late = fate == "late" or slip.due_on <= on
        shift = self._between("late" if late else "early", f"pay {term} {on}")
        first = max(slip.due_on, on) + shift if late else max(on + 1, slip.due_on - shift)
        channel = {"half": "bank", "misread": "bank", "cancelled": "store"}.get(fate) or self.decks.draw(
            "channels"
        )
        yen = (slip.yen + 1) // 2 if fate == "half" else slip.yen
        self._pays(first, slip, yen, channel, fate)
        if fate == "twice":
            again = first + self._between("again", f"again {term} {on}")
            self._pays(again, slip, yen, "bank", "again")

    def _pays(self, on: int, slip: Slip, yen: int, channel: str, fate: str) -> None:
        on = on if channel == "store" else _open(on)
        self._later(on, "pay", reference=slip.reference, yen=yen, channel=channel, fate=fate)

    def _pay(self, day: int, act: dict) -> None:
        slip = Slip(*self.state["slips"][act["reference"]])
        if not self._willing(slip.addressee, day):
            return
        getattr(self, f"_at_{act['channel']}")(day, slip, act)

    def _willing(self, addressee: str, day: int) -> bool:
        """The dead pay no more; of those who left the ward some do not either."""
        gone = self.people.gone.get(addressee)
        if gone is None or day < gone.on:
            return True
        if gone.state == DEAD:
            return False
        if addressee not in self.state["moved"]:
            self.state["moved"][addressee] = self.decks.draw("moved")
        return self.state["moved"][addressee] == "pays"

    def _at_bank(self, day: int, slip: Slip, act: dict) -> None:
        told = _open(day + self._between("bank", f"bank {slip.reference} {day}"))
        number = self.number()
        read_as = slip.reference
        if act["fate"] == "misread":
            read_as = money_lines.misread(slip.reference, number)
        made = money_lines.bank_slip(number, read_as, act["yen"], day, told)
        self._later(told, "tell", layout=money_lines.BANK, line=list(made))
        self.paid("slip", slip, act["yen"], day, told, act["fate"], read_as)

    def _at_payeasy(self, day: int, slip: Slip, act: dict) -> None:
        told = _open(day + self._between("payeasy", slip.reference))
        settled = _open(told + 2)
        made = money_lines.payeasy(slip.reference, self.number(), act["yen"], _moment(day, slip), settled)
        self._later(told, "tell", layout=money_lines.PAYEASY, line=list(made))
        self.paid("payeasy", slip, act["yen"], day, settled, act["fate"], slip.reference)

    def _at_store(self, day: int, slip: Slip, act: dict) -> None:
        shop, moment, told = self.number() % 9_000 + 1, _moment(day, slip), _open(day + 1)

        def tell(on: int, kind: str, settled: int) -> None:
            made = money_lines.store(slip, kind, moment, shop, on if settled else 0, settled)
            self._later(on, "tell", layout=money_lines.STORE, line=list(made))

        tell(told, money_lines.PRELIMINARY, 0)
        final = _open(told + self._between("store_final", f"final {slip.reference}"))
        if act["fate"] == "cancelled":
            tell(final, money_lines.CANCELLED, 0)
            again = final + self._between("again", f"again {slip.reference}")
            self._pays(again, slip, slip.yen, "bank", "after_cancelled")
            return
        settled = _open(max(final, day + self._between("store_settled", f"settled {slip.reference}")))
        tell(final, money_lines.FINAL, settled)
        self.paid("store", slip, slip.yen, day, settled, act["fate"], slip.reference)

    def _tell(self, day: int, act: dict) -> None:
        self.line(act["layout"], money_lines.Line(*act["line"]))

    def paid(
        self, channel: str, slip: Slip, yen: int, on: int, settled: int, fate: str, told_as: str
    ) -> None:
        """The truth: money that really changed hands. told_as: the number under which it is told."""
        self.truth.append(
            {
                "channel": channel, "reference": slip.reference, "told_as": told_as, "insured_number": slip.insured_number,
                "addressee": slip.addressee, "fiscal_year": slip.fiscal_year, "number": slip.number, "yen": yen,
                "paid_on": days.iso(on), "settled_on": days.iso(settled), "fate": fate,
            }
        )  # fmt: skip

    # -- debits, pensions, welfare ----------------------------------------------------------------------

    def _answer(self, day: int, act: dict) -> None:
        (block,) = sent.debits(b64decode(act["request"]))
        codes = []
        for record in block.lines:
            slip = self._slip_of(record)
            gone = self.people.gone.get(slip.addressee)
            code = self.decks.draw("debits") if alive(gone, act["debit_on"]) else "2"
            codes.append(code)
            if code == "0":
                yen = int(record[80:90])
                self.paid("debit", slip, yen, act["debit_on"], act["debit_on"], "debit", slip.reference)
        name = f"{days.iso(day)}_{money_lines.DEBIT}_{self.number():06}.dat"
        self.whole.append((name, money_lines.DEBIT, money_lines.answered(block, codes), len(codes)))

    def _slip_of(self, record: bytes) -> Slip:
        reference = record[91:111].decode("ascii").strip()
        known = self.state["slips"].get(reference)
        if known is None:
            raise sent.WrongFile(f"顧客番号 {reference} の納付書の一覧が届いていません")
        return Slip(*known)

    def _pension_files(self, day: int) -> None:
        """What was deducted today is remembered; last month's is told in the first days of a month."""
        self.truth += self.pensions.deduct(day, lambda number: self._between("unaware", f"unaware {number}"))
        for payer, content, count in self.pensions.told(day):
            name = f"{days.iso(day)}_{money_lines.PENSION}_22_{payer}.dat"
            self.whole.append((name, money_lines.PENSION, content, count))

    def _welfare(self, day: int, act: dict) -> None:
        line = sent.Wanted(*act["line"])
        outcome, why, yen = "1", "", line.yen
        if not self._willing(line.addressee, day):
            outcome, why, yen = "3", "1", 0
        else:
            card = self.decks.draw("welfare")
            if card == "part":
                outcome, yen = "2", (line.yen + 1) // 2
            elif card == "refused":
                outcome, why, yen = "3", "9", 0
        term = (line.fiscal_year, line.number)
        number = self.number()
        made = money_lines.welfare(
            number, line.addressee, line.insured_number, term, outcome, why, yen, day if yen else 0
        )
        self.line(money_lines.WELFARE, made)
        if yen:
            slip = Slip("", line.insured_number, line.addressee, *term, "substitute", line.due_on, line.yen)
            self.paid("substitute", slip, yen, day, day, "part" if outcome == "2" else "in_time", "")


def _term(slip: Slip) -> str:
    return f"{slip.addressee or slip.insured_number or slip.reference}:{slip.fiscal_year}:{slip.number}"


def _open(day: int) -> int:
    """The day itself, or the next on which banks and offices are open."""
    while not days.is_open(date.fromordinal(day)):
        day += 1
    return day


def _coming(on: int, month_day: str) -> int:
    """The day MMDD that comes next."""
    year = int(days.text(on)[:4])
    found = days.day(year, int(month_day[:2]), int(month_day[2:]))
    return found if found >= on else days.day(year + 1, int(month_day[:2]), int(month_day[2:]))


def _moment(day: int, slip: Slip) -> str:
    """Day and time of a payment; the time is the slip's own."""
    second = int(slip.reference[-6:]) % 50_000 + 25_000
    return f"{days.text(day)}{second // 3600:02}{second // 60 % 60:02}{second % 60:02}"
