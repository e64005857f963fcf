"""Each action that the program writes has a meaning in words."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import drive_control_plane
from drive_control_plane.audit.actions import MEANINGS, meaning_of

SOURCE = Path(drive_control_plane.__file__).parent
NOUNS = {name.partition(".")[0] for name in MEANINGS}
ACTION = re.compile(r"[a-z_]+\.(?!html|css|js|py)[a-z_]+")


def actions_in(path: Path) -> set[str]:
    """What a module writes: words of the shape `noun.verb` with a known noun, and any that `record` is given."""
    tree = ast.parse(path.read_text())
    given = [word for call in ast.walk(tree) if _is_record(call) for word in ast.walk(call)]
    return {word for word in _words(ast.walk(tree)) if word.partition(".")[0] in NOUNS} | set(_words(given))


def _is_record(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record"


def _words(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ACTION.fullmatch(node.value):
            yield node.value


def test_every_action_of_the_source_is_explained() -> None:
    """And nothing is explained that does not happen."""
    written = {
        action
        for path in SOURCE.rglob("*.py")
        if path != SOURCE / "audit" / "actions.py"
        for action in actions_in(path)
    }
    assert written == set(MEANINGS)


def test_an_action_of_another_version_is_shown_by_its_name() -> None:
    """Rather than not at all."""
    assert meaning_of("cheese.eaten") == "cheese.eaten"
