"""Where the figures come from. In: this machine and this checkout. Out: facts for the results file."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from benchmarks.figures import Fact

ROOT = Path(__file__).parent.parent
_GIT_SECONDS = 10.0


def commit() -> str:
    """The commit measured, with `-dirty` when files differ from it; `unknown` outside a checkout."""
    git = shutil.which("git")
    if git is None:
        return "unknown"
    command = [git, "-C", str(ROOT), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=_GIT_SECONDS, check=False)
    return answer.stdout.strip() or "unknown"


def facts(kafka_version: str | None) -> Mapping[str, Fact]:
    """What a reader must know to compare; `kafka_version` None when no broker took part."""
    known: dict[str, Fact] = {
        "cpu": _cpu_model(),
        "cores": os.cpu_count() or 0,
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "os": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }
    return known if kafka_version is None else known | {"kafka": kafka_version}


def kafka_version(jars: Path) -> str:
    """The version of Apache Kafka by the name of its jar."""
    found = [re.fullmatch(r"kafka_[\d.]+-([\d.]+)\.jar", jar.name) for jar in jars.glob("kafka_*.jar")]
    return next((match[1] for match in found if match), "unknown")


def _cpu_model() -> str:
    information = Path("/proc/cpuinfo")
    text = information.read_text() if information.is_file() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else platform.processor() or platform.machine()
