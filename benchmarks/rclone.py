"""rclone, unmodified, lists the same drive.

In: the addresses of a drive. Out: how many entries it found, and the seconds it took. It asks for Google's hosts by
way of a proxy that leads to the drive, and trusts the drive's authority.
"""

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.slow_drive import Addresses

_MAX_SECONDS = 600
_TOKEN = {"access_token": "old", "token_type": "Bearer", "refresh_token": "any", "expiry": "2020-01-01T00:00:00Z"}
_CONFIGURATION = f"""
[drive]
type = drive
scope = drive
client_id = client
client_secret = secret
token = {json.dumps(_TOKEN)}
"""
_COMMAND = (
    *("lsjson", "--recursive", "--fast-list"),
    *("--drive-skip-shortcuts", "--drive-pacer-min-sleep", "1ms"),
    "drive:",
)
"""Many folders at once, as fast as rclone can.

Shortcuts are left out: rclone would follow those that lead to folders above them. The pause between calls that it makes
for Google's sake is taken away.
"""


@dataclass(frozen=True, slots=True)
class Lsjson:
    """One listing by rclone: what has a place in My Drive, without the trash."""

    entries: int
    seconds: float


def program() -> str | None:
    """Where rclone is; None where it is not installed."""
    return shutil.which("rclone")


def listing(program: str, drive: Addresses, ca_file: Path, directory: Path) -> Lsjson:
    """List a drive with rclone; raises `BenchmarkError` when that fails."""
    configuration, output = directory / "rclone.conf", directory / "rclone.json"
    configuration.write_text(_CONFIGURATION)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(directory),
        "HTTPS_PROXY": drive.proxy_url,
        "SSL_CERT_FILE": str(ca_file),
    }
    started = time.perf_counter()
    with output.open("wb") as file:
        ended = subprocess.run(
            [program, "--config", str(configuration), *_COMMAND],
            env=environment,
            stdout=file,
            stderr=subprocess.PIPE,
            timeout=_MAX_SECONDS,
            check=False,
        )
    seconds = time.perf_counter() - started
    if ended.returncode:
        raise BenchmarkError(
            f"rclone ended with code {ended.returncode}: {ended.stderr.decode(errors='replace')[-500:]}"
        )
    return Lsjson(len(json.loads(output.read_bytes())), seconds)
