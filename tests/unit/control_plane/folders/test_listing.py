"""Folders of a connection's account, through the API: which, of whom, how often Google is asked, what it refuses."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.support.control_plane.consent import Stage
from tests.unit.control_plane.folders.planting import folder, mutate

from drive_control_plane.connections.access_tokens import AccessTokens
from drive_control_plane.database.tables import AuditEntry, Connection, ConnectionStatus, Credential, Role
from drive_control_plane.folders.answers import NotVisibleError
from drive_control_plane.folders.opening import open_browse

METADATA = "https://www.googleapis.com/auth/drive.metadata.readonly"


async def ask(stage: Stage, connection_id: str, operator: str = "op_1", **query: str) -> tuple[int, Any]:
    """What the API answers."""
    seen = await (await stage.browser(operator)).send("GET", f"/v1/connections/{connection_id}/folders", params=query)
    return seen.status, json.loads(seen.text)


async def names(stage: Stage, connection_id: str, **query: str) -> list[str]:
    """The names of one page."""
    status, answer = await ask(stage, connection_id, **query)
    assert status == 200, answer
    return [each["name"] for each in answer["folders"]]


async def test_it_begins_with_what_people_know(staged: Stage) -> None:
    """My Drive, what is shared with the account, and its shared drives, each of its kind."""
    drive = await mutate(staged, "create_drive", name="Legal")
    connection_id = await staged.connected()
    status, answer = await ask(staged, connection_id)
    assert status == 200
    assert [(each["kind"], each["id"]) for each in answer["folders"]] == [
        ("my_drive", "root"),
        ("shared_with_me", "shared-with-me"),
        ("shared_drive", drive),
    ]
    assert answer["next_cursor"] is None


async def test_folders_open_one_below_another(staged: Stage) -> None:
    """By name as people count, without files and what is in the trash, in My Drive and in shared drives."""
    drive = await mutate(staged, "create_drive", name="Legal")
    finance = await folder(staged, "Finance")
    for name in ("Q10", "Q9"):
        await folder(staged, name, finance)
    await mutate(staged, "create", name="notes.txt", parent=finance)
    await mutate(staged, "trash", id=await folder(staged, "Old", finance))
    contracts = await folder(staged, "Contracts", drive)
    await folder(staged, "2026", contracts)
    connection_id = await staged.connected()
    assert "Finance" in await names(staged, connection_id, parent="root")
    assert await names(staged, connection_id, parent=finance) == ["Q9", "Q10"]
    assert await names(staged, connection_id, parent=drive) == ["Contracts"]
    assert await names(staged, connection_id, parent=contracts) == ["2026"]


async def test_what_others_share_is_found(staged: Stage) -> None:
    """A folder of somebody else's lies in no folder of the account; its own folders open as others do."""
    ada, grace = staged.accounts[:2]
    theirs = await folder(staged, "Plans", by=grace)
    await folder(staged, "Drafts", theirs, by=grace)
    await mutate(staged, "share", id=theirs, emailAddress=ada, by=grace)
    connection_id = await staged.connected(ada)
    assert await names(staged, connection_id, parent="shared-with-me") == ["Plans"]
    assert await names(staged, connection_id, parent=theirs) == ["Drafts"]


async def test_folders_are_found_by_name(staged: Stage) -> None:
    """Wherever they lie, with where that is; quotes in a name are just a part of it."""
    drive = await mutate(staged, "create_drive", name="Legal")
    await folder(staged, "Ada's \\ reports", await folder(staged, "Finance"))
    await folder(staged, "Reports", drive)
    connection_id = await staged.connected()
    _, answer = await ask(staged, connection_id, name="reports")
    assert {(each["name"], each["where"]) for each in answer["folders"]} >= {("Reports", "Legal")}
    _, answer = await ask(staged, connection_id, name="Ada's \\ rep")
    assert [(each["name"], each["where"]) for each in answer["folders"]] == [("Ada's \\ reports", "Finance")]


async def test_long_lists_come_in_pages(staged: Stage) -> None:
    """With a cursor to the next one; one that is none of Google's is refused."""
    many = await folder(staged, "Many")
    message = [
        {"op": "create", "name": f"F{number}", "mimeType": "application/vnd.google-apps.folder", "parent": many}
        for number in range(230)
    ]
    await staged.control("POST", "world", {"mutations": message})
    connection_id = await staged.connected()
    _, first = await ask(staged, connection_id, parent=many)
    rest = await names(staged, connection_id, parent=many, cursor=first["next_cursor"])
    assert [*(each["name"] for each in first["folders"]), *rest] == [f"F{number}" for number in range(230)]
    status, answer = await ask(staged, connection_id, parent=many, cursor="made-up")
    assert (status, answer["code"]) == (422, "invalid_cursor")


async def test_google_is_asked_once_in_five_minutes(staged: Stage) -> None:
    """Whoever asks; then anew."""
    connection_id = await staged.connected()
    await names(staged, connection_id, parent="root")
    asked = await staged.asked("files.list")
    await folder(staged, "New")
    assert "New" not in await names(staged, connection_id, parent="root")
    assert await staged.asked("files.list") == asked
    staged.time.advance(minutes=5, seconds=1)
    assert "New" in await names(staged, connection_id, parent="root")


async def test_only_operators_of_the_tenant_see_folders(staged: Stage) -> None:
    """A viewer is refused; for another tenant there is no such connection; an ended one has none."""
    connection_id = await staged.connected()
    staged.operator("viewer", role=Role.VIEWER)
    assert (await ask(staged, connection_id, "viewer"))[0] == 403
    assert (await ask(staged, connection_id, "nobody"))[0] == 401
    status, answer = await ask(staged, connection_id, "op_2")
    assert (status, answer["code"]) == (404, "connection_not_found")
    await names(staged, connection_id)
    assert (await ask(staged, connection_id, "op_2"))[0] == 404
    await staged.change(connection_id, status=ConnectionStatus.DISCONNECTED)
    assert (await ask(staged, connection_id))[1]["code"] == "connection_disconnected"


async def test_a_grant_for_metadata_shows_no_shared_drives(staged: Stage) -> None:
    """For Google refuses such calls (facts A2); with a greater grant they are there at once."""
    await mutate(staged, "create_drive", name="Legal")
    answer = await (await staged.browser()).connect(reads="metadata")
    connection_id = answer.location.rpartition("/")[2]
    assert await names(staged, connection_id) == ["My Drive", "Shared with me"]
    await names(staged, connection_id, name="x")
    async with staged.context.database.transaction() as session:
        await session.execute(update(Credential).values(scopes=["https://www.googleapis.com/auth/drive.readonly"]))
    status, refused = await ask(staged, connection_id)  # what the row says is not what Google granted
    assert (status, refused["code"]) == (409, "consent_too_small")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"status": 403, "reason": "userRateLimitExceeded", "count": 2}, 503, "temporarily_unavailable"),
        ({"status": 403, "shape": "gateway_bare", "count": 2}, 503, "temporarily_unavailable"),
        ({"status": 429, "count": 2}, 503, "temporarily_unavailable"),
        ({"kind": "html", "status": 503, "count": 2}, 503, "temporarily_unavailable"),
        ({"kind": "reset", "count": None}, 503, "temporarily_unavailable"),
        ({"status": 403, "reason": "dailyLimitExceeded", "count": 2}, 503, "temporarily_unavailable"),
        ({"status": 403, "reason": "accessNotConfigured"}, 502, "api_disabled"),
        ({"status": 403, "reason": "domainPolicy"}, 409, "admin_policy_enforced"),
        ({"status": 403, "reason": "something new"}, 409, "account_refused"),
        ({"status": 401, "count": None}, 502, "access_token_refused"),
        ({"kind": "truncate_json"}, 502, "unreadable_answer"),
        ({"status": 404}, 404, "folder_not_visible"),
        ({"status": 400}, 502, "unreadable_answer"),
    ],
)
async def test_what_google_refuses_says_what_to_do(
    staged: Stage, fault: dict[str, Any], status: int, code: str
) -> None:
    """A code, a sentence, and no word of Google's answer."""
    connection_id = await staged.connected()
    await staged.fail("files.list", **fault)
    answered, answer = await ask(staged, connection_id, parent="root")
    assert (answered, answer["code"]) == (status, code)
    assert len(answer["detail"]) > 20
    assert fault.get("reason", "<html") not in answer["detail"]


async def test_a_passing_failure_is_not_shown(staged: Stage) -> None:
    """The call is made once more; a token that was refused is replaced."""
    connection_id = await staged.connected()
    await staged.fail("files.list", status=503)
    await names(staged, connection_id, parent="root")
    await staged.fail("drives.list", status=401)
    await names(staged, connection_id)
    async with staged.context.database.transaction() as session:
        given = await session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "access_token.given"))
        assert set(given) == {"folder picker"}


async def test_a_lost_grant_asks_for_consent(staged: Stage) -> None:
    """The connection waits for it from then on."""
    connection_id = await staged.connected()
    refresh_token = await staged.refresh_token(connection_id)
    await staged.control("POST", "oauth", {"action": "revoke", "refresh_token": refresh_token})
    status, answer = await ask(staged, connection_id)
    assert (status, answer["code"]) == (409, "reauthorization_required")
    async with staged.context.database.transaction() as session:
        row = await session.get_one(Connection, connection_id)
        assert row.status is ConnectionStatus.REAUTHORIZATION_REQUIRED


@pytest.mark.parametrize("kind", ["unknown", "file", "trashed", "place"])
async def test_what_is_no_folder_cannot_be_opened(staged: Stage, kind: str) -> None:
    """The answer names the id."""
    file = await mutate(staged, "create", name="notes.txt")
    trashed = await folder(staged, "Old")
    await mutate(staged, "trash", id=trashed)
    connection_id = await staged.connected()
    wanted = {"unknown": "1nobody", "place": "..", "file": file, "trashed": trashed}[kind]
    status, answer = await ask(staged, connection_id, parent=wanted)
    assert (status, answer["code"]) == (404, "folder_not_visible")
    assert wanted in answer["detail"]


async def test_questions_have_bounds(staged: Stage) -> None:
    """An id cannot break out of Google's query, and a name and a folder are not asked for at once."""
    connection_id = await staged.connected()
    for query in (
        {"parent": "a' or 'b"},
        {"name": " "},
        {"name": "x" * 201},
        {"name": "x", "parent": "root"},
        {"cursor": "c" * 2001},
    ):
        assert (await ask(staged, connection_id, **query))[0] == 422


@pytest.mark.parametrize(
    "odd", ["../about?fields=*", "..", "a/../../about", "a?alt=media", "a#b", "%2e%2e", "a\x00", "", "x" * 201]
)
async def test_what_is_no_id_leads_nowhere(staged: Stage, odd: str) -> None:
    """A form may hold anything: it becomes no part of an address at Google, to which a grant would be sent along."""
    connection_id = await staged.connected()
    browse = await open_browse(staged.context, AccessTokens(staged.context), "tenant_1", connection_id)
    before = await staged.control("GET", "requests")
    with pytest.raises(NotVisibleError):
        await browse.info(odd, now=True)
    assert await staged.control("GET", "requests") == before


async def test_names_are_sealed_in_the_cache(staged: Stage) -> None:
    """The cache may be a Redis that others read; what they write there is not believed, and breaks nothing."""
    finance = await folder(staged, "Finance")
    connection_id, cache = await staged.connected(), Keeping()
    context = replace(staged.context, cache=cache)
    browse = await open_browse(context, AccessTokens(context), "tenant_1", connection_id)
    assert (await browse.info(finance)).name == "Finance"
    assert cache.kept
    assert all(connection_id in key for key in cache.kept)
    assert not any(b"Finance" in value for value in cache.kept.values())
    for forged in (b"", b"{}", b'{"id": "x", "name": "Forged"}', staged.context.vault.seal("{}")):
        cache.kept = dict.fromkeys(cache.kept, forged)
        assert (await browse.info(finance)).name == "Finance"


class Keeping:
    """A cache that can be looked into."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        assert seconds <= 300
        self.kept[key] = value

    async def drop(self, key: str) -> None:
        self.kept.pop(key, None)

    async def is_up(self) -> bool:
        return True
