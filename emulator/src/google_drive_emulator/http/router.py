"""Which method a request reaches: routes in, for an HTTP method and a path the route and the parts that vary out.

A tree by the segments of paths. A literal segment is tried before one that varies, so ``files/trash`` is found before
``files/{file_id}``, and where its route does not take the HTTP method the search goes on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote

from google_drive_emulator.http.calls import Route

Found: TypeAlias = tuple[Route, Mapping[str, str]]


@dataclass(slots=True)
class _Node:
    """What can follow a beginning of a path: segments as they are, and segments that vary with what ends them."""

    routes: dict[str, Route] = field(default_factory=dict)
    literals: "dict[str, _Node]" = field(default_factory=dict)
    varying: "list[tuple[_Varying, _Node]]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Varying:
    """A segment such as ``{file_id}`` or ``{id}:approve``."""

    name: str
    suffix: str

    def value(self, segment: str) -> str | None:
        """Return what stands for the name in a segment, decoded; None when it does not match."""
        if not segment.endswith(self.suffix):
            return None
        return unquote(segment[: len(segment) - len(self.suffix)]) or None


class Router:
    """Finds routes by HTTP method and path."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            for path in route.paths:
                self._add(route, path)

    def find(self, method: str, path: str) -> Found | None:
        """Return the route for a path as it came, still encoded, and its varying parts; None when there is none."""
        names: list[tuple[str, str]] = []
        route = _search(self._root, method, path.split("/")[1:], 0, names)
        return None if route is None else (route, dict(names))

    def _add(self, route: Route, path: str) -> None:
        node = self._root
        for segment in path.split("/")[1:]:
            node = _step(node, segment)
        for method in route.methods:
            if method in node.routes:
                raise ValueError(f"{method} {path} is both {node.routes[method].name} and {route.name}")
            node.routes[method] = route


def _step(node: _Node, segment: str) -> _Node:
    """Return the node behind a segment of a path, made if need be."""
    if not segment.startswith("{"):
        return node.literals.setdefault(segment, _Node())
    name, _, suffix = segment[1:].partition("}")
    wanted = _Varying(name, suffix)
    for varying, child in node.varying:
        if varying == wanted:
            return child
    child = _Node()
    node.varying.append((wanted, child))
    node.varying.sort(key=lambda pair: -len(pair[0].suffix))
    return child


def _search(
    node: _Node, method: str, segments: Sequence[str], depth: int, names: list[tuple[str, str]]
) -> Route | None:
    if depth == len(segments):
        return node.routes.get(method)
    for name, value, child in _children(node, segments[depth]):
        if name:
            names.append((name, value))
        route = _search(child, method, segments, depth + 1, names)
        if route is not None:
            return route
        if name:
            names.pop()
    return None


def _children(node: _Node, segment: str) -> Iterator[tuple[str, str, _Node]]:
    """Give the nodes that a segment can lead to; a literal one has no name."""
    literal = node.literals.get(unquote(segment))
    if literal is not None:
        yield "", "", literal
    for varying, child in node.varying:
        value = varying.value(segment)
        if value is not None:
            yield varying.name, value, child
