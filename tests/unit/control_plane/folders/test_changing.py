"""`PATCH /v1/connections/{id}`: what settings name is looked at before it is followed."""

import json
from typing import Any

import pytest
from tests.support.control_plane.consent import Stage
from tests.unit.control_plane.folders.planting import folder, mutate

from drive_control_plane.folders.checking import MOST_ADDED


async def change(stage: Stage, connection_id: str, **body: Any) -> tuple[int, Any]:
    """What the API answers."""
    browser = await stage.browser()
    seen = await browser.send("PATCH", f"/v1/connections/{connection_id}", json=body)
    return seen.status, json.loads(seen.text)


async def followed(stage: Stage, connection_id: str) -> tuple[list[str], Any]:
    settings = (await stage.connection(connection_id)).settings
    return settings["selected_folders"], settings["corpora"]["drives"]


async def test_what_the_account_sees_is_followed(staged: Stage) -> None:
    """My Drive, a folder of it, one of a shared drive, and that drive; what is followed already is not asked for."""
    drive = await mutate(staged, "create_drive", name="Legal")
    chosen = ["root", await folder(staged, "Finance"), await folder(staged, "Contracts", drive)]
    connection_id = await staged.connected()
    settings = {"selected_folders": chosen, "corpora": {"drives": [drive]}}
    assert (await change(staged, connection_id, settings=settings))[0] == 200
    assert await followed(staged, connection_id) == (chosen, [drive])
    await staged.fail("files.get", status=503, count=None)
    assert (await change(staged, connection_id, settings={**settings, "resources": ["file"]}))[0] == 200


@pytest.mark.parametrize("kind", ["unknown", "file", "trashed", "foreign", "drive"])
async def test_what_is_no_folder_is_refused(staged: Stage, kind: str) -> None:
    """With its id and why; good ones beside it are not followed either, and nothing of the request is done."""
    ada, grace = staged.accounts[:2]
    trashed = await folder(staged, "Old")
    await mutate(staged, "trash", id=trashed)
    wanted, said = {
        "unknown": ("1nobody", "1nobody: the account sees no folder"),
        "file": (await mutate(staged, "create", name="notes.txt"), "is a file"),
        "trashed": (trashed, "is in the trash"),
        "foreign": (await folder(staged, "Secret plans", by=grace), "the account sees no folder"),
        "drive": ("0Anobody", "0Anobody: the account sees no folder"),
    }[kind]
    good = await folder(staged, "Finance")
    connection_id = await staged.connected(ada)
    before = await staged.connection(connection_id)
    chosen = {"corpora": {"drives": [wanted]}} if kind == "drive" else {"selected_folders": [good, wanted]}
    status, problem = await change(staged, connection_id, settings=chosen, name="Other")
    assert (status, problem["code"], said in problem["detail"]) == (422, "folders_not_followed", True)
    assert wanted in problem["detail"]
    assert "Secret plans" not in problem["detail"]
    after = await staged.connection(connection_id)
    assert (after.name, after.settings, after.updated_at) == (before.name, before.settings, before.updated_at)
    assert await staged.audit("connection.changed") == []


async def test_a_folder_of_which_nothing_would_be_read_is_refused(staged: Stage) -> None:
    """It lies in a shared drive, and shared drives are not followed."""
    drive = await mutate(staged, "create_drive", name="Legal")
    contracts = await folder(staged, "Contracts", drive)
    connection_id = await staged.connected()
    settings = {"selected_folders": [contracts], "corpora": {"drives": "none"}}
    status, problem = await change(staged, connection_id, settings=settings)
    assert (status, problem["code"]) == (422, "folders_not_followed")
    assert "lies in a shared drive that is not followed" in problem["detail"]


async def test_without_google_nothing_new_is_followed(staged: Stage) -> None:
    """503, when to come again, and nothing of the request is done; what needs no look at Google is."""
    finance = await folder(staged, "Finance")
    connection_id = await staged.connected()
    await staged.fail("files.get", status=503, count=None)
    browser = await staged.browser()
    body = {"settings": {"selected_folders": [finance]}, "name": "Other"}
    seen = await browser.send("PATCH", f"/v1/connections/{connection_id}", json=body)
    assert (seen.status, json.loads(seen.text)["code"]) == (503, "temporarily_unavailable")
    assert int(seen.headers["retry-after"]) > 0
    assert await followed(staged, connection_id) == ([], "all")
    assert (await staged.connection(connection_id)).name != "Other"
    settings = {"corpora": {"user": "owned"}}
    assert (await change(staged, connection_id, settings=settings, name="Other"))[0] == 200


async def test_a_grant_that_is_gone_is_told_as_such(staged: Stage) -> None:
    """To come again would not help: somebody has to consent."""
    finance = await folder(staged, "Finance")
    connection_id = await staged.connected()
    refresh_token = await staged.refresh_token(connection_id)
    await staged.control("POST", "oauth", {"action": "revoke", "refresh_token": refresh_token})
    status, problem = await change(staged, connection_id, settings={"selected_folders": [finance]})
    assert (status, problem["code"]) == (409, "reauthorization_required")


async def test_many_at_once_are_refused_before_google_is_asked(staged: Stage) -> None:
    """However many the settings may name, only so many may be new."""
    connection_id = await staged.connected()
    before = await staged.asked("files.get")
    settings = {"selected_folders": [f"1folder{number}" for number in range(MOST_ADDED + 1)]}
    status, problem = await change(staged, connection_id, settings=settings)
    assert (status, problem["code"]) == (422, "folders_not_followed")
    assert f"{MOST_ADDED} can be added at once" in problem["detail"]
    assert await staged.asked("files.get") == before
