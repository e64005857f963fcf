"""files.download and operations.get over a real socket (facts A10)."""

from typing import Any

import pytest

from google_drive_emulator.rendering import formats
from google_drive_emulator.rendering.formats import DEFAULT_DOWNLOADS
from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import DOCUMENT, FOLDER, PRESENTATION, SPREADSHEET, Item, Traits

from .conftest import Answer, Client
from .people import as_user, made_drive, post

DATA = bytes(range(256)) * 4


async def begin(client: Client, item: Item, **params: str) -> Answer:
    """Begin a download."""
    return await post(client, f"files/{item.id}/download", None, **params)


async def done(client: Client, item: Item, **params: str) -> dict[str, Any]:
    """Begin a download and poll until it is over."""
    operation = (await begin(client, item, **params)).json
    while not operation.get("done"):
        operation = (await client.get(f"operations/{operation['name']}")).json
    return dict(operation)


async def fetch(client: Client, operation: dict[str, Any], **options: Any) -> Answer:
    """Get what a download made ready."""
    path = operation["response"]["downloadUri"].removeprefix(client.base_url)
    return await client.send("GET", path, **options)


async def test_a_download_is_pending_and_then_done(client: Client) -> None:
    """The first answer is pending, the next one has the address."""
    item = client.world.create("a.bin", data=DATA)
    pending = (await begin(client, item)).json
    assert set(pending) == {"name", "metadata"}
    assert pending["metadata"]["@type"].endswith("DownloadFileMetadata")
    over = (await client.get(f"operations/{pending['name']}")).json
    assert (over["name"], over["done"]) == (pending["name"], True)
    assert over["response"]["@type"].endswith("DownloadFileResponse")
    assert over["response"]["partialDownloadAllowed"] is True


async def test_the_bytes_of_a_file_come_in_parts_too(client: Client) -> None:
    """Without a redirect; the address needs a token, and is of the one who asked."""
    operation = await done(client, client.world.create("a.bin", data=DATA, mime_type="image/png"))
    whole = await fetch(client, operation, allow_redirects=False)
    part = await fetch(client, operation, headers={"Range": "bytes=5-9"})
    assert (whole.status, whole.body, whole.headers["Content-Type"]) == (200, DATA, "image/png")
    assert (part.status, part.body) == (206, DATA[5:10])
    nobody = Client(client.session, client.base_url, client.world, None)
    assert (await fetch(nobody, operation)).status == 403
    assert (await fetch(as_user(client, client.world.users[1]), operation)).status == 404


@pytest.mark.parametrize("kind", [DOCUMENT, SPREADSHEET])
async def test_docs_and_sheets_lead_elsewhere_first(client: Client, kind: str) -> None:
    """A redirect, and then an office file, which comes whole only."""
    operation = await done(client, client.world.create("Report", mime_type=kind))
    assert operation["response"]["partialDownloadAllowed"] is False
    first = await fetch(client, operation, allow_redirects=False)
    assert first.status == 302
    answer = await client.send("GET", first.headers["Location"].removeprefix(client.base_url))
    assert answer.headers["Content-Type"] == DEFAULT_DOWNLOADS[kind]
    assert answer.body.startswith(b"PK")


@pytest.mark.parametrize("kind", DEFAULT_DOWNLOADS)
async def test_each_kind_of_document_has_a_type_of_its_own(client: Client, kind: str) -> None:
    """Unless another one is asked for, which must be one it can be exported as."""
    item = client.world.create("Report", mime_type=kind)
    answer = await fetch(client, await done(client, item))
    assert (answer.status, answer.headers["Content-Type"]) == (200, DEFAULT_DOWNLOADS[kind])
    assert answer.body


async def test_another_type_may_be_asked_for(client: Client) -> None:
    """In any case of letters."""
    item = client.world.create("Report", mime_type=DOCUMENT, traits=Traits(text="some text"))
    answer = await fetch(client, await done(client, item, mimeType="Text/Markdown"))
    assert answer.body == b"some text"


async def test_an_old_revision_is_downloaded(client: Client) -> None:
    """Of Docs any; of a file one that is kept forever, and the present one."""
    document = client.world.create("Report", mime_type=DOCUMENT, traits=Traits(text="old"))
    client.world.edit(document.id, b"new")
    answer = await fetch(client, await done(client, document, mimeType=formats.MARKDOWN, revisionId="1"))
    assert answer.body == b"old"
    file = client.world.create("a.bin", data=b"old", traits=Traits(keep_head_revision=True))
    client.world.edit(file.id, b"between")
    client.world.edit(file.id, b"new")
    ids = [each["id"] for each in (await client.get(f"files/{file.id}/revisions")).json["revisions"]]
    assert [(await fetch(client, await done(client, file, revisionId=ids[n]))).body for n in (0, 2)] == [b"old", b"new"]
    refused = await begin(client, file, revisionId=ids[1])
    assert (refused.status, refused.reason) == (403, "download_restricted_for_revision@")


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("image/png", {"mimeType": "image/png"}),
        (DOCUMENT, {"mimeType": "image/png"}),
        (DOCUMENT, {"mimeType": ""}),
        (PRESENTATION, {"revisionId": "1"}),
    ],
)
async def test_what_cannot_be_asked_for_is_an_invalid_argument(
    client: Client, kind: str, params: dict[str, str]
) -> None:
    """In the shape of google.rpc: a type for a file, one that is no conversion, a revision of Slides (facts A10)."""
    answer = await begin(client, client.world.create("x", mime_type=kind), **params)
    assert (answer.status, answer.json["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert "errors" not in answer.json["error"]


async def test_folders_and_unknown_revisions_are_refused(client: Client) -> None:
    """A folder has nothing to download."""
    folder = client.world.create("x", mime_type=FOLDER)
    answer = await begin(client, folder)
    assert (answer.status, answer.reason) == (403, "fileNotDownloadable@alt")
    answer = await begin(client, client.world.create("x"), revisionId="nothing")
    assert (answer.status, answer.reason) == (404, "notFound@revisionId")


async def test_who_may_not_download_does_not_begin(client: Client) -> None:
    """Files and documents alike."""
    user = client.world.users[1]
    for kind in ("image/png", DOCUMENT):
        item = client.world.create("x", mime_type=kind, traits=Traits(copy_requires_writer=True))
        client.world.share(item.id, user_grant(user, "reader"))
        answer = await begin(as_user(client, user), item)
        assert (answer.status, answer.reason) == (403, "cannotDownloadFile@")


async def test_a_download_of_malware_fails_in_its_operation(client: Client) -> None:
    """It begins and ends with an error of google.rpc."""
    operation = await done(client, client.world.create("x", traits=Traits(is_abusive=True)))
    assert operation["error"]["code"] == 7
    assert "response" not in operation


async def test_an_unknown_operation_is_not_found(client: Client) -> None:
    """Nor is one of somebody else, or one that is older than a day."""
    name = (await begin(client, client.world.create("x"))).json["name"]
    assert (await client.get("operations/unknown")).json["error"]["status"] == "NOT_FOUND"
    assert (await as_user(client, client.world.users[1]).get(f"operations/{name}")).status == 404
    await client.control("PUT", "clock", {"advance_ms": 86_400_000})
    assert (await client.get(f"operations/{name}")).status == 404


async def test_how_long_a_download_takes_is_a_setting(client: Client) -> None:
    """By answers and by time; with neither it is done at once."""
    item = client.world.create("x")
    await client.control("PUT", "operations", {"pending_answers": 0})
    assert (await begin(client, item)).json["done"] is True
    await client.control("PUT", "operations", {"pending_answers": 0, "pending_ms": 5000})
    name = (await begin(client, item)).json["name"]
    unready = await client.send("GET", f"/download/drive/v3/operations/{name}")
    assert ("done" in (await client.get(f"operations/{name}")).json, unready.status) == (False, 404)
    await client.control("PUT", "clock", {"advance_ms": 5000})
    assert (await client.get(f"operations/{name}", fields="done")).json == {"done": True}


async def test_resource_keys_are_told(client: Client) -> None:
    """They are in the metadata of an operation; shared drives need no parameter."""
    item = client.world.create("x", parent=made_drive(client), traits=Traits(resource_key="0-key"))
    assert (await begin(client, item)).json["metadata"]["resourceKey"] == "0-key"
