"""The whole way: sign in, connect, consent, and a drive arrives; a change is pushed; a lost grant is given again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.control_plane.product import EMAIL, FILES, PASSWORD, Product, running_product, said, until_said


@pytest.fixture
async def product(tmp_path: Path) -> AsyncIterator[Product]:
    async with running_product(tmp_path) as running:
        yield running


@pytest.mark.timeout(300)
async def test_from_the_first_link_to_a_grant_that_is_given_again(product: Product) -> None:
    """A newcomer opens the link that the start prints, and gets from there to a drive that stays in step."""
    link = (await until_said(product.logs[0], r"http://\S+/setup/\S+"))[0]
    await product.post(link, email=EMAIL, password=PASSWORD)
    assert "Nothing is connected yet" in await product.get("/")

    page = await product.connect()
    items = f"{FILES:,}"
    await product.until_shown(page, lambda text: items in text and "all</dd>" in text, f"{items} items")
    await product.until_shown("/overview", lambda text: "in step" in text, "that it is in step")
    await product.until_shown(page, lambda text: "<dt>Push</dt><dd>on" in text, "that push is on")

    made = await product.control("world", {"mutations": [{"op": "create", "name": "Pushed.txt"}]})
    new = made["results"][0]["id"]
    await product.until_record(lambda record: record["resource_id"] == new)

    await product.revoke()
    await product.control("world", {"mutations": [{"op": "create", "name": "Unseen.txt"}]})
    await product.until_shown(page, lambda text: "Consent needed" in text, "that consent is needed")

    assert await product.connect(connection_id=page.rpartition("/")[2]) == page
    await product.until_shown(page, lambda text: ">Active<" in text, "that it is active again")
    await product.until_record(lambda record: record["data"] is not None and record["data"].get("name") == "Unseen.txt")

    for log in product.logs:
        assert "Traceback" not in said(log)
