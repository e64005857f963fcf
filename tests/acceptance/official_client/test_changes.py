"""Changes, channels and activity by Google's own client."""

from collections.abc import Callable
from typing import Any

import pytest
from googleapiclient.errors import HttpError  # type: ignore[import-untyped] # Google's client has no types

ADDRESS = "https://127.0.0.1:9/notifications"


def test_changes_are_followed_page_by_page(drive: Any) -> None:
    """From a start token on, every changed file comes once; the last page has the next start token."""
    token = drive.changes().getStartPageToken().execute()["startPageToken"]
    made = [drive.files().create(body={"name": f"file {number}"}).execute()["id"] for number in range(7)]
    drive.files().delete(fileId=made[0]).execute()
    found: dict[str, bool] = {}
    page: dict[str, Any] = {}
    request = drive.changes().list(pageToken=token, pageSize=3)
    while request is not None:
        page = request.execute()
        found |= {change["fileId"]: change["removed"] for change in page["changes"]}
        request = drive.changes().list_next(request, page)
    assert found == {file_id: file_id == made[0] for file_id in made}
    later = drive.changes().list(pageToken=page["newStartPageToken"]).execute()
    assert later["changes"] == []


def test_a_channel_for_changes_is_opened_and_stopped_once(drive: Any) -> None:
    """changes.watch gives what channels.stop needs; a stopped channel is not there any more (facts B)."""
    token = drive.changes().getStartPageToken().execute()["startPageToken"]
    body = {"id": "channel-1", "type": "web_hook", "address": ADDRESS, "token": "secret"}
    channel = drive.changes().watch(pageToken=token, body=body).execute()
    assert (channel["id"], channel["token"]) == ("channel-1", "secret")
    assert channel["expiration"].isdecimal()
    stop = {"id": channel["id"], "resourceId": channel["resourceId"]}
    assert drive.channels().stop(body=stop).execute() == ""
    with pytest.raises(HttpError) as refused:
        drive.channels().stop(body=stop).execute()
    assert refused.value.status_code == 404


def test_a_channel_for_a_file_is_opened(drive: Any) -> None:
    """files.watch answers a channel too."""
    file_id = drive.files().create(body={"name": "watched.txt"}).execute()["id"]
    body = {"id": "channel-2", "type": "web_hook", "address": ADDRESS}
    channel = drive.files().watch(fileId=file_id, body=body).execute()
    assert channel["kind"] == "api#channel"
    assert file_id in channel["resourceUri"]


def test_a_channel_must_be_reached_by_https(drive: Any) -> None:
    """Another address is refused with Google's reason (facts B)."""
    file_id = drive.files().create(body={"name": "watched.txt"}).execute()["id"]
    body = {"id": "channel-3", "type": "web_hook", "address": "http://example.com/"}
    with pytest.raises(HttpError) as refused:
        drive.files().watch(fileId=file_id, body=body).execute()
    assert refused.value.error_details[0]["reason"] == "push.webhookUrlNotHttps"


def test_activity_tells_what_was_done_to_a_file(drive: Any, client_of: Callable[..., Any]) -> None:
    """activity.query of one item gives its creation and its renaming, the newest first (facts E)."""
    file_id = drive.files().create(body={"name": "before"}).execute()["id"]
    drive.files().update(fileId=file_id, body={"name": "after"}).execute()
    activity = client_of("driveactivity", "v2").activity()
    request = activity.query(body={"itemName": f"items/{file_id}", "pageSize": 10})
    activities = request.execute()["activities"]
    assert [next(iter(each["primaryActionDetail"])) for each in activities] == ["rename", "create"]
    assert activities[0]["primaryActionDetail"]["rename"] == {"oldTitle": "before", "newTitle": "after"}
    assert activities[0]["targets"][0]["driveItem"]["name"] == f"items/{file_id}"
    filtered = activity.query(
        body={"itemName": f"items/{file_id}", "filter": "detail.action_detail_case:CREATE"}
    ).execute()
    assert len(filtered["activities"]) == 1


def test_activity_refuses_a_filter_as_google_rpc_does(client_of: Callable[..., Any]) -> None:
    """The client finds message and status in an error without ``errors`` (facts E)."""
    with pytest.raises(HttpError) as refused:
        client_of("driveactivity", "v2").activity().query(body={"filter": "nonsense"}).execute()
    assert refused.value.status_code == 400
    assert refused.value.reason
