"""The object store: settings in, a client of it out."""

from clustera_toolkit.storage import S3Client
from google_drive_worker.config import WorkerSettings


def open_object_store(settings: WorkerSettings) -> S3Client:
    """The object store that the settings name. Raises the toolkit's `StorageError`s."""
    secret = settings.aws_secret_access_key
    return S3Client.from_url(
        settings.object_store,
        region=settings.s3_region,
        endpoint=settings.s3_endpoint_url,
        access_key_id=settings.aws_access_key_id,
        secret_access_key=secret.get_secret_value() if secret else None,
    )
