"""Where an installation keeps its cluster, secrets and files.

KAIGO_HOME names the folder. Without it: `.demo/home` of the project, or, for root, a folder below
/var/lib, because the server runs under an account of its own that may not pass through a home folder.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def default_home(name: str = "demo") -> Path:
    """The folder for `name`, not created yet."""
    if os.geteuid() == 0:
        mark = hashlib.sha256(str(PROJECT).encode()).hexdigest()[:8]
        return Path("/var/lib/openkaigo") / f"{name}-{mark}"
    return PROJECT / ".demo" / name


def home() -> Path:
    """The folder of the running installation."""
    given = os.environ.get("KAIGO_HOME")
    return Path(given) if given else default_home()
