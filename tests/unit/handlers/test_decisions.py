"""What triggers and notifications lead to, row by row: state before, message, decision."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from google_drive_worker.handlers import trigger as triggers
from google_drive_worker.handlers import webhook as webhooks
from google_drive_worker.handlers.decision import Apply, Decision, Ignore
from google_drive_worker.schemas.event import EventName
from google_drive_worker.schemas.state import ConnectionState, FolderState, JobState, Parked, Phase, Range, corpus_part
from google_drive_worker.schemas.trigger import InvalidMessageError, parse_trigger
from google_drive_worker.schemas.webhook import parse_webhook
from google_drive_worker.sync.completion import CompleteSnapshot, Hold
from google_drive_worker.sync.membership import TrackDrives
from google_drive_worker.sync.patch import All, snapshot_id
from google_drive_worker.sync.plan import Idle, Open, Relist, Replay, next_backfill, next_increment, next_step
from google_drive_worker.sync.state import AdvanceCursor, AdvanceScan, OpenSnapshot
from google_drive_worker.sync.wishes import Accept, Cancel, Park, Pause, SeeNotification

NOW = "2026-01-01T00:00:00.000Z"
THEN = datetime(2026, 1, 1, tzinfo=UTC)
CONFIG = {"refresh_token": "gAAAA", "page_size": 100}
CHANNEL = {"X-Goog-Channel-ID": "chan-1", "X-Goog-Message-Number": "42", "X-Goog-Resource-State": "change"}
ONE = snapshot_id(1)

NEW = ConnectionState("conn")
KNOWN = Accept(CONFIG).apply(NEW)
SCANNING = OpenSnapshot("user:me", ONE, "5", "account", 0, {"all": Range()}, 3, NOW).apply(KNOWN)
LIVE = All(
    [
        TrackDrives({}, 0),
        AdvanceScan("user:me", ONE, "all", None),
        AdvanceCursor("user:me", ONE, "9"),
        CompleteSnapshot("user:me", ONE, 1),
    ]
).apply(SCANNING)
WITH_FOLDERS = LIVE.with_part(corpus_part("user:me"), replace(LIVE.corpora[0], root_id="root-id")).with_folders(
    {"docs": FolderState("user:me", 1)}
)
PAUSED = Pause().apply(LIVE)
PARKED = Park(Parked("reauthorization_required", "connect again", NOW)).apply(LIVE)
CANCELLED = Cancel().apply(SCANNING)


def decided(kind: str, state: ConnectionState | None, **other: Any) -> Decision:
    message = {"integration_connection_id": "conn", "trigger_type": kind, **other}
    trigger = parse_trigger(json.dumps(message).encode())
    return triggers.decide(trigger, state, now=NOW, traceparent="00-trace", integration_id="google-drive")


def notified(state: ConnectionState | None, **headers: str) -> Decision:
    message = {"integration_connection_id": "conn", "message_id": "chan-1:42", "headers": {**CHANNEL, **headers}}
    return webhooks.decide(parse_webhook(json.dumps(message).encode()), state, now=NOW, traceparent="00-trace")


def applied(decision: Decision, state: ConnectionState | None) -> tuple[Apply, ConnectionState]:
    """A decision that changes the state, and the state after it."""
    assert isinstance(decision, Apply)
    return decision, decision.patch.apply(state or NEW)


def job_of(state: ConnectionState) -> JobState:
    assert state.job is not None
    return state.job


# Triggers that ask for work.


@pytest.mark.parametrize("kind", ["full", "incremental"])
def test_a_first_trigger_opens_a_snapshot(kind: str) -> None:
    """Nothing is known: the settings are kept as received, and the plan begins with a snapshot."""
    decision, after = applied(decided(kind, None, connection_config=CONFIG), None)
    assert job_of(after).config == CONFIG
    assert isinstance(next_step(after, THEN), Open)
    assert [event.event for event in decision.events] == [EventName.JOB_ACCEPTED]
    assert decision.events[0].trigger_type == kind


@pytest.mark.parametrize("kind", ["full", "incremental"])
@pytest.mark.parametrize("state", [None, NEW], ids=["never seen", "forgotten"])
def test_a_first_trigger_must_bring_settings(kind: str, state: ConnectionState | None) -> None:
    """Without state and without settings there is no credential: a dead letter says so."""
    with pytest.raises(InvalidMessageError) as raised:
        decided(kind, state)
    assert (raised.value.reason, raised.value.connection_id) == ("missing_config", "conn")


def test_a_trigger_carries_its_names_into_the_state() -> None:
    """Message, trace and time are kept for the error records and logs of the job."""
    _, after = applied(decided("full", LIVE, message_id="msg_1", trace_id="trace_1"), LIVE)
    job = job_of(after)
    assert (job.message_id, job.trace_id, job.traceparent, job.accepted_at) == ("msg_1", "trace_1", "00-trace", NOW)


def test_an_incremental_trigger_replays_the_log() -> None:
    """A live connection replays, without a stop of what runs."""
    decision, after = applied(decided("incremental", LIVE, connection_config=CONFIG), LIVE)
    assert isinstance(next_step(after, THEN), Replay)
    assert not decision.interrupts


def test_a_full_trigger_interrupts() -> None:
    """A new snapshot replaces what runs; the log is read meanwhile."""
    decision, after = applied(decided("full", LIVE), LIVE)
    assert isinstance(next_backfill(after, THEN), Open)
    assert isinstance(next_increment(after, THEN), Replay)
    assert decision.interrupts


@pytest.mark.parametrize(
    ("config", "interrupts"),
    [
        (None, False),
        (CONFIG, False),
        (CONFIG | {"refresh_token": "another ciphertext"}, False),
        (CONFIG | {"service_account": "another.json"}, False),
        (CONFIG | {"page_size": 50}, True),
        (CONFIG | {"subject": "ana@example.com"}, True),
    ],
    ids=str,
)
def test_only_other_settings_interrupt(config: dict[str, Any] | None, interrupts: bool) -> None:
    """A job goes on under the same settings; ciphertext differs each time it is made, and is none."""
    decision, _ = applied(decided("incremental", LIVE, connection_config=config), LIVE)
    assert decision.interrupts == interrupts


def test_a_paused_connection_takes_wishes_and_waits() -> None:
    """A trigger of a paused connection is accepted, and nothing runs until it is resumed."""
    _, after = applied(decided("incremental", PAUSED), PAUSED)
    assert job_of(after).paused
    _, resumed = applied(decided("resume", after), after)
    assert isinstance(next_step(resumed, THEN), Replay)


@pytest.mark.parametrize("config", [None, CONFIG], ids=["none", "the same"])
def test_a_parked_connection_ignores_the_schedule(config: dict[str, Any] | None) -> None:
    """An incremental trigger that brings nothing new costs a parked connection nothing."""
    assert decided("incremental", PARKED, connection_config=config) == Ignore("parked: reauthorization_required")


@pytest.mark.parametrize(
    ("kind", "config"),
    [("full", None), ("resume", None), ("incremental", CONFIG | {"refresh_token": "new"})],
)
def test_someone_acting_ends_parking(kind: str, config: dict[str, Any] | None) -> None:
    """A full sync by hand, a resume, or new settings are acts."""
    _, after = applied(decided(kind, PARKED, connection_config=config), PARKED)
    assert job_of(after).parked is None


# Control.


@pytest.mark.parametrize("kind", ["pause", "resume", "cancel", "confirm", "forget"])
@pytest.mark.parametrize("state", [None, NEW], ids=["never seen", "forgotten"])
def test_control_of_an_unknown_connection_is_ignored(kind: str, state: ConnectionState | None) -> None:
    """There is nothing to control; no state is made by it."""
    decision = decided(kind, state, connection_config=CONFIG)
    assert decision == Ignore(f"{kind} of a connection that is not known")


@pytest.mark.parametrize(
    ("kind", "event", "interrupts"),
    [
        ("pause", EventName.PAUSED, True),
        ("resume", EventName.RESUMED, False),
        ("cancel", None, True),
        ("forget", EventName.FORGOTTEN, True),
    ],
)
def test_control_stops_and_tells(kind: str, event: EventName | None, interrupts: bool) -> None:
    """Pause, cancel and forget stop what runs; dashboards are told what happened."""
    decision, _ = applied(decided(kind, LIVE), LIVE)
    assert decision.interrupts == interrupts
    assert [told.event for told in decision.events] == ([] if event is None else [event])


def test_confirm_needs_a_held_snapshot() -> None:
    """Held, a snapshot may complete after it; where nothing is held there is nothing to confirm."""
    assert decided("confirm", SCANNING) == Ignore("no snapshot waits to be confirmed")
    held = Hold("user:me", ONE, 500).apply(SCANNING)
    _, after = applied(decided("confirm", held), held)
    corpus = after.corpus("user:me")
    assert corpus is not None
    assert (corpus.held, corpus.confirmed) == (None, True)


@pytest.mark.parametrize("state", [None, NEW], ids=["never seen", "forgotten"])
def test_a_resnapshot_of_an_unknown_connection_is_ignored(state: ConnectionState | None) -> None:
    """No folder of it is known."""
    assert isinstance(decided("resnapshot", state, folders=["docs"]), Ignore)


def test_a_resnapshot_walks_folders_of_their_corpus() -> None:
    """A marker with the scope begins it, and what is known to be a folder of the corpus, or its root, is read again."""
    state = WITH_FOLDERS
    decision, after = applied(decided("resnapshot", state, folders=["docs", "root-id", "docs"]), state)
    corpus = after.corpus("user:me")
    assert corpus is not None
    assert (corpus.dirty, corpus.scope) == ({"docs": "", "root-id": ""}, ("docs", "root-id"))
    assert isinstance(next_increment(after, THEN), Relist)
    (marker,) = [json.loads(record.data) for record in decision.records]
    assert (marker["phase"], marker["scope"], marker["complete"]) == ("started", ["docs", "root-id"], False)


def test_a_resnapshot_of_an_unknown_folder_is_refused() -> None:
    """A dead letter says which one."""
    with pytest.raises(InvalidMessageError, match="nowhere") as raised:
        decided("resnapshot", WITH_FOLDERS, folders=["docs", "nowhere"])
    assert (raised.value.reason, raised.value.connection_id) == ("unknown_folder", "conn")


def test_pause_keeps_wishes() -> None:
    """What is wanted stays wanted."""
    _, after = applied(decided("pause", SCANNING), SCANNING)
    assert (job_of(after).paused, job_of(after).incremental_wanted) == (True, 1)


def test_cancel_gives_wishes_up() -> None:
    """Nothing is wanted after it, and an unfinished snapshot is dropped."""
    _, after = applied(decided("cancel", SCANNING), SCANNING)
    assert isinstance(next_step(after, THEN), Idle)
    assert all(corpus.is_given_up for corpus in after.corpora)


@pytest.mark.parametrize(
    ("state", "markers"),
    [
        pytest.param(LIVE, [("user:me", ONE)], id="live"),
        pytest.param(SCANNING, [("user:me", ONE)], id="scanning"),
        pytest.param(CANCELLED, [("user:me", ONE)], id="cancelled: its records are at the consumers"),
        pytest.param(KNOWN, [], id="nothing emitted yet"),
    ],
)
def test_forget_closes_what_was_emitted(state: ConnectionState, markers: list[tuple[str, str]]) -> None:
    """A closing marker goes out for each corpus of which consumers may hold rows; then nothing is left."""
    decision, after = applied(decided("forget", state), state)
    data = [json.loads(record.data) for record in decision.records]
    sources = [json.loads(record.value)["source"]["corpus"] for record in decision.records]
    assert [(corpus, said["snapshot_id"]) for corpus, said in zip(sources, data, strict=True)] == markers
    assert all(said["phase"] == "closed" for said in data)
    assert after.parts == {}


def test_closing_markers_follow_the_records() -> None:
    """They go to the partition in which the snapshot's records are, so that their order holds."""
    decision, _ = applied(decided("forget", LIVE), LIVE)
    assert decision.records_partition == 3


# Notifications.


@pytest.mark.parametrize(
    ("state", "headers", "why"),
    [
        pytest.param(LIVE, {"X-Goog-Resource-State": "sync"}, "the channel's first message", id="sync"),
        pytest.param(None, {}, "a connection that is not known", id="never seen"),
        pytest.param(NEW, {}, "a connection that is not known", id="forgotten"),
        pytest.param(PAUSED, {}, "paused or parked", id="paused"),
        pytest.param(PARKED, {}, "paused or parked", id="parked"),
        pytest.param(SeeNotification("chan-1", 42).apply(LIVE), {}, "a repeated notification", id="repeated"),
        pytest.param(SeeNotification("chan-1", 43).apply(LIVE), {}, "a repeated notification", id="older"),
    ],
)
def test_a_notification_that_says_nothing_new(state: ConnectionState | None, headers: dict[str, str], why: str) -> None:
    """It is ignored, and only its offset moves on."""
    assert notified(state, **headers) == Ignore(why)


@pytest.mark.parametrize("said", ["change", "changed", "add", "something new"])
def test_a_notification_wishes_for_a_replay(said: str) -> None:
    """Any state but `sync` is a hint that the log has grown (facts B); the settings stay, nothing is stopped."""
    decision, after = applied(notified(LIVE, **{"X-Goog-Resource-State": said}), LIVE)
    assert isinstance(next_step(after, THEN), Replay)
    assert (job_of(after).config, job_of(after).channels) == (CONFIG, {"chan-1": 42})
    assert (decision.interrupts, decision.events) == (False, ())


def test_numbers_count_by_channel() -> None:
    """A new channel begins with small numbers; an old one's high numbers do not silence it."""
    state = SeeNotification("chan-0", 10_000).apply(LIVE)
    assert isinstance(notified(state), Apply)


@pytest.mark.parametrize("number", ["", "many", "-1", "4²", "9" * 40], ids=repr)
def test_a_number_that_is_none_is_not_compared(number: str) -> None:
    """A replay too many is better than one too few."""
    _, after = applied(notified(LIVE, **{"X-Goog-Message-Number": number}), LIVE)
    assert job_of(after).channels == {}


def test_a_live_connection_is_what_these_rows_mean() -> None:
    """The states above are what their names say."""
    corpus = LIVE.corpus("user:me")
    assert corpus is not None
    assert corpus.phase is Phase.LIVE
    assert (job_of(LIVE).incremental_wanted, job_of(LIVE).incremental_done) == (1, 1)
