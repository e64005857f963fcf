"""A service account that stands for a user: from its key file to records, and on when its delegation was withdrawn."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.control_plane.product import EMAIL, PASSWORD, Product, running_product, said, until_said

ROBOT, ROBOT_ID = "robot@project.iam.gserviceaccount.com", "107"
SCOPE = "https://www.googleapis.com/auth/drive.readonly"


@pytest.fixture
async def product(tmp_path: Path) -> AsyncIterator[Product]:
    async with running_product(tmp_path) as running:
        yield running


async def key_file(product: Product) -> dict[str, str]:
    """A new key of the service account; its older ones are deleted by it."""
    account = {"action": "service_account", "email": ROBOT, "client_id": ROBOT_ID}
    made: dict[str, str] = await product.control("oauth", account)
    return made


async def delegate(product: Product, *scopes: str) -> None:
    await product.control("oauth", {"action": "delegate", "client_id": ROBOT_ID, "scopes": scopes})


async def ask(product: Product, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ask the API as the signed-in operator's pages could."""
    headers = {"X-CSRF-Token": await product.token()}
    async with product.http.request(method, product.url + path, json=body, headers=headers) as answer:
        text = await answer.text()
        assert answer.status in {200, 201, 202}, text
        told: dict[str, Any] = json.loads(text)
        return told


@pytest.mark.timeout(300)
async def test_a_service_account_stands_for_a_user(product: Product) -> None:
    """Records name the subject; without delegation the connection waits; a new key and it goes on where it was."""
    link = (await until_said(product.logs[0], r"http://\S+/setup/\S+"))[0]
    await product.post(link, email=EMAIL, password=PASSWORD)
    subject = product.world.users[0].email
    key = await key_file(product)
    await delegate(product, SCOPE)
    made = await ask(product, "POST", "/v1/connections", {"service_account": key, "subject": subject})
    page = f"/connections/{made['id']}"

    def is_the_subjects(record: dict[str, Any]) -> bool:
        return (record["resource_type"], record["source"]["subject"]) == ("file", subject)

    record = await product.until_record(is_the_subjects)
    assert record["source"]["corpus"] == f"user:{subject}"
    await product.until_shown("/overview", lambda text: "in step" in text, "that it is in step")

    await delegate(product)
    await product.control("oauth", {"action": "expire_access_tokens"})
    await product.control("world", {"mutations": [{"op": "create", "name": "Unseen.txt"}]})
    await ask(product, "POST", f"/v1{page}/triggers", {})
    await product.until_shown(page, lambda text: "Consent needed" in text, "that it waits")
    assert "Domain-wide delegation" in await product.get(f"/fragments{page}")

    newer = await key_file(product)
    await delegate(product, SCOPE)
    await ask(product, "PUT", f"/v1/connections/{made['id']}/service-account", {"service_account": newer})
    await product.until_shown(page, lambda text: ">Active<" in text, "that it is active again")
    record = await product.until_record(lambda each: (each["data"] or {}).get("name") == "Unseen.txt")
    assert (record["op"], record["snapshot_id"], record["source"]["subject"]) == ("upsert", "000000000001", subject)

    for log in product.logs:
        assert "Traceback" not in said(log)
        assert key["private_key"][100:140] not in said(log)
        assert newer["private_key"][100:140] not in said(log)
