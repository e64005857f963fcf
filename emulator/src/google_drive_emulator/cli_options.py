"""The flags of the command line: their types, limits and help texts."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from google_drive_emulator.control.settings import MAX_LATENCY_MS
from google_drive_emulator.http.quota import QuotaModel, ShapeSetting
from google_drive_emulator.oauth.token_server import AuthMode
from google_drive_emulator.sources.synthetic import MAX_FILES
from google_drive_emulator.sources.synthetic_drives import MAX_DRIVE_FILES, MAX_DRIVES
from google_drive_emulator.sources.tree import Shape

DEFAULT_FILES = 1000
DEFAULT_DRIVE_FILES = 100

_WORLD = "What is served"
_BEHAVIOUR = "How it behaves"
_TLS = "TLS"

Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 is any free one.")]
Host = Annotated[str, typer.Option(help="Address to listen on.")]

Files = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=MAX_FILES,
        help="Serve a synthetic drive of N items: files, folders and shortcuts, not counting the root folder."
        f" Without --files and --root: {DEFAULT_FILES}.",
        rich_help_panel=_WORLD,
    ),
]
Seed = Annotated[int, typer.Option(help="Seed of the synthetic drive.", rich_help_panel=_WORLD)]
Drives = Annotated[
    int | None,
    typer.Option(
        min=0, max=MAX_DRIVES, help="Shared drives beside the synthetic drive; 0 by default.", rich_help_panel=_WORLD
    ),
]
DriveFiles = Annotated[
    int,
    typer.Option(min=0, max=MAX_DRIVE_FILES, help="Items in each of the shared drives.", rich_help_panel=_WORLD),
]
TreeShape = Annotated[
    Shape,
    typer.Option(
        help="How folders lie in synthetic drives: usual, deep (to 90 levels) or wide.", rich_help_panel=_WORLD
    ),
]
Root = Annotated[
    Path | None, typer.Option(help="Serve this directory as a drive; it is only read.", rich_help_panel=_WORLD)
]
ScenarioFile = Annotated[
    str | None,
    typer.Option(
        "--scenario",
        metavar="FILE",
        help="Serve the world of this JSON file, or of one of the examples: museum, team, trouble. Its settings go"
        " before those given here.",
        rich_help_panel=_WORLD,
    ),
]
CacheMb = Annotated[int, typer.Option(min=0, help="Memory for rendered files, in MiB.", rich_help_panel=_WORLD)]

Auth = Annotated[
    AuthMode,
    typer.Option(help="open: every token is good. strict: only tokens given here.", rich_help_panel=_BEHAVIOUR),
]
LatencyMs = Annotated[
    int, typer.Option(min=0, max=MAX_LATENCY_MS, help="Answer this much later.", rich_help_panel=_BEHAVIOUR)
]
Faults = Annotated[
    Path | None,
    typer.Option(
        help='Begin with the faults in this JSON file: {"faults": [...]}, as POST /__emulator__/faults takes them.',
        rich_help_panel=_BEHAVIOUR,
    ),
]

PagePreset: TypeAlias = Literal["full", "google"]
Pages = Annotated[
    PagePreset,
    typer.Option(
        help="full: pages as large as asked for. google: at most 460 files with parents in the mask, and 100 with"
        " permissions, as from Google.",
        rich_help_panel=_BEHAVIOUR,
    ),
]
CapParents = Annotated[
    int | None, typer.Option(min=1, help="Largest page with parents in the mask.", rich_help_panel=_BEHAVIOUR)
]
CapPermissions = Annotated[
    int | None, typer.Option(min=1, help="Largest page with permissions in the mask.", rich_help_panel=_BEHAVIOUR)
]
ShortPages = Annotated[
    bool, typer.Option("--short-pages", help="Make pages of any size, down to one item.", rich_help_panel=_BEHAVIOUR)
]

Quota = Annotated[
    QuotaModel,
    typer.Option(
        help="What a call costs: units by its kind, as since May 2026; queries: one each, as before; off: nothing.",
        rich_help_panel=_BEHAVIOUR,
    ),
]
QuotaShape = Annotated[
    ShapeSetting,
    typer.Option(
        help="How a refusal looks: 403 classic, gateway or gateway_bare, 429 too_many_requests, or each in turn.",
        rich_help_panel=_BEHAVIOUR,
    ),
]
UserUnits = Annotated[int, typer.Option(min=0, help="Units a minute of a user.", rich_help_panel=_BEHAVIOUR)]
ProjectUnits = Annotated[int, typer.Option(min=0, help="Units a minute of a client.", rich_help_panel=_BEHAVIOUR)]
UserQueries = Annotated[int, typer.Option(min=0, help="Queries a minute of a user.", rich_help_panel=_BEHAVIOUR)]
ProjectQueries = Annotated[int, typer.Option(min=0, help="Queries a minute of a client.", rich_help_panel=_BEHAVIOUR)]
ActivityQueries = Annotated[
    int,
    typer.Option(min=0, help="Calls of Drive Activity a minute of a user, with a quota.", rich_help_panel=_BEHAVIOUR),
]

MadeTls = Annotated[
    bool,
    typer.Option(
        "--tls",
        help="Speak HTTPS with a certificate made now, for this machine and the names of Google's hosts.",
        rich_help_panel=_TLS,
    ),
]
TlsCert = Annotated[Path | None, typer.Option(help="Speak HTTPS with this certificate (PEM).", rich_help_panel=_TLS)]
TlsKey = Annotated[Path | None, typer.Option(help="The key of --tls-cert (PEM).", rich_help_panel=_TLS)]
TlsNames = Annotated[
    list[str] | None,
    typer.Option("--tls-name", help="One more name in the certificate of --tls; repeat it.", rich_help_panel=_TLS),
]
CaFile = Annotated[
    Path | None,
    typer.Option(help="Write the authority behind --tls here, for clients to trust.", rich_help_panel=_TLS),
]
PlainPort = Annotated[
    int | None,
    typer.Option(min=0, max=65535, help="Speak HTTP on this port as well; 0 is any free one.", rich_help_panel=_TLS),
]
