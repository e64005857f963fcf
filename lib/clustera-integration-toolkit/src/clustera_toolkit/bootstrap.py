"""The start of a process.

In: its environment. Out: checked settings, configured logs.
"""

from typing import TypeVar

from pydantic_settings import BaseSettings

from clustera_toolkit.logs import configure_logging
from clustera_toolkit.redaction import redact
from clustera_toolkit.settings import SettingsError, load_settings

__all__ = ["SettingsError", "bootstrap_environment", "configure_logging", "load_settings", "redact"]

SettingsT = TypeVar("SettingsT", bound=BaseSettings)

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def bootstrap_environment(settings_class: type[SettingsT]) -> SettingsT:
    """Load the settings and configure logs by their `log_level` and `log_format`, where the class has them.

    Raises `SettingsError`.
    """
    settings = load_settings(settings_class)
    level = getattr(settings, "log_level", "INFO")
    log_format = getattr(settings, "log_format", "json")
    if level.upper() not in _LEVELS:
        raise SettingsError([f"LOG_LEVEL: is not a level; use one of {', '.join(_LEVELS)}"])
    if log_format not in ("json", "console"):
        raise SettingsError(["LOG_FORMAT: is not a format; use json or console"])
    configure_logging(level, renderer="console" if log_format == "console" else "json")
    return settings
