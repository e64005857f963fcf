"""Resumable uploads over a real socket: sessions, chunks, questions, cuts and ends (facts A)."""

import asyncio
import hashlib
import random
from urllib.parse import urlsplit

import pytest

from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import DOCUMENT, FOLDER

from .conftest import Answer, Client
from .people import as_user, follow

BLOCK = 256 * 1024
DATA = random.Random(4).randbytes(3 * BLOCK + 1000)
PATH = "/upload/drive/v3/files"


async def start(client: Client, body: object = None, to: str = PATH, **headers: str) -> Answer:
    """Start an upload; ``headers`` have underscores for dashes."""
    method = "POST" if to.endswith("files") else "PATCH"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    params = {"uploadType": "resumable", "fields": "id,name,size,mimeType,md5Checksum"}
    return await client.send(method, to, params=params, json=body or {}, headers=named)


async def started(client: Client, body: object = None, to: str = PATH, **headers: str) -> str:
    """Start an upload and return the path to send its bytes to."""
    answer = await start(client, body, to, **headers)
    assert answer.status == 200, answer.body
    return answer.headers["Location"].removeprefix(client.base_url)


async def send(
    client: Client, path: str, data: bytes = b"", content_range: str | None = None, method: str = "PUT"
) -> Answer:
    """Send bytes of an upload, or a question. Nothing but the address is needed."""
    headers = {} if content_range is None else {"Content-Range": content_range}
    return await as_nobody(client).send(method, path, data=data, headers=headers, allow_redirects=False)


def as_nobody(client: Client) -> Client:
    """Return a client without credentials."""
    return Client(client.session, client.base_url, client.world, None)


async def test_an_upload_starts_with_an_address(client: Client) -> None:
    """The answer is empty; the address and the id are in its headers."""
    answer = await start(client, {"name": "large.bin"}, X_Upload_Content_Type="application/zip")
    assert (answer.status, answer.body) == (200, b"")
    location, upload_id = answer.headers["Location"], answer.headers["X-GUploader-UploadID"]
    assert location.startswith(f"{client.base_url}{PATH}?")
    assert f"upload_id={upload_id}" in location


async def test_the_whole_comes_in_one_request(client: Client) -> None:
    """Without Content-Range a PUT carries everything; name, type and mask are those of the start."""
    path = await started(client, {"name": "large.bin"}, X_Upload_Content_Type="application/zip")
    file = (await send(client, path, DATA)).json
    md5 = hashlib.md5(DATA, usedforsecurity=False).hexdigest()
    expected = {"name": "large.bin", "size": str(len(DATA)), "mimeType": "application/zip", "md5Checksum": md5}
    assert {name: file[name] for name in expected} == expected
    assert (await client.read(file["id"])).body == DATA


async def test_chunks_make_a_file(client: Client) -> None:
    """Each chunk but the last is answered 308 with what is there; the last one with the file."""
    path = await started(client, {"name": "large.bin"})
    follower, answers = await follow(client), []
    for offset in range(0, len(DATA), BLOCK):
        chunk = DATA[offset : offset + BLOCK]
        answers.append(await send(client, path, chunk, f"bytes {offset}-{offset + len(chunk) - 1}/{len(DATA)}"))
    assert [answer.status for answer in answers] == [308, 308, 308, 200]
    assert [answer.headers.get("Range") for answer in answers[:3]] == [f"bytes=0-{n * BLOCK - 1}" for n in (1, 2, 3)]
    assert all(answer.body == b"" and "X-GUploader-UploadID" in answer.headers for answer in answers[:3])
    file_id = answers[-1].json["id"]
    assert (await client.read(file_id)).body == DATA
    assert await follower.told() == [(file_id, False)]


async def test_chunks_may_be_posted(client: Client) -> None:
    """Some clients POST them, or say by an override that they mean PUT."""
    path = await started(client)
    first = await client.send("POST", path, data=DATA[:BLOCK], headers={"Content-Range": f"bytes 0-{BLOCK - 1}/*"})
    headers = {"Content-Range": f"bytes {BLOCK}-{len(DATA) - 1}/{len(DATA)}", "X-HTTP-Method-Override": "PUT"}
    last = await client.send("POST", path, data=DATA[BLOCK:], headers=headers)
    assert (first.status, last.status, last.json["size"]) == (308, 200, str(len(DATA)))


async def test_the_total_may_be_told_last(client: Client) -> None:
    """``*`` is a total that is not known yet."""
    path = await started(client)
    assert (await send(client, path, DATA[: 2 * BLOCK], f"bytes 0-{2 * BLOCK - 1}/*")).status == 308
    last = await send(client, path, DATA[2 * BLOCK :], f"bytes {2 * BLOCK}-{len(DATA) - 1}/{len(DATA)}")
    assert last.json["size"] == str(len(DATA))


async def test_a_client_asks_how_far_its_upload_is(client: Client) -> None:
    """Nothing yet: 308 without Range; something: with it; everything: the file again."""
    path = await started(client)
    nothing = await send(client, path, b"", f"bytes */{len(DATA)}")
    assert (nothing.status, "Range" in nothing.headers) == (308, False)
    await send(client, path, DATA[:BLOCK], f"bytes 0-{BLOCK - 1}/{len(DATA)}")
    something = await send(client, path, b"", "bytes */*")
    assert (something.status, something.headers["Range"]) == (308, f"bytes=0-{BLOCK - 1}")
    file = await send(client, path, DATA[BLOCK:], f"bytes {BLOCK}-{len(DATA) - 1}/{len(DATA)}")
    again = await send(client, path, b"", f"bytes */{len(DATA)}")
    assert (again.status, again.json) == (200, file.json)


async def test_an_empty_file_is_uploaded(client: Client) -> None:
    """Either by a body of nothing, or by the total alone."""
    for content_range in (None, "bytes */0"):
        answer = await send(client, await started(client), b"", content_range)
        assert (answer.status, answer.json["size"]) == (200, "0")


@pytest.mark.parametrize("is_closed", [True, False])
async def test_a_cut_connection_leaves_whole_blocks(client: Client, is_closed: bool) -> None:
    """What arrived is kept in blocks of 256 KiB, also when the emulator does not know yet that nothing follows."""
    path = await started(client)
    address = urlsplit(client.base_url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    total = len(DATA)
    lines = (
        f"PUT {path} HTTP/1.1",
        "Host: x",
        f"Content-Length: {total}",
        f"Content-Range: bytes 0-{total - 1}/{total}",
    )
    writer.write("\r\n".join([*lines, "", ""]).encode() + DATA[: 2 * BLOCK + 500])
    await writer.drain()
    if is_closed:
        writer.close()
        await writer.wait_closed()
    told = await send(client, path, b"", f"bytes */{total}")
    kept = int(told.headers.get("Range", "bytes=0--1").removeprefix("bytes=0-")) + 1
    assert (told.status, kept % BLOCK, kept <= 2 * BLOCK) == (308, 0, True)
    rest = await send(client, path, DATA[kept:], f"bytes {kept}-{total - 1}/{total}")
    assert (await client.read(rest.json["id"])).body == DATA
    writer.close()


async def test_bytes_that_are_there_already_may_come_again(client: Client) -> None:
    """A range that begins before the end overlaps, and is taken from there on."""
    path = await started(client)
    await send(client, path, DATA[: 2 * BLOCK], f"bytes 0-{2 * BLOCK - 1}/{len(DATA)}")
    rest = await send(client, path, DATA[BLOCK:], f"bytes {BLOCK}-{len(DATA) - 1}/{len(DATA)}")
    assert (await client.read(rest.json["id"])).body == DATA


@pytest.mark.parametrize(
    ("size", "content_range"),
    [
        (1000, f"bytes 0-999/{len(DATA)}"),
        (BLOCK, f"bytes {BLOCK}-{2 * BLOCK - 1}/{len(DATA)}"),
        (BLOCK, f"bytes 0-{2 * BLOCK - 1}/{len(DATA)}"),
        (2 * BLOCK, f"bytes 0-{BLOCK - 1}/{len(DATA)}"),
        (10, "bytes 0-9/5"),
        (10, "bytes 9-0/10"),
        (10, "0-9/10"),
        (10, "bytes 0-9"),
    ],
)
async def test_a_bad_chunk_is_refused_and_the_upload_goes_on(client: Client, size: int, content_range: str) -> None:
    """Too small, behind a gap, shorter or longer than it says, or not understood: no harm is done."""
    path = await started(client)
    answer = await send(client, path, DATA[:size], content_range)
    assert (answer.status, answer.reason) == (400, "badContent@")
    file = await send(client, path, DATA)
    assert (await client.read(file.json["id"])).body == DATA


async def test_a_chunk_need_not_be_a_whole_number_of_blocks(client: Client) -> None:
    """What is more than whole blocks must be sent again."""
    path = await started(client)
    answer = await send(client, path, DATA[: BLOCK + 1000], f"bytes 0-{BLOCK + 999}/{len(DATA)}")
    assert (answer.status, answer.headers["Range"]) == (308, f"bytes=0-{BLOCK - 1}")


async def test_the_size_that_was_promised_is_kept_to(client: Client) -> None:
    """X-Upload-Content-Length is the total; other totals are refused, as is more than Drive takes."""
    path = await started(client, X_Upload_Content_Length="1000")
    for data, content_range in ((DATA, None), (b"", "bytes */5")):
        assert (await send(client, path, data, content_range)).status == 400
    assert (await send(client, path, DATA[:1000])).json["size"] == "1000"
    assert (await start(client, X_Upload_Content_Length="9" * 13)).status == 413
    assert (await start(client, X_Upload_Content_Length="many")).status == 400


async def test_an_upload_that_nobody_started_is_not_found(client: Client) -> None:
    """Nor is one whose file could not be made."""
    assert (await send(client, f"{PATH}?upload_id=unknown", DATA)).status == 404
    answer = await send(client, PATH, DATA)
    assert (answer.status, answer.reason) == (400, "required@upload_id")
    folder = client.world.create("folder", mime_type=FOLDER)
    path = await started(client, {"parents": [folder.id]})
    client.world.delete(folder.id)
    assert [(await send(client, path, DATA)).status for _ in range(2)] == [404, 404]


async def test_an_upload_can_be_resumed_for_a_week(client: Client) -> None:
    """By the emulator's clock; afterwards it is 404, or 410 if that is wanted."""
    path = await started(client)
    await client.control("PUT", "clock", {"advance_ms": 7 * 86_400_000 - 60_000})
    assert (await send(client, path, b"", "bytes */*")).status == 308
    await client.control("PUT", "clock", {"advance_ms": 60_000})
    assert (await send(client, path, b"", "bytes */*")).status == 404
    await client.control("PUT", "uploads", {"expired_status": 410})
    assert (await send(client, path, b"", "bytes */*")).status == 410


async def test_new_content_is_uploaded_in_chunks(client: Client) -> None:
    """A PATCH starts the upload of a file's new content."""
    file = client.world.create("a.bin", data=b"old")
    path = await started(client, {"name": "b.bin"}, f"{PATH}/{file.id}")
    assert f"/files/{file.id}?" in path
    await send(client, path, DATA[:BLOCK], f"bytes 0-{BLOCK - 1}/{len(DATA)}")
    assert (await client.read(file.id)).body == b"old"
    rest = await send(client, path, DATA[BLOCK:], f"bytes {BLOCK}-{len(DATA) - 1}/{len(DATA)}")
    assert (rest.json["id"], rest.json["name"]) == (file.id, "b.bin")
    assert (await client.read(file.id)).body == DATA


async def test_what_cannot_be_written_is_refused_at_the_start(client: Client) -> None:
    """Parents, ids, rights and masks are checked before the bytes come."""
    theirs = client.world.create("theirs", owner=client.world.users[1])
    user = as_user(client, client.world.users[2])
    assert (await start(user, {}, f"{PATH}/{theirs.id}")).status == 404
    client.world.share(theirs.id, user_grant(client.world.users[2], "reader"))
    answer = await start(user, {}, f"{PATH}/{theirs.id}")
    assert (answer.status, answer.reason) == (403, "insufficientFilePermissions@")
    for body, status in (({"parents": ["1nowhere"]}, 404), ({"id": "mine"}, 400), ({"size": "1"}, 403)):
        assert (await start(client, body)).status == status


async def test_a_resumed_upload_becomes_a_document(client: Client) -> None:
    """It is converted when all of it is there."""
    path = await started(client, {"mimeType": DOCUMENT}, X_Upload_Content_Type="text/plain")
    document = (await send(client, path, b"some text")).json
    assert document["mimeType"] == DOCUMENT
    assert b"some text" in (await client.get(f"files/{document['id']}/export", mimeType="text/plain")).body


async def test_a_reset_forgets_uploads(client: Client) -> None:
    """They belong to what was before."""
    path = await started(client)
    await client.control("POST", "reset")
    assert (await send(client, path, DATA)).status == 404
