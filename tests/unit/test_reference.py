"""The reference of error codes is whole, and is what the code says."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import google_drive_worker
from google_drive_worker import reference
from google_drive_worker.client.errors import DriveError

SOURCES = Path(google_drive_worker.__file__).parent
WRITTEN = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"
RAISED_WITH_A_CODE_FIRST = {"InvalidMessageError", "item_error"}


def calls() -> Iterator[ast.Call]:
    """Every call in the worker's own code."""
    for path in SOURCES.rglob("*.py"):
        yield from (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    """The name of the function or method."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def codes_in(call: ast.Call) -> Iterator[str]:
    """Codes that a call gives as they stand: `code="..."`, or the first argument of a refusal or an item's error."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    name = called(call)
    if name in RAISED_WITH_A_CODE_FIRST:
        given += call.args[:1]
    if name == "_row" and len(call.args) > 3:
        given += call.args[3:4]
    for value in given:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def subclasses(error: type[DriveError]) -> Iterator[type[DriveError]]:
    for below in error.__subclasses__():
        yield below
        yield from subclasses(below)


def test_the_page_is_what_the_code_says() -> None:
    """The published page is generated: `python -m google_drive_worker.reference docs/reference` renews it."""
    assert WRITTEN.read_text(encoding="utf-8") == reference.markdown()


def test_every_code_in_the_source_is_documented() -> None:
    """No error leaves the worker under a code that an operator cannot look up, and no note outlives its code."""
    raised = {code for call in calls() for code in codes_in(call)}
    documented = {entry.code for entry in reference.entries()}
    assert raised - documented == set()
    assert {note.code for note in reference.NOTES} - raised == set()


def test_every_error_class_is_documented() -> None:
    """A class declared anywhere in the worker is found, with its code."""
    for module in pkgutil.walk_packages([str(SOURCES)], "google_drive_worker."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    declared = {error for error in subclasses(DriveError) if error.__module__.startswith("google_drive_worker.")}
    assert declared == set(reference.error_classes())


def test_every_kind_says_what_becomes_of_it() -> None:
    """Each code belongs to a kind, and each kind is explained."""
    assert {entry.kind for entry in reference.entries()} == set(reference.OUTCOMES)
    assert all(entry.meaning for entry in reference.entries())


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A mistake on the command line is answered in a line, without a traceback."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert "cannot be written" in str(reference.main([str(blocked)]))
    assert "usage" in str(reference.main([]))
    assert reference.main([str(tmp_path / "new" / "folder")]) is None
    assert (tmp_path / "new" / "folder" / "errors.md").exists()
