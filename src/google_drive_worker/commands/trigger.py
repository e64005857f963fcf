"""`trigger`: ask the worker for something."""

import os
from typing import Annotated

import typer

from google_drive_worker.client.files import MAX_PAGE_SIZE
from google_drive_worker.commands.shell import WRONG_USE, examples, execute, fail, load_worker_settings
from google_drive_worker.config import WorkerSettings
from google_drive_worker.credentials import seal
from google_drive_worker.schemas.trigger import InvalidMessageError, TriggerType
from google_drive_worker.trigger_sender import send_trigger

EXAMPLES = examples(
    "google-drive-worker trigger conn_abc123",
    "google-drive-worker trigger conn_abc123 --type full --refresh-token-env GOOGLE_REFRESH_TOKEN",
    "google-drive-worker trigger conn_abc123 --type pause",
)


def trigger(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="The connection's id.")],
    kind: Annotated[TriggerType, typer.Option("--type", help="What is asked for.")] = TriggerType.INCREMENTAL,
    refresh_token_env: Annotated[
        str | None,
        typer.Option(
            metavar="VAR",
            help="The environment variable that holds the connection's refresh token. It is sent encrypted with the "
            "first key of CREDENTIALS_ENCRYPTION_KEYS. A connection's first trigger needs it.",
        ),
    ] = None,
    page_size: Annotated[
        int | None,
        typer.Option(min=1, max=MAX_PAGE_SIZE, help="Entries a page; needs --refresh-token-env, as it replaces all."),
    ] = None,
) -> None:
    """Send a trigger for a connection to the worker."""
    settings = load_worker_settings(WorkerSettings)
    config = _config(settings, refresh_token_env, page_size)
    try:
        sent = execute(send_trigger(settings, connection, kind, config))
    except InvalidMessageError as error:
        fail(f"this is not a trigger that a worker takes: {error}", WRONG_USE)
    typer.echo(f"sent {kind.value} for {connection}: message_id {sent.message_id}, {sent.topic}[{sent.partition}]")


def _config(settings: WorkerSettings, variable: str | None, page_size: int | None) -> dict[str, str | int] | None:
    """The connection's settings, which replace all those there are; None leaves them."""
    if variable is None:
        if page_size is not None:
            fail("--page-size needs --refresh-token-env: a connection's settings are replaced as a whole", WRONG_USE)
        return None
    try:
        config: dict[str, str | int] = {"refresh_token": seal(settings.credentials_encryption_keys, _secret(variable))}
    except ValueError as error:
        fail(str(error), WRONG_USE)
    return config if page_size is None else {**config, "page_size": page_size}


def _secret(variable: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        fail("--refresh-token-env: no environment variable of that name holds a token", WRONG_USE)
    return value
