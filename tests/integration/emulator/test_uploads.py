"""Uploads in one request over a real socket: media, multipart, and what becomes a document (facts A, A10)."""

import base64
import hashlib
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from google_drive_emulator.rendering import formats
from google_drive_emulator.rendering.exports import Page, exported
from google_drive_emulator.world.items import DOCUMENT, FOLDER, PRESENTATION, SCRIPT, SPREADSHEET

from .conftest import Answer, Client
from .people import as_user, follow

LARGE = random.Random(3).randbytes(6 * 2**20 + 17)
PATH = "/upload/drive/v3/files"


async def upload(client: Client, data: Any, content_type: str | None = None, to: str = PATH, **params: str) -> Answer:
    """Upload bytes alone: a new file, or to ``PATH/{id}`` new content."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    method = "POST" if to.endswith("files") else "PATCH"
    asked = {"uploadType": "media", "fields": "*", **params}
    return await client.send(method, to, params=asked, data=data, headers=headers, skip_auto_headers=["Content-Type"])


def multipart(metadata: object, media: bytes, media_head: str, *, newline: str = "\r\n") -> bytes:
    """Write a body of metadata and media; ``media_head`` are the headers of the second part."""
    lines = [
        "--the boundary",
        "Content-Type: application/json; charset=UTF-8",
        "",
        json.dumps(metadata),
        "--the boundary",
        *([media_head] if media_head else []),
        "",
        "",
    ]
    return newline.join(lines).encode() + media + f"{newline}--the boundary--{newline}".encode()


async def send_multipart(client: Client, body: Any, to: str = PATH, **params: str) -> Answer:
    """Upload a body of several parts."""
    method = "POST" if to.endswith("files") else "PATCH"
    headers = {"Content-Type": 'multipart/related; boundary="the boundary"'}
    asked = {"uploadType": "multipart", "fields": "*", **params}
    return await client.send(method, to, params=asked, data=body, headers=headers)


async def in_pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    """Give bytes piece by piece, so that the request has no length."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize("path", [PATH, "/resumable/upload/drive/v3/files"])
async def test_bytes_alone_make_an_untitled_file(client: Client, path: str) -> None:
    """A simple upload has no metadata; its type is that of the request."""
    file = (await upload(client, b"bytes", "text/css; charset=utf-8", path)).json
    assert (file["name"], file["mimeType"], file["size"]) == ("Untitled", "text/css", "5")
    assert (await client.read(file["id"])).body == b"bytes"


async def test_a_large_upload_is_served_as_it_came_with_its_checksums(client: Client) -> None:
    """More than is kept in memory comes back whole, in part, and hashed."""
    file = (await upload(client, in_pieces(LARGE, 100_000), "application/zip")).json
    assert file["size"] == str(len(LARGE))
    assert file["md5Checksum"] == hashlib.md5(LARGE, usedforsecurity=False).hexdigest()
    assert file["sha1Checksum"] == hashlib.sha1(LARGE, usedforsecurity=False).hexdigest()
    assert file["sha256Checksum"] == hashlib.sha256(LARGE).hexdigest()
    assert (await client.read(file["id"])).body == LARGE
    assert (await client.read(file["id"], "bytes=4194300-4194310")).body == LARGE[4194300:4194311]


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
async def test_metadata_and_bytes_come_together(client: Client, newline: str) -> None:
    """A multipart upload has both; its lines may end as MIME or as Google's client has them."""
    media = b"\r\n--the bound\r\n\n--the\x00\xff\n"
    body = multipart({"name": "a.png", "starred": True}, media, "Content-Type: image/png", newline=newline)
    file = (await send_multipart(client, in_pieces(body, 7))).json
    assert (file["name"], file["mimeType"], file["starred"]) == ("a.png", "image/png", True)
    assert (await client.read(file["id"])).body == media


async def test_bytes_may_come_as_base64(client: Client) -> None:
    """A part says how it is encoded, and lines of it may be broken anywhere."""
    media = LARGE[:100_001]
    text = base64.encodebytes(media)
    head = "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64"
    file = (await send_multipart(client, in_pieces(multipart({}, text, head), 1001))).json
    assert (file["size"], file["md5Checksum"]) == ("100001", hashlib.md5(media, usedforsecurity=False).hexdigest())


async def test_the_type_of_a_file_follows_from_its_name_when_nothing_says_it(client: Client) -> None:
    """The metadata's type counts, then the media's, then what the name suggests."""
    types = []
    for metadata, head in (
        ({"name": "a.pdf", "mimeType": "image/gif"}, "Content-Type: text/css"),
        ({"name": "a.pdf"}, "Content-Type: text/css"),
        ({"name": "a.pdf"}, ""),
        ({"name": "a"}, ""),
    ):
        types.append((await send_multipart(client, multipart(metadata, b"x", head))).json["mimeType"])
    assert types == ["image/gif", "text/css", "application/pdf", "application/octet-stream"]


async def test_an_upload_without_a_type_is_told_by_its_body(client: Client) -> None:
    """``uploadType`` may be missing."""
    body = multipart({"name": "a"}, b"bytes", "Content-Type: text/plain")
    assert (await send_multipart(client, body, uploadType="")).json["name"] == "a"
    assert (await upload(client, b"bytes", "text/plain", uploadType="")).json["name"] == "Untitled"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no parts",
        b"--the boundary--\r\n",
        b"--the boundary\r\n\r\n{}\r\n--the boundary--\r\n",
        b"--the boundary\r\n\r\n{}\r\n--the boundary\r\n\r\ncut off",
        multipart({}, b"###", "Content-Transfer-Encoding: base64"),
        b"--the boundary\r\n" + b"x" * 100_000,
        multipart({}, b"1", "").removesuffix(b"--\r\n") + b"\r\n\r\nthird\r\n--the boundary--\r\n",
    ],
)
async def test_a_malformed_multipart_body_is_refused(client: Client, body: bytes) -> None:
    """It is no server error, and no file."""
    before = client.world.counts()
    answer = await send_multipart(client, body)
    assert (answer.status, answer.reason) == (400, "badContent@")
    assert client.world.counts() == before


async def test_an_unknown_kind_of_upload_is_refused(client: Client) -> None:
    """There are three kinds."""
    answer = await upload(client, b"x", uploadType="smoke")
    assert (answer.status, answer.reason) == (400, "badRequest@")


async def test_new_content_makes_a_revision_and_one_change(client: Client) -> None:
    """PATCH with media keeps the old bytes; metadata sent with it changes at once."""
    file = (await upload(client, b"old", "text/plain")).json
    follower = await follow(client)
    body = multipart({"name": "new.txt"}, b"the new bytes", "Content-Type: text/plain")
    changed = (await send_multipart(client, body, f"{PATH}/{file['id']}", keepRevisionForever="true")).json
    assert (changed["name"], changed["size"], changed["id"]) == ("new.txt", "13", file["id"])
    assert changed["headRevisionId"] != file["headRevisionId"]
    assert await follower.told() == [(file["id"], False)]
    listed = (await client.get(f"files/{file['id']}/revisions", fields="revisions(size,keepForever)")).json["revisions"]
    assert listed == [{"size": "3", "keepForever": False}, {"size": "13", "keepForever": True}]


async def test_content_is_for_writers_of_files(client: Client) -> None:
    """A reader writes nothing, and a folder has no content."""
    file = (await upload(client, b"old", "text/plain")).json
    reader = client.world.users[1]
    body = {"type": "user", "role": "reader", "emailAddress": reader.email}
    await client.send("POST", f"/drive/v3/files/{file['id']}/permissions", json=body)
    answer = await upload(as_user(client, reader), b"new", to=f"{PATH}/{file['id']}")
    assert (answer.status, answer.reason) == (403, "insufficientFilePermissions@")
    folder = client.world.create("folder", mime_type=FOLDER)
    assert (await upload(client, b"new", to=f"{PATH}/{folder.id}")).status == 400
    answer = await send_multipart(client, multipart({"mimeType": FOLDER}, b"x", ""))
    assert (answer.status, answer.reason) == (400, "badRequest@")


async def test_content_may_be_made_findable(client: Client) -> None:
    """A parameter keeps it as text for searching."""
    file = (await upload(client, b"rare words", "application/x-own", useContentAsIndexableText="true")).json
    found = await client.pages("files", "files", q="fullText contains 'rare'")
    assert [each["id"] for each in found] == [file["id"]]


async def test_no_more_is_uploaded_in_a_day_than_is_allowed(client: Client) -> None:
    """The refusal has words of its own; the next day is a new one (facts A11, C2)."""
    await client.control("PUT", "limits", {"daily_upload_bytes": 10})
    assert (await upload(client, b"12345678", "text/plain")).status == 200
    answer = await upload(client, b"12345678", "text/plain")
    assert (answer.status, answer.reason) == (403, "userRateLimitExceeded@")
    assert answer.json["error"]["message"] == "User rate limit exceeded."
    await client.control("PUT", "clock", {"advance_ms": 86_400_000})
    assert (await upload(client, b"12345678", "text/plain")).status == 200


# ── what becomes a document ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "media_type", "export_as"),
    [
        (DOCUMENT, "text/plain", formats.TEXT),
        (DOCUMENT, "text/csv", formats.TEXT),
        (DOCUMENT, formats.HTML, formats.HTML),
        (DOCUMENT, formats.RTF, formats.RTF),
        (DOCUMENT, formats.DOCX, formats.DOCX),
        (DOCUMENT, formats.ODT, formats.ODT),
        (SPREADSHEET, formats.CSV, formats.CSV),
        (SPREADSHEET, formats.XLSX, formats.XLSX),
        (SPREADSHEET, formats.ODS, formats.ODS),
        (PRESENTATION, formats.PPTX, formats.PPTX),
        (PRESENTATION, formats.ODP, formats.ODP),
    ],
)
async def test_an_upload_becomes_a_document_that_says_the_same(
    client: Client, kind: str, media_type: str, export_as: str
) -> None:
    """Whatever the file was, its text is the document's: exported as such a file it is the one uploaded."""
    media = exported(Page("", kind, "Notes", "first line,1\nsecond <line>,2"), export_as)
    body = multipart({"name": "Notes", "mimeType": kind}, media, f"Content-Type: {media_type}")
    made = (await send_multipart(client, body)).json
    assert made["mimeType"] == kind
    assert "md5Checksum" not in made
    assert (await client.get(f"files/{made['id']}/export", mimeType=export_as)).body == media


@pytest.mark.parametrize(
    ("kind", "media_type", "media"),
    [
        (DOCUMENT, "video/mp4", b"x"),
        (SPREADSHEET, "text/html", b"x"),
        (SCRIPT, "text/plain", b"x"),
        (DOCUMENT, formats.DOCX, b"no archive"),
        (SPREADSHEET, formats.XLSX, exported(Page("", DOCUMENT, "", "x"), formats.DOCX)),
    ],
)
async def test_what_cannot_become_a_document_is_refused(
    client: Client, kind: str, media_type: str, media: bytes
) -> None:
    """Types that Drive does not convert, and files that are not what they say (facts A10)."""
    answer = await send_multipart(client, multipart({"mimeType": kind}, media, f"Content-Type: {media_type}"))
    assert (answer.status, answer.reason) == (400, "badRequest@")


async def test_a_picture_becomes_an_empty_document(client: Client) -> None:
    """Nothing here reads pictures."""
    body = multipart({"mimeType": DOCUMENT}, b"\xff\xd8", "Content-Type: image/jpeg")
    made = (await send_multipart(client, body, ocrLanguage="en")).json
    assert made["size"] == "0"


async def test_a_document_gets_a_new_text(client: Client) -> None:
    """New content of a document is converted too, and its old text is a revision."""
    body = multipart({"mimeType": DOCUMENT}, b"old", "Content-Type: text/plain")
    document = (await send_multipart(client, body)).json
    changed = (await upload(client, b"new text", "text/plain", f"{PATH}/{document['id']}")).json
    assert (changed["size"], changed["mimeType"]) == ("8", DOCUMENT)
    assert (await client.get(f"files/{document['id']}/export", mimeType="text/markdown")).body == b"new text"
    assert len((await client.get(f"files/{document['id']}/revisions")).json["revisions"]) == 2
