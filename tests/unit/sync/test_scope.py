"""Which items a connection wants, where it does not want all."""

from typing import Any

import pytest
from msgspec import convert

from google_drive_worker.client.resources import DriveFile
from google_drive_worker.schemas.state import FolderState, JobState
from google_drive_worker.sync.scope import MAX_DEPTH, Scope, selected_folders

INDEX = {
    "docs": FolderState("user:me", 1, "root"),
    "letters": FolderState("user:me", 1, "docs"),
    "old": FolderState("user:me", 1, "letters"),
    "music": FolderState("user:me", 1, "root"),
    "round": FolderState("user:me", 1, "and-round"),
    "and-round": FolderState("user:me", 1, "round"),
}


def scope(*selected: str, **other: Any) -> Scope:
    return Scope(frozenset(selected) or None, folders=INDEX, **other)


def item(**fields: Any) -> DriveFile:
    return convert({"id": "x", **fields}, DriveFile)


@pytest.mark.parametrize(
    ("item_id", "parent", "is_selected"),
    [
        ("letters", "docs", True),
        ("a", "letters", True),
        ("a", "old", True),
        ("a", "docs", False),
        ("a", "music", False),
        ("a", "unknown", False),
        ("a", None, False),
        ("a", "round", False),
    ],
)
def test_what_lies_at_or_below_a_selected_folder(item_id: str, parent: str | None, is_selected: bool) -> None:
    """The folder itself and all below it, by the index; what leads nowhere, or in a circle, is not selected."""
    assert scope("letters").is_selected(item_id, parent) == is_selected


def test_no_selection_selects_everything() -> None:
    """Without `selected_folders` nothing is left out."""
    assert scope().is_selected("a", None)
    assert scope().is_everything
    assert not scope("letters").is_everything
    assert not scope(only_owned=True).is_everything


def test_a_folder_counts_as_a_page_shows_it() -> None:
    """What a page has just shown stands before what the index knows: the folder moved."""
    moved = scope("docs")
    moved.show("music", "docs")
    moved.show("letters", None)
    assert moved.is_selected("song", "music")
    assert not moved.is_selected("a", "letters")


def test_a_selection_is_found_from_any_depth_that_drive_allows() -> None:
    """A chain of folders far deeper than Drive's hundred levels is followed to its end."""
    deep = {f"f{level}": FolderState("user:me", 1, f"f{level - 1}") for level in range(1, MAX_DEPTH)}
    assert Scope(frozenset(["f0"]), folders=deep).is_selected("x", f"f{MAX_DEPTH - 1}")


@pytest.mark.parametrize(
    ("fields", "is_held"),
    [({"ownedByMe": True}, True), ({"ownedByMe": False}, False), ({}, False), ({"driveId": "d"}, True)],
    ids=str,
)
def test_only_what_the_user_owns(fields: dict[str, Any], is_held: bool) -> None:
    """Of My Drives only the user's own items; items of drives have no owner, and are judged by their corpus."""
    assert scope(only_owned=True).holds(item(**fields), None) == is_held


@pytest.mark.parametrize(
    ("config", "folders"),
    [({}, []), ({"selected_folders": []}, []), ({"selected_folders": ["a", "root"]}, ["a", "root"])],
    ids=str,
)
def test_the_selection_is_the_settings(config: dict[str, Any], folders: list[str]) -> None:
    """As received; without one, none."""
    assert list(selected_folders(JobState(config=config))) == folders
