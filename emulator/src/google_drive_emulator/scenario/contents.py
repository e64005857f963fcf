"""Contents of scenarios: text, base64 or a size in, contents of the world out."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator
from itertools import chain
from mimetypes import guess_type
from typing import TypeAlias

import msgspec

from google_drive_emulator.scenario.format import DocumentPart, FilePart, Moment, RevisionPart
from google_drive_emulator.scenario.stage import ScenarioError
from google_drive_emulator.sources.content import BytesContent
from google_drive_emulator.sources.generated import GeneratedContent
from google_drive_emulator.world.items import NATIVE_PREFIX, Content

MOST_BYTES = 5_497_558_138_880  # as Drive allows (facts A)

_EDITORS = {"vid": "vid", "thirdParty": "drive-sdk"}
_DEFAULT_TYPE = "application/octet-stream"

Written: TypeAlias = FilePart | RevisionPart


class Version(msgspec.Struct, frozen=True):
    """One of the contents that a file had, and its place in the scenario; ``content`` is None for documents."""

    place: str
    content: Content | None
    text: str
    modified: Moment | None
    modifier: str | None
    keep_forever: bool = False


def versions(part: FilePart | DocumentPart, place: str) -> list[Version]:
    """Return what a file or document held, the present content last. Raises ``ScenarioError``."""
    return list(chain(_past(part, place), [_present(part, place)]))


def mime_type(part: FilePart | DocumentPart, place: str) -> str:
    """Return the MIME type of a file or document. Raises ``ScenarioError``."""
    if isinstance(part, DocumentPart):
        return NATIVE_PREFIX + _EDITORS.get(part.editor, part.editor)
    if part.mime_type is not None and part.mime_type.startswith(NATIVE_PREFIX):
        raise ScenarioError(
            f"{place}.mimeType", "a file has bytes; types of Google's own are for documents and folders"
        )
    return part.mime_type or guess_type(part.name)[0] or _DEFAULT_TYPE


def _past(part: FilePart | DocumentPart, place: str) -> Iterator[Version]:
    for number, revision in enumerate(part.revisions):
        here = f"{place}.revisions[{number}]"
        content = _content(revision, here) if isinstance(part, FilePart) else None
        yield Version(
            here, content, revision.text or "", revision.modified_time, revision.modified_by, revision.keep_forever
        )


def _present(part: FilePart | DocumentPart, place: str) -> Version:
    content = _content(part, place) if isinstance(part, FilePart) else None
    return Version(place, content, part.text or "", part.modified_time, part.modified_by)


def _content(part: Written, place: str) -> Content:
    given = [each for each in (part.text, part.base64, part.size) if each is not None]
    if len(given) > 1:
        raise ScenarioError(place, "the content is one of text, base64 and size")
    if part.size is not None:
        return _generated(part.size, place)
    if part.base64 is None:
        return BytesContent((part.text or "").encode())
    try:
        return BytesContent(b64decode(part.base64, validate=True))
    except Base64Error as error:
        raise ScenarioError(f"{place}.base64", str(error)) from None


def _generated(size: int, place: str) -> Content:
    if not 0 <= size <= MOST_BYTES:
        raise ScenarioError(f"{place}.size", f"a size is from 0 to {MOST_BYTES} bytes, not {size}")
    return GeneratedContent(size, place)
