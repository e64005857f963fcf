"""Names: Drive's camelCase to the worker's snake_case.

In: keys, or JSON decoded to plain values. Out: the same under the worker's names; keys that are ids of somebody's stay.
"""

from functools import lru_cache
from typing import Any, TypeVar

from msgspec import UnsetType

Shape = TypeVar("Shape")


def nested(value: Shape) -> Shape:
    """Rename keys all the way down in the parts that are rare enough not to have a struct."""
    if isinstance(value, UnsetType):
        return value
    renamed: Shape = rename_keys(value)
    return renamed


def rename_keys(value: Any) -> Any:
    """Give every key of nested JSON its snake_case name; the keys of a label's `fields` are ids and stay."""
    if isinstance(value, dict):
        return {
            snake_case(key): rename_fields(item) if key == "fields" else rename_keys(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [rename_keys(item) for item in value]
    return value


def rename_fields(value: Any) -> Any:
    """Rename below a map whose own keys are ids."""
    return {key: rename_keys(item) for key, item in value.items()} if isinstance(value, dict) else rename_keys(value)


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """`canReadRevisions` to `can_read_revisions`; names that are not camelCase (label ids) stay."""
    if not name.isalnum() or not name[:1].islower():
        return name
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
