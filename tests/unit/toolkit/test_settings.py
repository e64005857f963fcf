"""Settings from the environment."""

from typing import Literal

import pytest
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from clustera_toolkit.bootstrap import SettingsError, bootstrap_environment, load_settings


class Settings(BaseSettings):
    kafka_bootstrap_servers: str = Field(description="host:port of a broker")
    page_size: int = Field(default=1000, ge=1, le=1000)
    mode: Literal["real", "mock"] = "real"
    client_secret: SecretStr
    folders: list[str] = Field(default_factory=list)


class LogSettings(BaseSettings):
    log_level: str = "INFO"
    log_format: str = "json"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("KAFKA_BOOTSTRAP_SERVERS", "PAGE_SIZE", "MODE", "CLIENT_SECRET", "FOLDERS", "LOG_LEVEL", "LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def problems(settings_class: type[BaseSettings] = Settings) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load_settings(settings_class)
    return caught.value.problems


def test_settings_are_read(environment: pytest.MonkeyPatch) -> None:
    """Variables are the fields' names in upper case."""
    environment.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
    environment.setenv("CLIENT_SECRET", "hush")
    settings = load_settings(Settings)
    assert settings.kafka_bootstrap_servers == "127.0.0.1:9092"
    assert settings.page_size == 1000


def test_all_problems_come_at_once(environment: pytest.MonkeyPatch) -> None:
    """Every missing or wrong variable has a line that names it and says how to mend it."""
    environment.setenv("PAGE_SIZE", "many")
    environment.setenv("MODE", "fast")
    assert problems() == (
        "KAFKA_BOOTSTRAP_SERVERS: is missing; set it (host:port of a broker)",
        (
            "PAGE_SIZE: input should be a valid integer, unable to parse string as an integer; "
            "correct it or unset PAGE_SIZE for the default 1000"
        ),
        "MODE: input should be 'real' or 'mock'; correct it or unset MODE for the default 'real'",
        "CLIENT_SECRET: is missing; set it",
    )


def test_no_value_is_repeated(environment: pytest.MonkeyPatch) -> None:
    """Neither the error nor what it came from shows a value from the environment."""
    environment.setenv("CLIENT_SECRET", "hush-hush")
    environment.setenv("PAGE_SIZE", "hush-hush")
    with pytest.raises(SettingsError) as caught:
        load_settings(Settings)
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_broken_json_names_its_variable(environment: pytest.MonkeyPatch) -> None:
    """A variable that should hold JSON and does not is named, and the rest is said to be unchecked."""
    environment.setenv("FOLDERS", "[hush")
    found = problems()
    assert found[0] == "FOLDERS: is not valid JSON; correct it or unset FOLDERS"
    assert "hush" not in "".join(found)


def test_a_wrong_item_is_placed(environment: pytest.MonkeyPatch) -> None:
    """A mistake inside a list names its position."""
    environment.setenv("KAFKA_BOOTSTRAP_SERVERS", "x")
    environment.setenv("CLIENT_SECRET", "x")
    environment.setenv("FOLDERS", '["a", 1]')
    assert problems()[0].startswith("FOLDERS[1]: input should be a valid string")


@pytest.mark.parametrize(("name", "value"), [("LOG_LEVEL", "loud"), ("LOG_FORMAT", "xml")])
def test_bad_log_settings_are_settings_errors(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A level or format that does not exist is the user's mistake, with a line of its own."""
    environment.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        bootstrap_environment(LogSettings)
