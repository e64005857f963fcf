"""What the worker is told of a connection, as the worker reads it."""

from datetime import UTC, datetime

import pytest

from drive_control_plane.connections.messages import connection_config, forget_trigger, resume_trigger
from drive_control_plane.database.tables import Connection
from drive_control_plane.oauth.scopes import EVERYTHING, METADATA_ONLY
from google_drive_worker.schemas.trigger import TriggerType, parse_trigger

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRETS = {"access_token": "a", "refresh_token": "b", "service_account": "c"}


@pytest.mark.parametrize("settings", [EVERYTHING, METADATA_ONLY, {}])
def test_the_worker_takes_a_resume_with_the_settings(settings: dict[str, object]) -> None:
    """It is a trigger of the contract, with the settings and no credential."""
    connection = Connection(id="conn_1", settings={**settings, **SECRETS})
    trigger = parse_trigger(resume_trigger(connection, NOW).value)
    assert (trigger.integration_connection_id, trigger.trigger_type) == ("conn_1", TriggerType.RESUME)
    assert trigger.connection_config == settings


def test_the_worker_takes_a_forget_without_settings() -> None:
    """What is to be forgotten needs no settings; two of them have ids of their own."""
    connection = Connection(id="conn_1", settings=dict(EVERYTHING))
    first, second = (parse_trigger(forget_trigger(connection, NOW).value) for _ in range(2))
    assert (first.trigger_type, first.connection_config) == (TriggerType.FORGET, None)
    assert first.message_id != second.message_id


def test_a_subject_goes_with_the_settings() -> None:
    """A service account's connection names whom it stands for."""
    assert connection_config({"page_size": 5, **SECRETS}, "a@b.example") == {"page_size": 5, "subject": "a@b.example"}
