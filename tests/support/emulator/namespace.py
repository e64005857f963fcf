"""A network of its own for a program that cannot be told where Google is: there, Google's names lead to an emulator.

In: flags for the emulator. Out: a way to run programs beside it, which find it at Google's hosts on port 443 and trust
its certificate. Needs Linux, and root or the right to make user namespaces.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.emulator.watched import Watch

from google_drive_emulator.http.tls import GOOGLE_HOSTS

_START_SECONDS = 30
_RUN_SECONDS = 60
_UNSHARE = ("unshare", *(() if os.geteuid() == 0 else ("--map-root-user",)), "--net", "--mount")
_NSENTER = ("nsenter", *(() if os.geteuid() == 0 else ("--user", "--preserve-credentials")), "--net", "--mount")
_SETUP = """
import fcntl, os, socket, struct, subprocess, sys
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
subprocess.run(["mount", "--bind", sys.argv[1], "/etc/hosts"], check=True)
os.execv(sys.argv[2], sys.argv[2:])
"""
"""Brings the loopback interface up, lets Google's names lead there, and becomes the emulator."""

_REQUEST = """
import sys, urllib.request
method, path, *body = sys.argv[1:]
headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
address = "https://www.googleapis.com" + path
request = urllib.request.Request(address, body[0].encode() if body else None, headers, method=method)
print(urllib.request.urlopen(request, timeout=20).read().decode())
"""


@dataclass(frozen=True)
class Namespace:
    """A network in which an emulator is Google."""

    process_id: int
    environment: Mapping[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a program there to its end."""
        return subprocess.run(
            [*_NSENTER, "--target", str(self.process_id), *command],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_RUN_SECONDS,
            check=False,
        )

    def request(self, method: str, path: str, message: object = None) -> Any:
        """Send a request to the emulator from there and return its answer, which must be a good one."""
        body = () if message is None else (json.dumps(message),)
        ended = self.run(sys.executable, "-c", _REQUEST, method, path, *body)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)


def available() -> bool:
    """Tell whether a network of one's own can be made here."""
    try:
        return subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@contextmanager
def google(directory: Path, *flags: str) -> Iterator[Namespace]:
    """Serve an emulator as Google while the block runs; ``directory`` takes its files, and the home of who calls."""
    hosts, authority = directory / "hosts", directory / "ca.pem"
    hosts.write_text(f"127.0.0.1 localhost {' '.join(GOOGLE_HOSTS)}\n")
    serve = ("serve", "--tls", "--ca-file", str(authority), "--port", "443", *flags)
    watch = Watch(directory / f"violations-{time.monotonic_ns()}")
    command = [*_UNSHARE, sys.executable, "-c", _SETUP, str(hosts), *watch.command, *serve]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=watch.environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("listening on"), "the emulator did not start"
            trusted = {"SSL_CERT_FILE": str(authority), "HTTPLIB2_CA_CERTS": str(authority)}
            yield Namespace(process.pid, {"PATH": os.environ["PATH"], "HOME": str(directory), **trusted})
        finally:
            process.terminate()
    watch.check()
