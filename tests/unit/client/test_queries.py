import pytest

from google_drive_worker.client.changes import ChangesQuery
from google_drive_worker.client.errors import ItemError
from google_drive_worker.client.files import FilesQuery
from google_drive_worker.client.session import id_segment

FILES = "nextPageToken,files(id)"
CHANGES = "nextPageToken,newStartPageToken,changes(fileId)"


def test_a_listing_of_the_user_asks_for_what_it_says() -> None:
    """A plain query says its corpus, space, mask, size and both drive switches in lower case."""
    assert FilesQuery(fields=FILES, q="trashed = false").params(10, "t") == {
        "corpora": "user",
        "spaces": "drive",
        "fields": FILES,
        "pageSize": "10",
        "supportsAllDrives": "true",
        "includeItemsFromAllDrives": "false",
        "q": "trashed = false",
        "pageToken": "t",
    }


def test_a_listing_of_a_drive_includes_its_items() -> None:
    """A drive's corpus demands items of drives, so they are asked for with it; labels are a comma list."""
    query = FilesQuery(fields=FILES, corpora="drive", drive_id="0A", include_labels=("l1", "l2"), order_by="name")
    params = query.params(1)
    assert (params["driveId"], params["includeItemsFromAllDrives"]) == ("0A", "true")
    assert (params["includeLabels"], params["orderBy"]) == ("l1,l2", "name")


def test_an_empty_page_token_is_not_sent() -> None:
    """Drive takes an empty page token for an expired one, so the first page is asked for without any."""
    assert "pageToken" not in FilesQuery(fields=FILES).params(1, "")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"corpora": "drive"}, "drive_id"),
        ({"drive_id": "0A"}, "drive_id"),
        ({"page_size": 1001}, "page_size"),
        ({"page_size": 0}, "page_size"),
        ({"fields": "files(id)"}, "nextPageToken"),
    ],
)
def test_a_listing_that_drive_would_refuse_is_not_made(wrong: dict[str, object], says: str) -> None:
    """What Drive would answer with a 400, or what would never end, is refused before any call."""
    arguments: dict[str, object] = {"fields": FILES, **wrong}
    with pytest.raises(ValueError, match=says):
        FilesQuery(**arguments)  # type: ignore[arg-type]  # the cases differ in type


def test_changes_always_carry_removals() -> None:
    """Removals are asked for in every page, with the file where it only left the corpus."""
    params = ChangesQuery(fields=CHANGES, drive_id="0A", include_labels=("l",)).params(7, "42")
    assert params == {
        "pageToken": "42",
        "spaces": "drive",
        "fields": CHANGES,
        "pageSize": "7",
        "includeRemoved": "true",
        "includeCorpusRemovals": "true",
        "supportsAllDrives": "true",
        "includeItemsFromAllDrives": "true",
        "restrictToMyDrive": "false",
        "driveId": "0A",
        "includeLabels": "l",
    }


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"fields": "nextPageToken,changes"}, "newStartPageToken"),
        ({"page_size": 2000}, "page_size"),
        ({"drive_id": "0A", "include_items_from_all_drives": False}, "include_items"),
    ],
)
def test_a_log_that_could_not_be_followed_is_not_read(wrong: dict[str, object], says: str) -> None:
    """A query that hides the next token, or that Drive would refuse, is refused before any call."""
    arguments: dict[str, object] = {"fields": CHANGES, **wrong}
    with pytest.raises(ValueError, match=says):
        ChangesQuery(**arguments)  # type: ignore[arg-type]  # the cases differ in type


@pytest.mark.parametrize("identifier", ["", ".", "..", "a\nb"])
def test_what_cannot_be_an_id_is_refused(identifier: str) -> None:
    """An id that would change the path of a call never reaches Drive."""
    with pytest.raises(ItemError, match="is not an id"):
        id_segment(identifier, endpoint="files.get")


def test_an_id_is_one_segment() -> None:
    """Whatever an id holds, it stays one segment of the path."""
    assert id_segment("a/b?c#d", endpoint="files.get") == "a%2Fb%3Fc%23d"
