"""Who asks, and what they may do."""

import pytest

from drive_control_plane.audit.log import Actor
from drive_control_plane.database.tables import Role
from drive_control_plane.http.who import SignedIn


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, [Role.VIEWER]),
        (Role.OPERATOR, [Role.VIEWER, Role.OPERATOR]),
        (Role.ADMINISTRATOR, [Role.VIEWER, Role.OPERATOR, Role.ADMINISTRATOR]),
    ],
)
def test_a_greater_role_may_all_that_a_smaller_one_may(role: Role, may: list[Role]) -> None:
    """Viewers look, operators run, administrators do everything."""
    signed_in = SignedIn(Actor("operator", "a@company.example"), "op_1", "tenant_1", role)
    assert [each for each in Role if signed_in.may(each)] == may
