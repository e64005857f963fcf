"""What a connection's page reads from Kafka, behind a worker at work: recent changes, dead letters and their replay."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.control_plane.product import EMAIL, PASSWORD, ROLES, Product, running_product, said, until_said

from clustera_toolkit.kafka import KafkaProducer, OutboundMessage
from google_drive_emulator.world.commenting import add_comment


@pytest.fixture
async def product(tmp_path: Path) -> AsyncIterator[Product]:
    async with running_product(tmp_path) as running:
        yield running


async def changed(product: Product, **mutation: Any) -> str:
    """Change the drive; the id of what changed."""
    made = await product.control("world", {"mutations": [mutation]})
    found: str = made["results"][0]["id"]
    return found


async def send(product: Product, connection_id: str, value: bytes) -> None:
    """Put a trigger into its topic, as whoever else may."""
    (broker,) = product.records.list_topics(timeout=20).brokers.values()
    producer = KafkaProducer(f"{broker.host}:{broker.port}", deadline_seconds=20)
    await producer.start()
    await producer.send([OutboundMessage(ROLES["TRIGGER"], connection_id.encode(), value)])
    await producer.close()


@pytest.mark.timeout(300)
async def test_changes_and_dead_letters_are_read_from_kafka(product: Product) -> None:
    """A pushed change is in the list; a message that could not be applied is told of, sent again, and fails again."""
    link = (await until_said(product.logs[0], r"http://\S+/setup/\S+"))[0]
    await product.post(link, email=EMAIL, password=PASSWORD)
    page = await product.connect()
    await product.until_shown(page, lambda text: "<dt>Push</dt><dd>on" in text, "that push is on")
    await product.until_shown(f"{page}/changes", lambda text: "None yet" in text, "that nothing changed yet")

    made = await changed(product, op="create", name="Plans.txt")
    await product.until_shown(f"{page}/changes", lambda text: "Plans.txt" in text and "Added" in text, "a new file")
    await changed(product, op="rename", id=made, name="Better plans.txt")
    await product.until_shown(f"{page}/changes", lambda text: "Better plans.txt" in text, "its new name")
    add_comment(product.world, made, product.world.users[0], "Let us do it")
    await changed(product, op="touch", id=made)
    await product.until_shown(f"{page}/changes", lambda text: ">Comment<" in text, "a comment on it")
    await changed(product, op="trash", id=made)
    await product.until_shown(f"{page}/changes", lambda text: "In the trash" in text, "that it is in the trash")
    await changed(product, op="delete", id=made)
    await product.until_shown(f"{page}/changes", lambda text: "Deleted, or shared no more" in text, "that it is gone")

    await product.until_shown(f"{page}/dead-letters", lambda text: "None: every message" in text, "no dead letters")
    await send(product, page.rpartition("/")[2], b"this is not JSON")
    await product.until_shown(f"{page}/dead-letters", lambda text: "The message is not JSON." in text, "a dead letter")
    assert await product.post(f"{page}/dead-letters/replay", csrf_token=await product.token()) == f"{page}#dead-letters"
    await product.until_shown(
        f"{page}/dead-letters",
        lambda text: "Sent again" in text and 'data-label="Tries">2<' in text,
        "that it failed again",
    )
    for log in product.logs:
        assert "Traceback" not in said(log)
