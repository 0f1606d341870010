"""The secrets of the installation: each made once and kept in a 0600 file, or given by the environment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable

from kaigo.base.keys.private import make_once
from kaigo.site.home import home

_KEY_BYTES = 32


def secret_key() -> str:
    """Django's SECRET_KEY; the same for all systems of the installation. Given by KAIGO_SECRET_KEY."""
    given = os.environ.get("KAIGO_SECRET_KEY")
    return given or _kept("django", lambda: secrets.token_urlsafe(50).encode()).decode()


def reference_key() -> bytes:
    """What row numbers are sealed with in addresses. Given by KAIGO_REFERENCE_KEY (64 hexadecimal digits).

    All processes and machines of an installation need the same: with another one every address held by a browser
    is one that does not exist.
    """
    given = os.environ.get("KAIGO_REFERENCE_KEY")
    key = bytes.fromhex(given) if given else _kept("reference.key", lambda: secrets.token_bytes(_KEY_BYTES))
    if len(key) != _KEY_BYTES:
        raise ValueError(
            "KAIGO_REFERENCE_KEY(または secrets/reference.key)は32バイトの鍵でなければなりません。"
        )
    return key


def _kept(name: str, make: Callable[[], bytes]) -> bytes:
    """The content of a secret file; whoever comes first makes it, and nobody sees it half written."""
    path = home() / "secrets" / name
    return path.read_bytes() if path.exists() else make_once(path, make())
