"""Accounts of this machine under which parts of an installation run apart from each other."""

from __future__ import annotations

import pwd
import subprocess


def ensure_account(name: str) -> None:
    """A system account without log-in and home; made when there is none. Needs root."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", name], check=True, capture_output=True)
