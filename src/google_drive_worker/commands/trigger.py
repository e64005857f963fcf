"""`trigger`: ask the worker for something."""

import os
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from google_drive_worker.client.files import MAX_PAGE_SIZE
from google_drive_worker.commands.selection import Backfill, Drives, Resources, User, backfill_kinds, wanted_settings
from google_drive_worker.commands.shell import WRONG_USE, examples, execute, fail, load_worker_settings
from google_drive_worker.config import WorkerSettings
from google_drive_worker.credentials import seal
from google_drive_worker.quota.forecast import forecast
from google_drive_worker.quota.limits import limits_of
from google_drive_worker.schemas.trigger import InvalidMessageError, TriggerType, names_key_file
from google_drive_worker.sync.run import BACKFILL
from google_drive_worker.trigger_sender import send_trigger

EXAMPLES = examples(
    "google-drive-worker trigger conn_abc123",
    "google-drive-worker trigger conn_abc123 --type full --refresh-token-env GOOGLE_REFRESH_TOKEN",
    "google-drive-worker trigger conn_abc123 --service-account key.json --subject user@example.com",
    "google-drive-worker trigger conn_abc123 --type resnapshot --folder 1fV_ExampleFolderId",
    "google-drive-worker trigger conn_abc123 --type confirm",
)
FORETOLD_FILES = 100_000
"""How many a drive has is not known here; what so many cost is told."""


def trigger(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="The connection's id.")],
    kind: Annotated[TriggerType, typer.Option("--type", help="What is asked for.")] = TriggerType.INCREMENTAL,
    refresh_token_env: Annotated[
        str | None,
        typer.Option(
            metavar="VAR",
            help="The environment variable that holds the connection's refresh token. It is sent encrypted with the "
            "first key of CREDENTIALS_ENCRYPTION_KEYS. A connection's first trigger needs it, and whoever changes its "
            "settings: they are replaced as a whole.",
        ),
    ] = None,
    service_account: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Instead of a refresh token: the key file of a service account, by its name below the worker's "
            "GOOGLE_SERVICE_ACCOUNT_DIRECTORY.",
        ),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(metavar="EMAIL", help="The user whom the service account stands for, by domain-wide delegation."),
    ] = None,
    folder: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="With --type resnapshot: a folder to read again with all below it. Else a setting: only this folder "
            "and what lies below it. May be given several times.",
        ),
    ] = None,
    page_size: Annotated[int | None, typer.Option(min=1, max=MAX_PAGE_SIZE, help="Entries a page.")] = None,
    resources: Resources = None,
    backfill: Backfill = None,
    drives: Drives = None,
    user: User = None,
) -> None:
    """Send a trigger for a connection to the worker."""
    settings = load_worker_settings(WorkerSettings)
    folders = _folders_to_read(kind, folder)
    selected = wanted_settings(resources, drives, user, None if folders else folder)
    history = backfill_kinds(backfill, selected)
    selected |= {"backfill": [*BACKFILL, *history]} if history else {}
    selected |= {} if page_size is None else {"page_size": page_size}
    selected |= {} if subject is None else {"subject": subject}
    config = _config(_credential(settings, refresh_token_env, service_account), selected)
    if history:
        cost = forecast(FORETOLD_FILES, history, limits_of(settings))
        typer.echo(f"how many files there are is not known here; for example, {cost}", err=True)
    try:
        sent = execute(send_trigger(settings, connection, kind, config, folders))
    except InvalidMessageError as error:
        fail(f"this is not a trigger that a worker takes: {error}", WRONG_USE)
    typer.echo(f"sent {kind.value} for {connection}: message_id {sent.message_id}, {sent.topic}[{sent.partition}]")


def _folders_to_read(kind: TriggerType, folders: list[str] | None) -> list[str]:
    if kind is not TriggerType.RESNAPSHOT:
        return []
    if not folders:
        fail("--type resnapshot needs --folder ID: the folders to read again; --type full reads everything", WRONG_USE)
    return folders


def _credential(settings: WorkerSettings, variable: str | None, key_file: str | None) -> dict[str, str] | None:
    """The connection's credential as a trigger carries it, if one is given."""
    if variable is not None and key_file is not None:
        fail("--refresh-token-env and --service-account: a connection has one credential", WRONG_USE)
    if key_file is not None:
        return {"service_account": _key_file_name(key_file)}
    if variable is None:
        return None
    try:
        return {"refresh_token": seal(settings.credentials_encryption_keys, _secret(variable))}
    except ValueError as error:
        fail(str(error), WRONG_USE)


def _key_file_name(name: str) -> str:
    if not names_key_file(name):
        fail("--service-account: this is no name of a file below GOOGLE_SERVICE_ACCOUNT_DIRECTORY", WRONG_USE)
    return name


def _config(credential: Mapping[str, str] | None, selected: Mapping[str, Any]) -> dict[str, Any] | None:
    """The connection's settings, which replace all those there are; None leaves them."""
    if credential is not None:
        return {**credential, **selected}
    if selected:
        fail(
            f"the settings {', '.join(selected)} need --refresh-token-env or --service-account: a connection's "
            "settings are replaced as a whole",
            WRONG_USE,
        )
    return None


def _secret(variable: str) -> str:
    value = os.environ.get(variable, "").strip()
    if not value:
        fail("--refresh-token-env: no environment variable of that name holds a token", WRONG_USE)
    return value
