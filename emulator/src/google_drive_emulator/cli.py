"""The command line: flags in, a running emulator out."""

import asyncio
import signal
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import NoReturn

import msgspec
import typer

from google_drive_emulator import cli_options as options
from google_drive_emulator.emulator import Emulator, Running
from google_drive_emulator.grammar.pages import PageSettings
from google_drive_emulator.http.faults import Fault, FaultError, FaultList, FaultPlan
from google_drive_emulator.http.quota import QuotaSettings
from google_drive_emulator.http.tls import Tls, TlsError, generated_tls, tls_of_files
from google_drive_emulator.rendering.render_cache import DEFAULT_CACHE_BYTES
from google_drive_emulator.scenario.scenario import Scene, example_scenarios, load_scenario
from google_drive_emulator.scenario.stage import ScenarioError
from google_drive_emulator.sources.directory import DirectoryError, DirectorySource
from google_drive_emulator.sources.joined import synthetic_source
from google_drive_emulator.world.items import Source
from google_drive_emulator.world.world import World

_MIB = 2**20
_QUOTA = QuotaSettings()
_GOOGLES_CAPS = (460, 100)

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def _program() -> None:
    """Emulates Google Drive's APIs over HTTP."""


@app.command()
def serve(
    port: options.Port = 0,
    host: options.Host = "127.0.0.1",
    files: options.Files = None,
    seed: options.Seed = 0,
    drives: options.Drives = None,
    drive_files: options.DriveFiles = options.DEFAULT_DRIVE_FILES,
    shape: options.TreeShape = "usual",
    root: options.Root = None,
    scenario: options.ScenarioFile = None,
    cache_mb: options.CacheMb = DEFAULT_CACHE_BYTES // _MIB,
    latency_ms: options.LatencyMs = 0,
    auth: options.Auth = "open",
    faults: options.Faults = None,
    pages: options.Pages = "full",
    page_cap_parents: options.CapParents = None,
    page_cap_permissions: options.CapPermissions = None,
    short_pages: options.ShortPages = False,
    quota: options.Quota = "off",
    quota_shape: options.QuotaShape = "classic",
    quota_user_units: options.UserUnits = _QUOTA.user_units,
    quota_project_units: options.ProjectUnits = _QUOTA.project_units,
    quota_user_queries: options.UserQueries = _QUOTA.user_queries,
    quota_project_queries: options.ProjectQueries = _QUOTA.project_queries,
    quota_activity_queries: options.ActivityQueries = _QUOTA.activity_queries,
    tls: options.MadeTls = False,
    tls_cert: options.TlsCert = None,
    tls_key: options.TlsKey = None,
    tls_name: options.TlsNames = None,
    ca_file: options.CaFile = None,
    plain_port: options.PlainPort = None,
) -> None:
    """Serve an emulated Drive until interrupted."""
    if (root is not None) + (files is not None or drives is not None) + (scenario is not None) > 1:
        _fail("--root, --scenario and --files (--drives) exclude each other: a world is one of the three")
    certificate = _tls(tls, tls_cert, tls_key, tls_name or [])
    _check_companions(certificate, ca_file, plain_port)
    waiting = _faults(faults)
    limits = QuotaSettings(
        model=quota,
        user_units=quota_user_units,
        project_units=quota_project_units,
        user_queries=quota_user_queries,
        project_queries=quota_project_queries,
        activity_queries=quota_activity_queries,
        shape=quota_shape,
    )
    sizes = _pages(pages, page_cap_parents, page_cap_permissions, short=short_pages)
    own_files = options.DEFAULT_FILES if files is None else files
    synthetic = synthetic_source(own_files, seed, drives=drives or 0, drive_files=drive_files, shape=shape)
    scene = None if scenario is None else _scene(scenario)
    world = scene.world if scene else World(synthetic if root is None else _directory(root))
    emulator = Emulator(world, auth=auth, latency_ms=latency_ms, pages=sizes, quota=limits, cache_bytes=cache_mb * _MIB)
    if scene is not None:
        scene.equip(emulator.state)
    emulator.state.faults.add(waiting)
    _run(_serve(emulator, host, port, certificate, plain_port, ca_file), host, port, plain_port)


def main() -> None:
    """Run the command line."""
    app()


def _fail(message: str) -> NoReturn:
    typer.echo(f"Error: {message}", err=True)
    raise typer.Exit(2)


def _tls(made: bool, certificate: Path | None, key: Path | None, names: Sequence[str]) -> Tls | None:
    if (certificate is None) != (key is None):
        _fail("--tls-cert and --tls-key go together")
    if names and not made:
        _fail("--tls-name goes with --tls: the names of --tls-cert are fixed")
    if certificate is None or key is None:
        return generated_tls(names) if made else None
    if made:
        _fail("--tls and --tls-cert exclude each other: a certificate is either made or given")
    try:
        return tls_of_files(certificate, key)
    except TlsError as error:
        _fail(f"--tls-cert: {error}")


def _check_companions(tls: Tls | None, ca_file: Path | None, plain_port: int | None) -> None:
    if plain_port is not None and tls is None:
        _fail("--plain-port goes with --tls or --tls-cert: without them --port speaks HTTP")
    if ca_file is not None and (tls is None or tls.ca_pem is None):
        _fail("--ca-file goes with --tls, which makes the authority that is written there")


def _faults(path: Path | None) -> Sequence[Fault]:
    """Return the faults of a file, checked."""
    if path is None:
        return ()
    try:
        faults = msgspec.json.decode(path.read_bytes(), type=FaultList).faults
        FaultPlan().add(faults)
    except OSError as error:
        _fail(f"--faults: {path} cannot be read: {error.strerror}")
    except (FaultError, msgspec.DecodeError) as error:
        _fail(f"--faults: {path} is not what is expected: {error}")
    return faults


def _pages(
    preset: options.PagePreset, cap_parents: int | None, cap_permissions: int | None, *, short: bool
) -> PageSettings:
    parents, permissions = _GOOGLES_CAPS if preset == "google" else (None, None)
    return PageSettings(cap_parents or parents, cap_permissions or permissions, short)


def _directory(root: Path) -> Source:
    try:
        source = DirectorySource(root)
    except DirectoryError as error:
        _fail(f"--root: {error}")
    if source.skipped:
        typer.echo(f"Warning: {source.skipped}", err=True)
    return source


def _scene(scenario: str) -> Scene:
    try:
        return load_scenario(scenario).build()
    except ScenarioError as error:
        _fail(f"--scenario: {scenario}: {error}")
    except OSError as error:
        examples = ", ".join(example_scenarios())
        _fail(f"--scenario: {scenario} cannot be read: {error.strerror}. It is a file or one of {examples}")


def _run(serving: Coroutine[None, None, None], host: str, port: int, plain_port: int | None) -> None:
    try:
        asyncio.run(serving)
    except OSError as error:
        _fail(_not_served(error, host, port, plain_port))


async def _serve(
    emulator: Emulator, host: str, port: int, tls: Tls | None, plain_port: int | None, ca_file: Path | None
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with emulator.serve(host, port, tls=tls, plain_port=plain_port, ca_file=ca_file) as running:
        _introduce(running)
        await stop.wait()


def _introduce(running: Running) -> None:
    url = running.base_url
    typer.echo(f"listening on {url}")
    if running.plain_url is not None:
        typer.echo(f"without TLS on {running.plain_url}")
    if running.ca_file is not None:
        typer.echo(f"clients have to trust {running.ca_file}, for example by SSL_CERT_FILE={running.ca_file}")
    typer.echo(f"set in a client: GDRIVE_API_BASE_URL={url} GOOGLE_TOKEN_URI={url}/token")


def _not_served(error: OSError, host: str, port: int, plain_port: int | None) -> str:
    reason = error.strerror or str(error)
    if error.filename is not None:
        return f"--ca-file: {error.filename} cannot be written: {reason}"
    ports = f"{port}" if plain_port is None else f"{port} and {plain_port}"
    return f"cannot listen on {host}:{ports}: {reason}. Choose another --port, or 0 for any free one"
