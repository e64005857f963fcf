"""Settings from the environment, all mistakes at once.

In: a pydantic-settings class whose fields are environment variables in lower case. Out: its instance, or one error
that says of every variable what is wrong and how to mend it, and repeats no value.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

import pydantic_settings
from pydantic import SecretBytes, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

__all__ = ["SettingsError", "load_settings"]

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


class SettingsError(Exception):
    """The environment does not hold what the process needs: one line a problem, in `problems` and in the text."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def load_settings(settings_class: type[SettingsT]) -> SettingsT:
    """Read the settings; raises `SettingsError`, whose text holds no value from the environment."""
    try:
        return settings_class()
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        problems = [_problem(settings_class, detail) for detail in details]
    except pydantic_settings.SettingsError as error:
        problems = list(_unreadable(settings_class, str(error)))
    # Outside of the handlers: the original exceptions carry the values.
    raise SettingsError(problems)


def _problem(settings_class: type[BaseSettings], detail: ErrorDetails) -> str:
    if not detail["loc"]:
        return f"settings: {detail['msg']}"
    first, *below = detail["loc"]
    name, field = _field(settings_class, str(first))
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in below)
    if detail["type"] == "missing":
        return f"{name}{place}: is missing; set it{_meaning(field)}"
    return f"{name}{place}: {_lower_first(detail['msg'])}; correct it{_default(name, field)}{_meaning(field)}"


def _unreadable(settings_class: type[BaseSettings], text: str) -> Iterator[str]:
    """Say which variable holds no JSON: pydantic-settings gives up at the first one."""
    found = re.search(r'field "(\w+)"', text)
    name, field = _field(settings_class, found[1] if found else "")
    yield f"{name or 'settings'}: is not valid JSON; correct it{_default(name, field)}{_meaning(field)}"
    yield "settings: others were not checked yet"


def _field(settings_class: type[BaseSettings], key: str) -> tuple[str, FieldInfo | None]:
    """Return the variable's name and the field, by the field's name or its alias."""
    for name, field in settings_class.model_fields.items():
        if key in (name, field.alias):
            return name.upper(), field
    return key.upper(), None


def _default(name: str, field: FieldInfo | None) -> str:
    if field is None or field.is_required():
        return ""
    if _is_secret(field) or field.default_factory is not None:
        return f" or unset {name}"
    return f" or unset {name} for the default {field.default!r}"


def _is_secret(field: FieldInfo) -> bool:
    return isinstance(field.default, (SecretStr, SecretBytes)) or "Secret" in str(field.annotation)


def _meaning(field: FieldInfo | None) -> str:
    return f" ({field.description})" if field is not None and field.description else ""


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
