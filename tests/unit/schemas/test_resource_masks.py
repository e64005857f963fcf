"""The field masks sent to Drive and the structs that read its answers say the same, at every level."""

import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from google_drive_worker.client.listed_resources import (
    COMMENT_FIELDS,
    REVISION_FIELDS,
    DriveComment,
    DriveRevision,
)
from google_drive_worker.client.resources import (
    CAPABILITY_FIELDS,
    CHANGE_LIST_FIELDS,
    DRIVE_FIELDS,
    FILE_LIST_FIELDS,
    PERMISSION_FIELDS,
    ChangeList,
    DrivePermission,
    FileList,
    SharedDrive,
)

Tree = dict[str, "Tree"]
TOKEN = re.compile(r"[A-Za-z0-9]+|[(),]")


def parsed(mask: str) -> Tree:
    """A mask as nested names."""
    root: Tree = {}
    stack, last = [root], ""
    for token in TOKEN.findall(mask):
        if token == "(":
            stack.append(stack[-1][last])
        elif token == ")":
            stack.pop()
        elif token != ",":
            assert token not in stack[-1], f"{token} stands twice in the mask"
            stack[-1][token], last = {}, token
    return root


def structs_in(hint: Any) -> Iterator[type[msgspec.Struct]]:
    """Every struct that a field's type is made of."""
    if isinstance(hint, type) and get_origin(hint) is None:
        if issubclass(hint, msgspec.Struct):
            yield hint
        return
    for part in getattr(hint, "__metadata__", ()):
        yield from structs_in(part.extra["holds"])
    for part in get_args(hint):
        yield from structs_in(part)


def tree_of(struct: type[msgspec.Struct]) -> Tree:
    """A struct's encoded names, down to its last struct."""
    hints = get_type_hints(struct, include_extras=True)
    return {
        wire: {name: below for inner in structs_in(hints[field]) for name, below in tree_of(inner).items()}
        for field, wire in zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True)
    }


def without_capabilities(tree: Tree) -> Tree:
    """A file's capabilities are a plain dictionary, so the mask alone names them."""
    return {name: {} if name == "capabilities" else without_capabilities(below) for name, below in tree.items()}


@pytest.mark.parametrize(
    ("mask", "struct"),
    [
        pytest.param(FILE_LIST_FIELDS, FileList, id="files"),
        pytest.param(CHANGE_LIST_FIELDS, ChangeList, id="changes"),
        pytest.param(PERMISSION_FIELDS, DrivePermission, id="permissions"),
        pytest.param(REVISION_FIELDS, DriveRevision, id="revisions"),
        pytest.param(COMMENT_FIELDS, DriveComment, id="comments"),
        pytest.param(DRIVE_FIELDS, SharedDrive, id="drives"),
    ],
)
def test_mask_and_struct_agree(mask: str, struct: type[msgspec.Struct]) -> None:
    """Each field of the struct is asked for, and each field asked for is read."""
    assert without_capabilities(parsed(mask)) == tree_of(struct)


@pytest.mark.parametrize("mask", [FILE_LIST_FIELDS, CHANGE_LIST_FIELDS], ids=["files", "changes"])
def test_capabilities_are_asked_for_one_by_one(mask: str) -> None:
    """The mask names capabilities below `capabilities`, each of them once."""
    tree = parsed(mask)
    file = tree["files"] if "files" in tree else tree["changes"]["file"]
    assert file["capabilities"] == parsed(CAPABILITY_FIELDS)
    assert all(name.startswith("can") for name in file["capabilities"])
