"""The form without a page: links of folders, schedules there and back, what goes by other settings."""

from typing import Any

import pytest
from tests.support.control_plane.worker_words import connection

from drive_control_plane.connections.settings import ConnectionSettings
from drive_control_plane.settings_page.draft import DraftError, changes_of, draft_of, folder_of
from drive_control_plane.settings_page.losses import losses, mark_of


@pytest.mark.parametrize(
    ("link", "folder_id"),
    [
        ("https://drive.google.com/drive/folders/1A_b-C", "1A_b-C"),
        ("https://drive.google.com/drive/u/3/folders/1A_b-C?usp=drive_link", "1A_b-C"),
        ("https://drive.google.com/drive/mobile/folders/1A_b-C/1D?sort=13", "1A_b-C"),
        ("https://drive.google.com/open?id=1A_b-C&authuser=0", "1A_b-C"),
        ("https://drive.google.com/a/example.com/open?authuser=0&id=1A_b-C", "1A_b-C"),
        ("https://drive.google.com/drive/my-drive", "root"),
        ("https://drive.google.com/drive/u/0/my-drive", "root"),
        ("1A_b-C", "1A_b-C"),
        ("root", "root"),
    ],
)
def test_a_link_of_a_folder_holds_its_id(link: str, folder_id: str) -> None:
    """As browsers and Drive's "copy link" show it."""
    assert folder_of(link) == folder_id


@pytest.mark.parametrize("link", ["https://example.com/", "two words", "x" * 201, "a'b", "https://drive.google.com/"])
def test_what_is_no_link_is_told(link: str) -> None:
    """With what to copy instead."""
    with pytest.raises(DraftError, match="is no link of a folder"):
        folder_of(link)


@pytest.mark.parametrize(
    "schedule",
    [
        {"kind": "adaptive"},
        {"kind": "interval", "seconds": 90},
        {"kind": "cron", "expression": "0 6 * * 1-5", "timezone": "Europe/Berlin"},
        {"kind": "manual"},
    ],
)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"selected_folders": ["root", "1A"], "page_size": 50},
        {"corpora": {"user": "owned", "drives": ["0A", "0B"]}},
        {"corpora": {"user": "none", "drives": "all"}, "resources": ["file"], "backfill": ["file", "permission"]},
        {"resources": ["file", "permission", "permission_record"], "backfill": ["file", "permission", "comment"]},
    ],
)
def test_a_form_that_nobody_changes_changes_nothing(schedule: dict[str, Any], settings: dict[str, Any]) -> None:
    """Also what the form does not show stays, as the page size does."""
    former = ConnectionSettings.model_validate(settings)
    changes = changes_of(draft_of(connection(settings=settings, schedule=schedule)), former.page_size)
    assert changes.settings == former
    assert changes.schedule is not None
    assert changes.schedule.model_dump() == schedule


@pytest.mark.parametrize(
    ("former", "new", "lost"),
    [
        ({}, {}, []),
        ({}, {"selected_folders": ["a"]}, ["everything that does not lie"]),
        ({"selected_folders": ["a", "b"]}, {"selected_folders": ["b", "c"]}, ["the folder “Ada”"]),
        ({"selected_folders": ["a"]}, {}, []),
        ({}, {"corpora": {"user": "owned"}}, ["files of others"]),
        ({"corpora": {"user": "owned"}}, {"corpora": {"user": "none"}}, ["the person's own files"]),
        ({"corpora": {"user": "none"}}, {"corpora": {"user": "all"}}, []),
        ({}, {"corpora": {"drives": ["a"]}}, ["all shared drives but"]),
        ({}, {"corpora": {"drives": "none"}}, ["all shared drives"]),
        ({"corpora": {"drives": ["a", "b"]}}, {"corpora": {"drives": ["b"]}}, ["the shared drive “Ada”"]),
        ({"corpora": {"drives": ["a"]}}, {"corpora": {"drives": "none"}}, ["all shared drives"]),
        ({"corpora": {"drives": "none"}}, {"corpora": {"drives": ["a"]}}, []),
        ({"corpora": {"drives": ["a"]}}, {"corpora": {"drives": "all"}}, []),
        ({"resources": ["file", "comment"]}, {"resources": ["file"]}, []),
    ],
)
def test_what_goes_is_told(former: dict[str, Any], new: dict[str, Any], lost: list[str]) -> None:
    """And nothing is said when nothing goes."""
    told = losses(ConnectionSettings.model_validate(former), ConnectionSettings.model_validate(new), {"a": "Ada"})
    assert len(told) == len(lost)
    assert all(sentence.startswith(begin) for sentence, begin in zip(told, lost, strict=True))


def test_many_that_go_are_counted() -> None:
    """The first are named; the mark is that of just these sentences."""
    former = ConnectionSettings(selected_folders=[f"f{number}" for number in range(30)])
    told = losses(former, ConnectionSettings(selected_folders=["f0"]), {})
    assert told[-1] == "9 folders more"
    assert mark_of(told) != mark_of(told[:-1])
