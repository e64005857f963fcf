"""A real PostgreSQL for a session of tests.

In: the programs of a PostgreSQL that is installed. Out: one server in a directory of its own, reached by a Unix socket
and a password; it ends with the process that started it, however that ends. PostgreSQL refuses to run as root: root
starts it as `nobody`.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import URL, make_url

from clustera_toolkit.testing.supervise import Supervised

MISSING = "needs PostgreSQL (apt-get install postgresql)"
START_SECONDS = 30.0
END_SECONDS = 10.0
SUPERUSER = "postgres"
PASSWORD = "a-password-for-tests"
INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian puts PostgreSQL, a directory for each version."""
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "autovacuum": "off",  # it would hold the template while a test copies it, and choose its own moment for statistics
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "dynamic_shared_memory_type": "mmap",  # lies in the data directory, and goes with it
}


def programs() -> Path | None:
    """The directory of PostgreSQL's programs, the newest one's; None when there is none."""
    on_path = shutil.which("initdb")
    found = [each.parent for each in INSTALLED.glob("*/bin/initdb")]
    newest = max(found, key=lambda each: float(each.parent.name), default=None)
    return newest or (Path(on_path).resolve().parent if on_path else None)


class PostgresqlServer:
    """A server without durability, for one session. Raises `RuntimeError` with its log when it does not start."""

    def __init__(self, directory_of_programs: Path) -> None:
        self._programs = directory_of_programs
        self._directory = Path(tempfile.mkdtemp(prefix="postgresql-"))
        self._data = self._directory / "data"
        self._log = self._directory / "log"
        self._supervised: Supervised | None = None

    def start(self) -> None:
        """Make a cluster and wait until it answers."""
        (self._directory / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            _give_to_nobody(self._directory, self._directory / "password")
        self._make_cluster()
        settings = _SETTINGS | {"unix_socket_directories": str(self._directory)}
        options = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        command = self._as_nobody(str(self._programs / "postgres"), "-D", str(self._data), *options)
        self._supervised = Supervised(command, log=self._log, remove=self._directory)
        self._await_ready(self._supervised)

    def url(self, database: str, user: str = SUPERUSER) -> URL:
        """`DATABASE_URL` of a database."""
        address = make_url("postgresql://").set(username=user, password=PASSWORD, database=database)
        return address.update_query_dict({"host": str(self._directory)})

    def stop(self) -> None:
        """End it: by its own quick way, which gives shared memory back, and at last by force."""
        if self._supervised is None:
            shutil.rmtree(self._directory, ignore_errors=True)
            return
        if self._supervised.running and (postmaster := self._postmaster()):
            os.kill(postmaster, signal.SIGQUIT)
            self._supervised.wait(END_SECONDS)
        self._supervised.release()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _make_cluster(self) -> None:
        arguments = ["--auth=password", f"--username={SUPERUSER}", f"--pwfile={self._directory / 'password'}"]
        made = subprocess.run(
            self._as_nobody(
                str(self._programs / "initdb"), "-D", str(self._data), *arguments, "--no-sync", "--encoding=UTF8",
                "--locale=C",
            ),
            cwd=self._directory,
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )  # fmt: skip
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stdout}{made.stderr}")

    def _await_ready(self, supervised: Supervised) -> None:
        deadline = time.monotonic() + START_SECONDS
        while self._status()[-1:] != ["ready"]:
            if not supervised.running or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {self._log.read_text()}")
            time.sleep(0.01)

    def _postmaster(self) -> int | None:
        return int(self._status()[0]) if self._status() else None

    def _status(self) -> Sequence[str]:
        """What `postmaster.pid` says: the process first, its state last."""
        try:
            return (self._data / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return []

    @staticmethod
    def _as_nobody(*command: str) -> list[str]:
        if os.geteuid() != 0:
            return list(command)
        nobody = pwd.getpwnam("nobody")
        return ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", *command]


def _give_to_nobody(*paths: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    for path in paths:
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
