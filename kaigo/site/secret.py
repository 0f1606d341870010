"""The secrets of the installation: each made once and kept in a 0600 file, or given by the environment."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

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
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.chmod(path.parent, 0o700)
        _make(path, make())
    return path.read_bytes()


def _make(path: Path, content: bytes) -> None:
    own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
        # A link is made whole or not at all: of two processes that begin at once one wins and both read the same.
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()
