"""As whom the audit log names whoever runs a command."""

import getpass

import pytest

from drive_control_plane.commands.shell import actor


@pytest.mark.parametrize("error", [KeyError("getpwuid(): uid not found: 10001"), OSError("no username set")])
def test_a_user_without_a_name_may_run_commands(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """In a container the number of a user often has none."""

    def nameless() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert (actor().kind, actor().name) == ("system", "command line: unnamed user")
