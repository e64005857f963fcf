"""Shared drives.

In: the raw JSON of one. Out: `DriveData`, with what differs by viewer set apart.
"""

from msgspec import Raw

from google_drive_worker.client.resources import SHARED_DRIVE
from google_drive_worker.normalizer.names import nested
from google_drive_worker.schemas.listed import DriveData, DriveViewer


def drive_data(raw: Raw) -> DriveData:
    """Turn a shared drive into its record's `data`. Raises `msgspec.ValidationError` for what is none."""
    drive = SHARED_DRIVE.decode(raw)
    return DriveData(
        drive.id,
        drive.name,
        drive.created_time,
        drive.org_unit_id,
        drive.color_rgb,
        drive.theme_id,
        drive.background_image_link,
        nested(drive.restrictions),
        DriveViewer(drive.hidden, nested(drive.capabilities)),
    )
