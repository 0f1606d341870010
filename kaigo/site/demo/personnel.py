"""The world's staff list, taken into the staff system on its days. Runs in a process of its own (KAIGO_SYSTEM=staff)."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

import django

django.setup()


def main(folder: Path, until: date) -> dict[str, int]:
    """Every file of the list up to a day, and the job that turns it into posts."""
    from django.conf import settings

    from kaigo.base.feeds.decide import receive
    from kaigo.base.jobs.run import run
    from kaigo.base.records.context import Context, acting

    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    taken = 0
    for entry in manifest["staff_files"]:
        day = date.fromisoformat(entry["date"])
        if day > until:
            break
        ctx = Context("job:demo.personnel", "intake", day)
        with acting(ctx):
            receive(
                ctx, settings.INSURER, entry["file"], (folder / entry["file"]).read_bytes(), entry["layout"]
            )
        taken += run(Context("job:people.take", "staff", day), "people.take").result["members"]
    return {"members": taken}


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]))))
