"""The judges of answers: each kind of violation is caught, and good answers pass."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from tests.support.emulator.discovery import methods, problem_of, type_of
from tests.support.emulator.recorder import Recorder, violations_of

from google_drive_emulator.http.calls import JSON_TYPE, Api, Call, Reply, Route
from google_drive_emulator.http.observers import Exchange, active, notify, observe
from google_drive_emulator.http.params import Params
from google_drive_emulator.state import EmulatorState

GOOD_ERROR = {
    "error": {
        "code": 404,
        "message": "File not found: x.",
        "errors": [
            {
                "message": "File not found: x.",
                "domain": "global",
                "reason": "notFound",
                "location": "fileId",
                "locationType": "parameter",
            }
        ],
    }
}

FAILURE = {"error": {"code": 500, "message": "", "errors": [{"message": "", "reason": "internalError"}]}}


async def unused(_state: EmulatorState, _call: Call) -> Reply:
    raise AssertionError


def exchange(
    name: str,
    body: object = b"",
    status: int = 200,
    *,
    params: Mapping[str, str] | None = None,
    content_type: str = JSON_TYPE,
    read: tuple[str, ...] = (),
) -> Exchange:
    """Make an exchange of a Drive method; what is not bytes becomes JSON."""
    encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
    asked = Params((params or {}).items())
    for parameter in read:
        asked.text(parameter)
    api: Api = "driveactivity" if name.startswith("activity") else "drive"
    route = Route(name, "GET", "/", unused, api=api)
    return Exchange(route, "/drive/v3/files", asked, Reply(encoded, status, content_type))


@pytest.mark.parametrize(
    ("file", "complaint"),
    [
        ({"colour": "red"}, "unknown field `colour`"),
        ({"capabilities": {"canFly": True}}, "unknown field `canFly` - at `$.files[0].capabilities`"),
        ({"name": 7}, "Expected `str`, got `int` - at `$.files[0].name`"),
        ({"name": None}, "Expected `str`, got `null`"),
        ({"trashed": "true"}, "Expected `bool`, got `str`"),
        ({"size": 7}, "Expected `str`, got `int` - at `$.files[0].size`"),
        ({"size": "7.0"}, "matching regex"),
        ({"size": "seven"}, "matching regex"),
        ({"createdTime": "2026-10-02T12:34:56Z"}, "matching regex"),
        ({"createdTime": "2026-10-02T12:34:56.789+02:00"}, "matching regex"),
        ({"createdTime": "2026-13-02T12:34:56.789Z"}, "matching regex"),
        ({"parents": "root"}, "Expected `array`, got `str`"),
        ({"parents": [1]}, "at `$.files[0].parents[0]`"),
        ({"properties": {"key": 1}}, "at `$.files[0].properties[...]`"),
        ({"imageMediaMetadata": {"width": "7"}}, "Expected `int`, got `str`"),
        ({"imageMediaMetadata": {"width": 2**31}}, "`int` <= 2147483647"),
        ({"imageMediaMetadata": {"location": {"latitude": "7"}}}, "Expected `float`, got `str`"),
        ({"contentHints": {"thumbnail": {"image": "not base64!"}}}, "matching regex"),
        ({"kind": "drive#folder"}, "Invalid enum value 'drive#folder'"),
        ({"permissions": [{"pendingOwner": 0}]}, "at `$.files[0].permissions[0].pendingOwner`"),
    ],
)
def test_what_a_document_does_not_describe_is_caught(file: dict[str, Any], complaint: str) -> None:
    """Unknown fields, wrong types and formats are named with their place, at any depth."""
    (violation,) = violations_of(exchange("files.list", {"kind": "drive#fileList", "files": [file]}))
    assert complaint in violation
    assert violation.startswith("drive.files.list /drive/v3/files answered 200: ")


@pytest.mark.parametrize(
    ("activity", "complaint"),
    [
        ({"primaryActionDetail": {"delete": {"type": "BURN"}}}, "Invalid enum value 'BURN'"),
        ({"timestamp": "2026-10-02 12:34:56"}, "matching regex"),
    ],
)
def test_enums_and_times_of_drive_activity_are_checked(activity: dict[str, Any], complaint: str) -> None:
    """Its document lists enums, and its times may have any precision."""
    good = {"timestamp": "2026-10-02T12:34:56.789123Z", "primaryActionDetail": {"delete": {"type": "TRASH"}}}
    (violation,) = violations_of(exchange("activity.query", {"activities": [good, activity]}))
    assert complaint in violation


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "integer", "format": "uint32"}, b"7", b"-7"),
        ({"type": "string", "format": "uint64"}, b'"7"', b'"-7"'),
        ({"type": "string", "format": "date"}, b'"2026-10-02"', b'"2026-10-32"'),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, b'{"a":true}', b'{"a":1}'),
        ({"type": "object", "properties": {"a": {"$ref": "Other"}}}, b'{"a":"x"}', b'{"a":1}'),
    ],
)
def test_other_schemas_become_types(schema: dict[str, Any], good: bytes, bad: bytes) -> None:
    """Formats, maps and references that Drive's answers have few of are told apart too."""
    decoder = msgspec.json.Decoder(type_of(schema, "Tested", lambda _reference: str))
    assert problem_of(good, decoder) is None
    assert problem_of(bad, decoder) is not None


@pytest.mark.parametrize(
    "good",
    [
        exchange("files.list", {}),
        exchange("files.list", {"files": [{"name": "a", "size": "7", "createdTime": "2026-10-02T12:34:56.789Z"}]}),
        exchange("files.get", {"properties": {"key": "value"}, "imageMediaMetadata": {"location": {"latitude": 7}}}),
        exchange("files.get", b"\x00\x01", params={"alt": "media"}, content_type="image/png"),
        exchange("files.get", b"\x00", 206, params={"alt": "media"}, content_type="image/png"),
        exchange("files.export", b"%PDF", content_type="application/pdf"),
        exchange("files.create", b"", params={"uploadType": "resumable"}),
        exchange("files.create", b"", 308, params={"uploadType": "resumable"}),
        exchange("files.delete", b"", 204),
        exchange("files.get", GOOD_ERROR, 404),
        exchange("files.list", FAILURE, 500, params={"orderBy": "name,starred"}),
        exchange("oauth.token", {"access_token": 7}),
    ],
)
def test_good_answers_pass(good: Exchange) -> None:
    """Masked answers, bytes of files, steps of uploads, empty answers and routes without a document are fine."""
    assert violations_of(good) == []


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        (exchange("files.get", b""), "Input data was truncated"),
        (exchange("files.get", b"<html>"), "JSON is malformed"),
        (exchange("files.get", {}, 204), "the status should be 200"),
        (exchange("files.get", {}, content_type="text/plain"), "the content type is text/plain"),
        (exchange("files.delete", {}, 204), "the method answers nothing"),
        (exchange("files.delete", b""), "the status should be 204"),
        (exchange("files.get", {}, 404), "Object missing required field `error`"),
        (exchange("files.get", GOOD_ERROR, 403), "error.code is 404, the status 403"),
        (exchange("files.get", b"<html>", 410), "JSON is malformed"),
        (exchange("files.list", FAILURE, 500), "the method failed"),
    ],
)
def test_bad_answers_are_caught(bad: Exchange, complaint: str) -> None:
    """Bodies, statuses and content types that do not go together are named."""
    (violation,) = violations_of(bad)
    assert complaint in violation


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"errors": []}, "error.errors is empty"),
        ({"errors": [{"message": "", "reason": "x", "location": "q"}]}, "location and locationType come together"),
        ({"errors": [{"message": ""}]}, "missing required field `reason`"),
        ({"errors": [{"message": "", "reason": "x", "hint": ""}]}, "unknown field `hint`"),
        ({"status": "MISSING"}, "Invalid enum value 'MISSING'"),
        ({"details": [{}]}, "missing required field `@type`"),
        ({"reason": "notFound"}, "unknown field `reason`"),
    ],
)
def test_broken_envelopes_are_caught(change: dict[str, Any], complaint: str) -> None:
    """An error has the fields that Google's have, and no others (facts C1)."""
    (violation,) = violations_of(exchange("files.get", {"error": GOOD_ERROR["error"] | change}, 404))
    assert complaint in violation


def test_errors_of_the_gateway_have_a_status_instead_of_errors() -> None:
    """A bare gateway error passes; without either it is caught (facts C1)."""
    bare = {"code": 403, "message": "Quota exceeded"}
    (violation,) = violations_of(exchange("files.get", {"error": bare}, 403))
    assert "an error has errors or a status" in violation
    assert violations_of(exchange("files.get", {"error": bare | {"status": "PERMISSION_DENIED"}}, 403)) == []


def test_errors_of_drive_activity_are_those_of_google_rpc() -> None:
    """Its errors have a status and never ``errors`` (facts E)."""
    (violation,) = violations_of(exchange("activity.query", GOOD_ERROR, 404))
    assert "google.rpc" in violation


def test_a_parameter_that_is_said_to_be_honoured_must_be_read() -> None:
    """A parameter without effect is caught; what is not declared, or a former name beside the new one, is not."""
    sent = {"q": "trashed = true", "supportsAllDrives": "true", "supportsTeamDrives": "true", "colour": "red"}
    answered = exchange("files.list", {}, params=sent, read=("supportsAllDrives",))
    (violation,) = violations_of(answered)
    assert "q is said to be honoured and was not read" in violation


def test_a_recorder_collects_until_it_is_asked(recorder: Recorder) -> None:
    """Each observer sees what is notified while it observes; what was found is given once."""
    another = Recorder()
    with observe(another):
        notify(exchange("files.get", {"colour": 1}))
    notify(exchange("files.get", {"colour": 2}))
    assert active()
    assert len(another.take()) == 1
    assert len(recorder.take()) == 2
    assert recorder.take() == []


def test_the_documents_describe_what_is_emulated() -> None:
    """Every API's methods are known by their full ids."""
    ids = {"drive.files.list", "driveactivity.activity.query", "directory.users.list", "oauth2.userinfo.get"}
    assert ids <= methods().keys()
