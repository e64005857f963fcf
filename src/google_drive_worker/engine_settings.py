"""What the engine is told of the settings. In: the worker's or a command's settings. Out: `EngineSettings`."""

from collections.abc import Callable

from google_drive_worker.config import DriveSettings
from google_drive_worker.sync.run import EngineSettings


def engine_settings(
    settings: DriveSettings,
    integration_id: str,
    records_partition: Callable[[str], int | None] = lambda _: None,
) -> EngineSettings:
    """Give the engine its settings; `records_partition` is where a connection's records go."""
    return EngineSettings(
        integration_id,
        settings.gdrive_page_size,
        records_partition=records_partition,
        include_shared_drives=settings.gdrive_include_shared_drives,
        label_ids=settings.gdrive_label_ids,
        scan_parallelism=settings.gdrive_scan_parallelism,
        settle_seconds=settings.gdrive_settle_seconds,
        calls_at_once=settings.gdrive_calls_at_once,
        comment_sweep_seconds=settings.gdrive_comment_sweep_seconds,
    )
