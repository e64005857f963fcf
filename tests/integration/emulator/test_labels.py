"""files.listLabels and files.modifyLabels over a real socket (facts A2)."""

from typing import Any

import pytest

from google_drive_emulator.world.accounts import user_grant
from google_drive_emulator.world.items import FOLDER, Item

from .conftest import Answer, Client
from .people import as_user, follow, post


async def modify(client: Client, item: Item, *modifications: dict[str, Any], **params: str) -> Answer:
    """Modify the labels of a file."""
    return await post(client, f"files/{item.id}/modifyLabels", {"labelModifications": modifications}, **params)


def field(field_id: str, **values: Any) -> dict[str, Any]:
    """Write the modification of a field."""
    return {"fieldId": field_id, **values}


async def test_labels_are_put_on_changed_and_taken_off(client: Client) -> None:
    """The answer has what was put on or changed; a list has what is there."""
    item = client.world.create("x")
    made = await modify(client, item, {"labelId": "a", "fieldModifications": [field("f", setTextValues=["old"])]})
    assert [label["id"] for label in made.json["modifiedLabels"]] == ["a"]
    changes = [field("f", setTextValues=["new"]), field("g", setIntegerValues=["5"])]
    await modify(client, item, {"labelId": "a", "fieldModifications": changes}, {"labelId": "b"})
    listed = (await client.get(f"files/{item.id}/listLabels")).json
    assert (listed["kind"], [label["id"] for label in listed["labels"]]) == ("drive#labelList", ["a", "b"])
    assert {name: each["text"] for name, each in listed["labels"][0]["fields"].items() if name == "f"} == {"f": ["new"]}
    unset = {"labelId": "a", "fieldModifications": [field("g", unsetValues=True)]}
    answer = await modify(client, item, {"labelId": "b", "removeLabel": True}, unset)
    assert [label["id"] for label in answer.json["modifiedLabels"]] == ["a"]
    assert [*answer.json["modifiedLabels"][0]["fields"]] == ["f"]


@pytest.mark.parametrize(
    ("values", "kind", "shown"),
    [
        ({"setTextValues": ["a"]}, "text", ["a"]),
        ({"setSelectionValues": ["a", "b"]}, "selection", ["a", "b"]),
        ({"setIntegerValues": ["-7", 8]}, "integer", ["-7", "8"]),
        ({"setDateValues": ["2026-11-22"]}, "dateString", ["2026-11-22"]),
        (
            {"setUserValues": ["ann@example.com"]},
            "user",
            [{"kind": "drive#user", "displayName": "ann", "emailAddress": "ann@example.com"}],
        ),
    ],
)
async def test_a_field_has_the_type_it_is_set_with(
    client: Client, values: dict[str, Any], kind: str, shown: list[Any]
) -> None:
    """Values stand under the name of their type."""
    item = client.world.create("x")
    answer = await modify(client, item, {"labelId": "a", "fieldModifications": [field("f", **values)]})
    told = answer.json["modifiedLabels"][0]["fields"]["f"]
    assert told == {"kind": "drive#labelField", "id": "f", "valueType": kind, kind: shown}


async def test_labels_of_a_file_are_shown_where_they_are_asked_for(client: Client) -> None:
    """IncludeLabels names those that a resource has (facts A6)."""
    item = client.world.create("x")
    await modify(client, item, {"labelId": "a"}, {"labelId": "b"})
    path = f"files/{item.id}"
    assert (await client.get(path, fields="labelInfo")).json == {}
    shown = (await client.get(path, fields="labelInfo(labels(id))", includeLabels="b,c")).json
    assert shown == {"labelInfo": {"labels": [{"id": "b"}]}}


async def test_a_change_of_labels_is_one_change(client: Client) -> None:
    """However many there are; nothing wanted is none."""
    item, follower = client.world.create("x"), await follow(client)
    await modify(client, item)
    assert await follower.told() == []
    await modify(client, item, {"labelId": "a"}, {"labelId": "b"})
    assert await follower.told() == [(item.id, False)]


async def test_labels_come_in_pages(client: Client) -> None:
    """MaxResults is the size of a page."""
    item = client.world.create("x")
    await modify(client, item, *({"labelId": f"l{number}"} for number in range(5)))
    labels = await client.pages(f"files/{item.id}/listLabels", "labels", maxResults="2")
    assert [label["id"] for label in labels] == [f"l{number}" for number in range(5)]
    answer = await client.get(f"files/{item.id}/listLabels", maxResults="101")
    assert (answer.status, answer.reason) == (400, "invalidParameter@max_results")


@pytest.mark.parametrize(
    "modification",
    [
        {},
        {"labelId": "a", "fieldModifications": [{"setTextValues": ["a"]}]},
        {"labelId": "a", "fieldModifications": [field("f")]},
        {"labelId": "a", "fieldModifications": [field("f", setTextValues=["a"], unsetValues=True)]},
        {"labelId": "a", "fieldModifications": [field("f", setTextValues=["a"], setIntegerValues=["1"])]},
        {"labelId": "a", "fieldModifications": [field("f", setDateValues=["yesterday"])]},
        {"labelId": "a", "fieldModifications": [field("f", setUserValues=["nobody"])]},
        {"labelId": "a", "fieldModifications": [field("f", setIntegerValues=["1.5"])]},
    ],
)
async def test_a_bad_modification_changes_nothing(client: Client, modification: dict[str, Any]) -> None:
    """All modifications succeed or none does."""
    item = client.world.create("x")
    answer = await modify(client, item, {"labelId": "good"}, modification)
    assert answer.status == 400
    assert (await client.get(f"files/{item.id}/listLabels")).json["labels"] == []


async def test_labels_are_modified_by_writers_of_files(client: Client) -> None:
    """A reader reads them; folders have none."""
    item, user = client.world.create("x"), client.world.users[1]
    client.world.share(item.id, user_grant(user, "reader"))
    answer = await modify(as_user(client, user), item, {"labelId": "a"})
    assert (answer.status, answer.reason) == (403, "insufficientFilePermissions@")
    assert (await as_user(client, user).get(f"files/{item.id}/listLabels")).status == 200
    folder = client.world.create("folder", mime_type=FOLDER)
    assert (await modify(client, folder, {"labelId": "a"})).status == 403
