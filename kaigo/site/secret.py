"""The secret of the installation: made once, kept in a 0600 file, or given by KAIGO_SECRET_KEY."""

from __future__ import annotations

import os
import secrets

from kaigo.site.home import home


def secret_key() -> str:
    """Django's SECRET_KEY; the same for all systems of the installation."""
    if os.environ.get("KAIGO_SECRET_KEY"):
        return os.environ["KAIGO_SECRET_KEY"]
    path = home() / "secrets" / "django"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.chmod(path.parent, 0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_urlsafe(50))
    return path.read_text()
