"""A program: the naive baseline, what one writes first.

In: an order (baselines.py). Out: one `json.dumps(file)` a message in Kafka, and what that took: Google's own client,
unmodified, `produce` as it comes, a flush at the end. No transactions, no checkpoint, no envelope.

Counting begins before the first page is asked for and ends when the last message is acknowledged.
"""

import json
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec
from confluent_kafka import Producer
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build  # type: ignore[import-untyped] # Google's client has no types

from benchmarks.baselines import Order
from benchmarks.usage import Meter, Spent
from google_drive_worker.client.resources import FILE_LIST_FIELDS

FLUSH_SECONDS = 60.0


def copy(order: Order) -> Spent:
    """Copy the first pages of a drive."""
    producer = Producer({"bootstrap.servers": order.bootstrap_servers})
    credentials = Credentials(token="benchmark")  # type: ignore[no-untyped-call] # google-auth leaves this one untyped
    endpoint = {"api_endpoint": f"{order.drive_url}/drive/v3/"}
    drive = build("drive", "v3", credentials=credentials, client_options=endpoint, static_discovery=True)
    meter = Meter()
    files = 0
    for page in islice(_pages(drive), order.pages):
        for file in page["files"]:
            producer.produce(order.topic, json.dumps(file))
            producer.poll(0)
        files += len(page["files"])
    producer.flush(FLUSH_SECONDS)
    return meter.spent(files)


def _pages(drive: Any) -> Iterator[dict[str, Any]]:
    request = drive.files().list(pageSize=1000, fields=FILE_LIST_FIELDS)
    while request is not None:
        page = request.execute()
        yield page
        request = drive.files().list_next(request, page)


if __name__ == "__main__":
    order = msgspec.json.decode(sys.argv[1], type=Order)
    print(msgspec.json.encode(copy(order)).decode())
