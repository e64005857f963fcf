"""`dlq list`, `dlq show` and `dlq replay`: what could not be applied, looked at and sent again."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from clustera_toolkit.dead_letters import Letter, LetterId, Shelf, TooManyLettersError, Wanted, value_of
from google_drive_worker.commands.shell import WRONG_USE, examples, execute, fail, load_worker_settings
from google_drive_worker.config import WorkerSettings, dead_letter_topic
from google_drive_worker.object_store import open_object_store
from google_drive_worker.schemas.trigger import CREDENTIALS

EXAMPLES = examples(
    "google-drive-worker dlq list --reason missing_config",
    "google-drive-worker dlq show integrations-inbound-trigger.dlq:0:17",
    "google-drive-worker dlq replay --connection conn_abc123",
)
SHOWN_BYTES = 64 * 1024
SECRETS = frozenset({*CREDENTIALS, "client_secret"})

app = typer.Typer(no_args_is_help=True, help="Messages that could not be applied.", epilog=EXAMPLES)

ConnectionOption = Annotated[str | None, typer.Option(help="Only those of this connection.")]
ReasonOption = Annotated[str | None, typer.Option(help="Only those with this reason (docs/contracts.md lists them).")]


@app.command("list")
def list_letters(
    connection: ConnectionOption = None,
    reason: ReasonOption = None,
    *,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 50,
    replayed: Annotated[bool, typer.Option("--replayed", help="Those sent again already, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List dead letters, oldest first."""
    settings = load_worker_settings(WorkerSettings)
    letters = _found(settings, Wanted(connection=connection, reason=reason, replayed=replayed))
    shown = letters[-limit:]
    if as_json:
        for letter in shown:
            typer.echo(json.dumps(_summary(letter), ensure_ascii=False))
        return
    if not letters:
        typer.echo("no dead letters")
        return
    Console().print(_table(shown))
    if len(letters) > len(shown):
        typer.echo(f"the newest {len(shown)} of {len(letters)}; --limit shows more")


@app.command()
def show(letter_id: Annotated[str, typer.Argument(metavar="ID", help="As `dlq list` shows it.")]) -> None:
    """Show a dead letter with its headers and value; credentials are left out."""
    settings = load_worker_settings(WorkerSettings)
    wanted = _parsed(letter_id)
    letters = _found(settings, Wanted(ids=[wanted]))
    if not letters:
        fail(f"there is no dead letter {wanted}; `dlq list` shows those there are", WRONG_USE)
    letter = letters[0]
    value = execute(value_of(letter, open_object_store(settings)))
    headers = {name: content.decode(errors="replace") for name, content in letter.message.headers}
    typer.echo(json.dumps({**_summary(letter), "headers": headers}, indent=2, ensure_ascii=False))
    typer.echo(_readable(value))


@app.command("replay")
def replay_letters(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="As `dlq list` shows them.")] = None,
    connection: ConnectionOption = None,
    reason: ReasonOption = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that were not sent again yet.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be sent.")] = False,
) -> None:
    """Send dead letters again, to the topic they came from, in their order; exit code 1 if one could not be."""
    if not (ids or connection or reason or everything):
        fail("name letters by id, or choose them with --connection, --reason or --all", WRONG_USE)
    settings = load_worker_settings(WorkerSettings)
    wanted = Wanted(ids=[_parsed(each) for each in ids or []], connection=connection, reason=reason)
    letters = _found(settings, wanted)
    missing = set(wanted.ids) - {letter.id for letter in letters}
    if missing:
        fail(f"there is no dead letter {min(missing)}; `dlq list` shows those there are", WRONG_USE)
    if dry_run:
        for letter in letters:
            typer.echo(f"would send {letter.id} to {letter.inbound_topic}")
        return
    sent = execute(_shelf(settings).replay(open_object_store(settings), letters, _tell))
    typer.echo(f"sent {sent} of {len(letters)}")
    if sent < len(letters):
        raise typer.Exit(1)


def _tell(letter: Letter, problem: str | None) -> None:
    outcome = f"sent to {letter.inbound_topic}" if problem is None else f"not sent: {problem}"
    typer.echo(f"{letter.id}: {outcome}", err=problem is not None)


def _shelf(settings: WorkerSettings) -> Shelf:
    """The dead letter topics, one an inbound topic."""
    topics = [dead_letter_topic(topic) for topic in (settings.kafka_topic_trigger, settings.kafka_topic_webhook)]
    return Shelf(settings.kafka_bootstrap_servers, topics, settings.kafka_connection)


def _found(settings: WorkerSettings, wanted: Wanted) -> list[Letter]:
    try:
        return execute(_shelf(settings).find(wanted))
    except TooManyLettersError as error:
        fail(f"{error} with --connection or --reason", WRONG_USE)


def _parsed(text: str) -> LetterId:
    try:
        return LetterId.parse(text)
    except ValueError:
        fail(f"{text!r} is no id of a dead letter; one looks like topic.dlq:0:17", WRONG_USE)


def _summary(letter: Letter) -> dict[str, Any]:
    return {
        "id": str(letter.id),
        "connection": letter.connection,
        "reason": letter.reason,
        "detail": letter.detail,
        "attempts": letter.attempts,
        "failed_at": letter.failed_at,
        "source": letter.source,
        "replayed": letter.replayed,
    }


def _table(letters: list[Letter]) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("id", "failed at", "connection", "reason", "tries", "detail"):
        table.add_column(name, overflow="fold")
    for letter in letters:
        reason = f"{letter.reason} (sent again)" if letter.replayed else letter.reason
        table.add_row(
            str(letter.id), letter.failed_at, letter.connection or "", reason, str(letter.attempts), letter.detail
        )
    return table


TOLD_BYTES = 200
"""What is shown of a value that cannot be parsed."""


def _readable(value: bytes | None) -> str:
    """A value as a person can read it: JSON without credentials, else its text or its length."""
    if value is None:
        return "(no value)"
    try:
        return json.dumps(_without_secrets(json.loads(value)), indent=2, ensure_ascii=False)[:SHOWN_BYTES]
    except ValueError:
        return f"({len(value)} bytes that are no JSON) {_told(value[:TOLD_BYTES])!r}"


def _told(value: bytes) -> bytes:
    """The beginning of a value, up to where the name of a credential stands in it."""
    places = [place for name in SECRETS if (place := value.find(name.encode())) >= 0]
    return value[: min(places)] + b"..." if places else value


def _without_secrets(value: Any) -> Any:  # JSON
    if isinstance(value, dict):
        return {name: "***" if name in SECRETS else _without_secrets(inner) for name, inner in value.items()}
    return [_without_secrets(each) for each in value] if isinstance(value, list) else value
