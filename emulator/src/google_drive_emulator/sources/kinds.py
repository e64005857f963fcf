"""What kind a synthetic item is: its place in its tree in, a MIME type and an extension out.

Which places are folders, shortcuts, documents and trashed follows from the place alone, so that counting and finding
children take no search.
"""

from collections.abc import Sequence

from google_drive_emulator.world.items import DOCUMENT, FOLDER, PRESENTATION, SHORTCUT, SPREADSHEET, Counts

FOLDER_EVERY = 12

# place % modulus == residue; none of these falls on a folder
_SHORTCUT = (60, 7)
_DOCUMENT = (10, 3)
_TRASHED = (50, 11)

_BLOBS: Sequence[tuple[str, str]] = (
    ("application/pdf", ".pdf"),
    ("application/pdf", ".pdf"),
    ("application/pdf", ".PDF"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"),
    ("image/jpeg", ".jpg"),
    ("image/jpeg", ".jpeg"),
    ("image/png", ".png"),
    ("video/mp4", ".mp4"),
    ("text/plain", ".txt"),
    ("text/csv", ".csv"),
    ("text/markdown", ".md"),
    ("application/json", ".json"),
    ("application/gzip", ".tar.gz"),
    ("application/octet-stream", ""),
)
_DOCUMENTS = (DOCUMENT, DOCUMENT, SPREADSHEET, PRESENTATION)


def falls_on(place: int, kind: tuple[int, int]) -> bool:
    """Tell whether a place is of a kind given by modulus and residue."""
    return place % kind[0] == kind[1]


def is_folder(place: int) -> bool:
    """Tell whether there is a folder at a place."""
    return place % FOLDER_EVERY == 0


def is_shortcut(place: int) -> bool:
    """Tell whether there is a shortcut at a place."""
    return falls_on(place, _SHORTCUT)


def is_trashed(place: int) -> bool:
    """Tell whether what is at a place lies in the trash."""
    return falls_on(place, _TRASHED)


def kind_of(place: int, choice: int) -> tuple[str, str]:
    """Return the MIME type of what is at a place, and the extension of its name; ``choice`` is any number."""
    if is_folder(place):
        return FOLDER, ""
    if is_shortcut(place):
        return SHORTCUT, ""
    if falls_on(place, _DOCUMENT):
        return _DOCUMENTS[choice % len(_DOCUMENTS)], ""
    return _BLOBS[choice % len(_BLOBS)]


def count_kinds(size: int) -> Counts:
    """Count the items of a tree of ``size`` places."""
    return Counts(
        items=size,
        folders=len(range(0, size, FOLDER_EVERY)),
        shortcuts=len(range(_SHORTCUT[1], size, _SHORTCUT[0])),
        trashed=len(range(_TRASHED[1], size, _TRASHED[0])),
    )
