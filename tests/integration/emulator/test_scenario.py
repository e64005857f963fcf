"""Scenarios, seeds and snapshots of a running emulator, over HTTP."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from tests.integration.emulator.conftest import Client

from google_drive_emulator import Emulator, load_scenario

TEAM = ("ana@acme.example", "ben@acme.example", "chloe@acme.example", "dev@contractor.example")
ALL_DRIVES = {"supportsAllDrives": "true", "includeItemsFromAllDrives": "true"}


@pytest.fixture
async def team() -> AsyncIterator[Client]:
    """Serve the example ``team``."""
    scene = load_scenario("team").build()
    emulator = Emulator(scene.world)
    scene.equip(emulator.state)
    async with emulator.serve() as running, aiohttp.ClientSession() as session:
        yield Client(session, running.base_url, running.world)


async def ids_of(client: Client) -> dict[str, str]:
    answer = await client.control("GET", "scenario")
    ids: dict[str, str] = answer.json["ids"]
    return ids


async def names(client: Client, **params: str) -> list[str]:
    return sorted(file["name"] for file in await client.pages("files", "files", pageSize="100", **params))


async def changes_since(client: Client, token: str, **params: str) -> list[str]:
    """Return the ids of what changed, those removed with a minus in front."""
    found = await client.pages("changes", "changes", pageToken=token, **ALL_DRIVES, **params)
    return [("-" if each["removed"] else "") + (each.get("fileId") or each["driveId"]) for each in found]


async def start_token(client: Client, **params: str) -> str:
    answer = await client.get("changes/startPageToken", **params)
    token: str = answer.json["startPageToken"]
    return token


async def test_a_scenario_is_served_as_it_is_written(team: Client) -> None:
    """What users see of it follows from its permissions, groups and memberships."""
    ids = await ids_of(team)
    assert "Roadmap" in await names(team)
    assert "Date.txt" not in await names(team, **ALL_DRIVES, corpora="drive", driveId=ids["company"])
    assert await names(team, **ALL_DRIVES, corpora="drive", driveId=ids["company"]) == [
        "Handbook",
        "Policy.pdf",
        "Roadmap",
        "Welcome",
    ]
    about = await team.get("about", fields="user")
    assert about.json["user"]["emailAddress"] == TEAM[0]
    team.token = TEAM[2]
    assert [drive["name"] for drive in await team.pages("drives", "drives")] == ["Company", "Board"]


async def test_its_comments_revisions_and_activities_are_there(team: Client) -> None:
    """The past of its files is told by all the methods that tell of the past."""
    roadmap = (await ids_of(team))["roadmap"]
    comments = await team.get(f"files/{roadmap}/comments", fields="comments(content,createdTime,replies(content))")
    assert comments.json["comments"] == [
        {
            "content": "Spring is soon, +ana@acme.example.",
            "createdTime": "2026-02-20T15:31:00.000Z",
            "replies": [{"content": "It is."}],
        }
    ]
    revisions = await team.get(f"files/{roadmap}/revisions", fields="revisions(modifiedTime)")
    assert [each["modifiedTime"][:10] for each in revisions.json["revisions"]] == ["2025-09-01", "2026-02-20"]
    asked = json.dumps({"itemName": f"items/{roadmap}"})
    activity = await team.send("POST", "/v2/activity:query", data=asked)
    kinds = [next(iter(each["primaryActionDetail"])) for each in activity.json["activities"]]
    assert kinds == ["comment", "comment", "edit", "create"]


async def test_its_mutations_are_a_day_in_the_change_logs(team: Client) -> None:
    """Playing moves things between My Drive and drives, and people into drives; each log tells its part (facts A5)."""
    ids = await ids_of(team)
    mine, launch = await start_token(team), await start_token(team, driveId=ids["launch"], supportsAllDrives="true")
    played = await team.control("POST", "scenario/play", {"count": 4})
    assert played.json["remaining"] == 8
    assert await changes_since(team, launch, driveId=ids["launch"]) == [ids["drafts"]]
    assert f"-{ids['drafts']}" in await changes_since(team, mine)
    await team.control("POST", "scenario/play", {})
    assert ids["board"] in await changes_since(team, mine)
    await team.control("POST", "reset")
    assert (await team.control("GET", "scenario")).json["remaining"] == 12
    assert await changes_since(team, mine) == []


async def test_time_goes_on_from_the_scenarios_now(team: Client) -> None:
    """A membership that ends at noon of the scenario's day ends when the emulator's clock gets there."""
    clock = await team.control("GET", "clock")
    assert clock.json["now"].startswith("2026-03-02T08:0")
    team.token = TEAM[3]
    assert len(await team.pages("drives", "drives")) == 1
    await team.control("PUT", "clock", {"now": "2026-03-02T12:00:01Z"})
    assert await team.pages("drives", "drives") == []


async def test_the_museum_is_served_to_its_last_piece(client: Client) -> None:
    """Every rare thing is listed and rendered with all its fields, page by page, without an error."""
    posted = await client.control("POST", "scenario?name=museum")
    assert posted.status == 200, posted.body
    files = await client.pages("files", "files", pageSize="100", fields="nextPageToken,files", **ALL_DRIVES)
    assert len(files) > 1650
    by_name = {file["name"]: file for file in files}
    assert len(by_name["shared with thousands.txt"]["permissionIds"]) == 2501
    assert by_name["the largest there can be.bin"]["size"] == "5497558138880"
    assert "md5Checksum" not in by_name["the largest there can be.bin"]
    assert by_name["Someone else's editor"]["mimeType"] == "application/vnd.google-apps.drive-sdk"
    assert by_name["photo.jpg"]["imageMediaMetadata"]["cameraMake"]
    assert int(by_name["clip.mp4"]["videoMediaMetadata"]["durationMillis"]) > 0
    assert "expired.txt" in by_name
    dangling = by_name["to what is gone"]["shortcutDetails"]["targetId"]
    assert (await client.get(f"files/{dangling}")).status == 404
    assert [file["name"].casefold() for file in files].count("same name.txt") == 4
    slice_of_largest = await client.read(by_name["the largest there can be.bin"]["id"], "bytes=5497558138870-")
    assert (slice_of_largest.status, len(slice_of_largest.body)) == (206, 10)


async def test_a_scenario_brings_its_settings_and_faults_back_on_reset(client: Client) -> None:
    """``reset`` begins the scenario again, faults included."""
    scenario = {
        "items": [{"type": "file", "name": "only.txt", "key": "only"}],
        "settings": {
            "pages": {"cap_with_parents": 3},
            "quota": {"model": "queries", "user_queries": 5},
            "faults": [{"route": "files.list", "status": 503}],
        },
    }
    for round_of in ("scenario", "reset"):
        await client.control("POST", round_of, scenario)
        answers = [await client.get("files") for _ in range(2)]
        assert [answer.status for answer in answers] == [503, 200]
        assert [file["name"] for file in answers[1].json["files"]] == ["only.txt"]
    assert (await client.control("GET", "pages")).json["cap_with_parents"] == 3


@pytest.mark.parametrize(
    ("path", "message", "problem"),
    [
        ("scenario", {"items": [{"type": "file"}]}, "$.items[0]: Object missing required field `name`"),
        ("scenario", {"items": [{"type": "file", "name": "a", "parent": "b"}]}, "$.items[0].parent: there is nothing"),
        ("scenario?name=nothing", None, "there is no example 'nothing'; there are museum, team, trouble"),
        ("scenario/play", {}, "no scenario is served"),
        ("seed", {"files": -1}, "the number of files must be from 0"),
        ("seed", {"files": 1, "drives": 1, "drive_files": 10**9}, "the number of files in a shared drive"),
        ("seed", {"files": 1, "shape": "round"}, "Invalid enum value 'round'"),
        ("snapshots", {"name": ""}, "a name is not empty"),
        ("snapshots", {"name": "a/b"}, "has no slash"),
        ("snapshots/none/restore", None, "there is no snapshot 'none'"),
    ],
)
async def test_what_cannot_be_served_is_refused(client: Client, path: str, message: object, problem: str) -> None:
    """The control API says what is wrong, and the world stays as it is."""
    answer = await client.control("POST", path, message)
    assert (answer.status, problem in answer.json["error"]) == (400, True), answer.json
    assert (await client.control("GET", "world")).json["items"] == 300


async def test_another_seed_is_another_world(client: Client) -> None:
    """A new world takes the place of the old one everywhere: listings, tokens, logs, and what reset returns to."""
    before = await names(client)
    answer = await client.control("POST", "seed", {"files": 50, "seed": 9, "drives": 7, "drive_files": 10})
    assert answer.json == {"items": 120, "drives": 7}
    after = await names(client)
    assert len(after) == 50
    assert after != before
    assert len(await client.pages("drives", "drives", pageSize="3")) == 6
    created = await client.control("POST", "world", {"mutations": [{"op": "create", "name": "new"}]})
    assert len(await names(client)) == 51
    await client.control("POST", "reset")
    assert await names(client) == after
    assert (await client.get(f"files/{created.json['results'][0]['id']}")).status == 404
    client.token = client.world.users[3].email
    assert (await client.get("about", fields="user")).json["user"]["emailAddress"] == client.token


async def test_a_snapshot_is_returned_to_as_often_as_wanted(client: Client) -> None:
    """A snapshot keeps items, permissions, drives and logs; what came later never was."""
    await client.control("POST", "world", {"mutations": [{"op": "create", "name": "kept.txt"}]})
    token, before = await start_token(client), await names(client)
    assert (await client.control("POST", "snapshots", {"name": "one"})).json == {"snapshots": ["one"]}
    for seed in (1, 2):
        await client.control("POST", "world/random", {"count": 40, "seed": seed})
        assert await start_token(client) != token
        restored = await client.control("POST", "snapshots/one/restore")
        assert restored.status == 200
        assert (await start_token(client), await names(client)) == (token, before)
    await client.control("POST", "reset")
    assert "kept.txt" not in await names(client)
    assert (await client.control("GET", "snapshots")).json == {"snapshots": ["one"]}
    assert (await client.control("DELETE", "snapshots/one")).json == {"snapshots": []}
