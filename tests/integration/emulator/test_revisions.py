"""``revisions`` over HTTP (facts A8)."""

import hashlib
from typing import Any

import pytest

from google_drive_emulator.world.items import DOCUMENT, FOLDER, Item, Permission, Traits
from google_drive_emulator.world.quirks import Quirks
from google_drive_emulator.world.revisions import MOST_KEPT, RevisionSettings

from .conftest import Answer, Client


def edited(client: Client, *contents: bytes, **options: Any) -> Item:
    """Make a file with these contents, one after the other."""
    item = client.world.create("a.bin", mime_type="image/png", data=contents[0], **options)
    for content in contents[1:]:
        item = client.world.edit(item.id, content)
    return item


async def ids(client: Client, item: Item) -> list[str]:
    return [each["id"] for each in (await client.get(f"files/{item.id}/revisions")).json["revisions"]]


async def patch(client: Client, item: Item, revision_id: str, body: object, fields: str = "*") -> Answer:
    path = f"/drive/v3/files/{item.id}/revisions/{revision_id}"
    return await client.send("PATCH", path, params={"fields": fields}, json=body)


async def remove(client: Client, item: Item, revision_id: str) -> Answer:
    return await client.send("DELETE", f"/drive/v3/files/{item.id}/revisions/{revision_id}")


async def test_revisions_are_listed_oldest_first_with_their_default_fields(client: Client) -> None:
    """The last one is the head; its id is the file's ``headRevisionId``."""
    item = edited(client, b"one", b"two")
    listed = (await client.get(f"files/{item.id}/revisions")).json
    assert set(listed) == {"kind", "revisions"}
    assert [set(each) for each in listed["revisions"]] == [{"id", "mimeType", "kind", "modifiedTime"}] * 2
    assert listed["revisions"][-1]["id"] == item.head_revision


async def test_a_blob_revision_says_what_it_held(client: Client) -> None:
    """Size and checksum are those of its own content; it has nothing of a document."""
    item = edited(client, b"one", b"three")
    first = (await client.get(f"files/{item.id}/revisions/{(await ids(client, item))[0]}", fields="*")).json
    assert first["size"] == "3"
    assert first["md5Checksum"] == hashlib.md5(b"one", usedforsecurity=False).hexdigest()
    assert first["originalFilename"] == "a.bin"
    assert first["keepForever"] is False
    assert first["lastModifyingUser"]["me"] is True
    assert not {"published", "exportLinks"} & set(first)


async def test_a_document_has_revisions_too(client: Client) -> None:
    """They have export links of their own instead of bytes."""
    item = client.world.create("d", mime_type=DOCUMENT)
    client.world.edit(item.id, b"text")
    assert await ids(client, item) == ["1", "2"]
    first = (await client.get(f"files/{item.id}/revisions/1", fields="*")).json
    assert "revision=1" in first["exportLinks"]["application/pdf"]
    assert not {"size", "md5Checksum", "keepForever"} & set(first)
    media = await client.get(f"files/{item.id}/revisions/1", alt="media")
    assert (media.status, media.reason) == (403, "fileNotDownloadable@alt")


async def test_pages_of_revisions_join_to_the_whole(client: Client) -> None:
    """The default is 200 a page, the most is 1000."""
    item = edited(client, *(str(number).encode() for number in range(7)))
    paged = await client.pages(
        f"files/{item.id}/revisions", "revisions", pageSize="3", fields="nextPageToken,revisions(id)"
    )
    assert [each["id"] for each in paged] == await ids(client, item)
    assert len(paged) == 7
    assert (await client.get(f"files/{item.id}/revisions", pageSize="1001")).reason == "invalidParameter@page_size"


async def test_only_the_head_and_kept_revisions_can_be_downloaded(client: Client) -> None:
    """The head's bytes come in parts as well; a past one's come once it is kept (facts A8)."""
    item = edited(client, b"first", b"second")
    path, (past, head) = f"files/{item.id}/revisions", await ids(client, item)
    assert (await client.get(f"{path}/{head}", alt="media")).body == b"second"
    part = await client.send("GET", f"/drive/v3/{path}/{head}?alt=media", headers={"Range": "bytes=1-3"})
    assert (part.status, part.body, part.headers["Content-Range"]) == (206, b"eco", "bytes 1-3/6")
    refused = await client.get(f"{path}/{past}", alt="media")
    assert (refused.status, refused.reason) == (403, "download_restricted_for_revision@")
    await patch(client, item, past, {"keepForever": True})
    kept = await client.get(f"{path}/{past}", alt="media")
    assert (kept.body, kept.headers["Content-Type"]) == (b"first", "image/png")


async def test_what_is_kept_can_be_let_go_only_while_it_is_the_head(client: Client) -> None:
    """Later it is 400 ``illegalKeepForeverModification``."""
    item = edited(client, b"one")
    (head,) = await ids(client, item)
    for keep in (True, False, True):
        assert (await patch(client, item, head, {"keepForever": keep}, "keepForever")).json == {"keepForever": keep}
    client.world.edit(item.id, b"two")
    assert (await patch(client, item, head, {"keepForever": True})).status == 200
    refused = await patch(client, item, head, {"keepForever": False})
    assert (refused.status, refused.reason) == (400, "illegalKeepForeverModification@")


async def test_at_most_two_hundred_are_kept(client: Client) -> None:
    """One more is refused."""
    item = edited(client, b"0")
    for _ in range(MOST_KEPT):
        client.world.revisions.set(item, item.head_revision or "", RevisionSettings(keep_forever=True))
        item = client.world.edit(item.id, b"0")
    refused = await patch(client, item, item.head_revision or "", {"keepForever": True})
    assert (refused.status, refused.reason) == (400, "badRequest@")


async def test_a_document_is_published(client: Client) -> None:
    """It has a link then; ``keepForever`` is taken and means nothing."""
    item = client.world.create("d", mime_type=DOCUMENT)
    body = {"published": True, "publishAuto": True, "publishedOutsideDomain": True, "keepForever": True}
    answer = (await patch(client, item, "1", body)).json
    assert {name: answer.get(name) for name in body} == body | {"keepForever": None}
    assert answer["publishedLink"].endswith(f"{item.id}/pub")
    assert "publishedLink" not in (await patch(client, item, "1", {"published": False})).json


async def test_past_blob_revisions_can_be_deleted(client: Client) -> None:
    """Neither the only one, nor the head, nor a document's."""
    item, document = edited(client, b"one", b"two"), client.world.create("d", mime_type=DOCUMENT)
    past, head = await ids(client, item)
    refused = await remove(client, item, head)
    assert (refused.status, refused.reason) == (403, "revisionDeletionNotSupported@")
    assert (await remove(client, item, past)).status == 204
    assert await ids(client, item) == [head]
    assert (await remove(client, item, head)).reason == "cannotDeleteOnlyRevision@"
    assert (await remove(client, document, "1")).reason == "revisionDeletionNotSupported@"


async def test_past_revisions_are_purged_by_the_emulators_clock(client: Client) -> None:
    """After 30 days they are neither listed nor found."""
    item = edited(client, b"one", b"two")
    past, head = await ids(client, item)
    await client.control("PUT", "clock", {"advance_ms": 31 * 86_400_000})
    assert await ids(client, item) == [head]
    gone = await client.get(f"files/{item.id}/revisions/{past}")
    assert (gone.status, gone.reason) == (404, "notFound@revisionId")


async def test_a_busy_documents_list_is_incomplete_by_the_quirk(client: Client) -> None:
    """Its revisions are merged, so that only every third is listed (facts A8)."""
    item = client.world.create("d", mime_type=DOCUMENT)
    for number in range(6):
        client.world.edit(item.id, str(number).encode())
    client.world.quirks = Quirks(incomplete_revisions=True)
    assert await ids(client, item) == ["3", "6", "7"]


async def test_folders_and_shortcuts_have_no_revisions(client: Client) -> None:
    """They answer 403 ``revisionsNotSupported``."""
    folder = client.world.create("f", mime_type=FOLDER)
    answer = await client.get(f"files/{folder.id}/revisions")
    assert (answer.status, answer.reason) == (403, "revisionsNotSupported@")


async def test_a_reader_reads_no_revisions(client: Client) -> None:
    """``canReadRevisions`` needs a writer; a stranger does not even know of the file."""
    item, other = edited(client, b"one"), client.world.users[1]
    client.token = other.email
    assert (await client.get(f"files/{item.id}/revisions")).reason == "notFound@fileId"
    for role, status in (("reader", 403), ("commenter", 403), ("writer", 200)):
        client.world.share(item.id, Permission(other.permission_id, "user", role, email=other.email))
        assert (await client.get(f"files/{item.id}/revisions")).status == status


async def test_malware_is_downloaded_by_owners_who_acknowledge_it(client: Client) -> None:
    """Others may not, and without a download the acknowledgement is refused before the file is looked up."""
    item, other = edited(client, b"one", traits=Traits(is_abusive=True)), client.world.users[1]
    client.world.share(item.id, Permission(other.permission_id, "user", "writer", email=other.email))
    path = f"files/{item.id}/revisions/{item.head_revision}"
    assert (await client.get(path, alt="media")).reason == "cannotDownloadAbusiveFile@"
    assert (await client.get(path, alt="media", acknowledgeAbuse="true")).body == b"one"
    unasked = await client.get("files/unknown/revisions/x", acknowledgeAbuse="true")
    assert (unasked.status, unasked.reason) == (403, "invalidAbuseAcknowledgment@acknowledgeAbuse")
    client.token = other.email
    assert (await client.get(path, alt="media", acknowledgeAbuse="true")).status == 403


@pytest.mark.parametrize(
    ("body", "reason"), [(b"{", "parseError@"), (b'{"keepForever": "yes"}', "invalid@"), (b"[]", "invalid@")]
)
async def test_bad_bodies_are_refused(client: Client, body: bytes, reason: str) -> None:
    """Malformed JSON and wrong types are 400."""
    item = edited(client, b"one")
    path = f"/drive/v3/files/{item.id}/revisions/{item.head_revision}"
    answer = await client.send("PATCH", path, data=body)
    assert (answer.status, answer.reason) == (400, reason)
