"""Which route a request reaches."""

import pytest

from google_drive_emulator.http.calls import Call, Reply, Route
from google_drive_emulator.http.router import Router
from google_drive_emulator.state import EmulatorState


async def answer(_state: EmulatorState, _call: Call) -> Reply:
    return Reply(b"")


def route(name: str, method: str | tuple[str, ...], path: str | tuple[str, ...]) -> Route:
    return Route(name, method, path, answer)


ROUTER = Router(
    [
        route("files.get", "GET", ("/v3/files/{file_id}", "/download/v3/files/{file_id}")),
        route("files.emptyTrash", "DELETE", "/v3/files/trash"),
        route("files.delete", "DELETE", "/v3/files/{file_id}"),
        route("revisions.get", "GET", "/v3/files/{file_id}/revisions/{revision_id}"),
        route("approvals.get", "GET", "/v3/files/{file_id}/approvals/{approval_id}"),
        route("approvals.approve", "POST", "/v3/files/{file_id}/approvals/{approval_id}:approve"),
        route("approvals.start", "POST", "/v3/files/{file_id}/approvals:start"),
        route("files.create", ("POST", "PUT"), "/upload/v3/files"),
    ]
)


@pytest.mark.parametrize(
    ("method", "path", "name", "parts"),
    [
        ("GET", "/v3/files/abc", "files.get", {"file_id": "abc"}),
        ("GET", "/download/v3/files/abc", "files.get", {"file_id": "abc"}),
        ("DELETE", "/v3/files/trash", "files.emptyTrash", {}),
        ("GET", "/v3/files/trash", "files.get", {"file_id": "trash"}),
        ("DELETE", "/v3/files/abc", "files.delete", {"file_id": "abc"}),
        ("GET", "/v3/files/a/revisions/b", "revisions.get", {"file_id": "a", "revision_id": "b"}),
        ("GET", "/v3/files/a/approvals/b", "approvals.get", {"file_id": "a", "approval_id": "b"}),
        ("POST", "/v3/files/a/approvals/b:approve", "approvals.approve", {"file_id": "a", "approval_id": "b"}),
        ("POST", "/v3/files/a/approvals:start", "approvals.start", {"file_id": "a"}),
        ("PUT", "/upload/v3/files", "files.create", {}),
        ("GET", "/v3/files/a%2Fb%20c", "files.get", {"file_id": "a/b c"}),
        ("GET", "/v3/%66iles/x", "files.get", {"file_id": "x"}),
    ],
)
def test_a_path_leads_to_its_route(method: str, path: str, name: str, parts: dict[str, str]) -> None:
    """Literals come before what varies, methods are told apart, and what varies is decoded."""
    found = ROUTER.find(method, path)
    assert found is not None
    assert (found[0].name, found[1]) == (name, parts)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v3/files"),
        ("GET", "/v3/files/"),
        ("GET", "/v3/files/a/b"),
        ("PATCH", "/v3/files/a"),
        ("POST", "/v3/files/a/approvals/:approve"),
        ("GET", ""),
        ("GET", "*"),
    ],
)
def test_other_paths_lead_nowhere(method: str, path: str) -> None:
    """A path that is too short or too long, another method, or an empty part finds nothing."""
    assert ROUTER.find(method, path) is None


def test_two_routes_cannot_share_a_way() -> None:
    """Two routes for the same method and path are a mistake that is named."""
    with pytest.raises(ValueError, match=r"GET /v3/files/\{id\} is both files.get and files.other"):
        Router([route("files.get", "GET", "/v3/files/{id}"), route("files.other", "GET", "/v3/files/{id}")])
