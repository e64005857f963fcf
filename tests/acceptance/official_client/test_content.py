"""Bytes by Google's own client: downloads in chunks, exports, and uploads of every kind."""

import io
import random
from pathlib import Path
from typing import Any

import pytest
from googleapiclient.errors import HttpError  # type: ignore[import-untyped] # Google's client has no types
from googleapiclient.http import (  # type: ignore[import-untyped] # as above
    MediaFileUpload,
    MediaIoBaseDownload,
    MediaIoBaseUpload,
)

from google_drive_emulator.remote import Remote
from google_drive_emulator.world.items import DOCUMENT

CHUNK = 256 * 1024
LARGE = random.Random(5).randbytes(3 * CHUNK + 1000)


def download(request: Any, chunk_bytes: int) -> tuple[bytes, int]:
    """Download in chunks; return the bytes and how many chunks it took."""
    target, chunks, done = io.BytesIO(), 0, False
    downloader = MediaIoBaseDownload(target, request, chunksize=chunk_bytes)
    while not done:
        _, done = downloader.next_chunk()
        chunks += 1
    return target.getvalue(), chunks


def upload(content: bytes, *, resumable: bool = False, mime_type: str = "application/octet-stream") -> Any:
    """Make the client's upload of some bytes, in chunks of 256 KiB if resumable."""
    return MediaIoBaseUpload(io.BytesIO(content), mime_type, chunksize=CHUNK, resumable=resumable)


def in_chunks(request: Any) -> tuple[Any, list[int]]:
    """Send an upload chunk by chunk; return the file, and the progress in bytes after each chunk but the last."""
    file, progress = None, []
    while file is None:
        status, file = request.next_chunk()
        if status is not None:
            progress.append(status.resumable_progress)
    return file, progress


def test_a_download_in_chunks_is_the_whole(drive: Any) -> None:
    """Ranges join to the content, the last one short."""
    file_id = drive.files().create(body={"name": "large.bin"}, media_body=upload(LARGE)).execute()["id"]
    assert download(drive.files().get_media(fileId=file_id), 200_000) == (LARGE, 4)


def test_an_empty_file_is_downloaded(drive: Any) -> None:
    """A range of nothing is not satisfiable, which the client takes for the end (facts G)."""
    file_id = drive.files().create(body={"name": "empty.bin"}).execute()["id"]
    assert download(drive.files().get_media(fileId=file_id), CHUNK) == (b"", 1)


def test_a_document_is_exported(drive: Any) -> None:
    """An export comes in one piece, whole or by the downloader."""
    file_id = drive.files().create(body={"name": "Report", "mimeType": DOCUMENT}).execute()["id"]
    exported = drive.files().export(fileId=file_id, mimeType="application/pdf").execute()
    assert exported.startswith(b"%PDF-")
    in_one, chunks = download(drive.files().export_media(fileId=file_id, mimeType="application/pdf"), 10**7)
    assert (in_one, chunks) == (exported, 1)


def test_text_becomes_a_document(drive: Any) -> None:
    """An upload whose file is to be a document is converted; its export is the text again."""
    body = {"name": "Notes", "mimeType": DOCUMENT}
    media = upload(b"First line\nSecond line", mime_type="text/plain")
    made = drive.files().create(body=body, media_body=media, fields="id,mimeType").execute()
    assert made["mimeType"] == DOCUMENT
    assert b"Second line" in drive.files().export(fileId=made["id"], mimeType="text/plain").execute()


def test_a_download_operation_ends_in_an_address(drive: Any) -> None:
    """files.download is polled until it is done; its address gives the bytes to who may have them (facts A10)."""
    body, media = {"name": "a.txt"}, upload(b"some text", mime_type="text/plain")
    file_id = drive.files().create(body=body, media_body=media).execute()["id"]
    operation = drive.files().download(fileId=file_id).execute()
    while not operation.get("done"):
        operation = drive.operations().get(name=operation["name"]).execute()
    address = operation["response"]["downloadUri"]
    response, content = drive._http.request(address)  # the client's own connection, which has the credentials
    assert (response.status, content) == (200, b"some text")


def test_name_and_bytes_are_sent_together(drive: Any) -> None:
    """A multipart upload carries the metadata and the media (facts A)."""
    media = upload(b"\x00\xff--bytes\r\n", mime_type="image/png")
    made = drive.files().create(body={"name": "a.png"}, media_body=media, fields="id,name,mimeType,size").execute()
    assert made == {"id": made["id"], "name": "a.png", "mimeType": "image/png", "size": "11"}
    assert drive.files().get_media(fileId=made["id"]).execute() == b"\x00\xff--bytes\r\n"


def test_bytes_alone_make_a_file(drive: Any) -> None:
    """A simple upload has no metadata: the file is untitled."""
    made = drive.files().create(media_body=upload(b"bytes", mime_type="text/plain"), fields="id,name,size").execute()
    assert (made["name"], made["size"]) == ("Untitled", "5")


def test_a_large_file_is_sent_in_chunks(drive: Any, tmp_path: Path) -> None:
    """A resumable upload tells its progress and ends with the file."""
    path = tmp_path / "large.bin"
    path.write_bytes(LARGE)
    media = MediaFileUpload(str(path), "application/zip", chunksize=CHUNK, resumable=True)
    made, progress = in_chunks(drive.files().create(body={"name": "large.zip"}, media_body=media, fields="id,size"))
    media.stream().close()
    assert progress == [CHUNK, 2 * CHUNK, 3 * CHUNK]
    assert made["size"] == str(len(LARGE))
    assert drive.files().get_media(fileId=made["id"]).execute() == LARGE


def test_an_empty_file_is_sent_in_chunks(drive: Any) -> None:
    """A resumable upload of nothing makes an empty file."""
    made, _ = in_chunks(drive.files().create(body={"name": "empty"}, media_body=upload(b"", resumable=True)))
    assert drive.files().get(fileId=made["id"], fields="size").execute() == {"size": "0"}


@pytest.mark.parametrize("fault", [{"kind": "error", "status": 503}, {"kind": "html", "status": 502}])
def test_an_interrupted_upload_goes_on_where_it_stopped(drive: Any, remote: Remote, fault: dict[str, Any]) -> None:
    """After a chunk that failed the client asks how far the upload is and sends the rest."""
    request = drive.files().create(body={"name": "large.bin"}, media_body=upload(LARGE, resumable=True), fields="id")
    status, _ = request.next_chunk()
    remote.add_faults({"route": "files.create", **fault})
    with pytest.raises(HttpError):
        request.next_chunk()
    made, progress = in_chunks(request)
    assert status.resumable_progress == CHUNK
    assert progress[-1] == 3 * CHUNK
    assert drive.files().get_media(fileId=made["id"]).execute() == LARGE


def test_new_bytes_are_a_new_revision(drive: Any) -> None:
    """files.update with media keeps the old bytes as a revision."""
    file_id = drive.files().create(body={"name": "a.txt"}, media_body=upload(b"old")).execute()["id"]
    media = upload(b"the new bytes", resumable=True)
    updated = drive.files().update(fileId=file_id, media_body=media, fields="size,headRevisionId").execute()
    revisions = drive.revisions().list(fileId=file_id, fields="revisions(id,size)").execute()["revisions"]
    assert [revision["size"] for revision in revisions] == ["3", "13"]
    assert updated == {"size": "13", "headRevisionId": revisions[-1]["id"]}
    assert drive.files().get_media(fileId=file_id).execute() == b"the new bytes"


def test_a_revision_is_kept_read_and_deleted(drive: Any) -> None:
    """A revision that is kept forever can be downloaded; one can be deleted while another is left (facts A8)."""
    file_id = drive.files().create(body={"name": "a.txt"}, media_body=upload(b"old")).execute()["id"]
    revisions = drive.revisions()
    which = {"fileId": file_id, "revisionId": revisions.list(fileId=file_id).execute()["revisions"][0]["id"]}
    kept = revisions.update(**which, body={"keepForever": True}, fields="keepForever").execute()
    drive.files().update(fileId=file_id, media_body=upload(b"new")).execute()
    assert kept == {"keepForever": True}
    assert revisions.get_media(**which).execute() == b"old"
    assert revisions.get(**which, fields="size").execute() == {"size": "3"}
    assert revisions.delete(**which).execute() == ""
    assert len(revisions.list(fileId=file_id).execute()["revisions"]) == 1
