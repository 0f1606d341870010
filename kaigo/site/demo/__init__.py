"""The demo: a synthetic ward on this machine, from its files to printed notices. Wiring only; refused in production."""

from __future__ import annotations

import os
from pathlib import Path

from kaigo.site.home import PROJECT


def folder() -> Path:
    """Where the demo writes its files, logs and ready.json. KAIGO_DEMO_FOLDER moves it (tests beside a demo)."""
    given = os.environ.get("KAIGO_DEMO_FOLDER")
    return Path(given) if given else PROJECT / ".demo"
