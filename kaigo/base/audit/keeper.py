"""What the process beside the servers does: seal every few seconds, show it to the witness every few minutes."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from kaigo.base.audit.sealing import limits, seal, show
from kaigo.base.audit.witnessing import Witness, WitnessRefuses, WitnessSilent
from kaigo.base.audit.write import record
from kaigo.base.keys.store import StoreDown
from kaigo.base.records.context import Context


class Keeper:
    """One turn after the other. told: whom to tell in words what changed."""

    def __init__(self, ctx: Context, told: Callable[[str], None]) -> None:
        self.ctx, self.told = ctx, told
        self.witness = Witness(settings.WITNESS_URL, settings.WITNESS_KEY) if settings.WITNESS_URL else None
        self._next = 0.0
        self._how = ""
        self._away = False

    def turn(self, now: float) -> None:
        """Seal what is new; when it is time, let the witness sign. now: seconds of a clock that never goes back."""
        seal()
        if self.witness is None or now < self._next:
            return
        self._next = now + 60 * limits()["witness_minutes"]
        try:
            show(self.witness)
            self._became("done", "")
        except WitnessRefuses as refused:
            self._became("refused", str(refused))
        except WitnessSilent as silent:
            # It may only be away for a moment: asked again sooner, told once.
            self._next = now + 10 * limits()["every_seconds"]
            self._became("failed", str(silent))

    def run(self) -> None:
        """Until the process is ended, or somebody must look (LogAhead, Missing: the database lost what was sealed)."""
        while True:
            self.attempt(time.monotonic())
            time.sleep(limits()["every_seconds"])

    def attempt(self, now: float) -> bool:
        """One turn; what is only away for a while (database, disk, key store) is told once and tried again."""
        try:
            self.turn(now)
        except (DatabaseError, InterfaceError, OSError, StoreDown) as away:
            connection.close()
            if not self._away:
                self.told(f"封印ができません。つづけて試します({type(away).__name__})。")
            self._away = True
            return False
        if self._away:
            self.told("封印を再開しました。")
        self._away = False
        return True

    def _became(self, how: str, words: str) -> None:
        if how == self._how:
            return
        first, self._how = not self._how, how
        if how == "done" and first:
            return
        record(self.ctx, "audit.witness", "", how, why="" if how == "done" else f"witness_{how}")
        self.told(words or "立会が再び署名しました。")
