"""Answers that Drive does not document, from a scripted server: what a snapshot makes of them."""

import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.integration.client.scripted_server import Answer, ScriptedServer, serving
from tests.unit.client.virtual_time import VirtualTime
from tests.unit.sync.emulated import CONFIG, CONN
from tests.unit.sync.memory_outlet import MemoryOutlet

from google_drive_worker.client.auth import AccessToken
from google_drive_worker.client.backoff import Backoff
from google_drive_worker.client.errors import MalformedResponseError
from google_drive_worker.client.session import DriveSession
from google_drive_worker.client.token_sources import StaticTokenSource
from google_drive_worker.client.transport import HttpTransport
from google_drive_worker.sync.engine import Engine
from google_drive_worker.sync.follow import AddFollowUps
from google_drive_worker.sync.outlet import OutletClosedError
from google_drive_worker.sync.run import MAX_RESTARTS, EngineSettings
from google_drive_worker.sync.wishes import Accept

Json = dict[str, Any]
ABOUT: Json = {"user": {"permissionId": "101"}}
START: Json = {"startPageToken": "5"}
ROOT: Json = {"id": "root-id"}
DRIVES: Json = {"drives": []}
FOLDERS: Json = {"files": []}
FILES: Json = {"files": [{"id": "a"}]}
UNSEARCHED: Json = FILES | {"incompleteSearch": True}
HEAD: Json = {"changes": [], "newStartPageToken": "9"}
OPENED = (ABOUT, ROOT, START, DRIVES, FOLDERS)
"""What comes before the first page of files."""
BAD: Json = {"fileId": "bad", "changeType": "file", "file": {"id": "bad", "size": "many"}}


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with serving() as running:
        yield running


async def run(server: ScriptedServer, *answers: Json, outlet: MemoryOutlet | None = None) -> MemoryOutlet:
    """Run a first sync on these answers, or go on with it."""
    server.script.extend(Answer(json.dumps(answer).encode()) for answer in answers)
    outlet = outlet or MemoryOutlet()
    if outlet.state(CONN) is None:
        outlet.change(CONN, Accept(CONFIG))
    timing = VirtualTime().timing
    token = StaticTokenSource(AccessToken("ya29.x", datetime(2030, 1, 1, tzinfo=UTC)), timing)
    with ThreadPoolExecutor(1) as pages:
        async with HttpTransport() as transport:
            session = DriveSession(transport, token, timing=timing, base_url=server.url)
            engine = Engine(EngineSettings(scan_parallelism=1), pages, timing)
            async with aclosing(engine.run(outlet.states[CONN], session)) as batches:
                async for batch in batches:
                    await outlet.put(CONN, batch)
    return outlet


def completed(outlet: MemoryOutlet) -> bool:
    """What the closing marker says of the snapshot."""
    marker = json.loads(outlet.records[-1].data)
    assert marker["phase"] == "complete"
    return bool(marker["complete"])


async def test_the_script_is_a_sync(server: ScriptedServer) -> None:
    """These answers as they are lead to a complete snapshot of one file."""
    outlet = await run(server, *OPENED, FILES, HEAD)
    assert completed(outlet)
    assert [record.resource_id for record in outlet.records] == ["user:me", "a", "user:me"]


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([UNSEARCHED] * (MAX_RESTARTS + 1) + [HEAD], id="a search that is never complete"),
        pytest.param([{"files": [{"id": "a"}, {"id": "bad", "size": "x"}]}, HEAD], id="an item that is malformed"),
        pytest.param([FILES, HEAD | {"changes": [BAD]}], id="a change that is malformed"),
        pytest.param([FILES, {"changes": [BAD], "nextPageToken": "7"}, HEAD], id="a change on an earlier page"),
    ],
)
async def test_what_is_lost_makes_the_snapshot_incomplete(server: ScriptedServer, answers: list[Json]) -> None:
    """Whatever could not be accounted for, wherever it stood: nothing may be swept by this snapshot."""
    assert not completed(await run(server, *OPENED, *answers))


async def test_a_search_that_is_not_complete_is_made_again(server: ScriptedServer) -> None:
    """Drive says of a page that it did not look everywhere; what it gives when it did is what counts."""
    outlet = await run(server, *OPENED, UNSEARCHED, FILES, HEAD)
    assert completed(outlet)
    assert [record.resource_id for record in outlet.records] == ["user:me", "a", "user:me"]


async def test_an_incomplete_snapshot_stays_so_over_a_crash(server: ScriptedServer) -> None:
    """What was lost before the process ended is not forgotten by the one that goes on."""
    outlet = MemoryOutlet(room=6)
    with pytest.raises(OutletClosedError):
        await run(server, *OPENED, FILES, {"changes": [BAD], "nextPageToken": "7"}, HEAD, outlet=outlet)
    server.script.clear()
    outlet.room = None
    assert not completed(await run(server, HEAD, outlet=outlet))


async def test_a_malformed_item_becomes_an_error_record(server: ScriptedServer) -> None:
    """It names the item and the trouble; the sync goes on."""
    outlet = await run(server, *OPENED, {"files": [{"id": "bad", "size": "x"}, {"id": "a"}]}, HEAD)
    (error,) = outlet.errors
    assert (error.code, error.stage, error.resource_id, error.retryable) == (
        "malformed_item",
        "normalize",
        "bad",
        False,
    )


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({"changes": [], "nextPageToken": "5"}, id="names itself"),
        pytest.param({"changes": []}, id="leads nowhere"),
        pytest.param({"changes": {}}, id="has another shape"),
    ],
)
async def test_a_page_of_the_log_that_leads_nowhere_is_no_page(server: ScriptedServer, page: Json) -> None:
    """It is not taken for the log's end, nor followed for ever: the job is tried again later."""
    outlet = MemoryOutlet()
    with pytest.raises(MalformedResponseError):
        await run(server, *OPENED, FILES, page, page, outlet=outlet)
    assert not any(b'"phase":"complete"' in record.data for record in outlet.records)
    assert outlet.corpus(CONN).cursor == "5"


async def test_a_list_of_another_type_is_asked_for_by_the_session_alone(server: ScriptedServer) -> None:
    """What that has asked for again to the end of its schedule is not begun anew: the list costs itself."""
    outlet = await run(server, *OPENED, FILES, HEAD)
    outlet.change(CONN, AddFollowUps("user:me", outlet.corpus(CONN).snapshot_id, {"a": ["file", "revision"]}))
    before = len(server.asked)
    server.last = Answer(b"<html>", headers={"Content-Type": "text/html"})
    await run(server, outlet=outlet)
    (error,) = outlet.errors
    assert (error.code, error.resource_id, error.attempts) == ("malformed_response", "a", Backoff().max_attempts)
    assert len(server.asked) - before == Backoff().max_attempts
