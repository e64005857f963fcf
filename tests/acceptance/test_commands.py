"""The commands as a person runs them: processes of their own against an emulator of its own."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from tests.integration.local import world

from clustera_toolkit.kafka import EmbeddedBroker, InboundMessage, follow
from google_drive_worker import topics
from google_drive_worker.commands.shell import FAILED, WRONG_USE
from google_drive_worker.config import WorkerSettings
from google_drive_worker.sinks.local.lock import FileLock

BIN = Path(sys.executable).parent
FILES = 3000
TOKEN = "1//a-refresh-token-nobody-may-see"
SECRET = "GOCSPX-a-client-secret"
ROBOT = ("--service-account", "key.json")
WAIT_SECONDS = 60.0
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("GOOGLE_", "GDRIVE_", "KAFKA_"))}


class Said:
    """What a process writes, read as it comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        self._process = process
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))

    def close(self) -> None:
        """Read to the end of what an ended process wrote."""
        self._reader.join(WAIT_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def until(self, wanted: str) -> str:
        """The line that holds a text, once it is there."""
        return eventually(lambda: next((line for line in self.lines if wanted in line), ""), self.text)

    def text(self) -> str:
        """Everything so far."""
        return "\n".join(self.lines)


def eventually(found: Callable[[], str], told: Callable[[], str] = str) -> str:
    """What is looked for, once it is there."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (value := found()):
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)
    return value


@contextlib.contextmanager
def running(*command: str | Path, env: Mapping[str, str] = CLEAN) -> Iterator[tuple[subprocess.Popen[str], Said]]:
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(env)
    )
    said = Said(process)
    try:
        yield process, said
    finally:
        process.kill()
        process.wait(WAIT_SECONDS)
        said.close()


@dataclass(frozen=True)
class Drive:
    """An emulated drive, and the command line pointed at it."""

    url: str
    folder: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        return {
            **CLEAN,
            "GDRIVE_API_BASE_URL": self.url,
            "GOOGLE_TOKEN_URI": f"{self.url}/token",
            "GOOGLE_CLIENT_ID": "client",
            "GOOGLE_CLIENT_SECRET": SECRET,
            "GOOGLE_REFRESH_TOKEN": TOKEN,
            **self.extra,
        }

    def sync(self, name: str, *options: str, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run `sync --to` to its end."""
        return worker("sync", "--to", str(self.folder / name), *options, env={**self.env, **extra})

    def items(self) -> dict[str, world.Item]:
        return world.drive(self.url)


def worker(*arguments: str, env: Mapping[str, str] = CLEAN) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "google-drive-worker"), *arguments]
    return subprocess.run(command, env=dict(env), capture_output=True, text=True, timeout=WAIT_SECONDS, check=False)


def assert_plain(done: subprocess.CompletedProcess[str], code: int, said: str) -> None:
    """The command ended with this code and says this on standard error, without a traceback or a secret."""
    assert (done.returncode, said in done.stderr) == (code, True), done
    told = done.stdout + done.stderr
    assert "Traceback" not in told
    assert TOKEN not in told
    assert SECRET not in told


@pytest.fixture
def drive(tmp_path: Path) -> Iterator[Drive]:
    command = (BIN / "google-drive-emulator", "serve", "--port", "0", "--files", str(FILES), "--seed", "21")
    with running(*command) as (_, said):
        yield Drive(said.until("listening on ").split()[-1], tmp_path)


@pytest.mark.parametrize(("name", "read"), [("drive.sqlite", world.table), ("drive.jsonl", world.replayed)])
def test_a_file_equals_the_drive_and_follows_it(
    drive: Drive, name: str, read: Callable[[Path], dict[str, world.Item]]
) -> None:
    """After a first run, after changes and a second run, and after random changes and a full run."""
    path = drive.folder / name
    first = drive.sync(name)
    assert (first.returncode, first.stdout.splitlines()[-1]) == (0, f"complete: {path}"), first
    assert read(path) == drive.items()

    mutations = world.changes_of_files(drive.items(), world.control(drive.url, "world")["root_id"])
    world.control(drive.url, "world", {"mutations": mutations})
    second = drive.sync(name)
    assert (second.returncode, "2 deletes" in second.stdout) == (0, True), second
    assert read(path) == drive.items()

    seed = 8
    print(f"seed {seed}")
    world.control(drive.url, "world/random", {"count": 200, "seed": seed})
    assert drive.sync(name, "--full").returncode == 0
    assert read(path) == drive.items()


@pytest.mark.parametrize(("name", "read"), [("drive.sqlite", world.table), ("drive.jsonl", world.replayed)])
def test_a_killed_sync_is_gone_on_with(drive: Drive, name: str, read: Callable[[Path], dict[str, world.Item]]) -> None:
    """After kill -9 in the middle, twice, the next run completes the file from where it was."""
    path = drive.folder / name
    env = {**drive.env, "GDRIVE_PAGE_SIZE": "50"}
    before = 0
    for _ in range(2):
        with running(BIN / "google-drive-worker", "sync", "--to", path, env=env) as (process, said):
            wait_for_size(path, before + 500_000, said)
            process.kill()
            assert process.wait(WAIT_SECONDS) == -signal.SIGKILL, said.text()
        before = _size(path)
    last = drive.sync(name)
    assert last.returncode == 0, last
    written = sum(int(part.split()[0].replace(",", "")) for part in last.stdout.splitlines()[0].split(", ")[:2])
    assert written < FILES
    assert read(path) == drive.items()


def wait_for_size(path: Path, size_bytes: int, said: Said) -> None:
    """Wait until the file is larger."""
    eventually(lambda: "yes" if _size(path) > size_bytes else "", said.text)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def test_ctrl_c_stops_cleanly(drive: Drive) -> None:
    """The first signal ends the sync with exit code 1, and the command says that the next run goes on."""
    path = drive.folder / "drive.sqlite"
    env = {**drive.env, "GDRIVE_PAGE_SIZE": "20"}
    with running(BIN / "google-drive-worker", "sync", "--to", path, env=env) as (process, said):
        said.until("listing files")
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_SECONDS) == FAILED
        assert "run it again to go on" in said.until("run it again")
        assert "Traceback" not in said.text()
    assert drive.sync("drive.sqlite").returncode == 0
    assert world.table(path) == drive.items()


@pytest.mark.parametrize(("answer", "read"), [("y", True), ("", False)])
def test_a_backfill_is_asked_about_on_a_terminal(drive: Drive, answer: str, read: bool) -> None:
    """Whoever sits there is told the price and asked; without a yes no list is read, and the copy is complete."""
    ample = {"GDRIVE_QUOTA_UNITS_PER_MINUTE_USER": "1000000", "GDRIVE_QUOTA_UNITS_PER_MINUTE_PROJECT": "1000000"}
    terminal, side = pty.openpty()
    command = [str(BIN / "google-drive-worker"), "sync", "--to", str(drive.folder / "drive.sqlite")]
    command += ["--user", "owned", "--backfill", "comment"]
    with subprocess.Popen(
        command, env={**drive.env, **ample}, stdin=side, stderr=side, stdout=subprocess.PIPE, text=True
    ) as process:
        os.close(side)
        seen = ""
        while "Read them now? [y/N]" not in seen:
            seen += os.read(terminal, 4096).decode()
        os.write(terminal, f"{answer}\n".encode())
        said, _ = process.communicate(timeout=WAIT_SECONDS)
    os.close(terminal)
    assert (process.returncode, said.splitlines()[-1][:9]) == (0, "complete:"), seen
    assert "files costs about" in seen
    assert ("comments.list" in world.control(drive.url, "requests")["requests"]) == read


def test_two_syncs_do_not_write_one_file(drive: Drive) -> None:
    """While another process has the file, the command is refused; afterwards it is not."""
    lock = FileLock(drive.folder / "drive.jsonl")
    lock.acquire()
    assert_plain(drive.sync("drive.jsonl"), WRONG_USE, "another sync is writing")
    lock.release()
    assert drive.sync("drive.jsonl").returncode == 0


def test_a_revoked_token_is_explained(drive: Drive) -> None:
    """Exit code 1 and a sentence that says what to do."""
    world.control(drive.url, "oauth", {"action": "revoke", "refresh_token": TOKEN})
    done = drive.sync("drive.sqlite")
    assert_plain(done, FAILED, "[reauthorization_required]")
    assert "consent again" in done.stderr


def test_nobody_at_the_address_is_explained(drive: Drive) -> None:
    """A wrong address is told within seconds, not after an hour of tries."""
    done = drive.sync("drive.sqlite", GDRIVE_API_BASE_URL="http://127.0.0.1:1")
    assert_plain(done, FAILED, "check the network, GDRIVE_API_BASE_URL")


@pytest.mark.parametrize(
    ("arguments", "env", "said"),
    [
        (("--to", "drive.csv"), {"GOOGLE_CLIENT_ID": "x"}, "must end in one of .sqlite, .db, .jsonl"),
        (("--to", "drive.sqlite"), {}, 'make an OAuth client of type "Desktop app"'),
        (("--to", "drive.sqlite"), {"GOOGLE_CLIENT_ID": "x"}, "GOOGLE_CLIENT_SECRET and GOOGLE_REFRESH_TOKEN must be"),
        (("--to", "drive.sqlite"), {"GDRIVE_PAGE_SIZE": "0"}, "GDRIVE_PAGE_SIZE"),
        (("--to", "drive.sqlite", "--user", "some"), {"GOOGLE_CLIENT_ID": "x"}, "Expected one of all, owned, none"),
        (("--to", "drive.sqlite", "--backfill", "all"), {"GOOGLE_CLIENT_ID": "x"}, "is none of revision, comment"),
        ((), {}, "Missing option '--to'"),
    ],
)
def test_wrong_use_of_sync_is_explained(
    tmp_path: Path, arguments: tuple[str, ...], env: dict[str, str], said: str
) -> None:
    """Exit code 2 and what to mend, before anything is asked or written."""
    command = [str(BIN / "google-drive-worker"), "sync", *arguments]
    done = subprocess.run(
        command, env=CLEAN | env, cwd=tmp_path, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False
    )
    assert_plain(done, WRONG_USE, said)
    assert list(tmp_path.iterdir()) == []


def test_the_version_is_told() -> None:
    """`--version` says which one this is."""
    done = worker("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "google-drive-worker")


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as started:
        yield started


async def test_a_trigger_is_sent_sealed(broker: EmbeddedBroker) -> None:
    """What is in Kafka decrypts to the token with the first key, and the token shows nowhere in clear."""
    keys = [Fernet.generate_key().decode(), Fernet.generate_key().decode()]
    settings = WorkerSettings(kafka_bootstrap_servers=broker.bootstrap_servers)
    broker.create_topics(topics.specifications(settings))
    env = {
        **CLEAN,
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "CREDENTIALS_ENCRYPTION_KEYS": ",".join(keys),
        "MY_TOKEN": TOKEN,
    }
    options = ("--type", "full", "--refresh-token-env", "MY_TOKEN", "--page-size", "200")
    done = worker("trigger", "conn_abc123", *options, env=env)
    assert_plain(done, 0, "")
    async with follow(broker.bootstrap_servers, [settings.kafka_topic_trigger]) as follower:
        found: list[InboundMessage] = []
        while not found:
            found = await follower.read(0.2)
        [message] = found
    trigger = json.loads(message.value or b"")
    config = trigger["connection_config"]
    assert Fernet(keys[0]).decrypt(config["refresh_token"]).decode() == TOKEN
    assert (message.key, config["page_size"], trigger["trigger_type"]) == (b"conn_abc123", 200, "full")
    assert f"message_id {trigger['message_id']}, {message.topic}[{message.partition}]" in done.stdout


async def test_a_service_account_is_sent_by_its_name(broker: EmbeddedBroker) -> None:
    """The name of the key file and whom it stands for travel as they are, and need no key to encrypt with."""
    settings = WorkerSettings(kafka_bootstrap_servers=broker.bootstrap_servers)
    broker.create_topics(topics.specifications(settings))
    env = {**CLEAN, "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers}
    options = ("--service-account", "team/key.json", "--subject", "ada@example.com", "--drives", "none")
    assert_plain(worker("trigger", "conn_abc123", *options, env=env), 0, "")
    async with follow(broker.bootstrap_servers, [settings.kafka_topic_trigger]) as follower:
        found: list[InboundMessage] = []
        while not found:
            found = await follower.read(0.2)
        [message] = found
    assert json.loads(message.value or b"")["connection_config"] == {
        "service_account": "team/key.json",
        "subject": "ada@example.com",
        "corpora": {"drives": "none"},
    }


async def test_what_is_wanted_travels_in_a_trigger(broker: EmbeddedBroker) -> None:
    """Options become the connection's settings, a backfill is foretold, and folders to read again stand apart."""
    settings = WorkerSettings(kafka_bootstrap_servers=broker.bootstrap_servers)
    broker.create_topics(topics.specifications(settings))
    env = {
        **CLEAN,
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "CREDENTIALS_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "MY_TOKEN": TOKEN,
    }
    wanted = ("--drives", "d1, d2", "--user", "owned", "--folder", "f1", "--folder", "f2", "--backfill", "revision")
    done = worker("trigger", "conn", "--refresh-token-env", "MY_TOKEN", *wanted, env=env)
    assert_plain(done, 0, "the revisions of 100,000 files costs about 10,000,000 quota units: about 31 minutes")
    assert_plain(worker("trigger", "conn", "--type", "resnapshot", "--folder", "f1", env=env), 0, "")
    assert_plain(worker("trigger", "conn", "--type", "confirm", env=env), 0, "")
    async with follow(broker.bootstrap_servers, [settings.kafka_topic_trigger]) as follower:
        found: list[InboundMessage] = []
        while len(found) < 3:
            found += await follower.read(0.2)
    first, again, confirm = [json.loads(message.value or b"") for message in found]
    config = first["connection_config"]
    assert config["corpora"] == {"drives": ["d1", "d2"], "user": "owned"}
    assert (config["selected_folders"], config["backfill"]) == (["f1", "f2"], ["file", "permission", "revision"])
    assert (again["trigger_type"], again["folders"], "connection_config" in again) == ("resnapshot", ["f1"], False)
    assert (confirm["trigger_type"], "folders" in confirm) == ("confirm", False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("trigger", "conn", "--refresh-token-env", "NOT_SET"), "no environment variable of that name"),
        (("trigger", "conn", "--refresh-token-env", "MY_TOKEN"), "CREDENTIALS_ENCRYPTION_KEYS is not set"),
        (("trigger", "conn", "--page-size", "10"), "the settings page_size need --refresh-token-env"),
        (("trigger", "conn", "--drives", "none", "--user", "owned"), "the settings corpora need --refresh-token-env"),
        (("trigger", "conn", "--subject", "ada@example.com"), "need --refresh-token-env or --service-account"),
        (("trigger", "conn", *ROBOT, "--refresh-token-env", "MY_TOKEN"), "a connection has one credential"),
        (("trigger", "conn", *ROBOT, "--subject", "ada"), "Expected the e-mail address of a user"),
        (("trigger", "conn", "--service-account", json.dumps({"private_key": TOKEN})), "this is no name of a file"),
        (("trigger", "conn", "--type", "resnapshot"), "--type resnapshot needs --folder"),
        (("trigger", "conn", "--resources", "file,thoughts"), "file, permission, permission_record, revision, comment"),
        (("trigger", "conn", "--backfill", "file"), "--backfill: 'file' is none of revision, comment"),
        (("trigger", "conn", "--resources", "file", "--backfill", "comment"), "needs it among --resources"),
        (("trigger", "conn", "--user", "some"), "Expected one of all, owned, none"),
        (("trigger", "conn", "--type", "sometimes"), "Invalid value for '--type'"),
        (("trigger", " "), "this is not a trigger that a worker takes"),
        (("topics", "create", "--replication", "0"), "Invalid value for '--replication'"),
    ],
)
def test_wrong_use_is_explained(arguments: tuple[str, ...], said: str) -> None:
    """Exit code 2 and what to mend, before a cluster is asked."""
    env = {**CLEAN, "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "MY_TOKEN": TOKEN}
    assert_plain(worker(*arguments, env=env), WRONG_USE, said)


def test_topics_are_checked(broker: EmbeddedBroker) -> None:
    """Topics that are as they should be are listed with an OK."""
    settings = WorkerSettings(kafka_bootstrap_servers=broker.bootstrap_servers)
    broker.create_topics(topics.specifications(settings))
    done = worker("topics", "check", env={**CLEAN, "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers})
    assert_plain(done, 0, "")
    assert done.stdout.splitlines()[-1] == "OK"


def test_the_doctor_finds_nothing_wrong(broker: EmbeddedBroker, drive: Drive) -> None:
    """Kafka, topics, keys, object store and Drive are each said to be well, and by whose account."""
    settings = WorkerSettings(kafka_bootstrap_servers=broker.bootstrap_servers)
    broker.create_topics(topics.specifications(settings))
    env = {
        **drive.env,
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "CREDENTIALS_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "OBJECT_STORE_URL": (drive.folder / "objects").as_uri(),
    }
    done = worker("doctor", env=env)
    assert_plain(done, 0, "")
    assert [line[:4] for line in done.stdout.splitlines()] == ["ok  "] * 4, done.stdout
    assert "user00@example.com" in done.stdout


def test_the_doctor_says_what_to_do(broker: EmbeddedBroker, drive: Drive) -> None:
    """Each thing that is wrong is a FAIL with a remedy; what cannot be checked is skipped, and the exit code is 1."""
    env = {**CLEAN, "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers, "OBJECT_STORE_URL": "file:///proc/nowhere"}
    done = worker("doctor", env=env)
    assert_plain(done, 1, "")
    assert "set CREDENTIALS_ENCRYPTION_KEYS" in done.stdout
    assert "FAIL  object store" in done.stdout
    assert "skip  Google Drive" in done.stdout
    refused = worker("doctor", env={**drive.env, **env, "GOOGLE_TOKEN_URI": f"{drive.url}/nowhere"})
    assert_plain(refused, 1, "")
    assert "FAIL  Google Drive" in refused.stdout


def test_mock_mode_syncs_and_stops() -> None:
    """Without any setting the worker runs, completes a sync that it starts itself, and ends in order on SIGTERM."""
    env = {**CLEAN, "GOOGLE_DRIVE_MOCK_MODE": "true", "GOOGLE_DRIVE_MOCK_FILES": "300", "WORKER_HTTP_PORT": "0"}
    with running(sys.executable, "-m", "google_drive_worker", env=env) as (process, said):
        servers = json.loads(said.until("the Kafka broker (embedded, in memory)"))["message"].split()[-1]
        assert "300" in _sum(said.until("the snapshot is complete"))
        again = worker("trigger", "mock", env={**CLEAN, "KAFKA_BOOTSTRAP_SERVERS": servers})
        assert_plain(again, 0, "")
        process.send_signal(signal.SIGTERM)
        assert process.wait(WAIT_SECONDS) == 0, said.text()
        assert "Traceback" not in said.text()


def test_mock_mode_without_the_emulator_says_what_to_install() -> None:
    """The emulator is an extra; without it mock mode ends with the command that installs it."""
    program = (
        "import sys; sys.modules['google_drive_emulator'] = None; from google_drive_worker.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "run"],
        env=CLEAN | {"GOOGLE_DRIVE_MOCK_MODE": "true"},
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        check=False,
    )
    assert_plain(done, FAILED, "pip install 'google-drive-worker[emulator]'")


def _sum(line: str) -> str:
    counted = json.loads(line)["message"].split(": ")[1].split(";")[0]
    return str(sum(int(part.split()[0].replace(",", "")) for part in counted.split(", ")))
