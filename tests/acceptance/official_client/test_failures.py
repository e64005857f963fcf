"""What goes wrong, by Google's own client: errors, retries, and batches in which a part fails."""

from typing import Any

import pytest
from googleapiclient.errors import HttpError  # type: ignore[import-untyped] # Google's client has no types
from googleapiclient.http import BatchHttpRequest  # type: ignore[import-untyped] # as above

from google_drive_emulator import Running
from google_drive_emulator.remote import Remote


def test_a_missing_file_is_named(drive: Any) -> None:
    """The client's error has Google's message as its reason, and where it lies as details (facts G)."""
    with pytest.raises(HttpError) as refused:
        drive.files().get(fileId="1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").execute()
    assert refused.value.status_code == 404
    assert refused.value.reason == "File not found: 1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA."
    assert refused.value.error_details == [
        {
            "message": "File not found: 1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.",
            "domain": "global",
            "reason": "notFound",
            "location": "fileId",
            "locationType": "parameter",
        }
    ]


def test_a_refusal_has_a_reason(drive: Any) -> None:
    """A folder cannot be downloaded: 403 with a reason of the catalogue (facts C2)."""
    with pytest.raises(HttpError) as refused:
        drive.files().get_media(fileId="root").execute()
    assert refused.value.status_code == 403
    assert refused.value.error_details[0]["reason"] == "fileNotDownloadable"


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "reason": "rateLimitExceeded"},
        {"status": 403, "reason": "userRateLimitExceeded"},
        {"status": 500, "reason": "internalError"},
        {"status": 503, "kind": "html"},
        {"kind": "reset"},
    ],
)
def test_passing_failures_are_retried(drive: Any, remote: Remote, fault: dict[str, Any]) -> None:
    """The client's own retries get over rate limits, server errors and cut connections (facts G)."""
    remote.add_faults({"route": "files.list", "count": 2, **fault})
    request = drive.files().list(pageSize=1)
    request._rand = lambda: 0.0  # the client's own way to test its retries without waiting
    assert len(request.execute(num_retries=2)["files"]) == 1


def test_other_refusals_are_not_retried(drive: Any, remote: Remote) -> None:
    """A 403 for another reason ends at once."""
    remote.add_faults({"route": "files.list", "count": 1, "status": 403, "reason": "domainPolicy"})
    with pytest.raises(HttpError) as refused:
        drive.files().list().execute(num_retries=3)
    assert refused.value.error_details[0]["reason"] == "domainPolicy"


def test_a_batch_answers_each_of_its_calls(drive: Any, running: Running) -> None:
    """Parts come back under their ids; one that fails is an error of its own (facts D)."""
    names = [f"file {number}" for number in range(3)]
    ids = {name: drive.files().create(body={"name": name}).execute()["id"] for name in names}
    answers: dict[str, Any] = {}
    batch = BatchHttpRequest(
        callback=lambda name, answer, error: answers.update({name: error or answer["name"]}),
        batch_uri=f"{running.base_url}/batch/drive/v3",
    )
    for name, file_id in ids.items():
        batch.add(drive.files().get(fileId=file_id), request_id=f"get {name}")
    batch.add(drive.files().get(fileId="missing"), request_id="missing")
    batch.add(drive.files().create(body={"name": "made in a batch"}), request_id="create")
    batch.execute()
    failure = answers.pop("missing")
    assert answers == {f"get {name}": name for name in names} | {"create": "made in a batch"}
    assert (failure.status_code, failure.reason) == (404, "File not found: missing.")
    assert drive.files().list(q="name = 'made in a batch'").execute()["files"]
