"""files.export and the links of documents over a real socket (facts A10)."""

import io
import zipfile
from urllib.parse import urlsplit

import pytest
from msgspec.structs import replace

from google_drive_emulator.rendering import formats
from google_drive_emulator.rendering.formats import EXPORT_FORMATS
from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import DOCUMENT, FORM, SPREADSHEET, VIDEO, Item, Traits

from .conftest import Answer, Client
from .people import as_user, made_drive

TEXT = "First line\nZweite Zeile – größer"


def made(client: Client, kind: str = DOCUMENT, text: str | None = TEXT, parent: str | None = None) -> Item:
    """Make a document of the first user's."""
    return client.world.create("Report", mime_type=kind, parent=parent, traits=Traits(text=text))


async def export(client: Client, item: Item, mime_type: str) -> Answer:
    """Export a document."""
    return await client.get(f"files/{item.id}/export", mimeType=mime_type)


@pytest.mark.parametrize("kind", EXPORT_FORMATS)
async def test_every_document_is_exported_as_all_that_is_said_of_it(client: Client, kind: str) -> None:
    """What about.get and exportLinks name is there, and is of the type that was asked for."""
    item = made(client, kind)
    told = (await client.get("about", fields="exportFormats")).json["exportFormats"][kind]
    links = (await client.get(f"files/{item.id}", fields="exportLinks")).json["exportLinks"]
    assert set(told) == set(links)
    for mime_type, link in links.items():
        exported = await export(client, item, mime_type)
        assert (exported.status, exported.headers["Content-Type"]) == (200, mime_type)
        parts = urlsplit(link)
        assert parts.netloc == "docs.google.com"
        assert (await client.send("GET", f"{parts.path}?{parts.query}")).body == exported.body != b""


async def test_text_comes_as_google_writes_it(client: Client) -> None:
    """With a mark of its encoding, and the line ends of Windows."""
    assert (await export(client, made(client), "text/plain")).body.decode() == "\ufeff" + TEXT.replace("\n", "\r\n")


async def test_a_document_that_nobody_wrote_says_something_of_its_own(client: Client) -> None:
    """Always the same, about as long as its size, and not what another one says."""
    items = [made(client, text=None) for _ in range(2)]
    texts = [(await export(client, each, formats.MARKDOWN)).body for each in (items[0], items[0], items[1])]
    assert texts[0] == texts[1] != texts[2]
    assert [len(text) for text in texts] == [item.size for item in (items[0], items[0], items[1])]


async def test_the_type_is_matched_in_any_case_and_echoed_as_it_was(client: Client) -> None:
    """The answer's type is the text that was sent."""
    answer = await export(client, made(client), "Text/PLAIN")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "Text/PLAIN")


@pytest.mark.parametrize("mime_type", ["", "text/plain;charset=utf-8", " text/plain", "image/png", formats.XLSX, "x"])
async def test_other_types_are_no_conversion(client: Client, mime_type: str) -> None:
    """No parameters, no blanks, nothing that is for other documents."""
    answer = await export(client, made(client), mime_type)
    assert (answer.status, answer.reason) == (400, "badRequest@convertTo")
    assert answer.json["error"]["message"] == "The requested conversion is not supported."


async def test_a_type_must_be_asked_for_even_of_nothing(client: Client) -> None:
    """The parameter is checked before the file is looked for."""
    answer = await client.get("files/1nowhere/export")
    assert (answer.status, answer.reason) == (400, "required@mimeType")
    answer = await client.get("files/1nowhere/export", mimeType="text/plain")
    assert (answer.status, answer.reason) == (404, "notFound@fileId")


@pytest.mark.parametrize("mime_type", ["text/plain", "application/vnd.google-apps.folder", VIDEO])
async def test_what_is_no_document_is_not_exported(client: Client, mime_type: str) -> None:
    """Files, folders and Google Vids; whatever type is asked for."""
    item = client.world.create("x", mime_type=mime_type)
    for wanted in ("text/plain", "nonsense"):
        answer = await export(client, item, wanted)
        assert (answer.status, answer.reason) == (403, "fileNotExportable@")
    assert ("Google Vids" in answer.json["error"]["message"]) == (mime_type == VIDEO)


async def test_a_form_has_nothing_to_be_exported_as(client: Client) -> None:
    """It is a document all the same."""
    answer = await export(client, made(client, FORM), "text/plain")
    assert (answer.status, answer.reason) == (400, "badRequest@convertTo")


async def test_who_may_not_download_may_not_export(client: Client) -> None:
    """A reader of a document that is not to be copied."""
    item, user = made(client), client.world.users[1]
    client.world.update(item.id, traits=replace(item.traits, copy_requires_writer=True))
    client.world.share(item.id, user_grant(user, "reader"))
    answer = await export(as_user(client, user), item, "text/plain")
    assert (answer.status, answer.reason) == (403, "cannotExportFile@")


async def test_an_export_of_more_than_10_mb_is_refused_but_for_links(client: Client) -> None:
    """The cap is on what is exported; a picture of a large document is small (facts A10)."""
    large = made(client, text="0123456789\n" * 960_000)
    for mime_type in (formats.TEXT, formats.PDF):
        answer = await export(client, large, mime_type)
        assert (answer.status, answer.reason) == (403, "exportSizeLimitExceeded@")
        assert answer.json["error"]["message"] == "This file is too large to be exported."
    link = (await client.get(f"files/{large.id}", fields="exportLinks")).json["exportLinks"][formats.TEXT]
    assert len((await client.send("GET", link.removeprefix("https://docs.google.com"))).body) > 10 * 2**20


async def test_the_cap_counts_what_the_type_adds(client: Client) -> None:
    """A text below the cap can be above it as a text document."""
    item = made(client, text="0\n" * 500_000)
    assert [(await export(client, item, mime_type)).status for mime_type in (formats.MARKDOWN, formats.DOCX)] == [
        200,
        403,
    ]


async def test_ranges_do_not_count_for_exports(client: Client) -> None:
    """An export comes whole (facts A10)."""
    item = made(client)
    path = f"/drive/v3/files/{item.id}/export?mimeType=text/markdown"
    answer = await client.send("GET", path, headers={"Range": "bytes=0-4"})
    assert (answer.status, answer.body.decode()) == (200, TEXT)


async def test_documents_of_shared_drives_need_no_parameter(client: Client) -> None:
    """files.export knows no supportsAllDrives (facts A2)."""
    item = made(client, parent=made_drive(client))
    assert (await export(client, item, "text/plain")).status == 200


async def test_a_link_exports_an_old_revision(client: Client) -> None:
    """With ``revision`` it gives what the document said then (facts A8)."""
    item = made(client, text="old words")
    client.world.edit(item.id, b"new words")
    revisions = (await client.get(f"files/{item.id}/revisions", fields="revisions(id,exportLinks)")).json["revisions"]
    links = [each["exportLinks"][formats.TEXT].removeprefix("https://docs.google.com") for each in revisions]
    texts = [(await client.send("GET", link)).body.decode() for link in links]
    assert texts == ["\ufeffold words", "\ufeffnew words"]


@pytest.mark.parametrize(
    ("query", "status", "reason"),
    [
        ("", 400, "required@id"),
        ("?id=1nowhere&exportFormat=txt", 404, "notFound@fileId"),
        ("?id={id}&exportFormat=exe", 400, "badRequest@convertTo"),
        ("?id={id}&exportFormat=txt&revision=77", 404, "notFound@revisionId"),
    ],
)
async def test_bad_links_are_refused(client: Client, query: str, status: int, reason: str) -> None:
    """As Drive refuses."""
    path = "/feeds/download/documents/export/Export" + query.format(id=made(client).id)
    answer = await client.send("GET", path)
    assert (answer.status, answer.reason) == (status, reason)


async def test_a_link_needs_a_token(client: Client) -> None:
    """What it exports is not public."""
    nobody = Client(client.session, client.base_url, client.world, None)
    assert (await nobody.send("GET", f"/feeds/download/documents/export/Export?id={made(client).id}")).status == 403


async def test_a_spreadsheet_is_a_page_in_an_archive(client: Client) -> None:
    """Sheets give a zip of HTML (facts A10)."""
    exported = (await export(client, made(client, SPREADSHEET, "a,b\n1,2"), formats.ZIP)).body
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        assert archive.namelist() == ["Report.html"]
        assert b"<td>2</td>" in archive.read("Report.html")
