"""P7: canaries for every secret a worker is given, searched in everything that it writes, while much goes wrong."""

import base64
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from tests.integration.kafka.stack import Process, Reader, Stack

FILES = 60
CANARY = "CaNaRy7QzXw9pLm3VbT5KdR2"
OLD_KEY = Fernet.generate_key().decode()
FOREIGN_KEY = Fernet.generate_key()
REFRESH, REVOKED, FOREIGN = (f"1//0{CANARY}-{name}" for name in ("refresh", "revoked", "foreign"))
ACCESS, REFUSED = f"ya29.{CANARY}-access", f"ya29.{CANARY}-refused"
SERVICE_ACCOUNT = json.dumps(
    {
        "type": "service_account",
        "client_email": "robot@project.iam.gserviceaccount.com",
        "private_key": f"-----BEGIN PRIVATE KEY-----\n{CANARY}-key",
    }
)
SETTINGS = {
    "GOOGLE_CLIENT_SECRET": f"GOCSPX-{CANARY}",
    "KAFKA_SASL_PASSWORD": f"{CANARY}-kafka",
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": f"{CANARY}-aws",
    "REDIS_URL": f"redis://:{CANARY}-redis@127.0.0.1:1/0",
    "CONTROL_PLANE_CLIENT_SECRET": f"{CANARY}-m2m",
    "LOG_LEVEL": "DEBUG",
    "GOOGLE_API_DEBUG": "true",
}
ROLES_OF_THE_WORKER = ("records", "errors", "events", "state")
FAILURES = {
    "conn_revoked": "reauthorization_required",
    "conn_foreign": "credential_undecryptable",
    "conn_refused": "access_token_expired",
    "conn_service": "service_account_invalid",
    "conn_named": "service_account_invalid",
}


@pytest.mark.timeout(180)
def test_no_secret_is_written_anywhere(stack: Stack, reader: Reader) -> None:
    """Logs at their loudest, records, errors, events, states, dead letters' own headers, metrics, health: all clean."""
    stack.settings |= {**SETTINGS, "CREDENTIALS_ENCRYPTION_KEYS": f"{stack.key.decode()},{OLD_KEY}"}
    stack.settings["GOOGLE_SERVICE_ACCOUNT_DIRECTORY"] = str(_key_directory(stack))
    _prepare_failures(stack)
    worker = stack.start("r1")
    _send_credentials(stack)
    reader.wait(lambda: reader.completed() == {"conn_refresh", "conn_access"}, f"the good ones\n{worker.tail()}")
    reader.wait(lambda: _failed(reader) >= FAILURES.keys(), f"the failures\n{worker.tail()}")
    reader.wait(lambda: len(reader.dead) == 5, f"the dead letters\n{worker.tail()}")
    codes = {error["integration_connection_id"]: error["code"] for error in reader.others["errors"]}
    assert {name: codes[name] for name in FAILURES} == FAILURES
    written = [("an answer", text) for text in _answers(worker)]
    assert worker.stop() == 0, worker.tail()
    written += [("a log line", line) for line in worker.log.read_text().splitlines()]
    written += list(_messages(stack))
    assert {where for where, _ in written} == {*ROLES_OF_THE_WORKER, "dead letters", "an answer", "a log line"}
    clear = [("the value of a dead letter", repr(value)) for value, _ in reader.dead]
    assert len(_leaks(clear, [])) == 5, "the search was meant to find what senders sent in clear"
    assert _leaks(written, [stack.key.decode(), OLD_KEY, FOREIGN_KEY.decode()]) == []


def _key_directory(stack: Stack) -> Path:
    directory = stack.directory / "keys"
    directory.mkdir()
    (directory / "broken.json").write_text(SERVICE_ACCOUNT)
    return directory


def _prepare_failures(stack: Stack) -> None:
    stack.emulator.control("POST", "oauth", {"action": "register", "refresh_token": REVOKED})
    stack.emulator.control("POST", "oauth", {"action": "revoke", "refresh_token": REVOKED})
    faults = [
        {"route": "*", "token": REFUSED, "status": 401, "reason": "authError", "count": None},
        {"route": "files.list", "token": ACCESS, "kind": "html", "status": 502, "count": 2},
        {"route": "files.list", "kind": "reset", "count": 1},
    ]
    stack.emulator.control("POST", "faults", {"faults": faults})


def _send_credentials(stack: Stack) -> None:
    sealed = Fernet(stack.key)
    _send(stack, "conn_refresh", refresh_token=sealed.encrypt(REFRESH.encode()).decode())
    _send(stack, "conn_access", access_token=Fernet(OLD_KEY).encrypt(ACCESS.encode()).decode())
    _send(stack, "conn_revoked", refresh_token=sealed.encrypt(REVOKED.encode()).decode())
    _send(stack, "conn_foreign", refresh_token=Fernet(FOREIGN_KEY).encrypt(FOREIGN.encode()).decode())
    _send(stack, "conn_refused", access_token=sealed.encrypt(REFUSED.encode()).decode())
    _send(stack, "conn_service", service_account=sealed.encrypt(SERVICE_ACCOUNT.encode()).decode())
    _send(stack, "conn_named", service_account="broken.json")
    # Senders' mistakes: credentials in clear, in messages that cannot be used.
    _send(stack, "conn_unsealed", refresh_token=REFRESH)
    _send(stack, "conn_clear_key", service_account=SERVICE_ACCOUNT)
    _send(stack, "conn_bad_type", refresh_token=[REFRESH])
    stack.send("conn_bad_json", b'{"connection_config": {"refresh_token": "' + REFRESH.encode() + b'"')
    stack.send(
        "conn_bad_kind", json.dumps({"trigger_type": REFRESH, "integration_connection_id": "conn_bad_kind"}).encode()
    )


def _send(stack: Stack, connection: str, **config: object) -> None:
    body = {"integration_connection_id": connection, "trigger_type": "incremental", "connection_config": config}
    stack.send(connection, json.dumps(body).encode())


def _failed(reader: Reader) -> set[str]:
    return {error["integration_connection_id"] for error in list(reader.others["errors"])}


def _answers(worker: Process) -> Iterator[str]:
    for path in ("/health", "/health/live", "/health/ready", "/health/status", "/metrics"):
        try:
            with urllib.request.urlopen(f"{worker.url}{path}", timeout=15) as answer:  # noqa: S310 # our own
                yield answer.read().decode()
        except urllib.error.HTTPError as refusal:  # Redis is away, which a check may well say
            yield refusal.read().decode()


def _messages(stack: Stack) -> Iterator[tuple[str, str]]:
    """Everything in the worker's own topics, aborted messages included; of dead letters what the worker added."""
    for role in ROLES_OF_THE_WORKER:
        for message in stack.messages(stack.topics[role]):
            yield role, f"{message.key()!r} {message.value()!r} {message.headers()!r}"
    for message in stack.messages(f"{stack.topics['trigger']}.dlq"):
        yield "dead letters", repr(message.headers())


def _leaks(written: list[tuple[str, str]], keys: list[str]) -> list[tuple[str, str]]:
    """Where a secret stands, with what is around it."""
    secrets = [CANARY, *(key.rstrip("=") for key in keys)]
    pattern = re.compile("|".join(re.escape(form) for secret in secrets for form in _forms(secret)))
    hits = ((where, text, pattern.search(text)) for where, text in written)
    return [(where, text[max(0, hit.start() - 200) : hit.end() + 50]) for where, text, hit in hits if hit]


def _forms(secret: str) -> set[str]:
    """The secret as it is and as programs write it; base64 in each of its three phases, without the edges."""
    encoded = {base64.b64encode(b"x" * phase + secret.encode()).decode()[4:-4] for phase in range(3)}
    return {secret, urllib.parse.quote(secret, safe=""), *encoded}


WRONG_SETTINGS = {
    "GDRIVE_API_BASE_URL": f"ftp://user:{CANARY}@example.com",
    "GOOGLE_TOKEN_URI": f"{CANARY}://example.com/token",
    "REDIS_URL": f"http://:{CANARY}@127.0.0.1",
    "KAFKA_SECURITY_PROTOCOL": CANARY,
    "WORKER_HTTP_PORT": CANARY,
}


@pytest.mark.parametrize(
    ("wrong", "code", "named"),
    [
        (WRONG_SETTINGS, 2, [*WRONG_SETTINGS]),
        ({"CREDENTIALS_ENCRYPTION_KEYS": f"{CANARY},{CANARY}"}, 2, ["CREDENTIALS_ENCRYPTION_KEYS"]),
        ({"OBJECT_STORE_URL": f"s3://key:{CANARY}@bucket"}, 1, ["object store"]),
    ],
    ids=["settings", "keys", "object store"],
)
def test_wrong_settings_are_named_without_their_values(
    stack: Stack, wrong: dict[str, str], code: int, named: list[str]
) -> None:
    """A secret in the wrong place is a mistake that happens: the message names the setting and keeps the value."""
    worker = stack.start("r1", **wrong)
    worker.wait_dead()
    said = worker.log.read_text()
    assert worker.process.returncode == code, said
    assert [name for name in named if name not in said] == []
    assert CANARY not in said
