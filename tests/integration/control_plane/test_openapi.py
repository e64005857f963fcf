"""The API is what its OpenAPI document says: schemathesis makes requests of it up, good ones and bad ones.

In: the document as served, two connections with a real grant, a program with all scopes. Out: no failure.
"""

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from tests.support.control_plane.consent import Stage, stage

from clustera_toolkit.kafka import EmbeddedBroker
from drive_control_plane.audit.log import Actor
from drive_control_plane.database import Database
from drive_control_plane.machines import clients
from drive_control_plane.machines.scopes import Scope
from drive_control_plane.security.tokens import tokens_of

SECONDS = 300
EVERYTHING = "^/v1/|^/oauth/token"
OF_CONNECTIONS = r"^/v1/connections/\{connection_id\}|^/v1/usage"
"""What takes the id of a connection; with an id that is there or without, the others are asked the same."""
ALL = "examples,coverage,fuzzing,stateful"
EXAMPLES = 5
"""Of each operation, beside the examples and the edges of each parameter."""
CONFIG = """
# No schema can say what a cursor of ours is, a time zone, or a cron expression that is ever due.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422", "5xx"]
"""


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Provide a directory for all runs: hypothesis keeps there what it works out about Unicode, for seconds."""
    return tmp_path_factory.mktemp("schemathesis")


@pytest.fixture
async def staged(database: Database, embedded_broker: EmbeddedBroker) -> AsyncIterator[Stage]:
    """Provide a control plane, its Google and its Kafka: some routes read from there."""
    async with stage(database, kafka_bootstrap_servers=embedded_broker.bootstrap_servers) as made:
        names = made.context.settings
        inbound = (names.kafka_topic_trigger, names.kafka_topic_webhook)
        embedded_broker.create_topics([names.kafka_topic_records, *(f"{topic}.dlq" for topic in inbound)])
        yield made


async def token_of(staged: Stage, scopes: Sequence[Scope], tenant_id: str | None) -> str:
    """A token of a program with these scopes; without a tenant it is a worker's."""
    now, wanted = staged.context.clock.now(), [scope.value for scope in scopes]
    async with staged.context.database.transaction() as session:
        made = await clients.create(session, now, Actor("system", "test"), "program", wanted, tenant_id)
    return tokens_of(staged.context.settings).sign(now, made.client_id, wanted, tenant_id)


async def of_a_program(staged: Stage) -> str:
    """With all that a tenant's program may have."""
    scopes = [scope for scope in Scope if scope is not Scope.CONNECTIONS_TOKEN]
    return await token_of(staged, scopes, "tenant_1")


async def made_up(
    staged: Stage, directory: Path, token: str, paths: str, connection_id: str = "", phases: str = ALL
) -> None:
    """Run schemathesis against what is served. Fails with its report when it found something.

    A connection that was ended is still shown by its id, since the audit log speaks of it: no use after free.
    """
    config = directory / "schemathesis.toml"
    config.write_text(CONFIG + (f'[parameters]\nconnection_id = "{connection_id}"\n' if connection_id else ""))
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{staged.url}/openapi.json"),
        *("--header", f"Authorization: Bearer {token}", "--include-path-regex", paths),
        *("--phases", phases, "--max-examples", str(EXAMPLES), "--seed", "5", "--no-color", "--continue-on-failure"),
        *("--request-timeout", "20", "--checks", "all", "--exclude-checks", "use_after_free"),
    ]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    report = output.decode(errors="replace")
    assert process.returncode == 0, report
    made = re.search(r"(\d+) generated, (\d+) passed", report)
    assert made is not None, report
    assert int(made[1]) == int(made[2]) > EXAMPLES, report


@pytest.mark.timeout(2 * SECONDS)
async def test_requests_made_up_for_a_connection(staged: Stage, workplace: Path) -> None:
    """Asked about a connection that is there, every operation answers as the document says."""
    connection_id = await staged.connected()
    await made_up(staged, workplace, await of_a_program(staged), EVERYTHING, connection_id)


@pytest.mark.timeout(2 * SECONDS)
async def test_requests_made_up_altogether(staged: Stage, workplace: Path) -> None:
    """Asked about ids that are made up as well, whatever takes one answers as the document says."""
    await made_up(staged, workplace, await of_a_program(staged), OF_CONNECTIONS, phases="examples,coverage")


@pytest.mark.timeout(2 * SECONDS)
async def test_requests_made_up_for_tokens(staged: Stage, workplace: Path) -> None:
    """What a worker asks for is answered as the document says."""
    connection_id = await staged.connected()
    token = await token_of(staged, [Scope.CONNECTIONS_TOKEN], None)
    await made_up(staged, workplace, token, "^/oauth/token|access-token$", connection_id)
