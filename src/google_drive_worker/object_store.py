"""The object store: settings in, a client of it out."""

import logging

from clustera_toolkit.storage import S3Client
from google_drive_worker.config import WorkerSettings

log = logging.getLogger(__name__)


def open_object_store(settings: WorkerSettings) -> S3Client:
    """The object store that the settings name. Raises the toolkit's `StorageError`s."""
    url = settings.object_store
    if not (settings.object_store_url or settings.s3_bucket_name):
        log.warning("no object store is configured: payloads too large for a message go to %s", url)
    secret = settings.aws_secret_access_key
    return S3Client.from_url(
        url,
        region=settings.s3_region,
        endpoint=settings.s3_endpoint_url,
        access_key_id=settings.aws_access_key_id,
        secret_access_key=secret.get_secret_value() if secret else None,
    )
