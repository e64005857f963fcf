"""`doctor`: everything that a worker needs, looked at from where it would run."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import typer

from google_drive_worker.commands.shell import FAILED, examples, execute, load_worker_settings
from google_drive_worker.config import WorkerSettings
from google_drive_worker.environment_credentials import CredentialSettings
from google_drive_worker.health_checks import (
    Finding,
    Verdict,
    check_drive,
    check_kafka,
    check_keys,
    check_redis,
    check_storage,
)

EXAMPLES = examples(
    "google-drive-worker doctor",
    "GOOGLE_APPLICATION_CREDENTIALS=key.json google-drive-worker doctor --subject ana@example.com",
)
CHECK_SECONDS = 60.0
SIGNS = {Verdict.GOOD: "ok  ", Verdict.BAD: "FAIL", Verdict.SKIPPED: "skip", Verdict.DOUBTFUL: "warn"}


def doctor(
    subject: Annotated[
        str | None, typer.Option(metavar="USER", help="Whose Drive a service account with delegation reads.")
    ] = None,
) -> None:
    """Check Kafka, its topics, keys, object store, Redis and Drive, and say what to do; exit code 1 if any is wrong.

    Drive is asked with the credential of the environment, as `sync` uses it; without one that check is skipped.
    """
    settings = load_worker_settings(WorkerSettings)
    credentials = CredentialSettings()
    checks: Sequence[tuple[str, Callable[[], Awaitable[Sequence[Finding]]]]] = (
        ("Kafka", lambda: check_kafka(settings)),
        ("credential keys", lambda: check_keys(settings)),
        ("object store", lambda: check_storage(settings)),
        ("Redis", lambda: check_redis(settings)),
        ("Google Drive", lambda: check_drive(credentials, subject)),
    )
    failed = False
    for name, check in checks:
        for finding in execute(_bounded(name, check)):
            failed |= finding.verdict is Verdict.BAD
            typer.echo(f"{SIGNS[finding.verdict]}  {finding.what}")
            if finding.advice:
                typer.echo(f"      {finding.advice}")
    if failed:
        raise typer.Exit(FAILED)


async def _bounded(name: str, check: Callable[[], Awaitable[Sequence[Finding]]]) -> Sequence[Finding]:
    """Run a check; one that does not end is a finding itself."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check()
    except TimeoutError:
        return [Finding(Verdict.BAD, f"{name}: no answer within {CHECK_SECONDS:.0f} s")]
