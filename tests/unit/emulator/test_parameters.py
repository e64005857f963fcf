"""What the emulator says of Google's methods, against Google's discovery documents and its own routes."""

import pytest
from tests.support.emulator.discovery import methods

from google_drive_emulator.parameters import ABSENT_METHODS, GLOBAL, METHODS, why_absent
from google_drive_emulator.routes import ROUTES


@pytest.mark.parametrize("method_id", METHODS)
def test_every_declared_parameter_is_accounted_for(method_id: str) -> None:
    """A method's parameters are those its document declares; each is either honoured or absent."""
    support = METHODS[method_id]
    assert support.honoured | support.absent.keys() == methods()[method_id].parameters
    assert support.honoured.isdisjoint(support.absent)


def test_the_parameters_of_all_methods_are_accounted_for() -> None:
    """What the documents declare for every method is either honoured or absent."""
    declared = {name for method_id in METHODS for name in methods()[method_id].global_parameters}
    assert GLOBAL.honoured | GLOBAL.absent.keys() == declared
    assert GLOBAL.honoured.isdisjoint(GLOBAL.absent)


def test_every_documented_method_is_served_or_absent_for_a_reason() -> None:
    """The methods that are said to be emulated are those that have a route; all others have a reason."""
    served = {route.id for route in ROUTES} & methods().keys()
    assert METHODS.keys() == served
    assert all(why_absent(method_id) for method_id in methods().keys() - served)
    assert all(any(f"{each}.".startswith(f"{name}.") for each in methods()) for name in ABSENT_METHODS)
