"""`run`: the worker, on the configured cluster or in mock mode."""

import asyncio
import signal

from clustera_toolkit.stacks import show_stacks_on_signal
from google_drive_worker.commands.shell import FAILED, examples, execute, fail, load, load_worker_settings
from google_drive_worker.config import WorkerSettings
from google_drive_worker.memory import settle_memory
from google_drive_worker.mock_mode import MockModeError, MockSettings, MockSwitch, run_mock_mode
from google_drive_worker.worker import Worker

EXAMPLES = examples(
    "KAFKA_BOOTSTRAP_SERVERS=localhost:9092 google-drive-worker run",
    "GOOGLE_DRIVE_MOCK_MODE=true google-drive-worker run",
)


def run() -> None:
    """Run the worker until it is told to stop (SIGTERM, Ctrl-C). Settings come from the environment.

    With GOOGLE_DRIVE_MOCK_MODE=true nothing needs to be set: Google Drive is emulated, a Kafka broker runs in this
    process unless KAFKA_BOOTSTRAP_SERVERS is set, and a first sync is started.
    """
    if load(MockSwitch).google_drive_mock_mode:
        run_mock()
    else:
        settings = load_worker_settings(WorkerSettings)
        execute(serve(Worker(settings)))


def run_mock() -> None:
    """Run the worker on embedded parts."""
    settings = load_worker_settings(MockSettings)
    try:
        execute(run_mock_mode(settings, serve))
    except MockModeError as error:
        fail(str(error), FAILED)


async def serve(worker: Worker) -> None:
    """Run a worker; the first signal ends it in order."""
    settle_memory()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, worker.request_stop)
    show_stacks_on_signal()
    await worker.run()
